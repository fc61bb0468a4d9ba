"""The pooling page: the book's numbers, the shift experiment, and plain sentences for bad input."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from cnn_core.data import load_mnist
from cnn_core.kernels import compact
from cnn_core.ops import max_pool2d
from tests.pages.conftest import OpenPage, code_of, formula_of


def test_it_opens_on_the_books_example(open_page: OpenPage) -> None:
    left = code_of(open_page("pooling"))
    assert left["output"].tolist() == [[2, 3], [4, 2]]
    assert left["parameters"] == 0


@pytest.mark.parametrize("label", ["Book: 3×3, stride 3", "Book: the same, one cell to the right"])
def test_the_books_shifted_inputs_pool_to_the_same(open_page: OpenPage, label: str) -> None:
    app = open_page("pooling")
    next(b for b in app.button if b.label == label).click().run()
    assert code_of(app)["output"].tolist() == [[9, 7], [6, 8]]


def test_average_pooling_takes_the_mean(open_page: OpenPage) -> None:
    assert code_of(open_page("pooling", op="avg"))["output"].tolist() == [[1.0, 1.5], [2.25, 1.0]]


def test_a_shift_of_a_digit_is_counted_before_and_after_pooling(open_page: OpenPage) -> None:
    app = open_page("pooling", view="picture", picture="test-0", right=1, window=4, stride=4)
    digit = load_mnist().test_images[0].astype(np.float32) / 255
    moved = np.roll(digit, 1, axis=1)
    before, after = (max_pool2d(a[None, None], 4)[0, 0] for a in (digit, moved))
    said = " ".join(m.value for m in app.markdown)
    assert f"**{(digit != moved).sum()} of 784** input cells" in said
    assert f"**{(before != after).sum()} of 49** cells after pooling" in said
    assert np.allclose(code_of(app)["output"], after)


def test_a_move_is_told_by_its_directions(open_page: OpenPage) -> None:
    sentences = {"en": "Moved 1 up, 2 to the right: ", "ko": "위로 1칸, 오른쪽으로 2칸 옮겼어요."}
    for language, told in sentences.items():
        app = open_page("pooling", down=-1, right=2, lang=language)
        assert any(m.value.startswith(told) for m in app.markdown)


def test_too_much_padding_is_explained_and_the_rest_stays(open_page: OpenPage) -> None:
    app = open_page("pooling", padding=3)
    assert len(app.warning) == 1
    app.slider(key="widget.pooling.padding").set_value(1).run()
    assert not app.warning
    assert code_of(app)["output"].shape == (3, 3)


def test_too_large_a_window_is_explained_as_a_window(open_page: OpenPage) -> None:
    app = open_page("pooling", window=8, padding=1)
    assert [w.value for w in app.warning] == [
        "The window 8×8 does not fit into the padded input 6×6: use a smaller window."
    ]


@pytest.mark.parametrize(("window", "stride", "padding"), [(3, 2, 0), (2, 2, 0), (4, 3, 1), (3, 3, 1)])
def test_the_formula_and_what_is_left_over_are_torchs(
    open_page: OpenPage, window: int, stride: int, padding: int
) -> None:
    wide = compact(np.arange(42).reshape(6, 7) % 10)
    app = open_page("pooling", input=wide, window=window, stride=stride, padding=padding)
    shape = code_of(app)["output"].shape  # type: ignore[attr-defined]
    for latex, size, out in zip(app.latex, (6, 7), shape, strict=True):
        assert rf"\frac{{{size} + 2 \cdot {padding} - {window}}}{{{stride}}}" in latex.value
        assert formula_of(latex.value) == (out, out)
    said = " ".join(m.value for m in app.markdown)
    assert f"(3, 6, 7) → (3, {shape[0]}, {shape[1]})" in said
    ones = torch.ones(1, 1, 6 + 2 * padding, 7 + 2 * padding, requires_grad=True)
    torch.nn.functional.avg_pool2d(ones, window, stride).sum().backward()
    over = [int((ones.grad[0, 0] != 0).any(axis).logical_not().sum()) for axis in (1, 0)]  # type: ignore[index]
    told = re.search(r"under no window: rows \*\*(\d+)\*\*, columns \*\*(\d+)\*\*", said)
    assert [int(n) for n in told.groups()] == over if told else over == [0, 0]


@pytest.mark.parametrize(("digit", "window"), [(8, 5), (15, 7)])
def test_the_sentence_counts_what_the_bars_count(open_page: OpenPage, digit: int, window: int) -> None:
    """Some averages of float32 differ by their rounding only; the browser computes in doubles."""
    address = {"picture": f"test-{digit}", "window": window, "stride": 1, "right": 1}
    app = open_page("pooling", view="picture", op="avg", **address)
    x = torch.tensor(load_mnist().test_images[digit] / np.float32(255)).double()[None]
    before, after = (torch.nn.functional.avg_pool2d(a, window, 1) for a in (x, x.roll(1, 2)))
    changed = int(((before - after).abs() > 1e-9).sum())
    said = " ".join(m.value for m in app.markdown)
    assert f"**{changed} of {before.numel()}** cells after pooling" in said


def test_bad_numbers_get_a_sentence(open_page: OpenPage) -> None:
    app = open_page("pooling")
    app.text_area(key="box.input").input("1 2\n3").run()
    assert len(app.error) == 1
    assert code_of(app)["output"].tolist() == [[2, 3], [4, 2]]


@pytest.mark.parametrize(("op", "argument"), [("max", "return_indices"), ("avg", "count_include_pad")])
def test_every_argument_is_listed_with_its_value(open_page: OpenPage, op: str, argument: str) -> None:
    table = open_page("pooling", op=op).dataframe[-1].value
    assert argument in set(table["Argument"])
    assert {"kernel_size", "stride", "padding", "ceil_mode"} < set(table["Argument"])


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("pooling", lang="ko").header[0].value == "풀링은 무엇을 남기고, 무엇을 눈감아 줄까요?"
