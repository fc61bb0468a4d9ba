"""The convolution page: the book's numbers, own kernels, pictures, and plain sentences for bad input."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import kernels
from cnn_core.images import sample
from cnn_core.kernels import KERNELS, gabor, parse_matrix
from cnn_core.ops import conv2d
from cnn_core.sizes import Sliding
from cnn_core.strokes import Drawing, Stroke, to_json
from tests.pages.conftest import OpenPage, code_of, formula_of
from ui import specimen
from ui.picture_input import load_picture


@pytest.mark.parametrize(
    ("address", "output"),
    [
        ({}, [[15, 16], [6, 15]]),
        ({"bias": 3}, [[18, 19], [9, 18]]),
        ({"padding": 1}, [[7, 12, 10, 2], [4, 15, 16, 10], [10, 6, 15, 6], [8, 10, 4, 3]]),
    ],
)
def test_the_code_gives_the_books_output(
    open_page: OpenPage, address: dict[str, int], output: list[list[int]]
) -> None:
    assert code_of(open_page("convolution", **address))["output"].tolist() == output


def test_the_books_examples_are_one_click_away(open_page: OpenPage) -> None:
    app = open_page("convolution", bias=9, padding=2)
    next(b for b in app.button if b.label == "stride 2").click().run()
    assert code_of(app)["output"].tolist() == [[15, 17, 15], [17, 15, 17], [15, 17, 15]]
    assert app.query_params["stride"] == "2"
    assert "bias" not in app.query_params


@pytest.mark.parametrize("name", KERNELS)
def test_each_ready_made_kernel_is_computed_on_a_picture(open_page: OpenPage, name: str) -> None:
    app = open_page("convolution", view="picture", picture="sample-camera")
    app.selectbox(key="convolution.kernel.name").select(name).run()
    assert not app.exception
    assert app.selectbox(key="convolution.kernel.name").value == name
    kernel = parse_matrix(app.query_params.get("kernel", "2,0,1;0,1,2;1,0,2"))
    expected = conv2d(sample("camera")[None, None], kernel[None, None])[0, 0]
    assert np.allclose(code_of(app)["output"], expected, atol=1e-5)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_every_setting_reaches_the_code(open_page: OpenPage, mode: str) -> None:
    app = open_page(
        "convolution", padding=2, stride=3, dilation=2, mode=mode, input="1,2,3,4;5,6,7,8;9,1,2,3;4,5,6,7"
    )
    x = parse_matrix("1,2,3,4;5,6,7,8;9,1,2,3;4,5,6,7")
    kernel = parse_matrix("2,0,1;0,1,2;1,0,2")
    expected = conv2d(x[None, None], kernel[None, None], None, 3, 2, 2, mode)[0, 0]
    assert np.allclose(code_of(app)["output"], expected)


def test_bad_numbers_get_a_sentence_and_the_old_ones_stay(open_page: OpenPage) -> None:
    app = open_page("convolution")
    app.text_area(key="box.input").input("1 two\n3 4").run()
    assert [e.value for e in app.error] == ["“two” is not a number: use numbers such as 2, -1 or 0.5."]
    assert code_of(app)["output"].tolist() == [[15, 16], [6, 15]]
    assert app.text_area(key="box.input").value == "1 two\n3 4"
    app.text_area(key="box.input").input("1 2 3\n4 5 6\n7 8 9").run()
    assert not app.error
    assert code_of(app)["output"].shape == (1, 1)


def test_a_garbled_kernel_in_the_address_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="1,NaN")
    assert len(app.warning) == 1
    assert code_of(app)["output"].tolist() == [[15, 16], [6, 15]]


def test_a_kernel_larger_than_the_input_is_explained(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel=";".join(["1,1,1,1,1"] * 5))
    assert len(app.warning) == 1
    assert "5×5" in app.warning[0].value
    assert not app.code
    app.slider(key="widget.convolution.padding").set_value(1).run()
    assert not app.warning
    assert code_of(app)["output"].shape == (2, 2)


def png(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, 128).save(out, "PNG")
    return out.getvalue()


def upload(open_page: OpenPage, name: str, data: bytes) -> AppTest:
    """The page after somebody has unfolded what a picture is chosen in, and uploaded a file there."""
    app = open_page("convolution", view="picture")
    app.session_state["picture.picture.choice"] = True
    app.run()
    return app.file_uploader(key="picture.picture.file").upload(name, data).run()


@pytest.mark.parametrize(
    ("name", "data"), [("huge.png", png((12_000, 12_000))), ("text.png", b"no picture"), ("e.png", b"")]
)
def test_what_is_no_picture_gets_a_sentence_and_the_page_goes_on(
    open_page: OpenPage, name: str, data: bytes
) -> None:
    app = upload(open_page, name, data)
    assert len(app.error) == 1
    assert np.allclose(code_of(app)["output"].shape, np.array(load_picture("sample-city").shape) - 2)


def upload_address(open_page: OpenPage, data: bytes) -> str:
    return str(upload(open_page, "own.png", data).query_params["picture"])


def test_an_uploaded_picture_is_convolved_and_has_an_address(open_page: OpenPage) -> None:
    app = upload(open_page, "grey.png", png((40, 30)))
    assert not app.error
    assert app.query_params["picture"].startswith("upload-")
    assert code_of(app)["output"].shape == (28, 38)


@pytest.mark.parametrize("picture", ["sample-coffee", "test-007"])
def test_the_code_loads_the_picture_by_itself(open_page: OpenPage, picture: str) -> None:
    app = open_page("convolution", view="picture", picture=picture, kernel="1")
    assert "ui." not in app.code[-1].value
    assert np.array_equal(code_of(app)["output"], load_picture(picture))


def test_an_unknown_picture_gets_a_sentence_and_the_usual_one(open_page: OpenPage) -> None:
    app = open_page("convolution", view="picture", picture="sample-nothing", kernel="1")
    assert len(app.warning) == 1
    assert np.array_equal(code_of(app)["output"], load_picture("sample-city"))


def test_same_and_full_set_the_padding_or_are_closed(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel=";".join(["1,1,1,1,1"] * 5), padding=1, stride=3)
    same, full = (next(b for b in app.button if b.label == label) for label in ("same size", "full"))
    same.click().run()
    assert code_of(app)["output"].shape == (4, 4)
    full.click().run()
    assert code_of(app)["output"].shape == (8, 8)
    even = open_page("convolution", kernel="1,2;3,4")
    assert next(b for b in even.button if b.label == "same size").disabled
    wide = open_page(
        "convolution", padding=4, dilation=4, kernel=";".join(["1,1,1,1"] * 4), input=";".join(["1"] * 5)
    )
    assert next(b for b in wide.button if b.label == "full").disabled


def test_the_same_seed_gives_the_same_numbers(open_page: OpenPage) -> None:
    app = open_page("convolution")
    app.number_input(key="random.input.seed").set_value(7).run()
    first = app.query_params["input"]
    app.number_input(key="random.input.seed").set_value(8).run()
    assert app.query_params["input"] != first
    app.number_input(key="random.input.seed").set_value(7).run()
    assert app.query_params["input"] == first
    app.slider(key="random.input.size").set_value(12).run()
    assert code_of(app)["output"].shape == (10, 10)


def test_gabor_turns_by_its_angle_and_grows_with_its_size(open_page: OpenPage) -> None:
    app = open_page("convolution", view="picture", picture="test-3")
    app.selectbox(key="convolution.kernel.name").select("gabor").run()
    app.select_slider(key="convolution.kernel.angle").set_value(45).run()
    app.slider(key="convolution.kernel.size").set_value(9).run()
    assert np.allclose(parse_matrix(app.query_params["kernel"]), gabor(9, 45))
    assert app.selectbox(key="convolution.kernel.name").value == "gabor"


def test_several_kernels_are_compared_on_one_scale(open_page: OpenPage) -> None:
    app = open_page(
        "convolution", view="picture", picture="test-3", several=1, compare="sobel,nonsense,identity"
    )
    assert app.multiselect(key="convolution.compare").value == ["sobel", "identity"]
    assert "One scale for all: full colour at ±4." in [c.value for c in app.caption]  # Sobel's most
    app.toggle(key="widget.convolution.stretch").set_value(True).run()
    digit = load_picture("test-3")
    limit = np.abs(conv2d(digit[None, None], KERNELS["sobel"].make(3)[None, None])).max()
    assert f"One scale for all: full colour at ±{limit:.3g}." in [c.value for c in app.caption]


def test_of_an_addresss_kernels_each_is_compared_once_and_six_at_most(open_page: OpenPage) -> None:
    names = "sobel,sobel," + ",".join(KERNELS)
    app = open_page("convolution", view="picture", picture="test-3", several=1, compare=names)
    chosen = app.multiselect(key="convolution.compare").value
    assert len(chosen) == len(set(chosen)) == 6
    assert chosen[0] == "sobel"


def test_a_compared_kernel_that_does_not_fit_says_so(open_page: OpenPage) -> None:
    thin = upload_address(open_page, png((40, 2)))
    app = open_page(
        "convolution", view="picture", picture=thin, several=1, compare="sobel,identity", kernel="1"
    )
    assert not app.exception
    told = [w.value for w in app.warning]
    assert [line.split(":")[0] for line in told] == ["**Sobel**", "**Identity**"]
    assert "does not fit into the padded input 2×40" in told[0]


def test_flip_turns_the_kernel_by_180_degrees(open_page: OpenPage) -> None:
    app = open_page("convolution")
    next(b for b in app.button if b.label == "Flip").click().run()
    assert app.query_params["kernel"] == "2,0,1;2,1,0;1,0,2"


def press(app: AppTest, label: str) -> AppTest:
    return next(b for b in app.button if b.label == label).click().run()


def kernel_of(app: AppTest) -> list[list[float]]:
    return parse_matrix(app.query_params["kernel"]).tolist()


def test_the_kernel_turns_a_quarter_and_divides_by_its_sum(open_page: OpenPage) -> None:
    app = press(open_page("convolution", kernel="1,2,3;4,5,6"), "Rotate by 90°")
    assert kernel_of(app) == [[4, 1], [5, 2], [6, 3]]
    app = press(app, "Divide by the sum")
    assert np.allclose(kernel_of(app), np.array([[4, 1], [5, 2], [6, 3]]) / 21)
    assert code_of(app)["output"].shape == (2, 3)


@pytest.mark.parametrize(("kernel", "size"), [("1,2;3,4;5,6", 5), ("1,2,3,4,5", 1), ("1,2;3,4;5,6", 1)])
def test_a_kernel_of_any_shape_takes_another_size(open_page: OpenPage, kernel: str, size: int) -> None:
    app = open_page("convolution", kernel=kernel, padding=2)
    app.slider(key="convolution.kernel.size").set_value(size).run()
    assert not app.exception
    assert kernel_of(app) == kernels.resized(parse_matrix(kernel), size).tolist()


def test_random_numbers_keep_the_shape_of_kernel_and_input(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="1,2;3,4;5,6", input="1,2,3;4,5,6;7,8,9;1,2,3")
    first = press(app, "Random").query_params["kernel"]
    assert parse_matrix(first).shape == (3, 2)
    assert press(app, "Random").query_params["kernel"] != first
    press(app, "Random numbers")
    assert parse_matrix(app.query_params["input"]).shape == (4, 3)
    assert code_of(app)["output"].shape == (2, 2)


@pytest.mark.parametrize("label", ["Divide by the sum", "Rotate by 90°", "Random"])
def test_a_button_takes_the_cell_that_was_typed_just_before(open_page: OpenPage, label: str) -> None:
    app = open_page("convolution", kernel="1,1;1,1")
    app.session_state["state.convolution.kernel"] = "1,-2,1"  # as the cells' own edit does
    app = press(app, label)
    assert not app.exception
    if label == "Divide by the sum":  # not possible any more
        assert [e.value for e in app.error] == [
            "This kernel's numbers add up to 0, so it cannot be divided by their sum."
        ]
        assert kernel_of(app) == [[1, -2, 1]]
    else:
        assert np.shape(kernel_of(app)) == ((3, 1) if label == "Rotate by 90°" else (1, 3))


def test_the_size_too_takes_the_cell_that_was_typed_just_before(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="1,1;1,1", padding=1)
    app.session_state["state.convolution.kernel"] = "1,2;3,4"
    app.slider(key="convolution.kernel.size").set_value(3).run()
    assert kernel_of(app) == [[1, 2, 0], [3, 4, 0], [0, 0, 0]]


def test_cross_correlation_and_what_is_left_over_are_told(open_page: OpenPage) -> None:
    app = open_page("convolution", stride=2, input="1,2,3,4;5,6,7,8;9,1,2,3;4,5,6,7", kernel="1,2,3")
    assert any("cross-correlation" in caption.value for caption in app.caption)
    told = [m.value for m in app.markdown if "leaves a remainder" in m.value]
    assert len(told) == 1
    assert "rows **1**, columns **1**" in told[0]
    assert not [m for m in open_page("convolution").markdown if "leaves a remainder" in m.value]


@pytest.mark.parametrize(
    ("address", "rows", "columns"),
    [
        ({"padding": 1, "stride": 2}, r"\frac{4 + 2 \cdot 1 - 2}{2}", r"\frac{4 + 2 \cdot 1 - 3}{2}"),
        ({"padding": 2}, r"\frac{4 + 2 \cdot 2 - 2}{1}", r"\frac{4 + 2 \cdot 2 - 3}{1}"),
        (
            {"padding": 3, "dilation": 2, "stride": 3, "apart": 1, "dilation_w": 3, "stride_w": 1},
            r"\frac{4 + 2 \cdot 3 - 2 \cdot (2-1) - 1}{3}",
            r"\frac{8 + 2 \cdot 0 - 3 \cdot (3-1) - 1}{1}",
        ),
    ],
)
def test_the_formula_and_the_sentence_come_to_what_torch_computes(
    open_page: OpenPage, address: dict[str, int], rows: str, columns: str
) -> None:
    x = ";".join([",".join("12345678"[: 8 if "apart" in address else 4])] * 4)
    app = open_page("convolution", kernel="1,2,3;4,5,6", input=x, **address)
    left = code_of(app)
    shape, weights = left["output"].shape, left["kernel"].numel()  # type: ignore[attr-defined]
    for latex, numbers, out in zip(app.latex, (rows, columns), shape, strict=True):
        assert numbers in latex.value
        assert formula_of(latex.value) == (out, out)
    told = next(m.value for m in app.markdown if m.value.startswith("Output cells:"))
    assert f"**{shape[0]}×{shape[1]} = {shape.numel()}**" in told
    assert f"sum of each: {weights}," in told
    assert f"in all: {shape.numel() * weights}." in told


def test_what_a_prediction_is_about_is_not_on_the_page(open_page: OpenPage) -> None:
    app = open_page("convolution")
    assert any("**2×2 = 4**" in m.value for m in app.markdown)
    tables = len(app.dataframe)
    app.session_state["convolution.grid"] = {"hidden": {"value": "size"}}
    app.run()
    assert not any("2×2" in m.value or "Multiplications" in m.value for m in app.markdown)
    assert not app.latex
    assert len(app.dataframe) == tables - 1
    assert [c.value for c in app.caption].count("Hidden while you predict.") == 2
    app.session_state["convolution.grid"] = {"hidden": {"value": "numbers"}}  # the size is found
    app.run()
    assert any("**2×2 = 4**" in m.value for m in app.markdown)
    assert len(app.latex) == 2


def test_every_argument_of_conv2d_is_listed_with_its_value(open_page: OpenPage) -> None:
    table = open_page("convolution", padding=1).dataframe[-1].value
    shown = dict(zip(table["Argument"], table["Value"], strict=True))
    assert shown["padding"] == "1"
    assert shown["(N, C, H, W)"] == "(1, 1, 4, 4)"
    assert shown["(N, FN, OH, OW)"] == "(1, 1, 4, 4)"
    names = {
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "groups",
        "bias",
        "padding_mode",
    }
    assert names < shown.keys()


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("convolution", lang="ko").header[0].value == "커널은 무엇을 계산할까요?"


def test_rows_and_columns_can_go_apart(open_page: OpenPage) -> None:
    app = open_page("convolution", padding=1, stride=2, dilation=2)
    app.toggle(key="widget.convolution.apart").set_value(True).run()
    assert code_of(app)["output"].shape == (1, 1)  # the columns begin with the rows' numbers
    for name, value in (("padding_w", 3), ("stride_w", 1), ("dilation_w", 1)):
        app.slider(key=f"widget.convolution.{name}").set_value(value).run()
    shown = Sliding((2, 1), (1, 3), (2, 1)).convolved(kernels.BOOK_INPUT, kernels.BOOK_KERNEL)
    assert np.array_equal(code_of(app)["output"].numpy(), shown)


def test_same_keeps_the_size_under_a_kernel_that_is_no_square(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="1,1,1,1,1", dilation=1)
    next(b for b in app.button if b.label == "same size").click().run()
    assert code_of(app)["output"].shape == (4, 4)
    assert app.query_params["padding_w"] == "2"


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "book"])
def test_each_ready_made_kernel_says_what_it_does(name: str) -> None:
    assert kernels.recognised(KERNELS[name].make(5 if name == "gabor" else 3)) == (name, 0)


def test_a_ready_made_kernels_line_is_shown_while_it_is_one(open_page: OpenPage) -> None:
    app = open_page("convolution")
    app.selectbox(key="convolution.kernel.name").select("sobel").run()
    line = f"**Sobel**: {KERNELS['sobel'].does}"
    assert line in [m.value for m in app.markdown]
    assert line not in [m.value for m in open_page("convolution", kernel="1,2;3,4").markdown]


def test_the_code_and_the_table_have_the_layers_bias_to_its_last_digit(open_page: OpenPage) -> None:
    for bias in (0, 0.123456789, -987.6543217):
        app = open_page("convolution", bias=bias, kernel="0.12345678901,0;0,2")
        layer = code_of(app)["layer"]
        table = app.dataframe[-1].value
        shown = dict(zip(table["Argument"], table["Value"], strict=True))
        assert shown["bias"] == str(layer.bias is not None) == "True"  # type: ignore[attr-defined]
        assert layer.bias.item() == np.float32(bias)  # type: ignore[attr-defined]
        assert f"fill_({bias})" in app.code[-1].value
        assert "0.12345678901" in app.code[-1].value
        assert app.query_params.get("bias", "0") == str(bias)


def own_drawing() -> str:
    """A stroke down the pad, kept as the draw page keeps it."""
    stroke = Stroke(((0.5, 0.2), (0.45, 0.5), (0.4, 0.8)), 0.08)
    return specimen.keep_drawing(to_json(Drawing((stroke,))))


@pytest.mark.parametrize("slug", ["convolution", "pooling"])
def test_a_drawing_of_ones_own_is_offered_and_the_code_loads_it(open_page: OpenPage, slug: str) -> None:
    app = open_page(slug, view="picture")
    drawing = own_drawing()
    assert "Your drawing" not in app.selectbox(key="picture.picture").options
    app.session_state["state.image"] = drawing  # as the draw page leaves it
    app.run()
    assert "Your drawing" in app.selectbox(key="picture.picture").options
    app.selectbox(key="picture.picture").select(drawing).run()
    assert app.query_params["picture"] == drawing
    left, pixels = code_of(app), torch.tensor(specimen.load_image(drawing).pixels)
    assert pixels.max() == 1
    assert torch.equal(left["x"], pixels)  # type: ignore[arg-type]
    layer = torch.nn.MaxPool2d(2) if slug == "pooling" else left["layer"]
    assert torch.allclose(left["output"], layer(pixels[None, None])[0, 0])  # type: ignore[arg-type, operator]
