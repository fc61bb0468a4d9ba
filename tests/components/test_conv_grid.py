"""conv_grid in a real browser: what its grids show is read off the page and checked against torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect

from cnn_core.colours import css_variables, palette, rgb
from tests.browser_tools import new_page
from tests.components.cases_conv_grid import CASES, COLOURS, FILTERS, LARGE, PICTURE
from tests.components.conftest import Open, opener
from tests.grids import by_torch, centre, lit, outlines, point, reads, stands_at, texts, values

APP = Path(__file__).parent / "harness_conv_grid.py"
NO_NUMBERS = ("picture", "large", "too large")
SVG_CASES = [name for name in CASES if name not in NO_NUMBERS and not CASES[name].get("predict")]


@pytest.mark.parametrize("case", SVG_CASES)
def test_every_output_cell_agrees_with_torch(show: Open, case: str) -> None:
    page = show(case)
    expected = by_torch(**CASES[case])
    for c, plane in enumerate(expected):
        np.testing.assert_allclose(values(page, f"output-{c}"), plane, rtol=1e-12, atol=1e-12)


def test_the_book_example_gives_15_16_6_15(show: Open) -> None:
    assert texts(show("book"), "output-0") == ["15", "16", "6", "15"]


def test_pointing_at_an_output_cell_opens_its_sum(show: Open) -> None:
    page = show("bias")
    point(page, "output-0", 0, 1)
    reads(page, "row 1, column 2: 2×2 + 3×0 + 0×1 + 1×0 + 2×1 + 3×2 + 0×1 + 1×0 + 2×2 + 3 (bias) = 19")
    assert texts(page, "kernel-0")[:3] == ["2×2 4", "3×0 0", "0×1 0"]
    assert values(page, "kernel-0").sum() == 16
    expect(page.locator("[data-grid='output-0'] .foot")).to_have_text("16 + 3 = 19")
    point(page, "output-0", 1, 0)
    reads(page, "row 2, column 1")
    expect(page.locator("[data-grid='output-0'] .foot")).to_have_text("6 + 3 = 9")


def test_the_patch_reaches_into_the_padding(show: Open) -> None:
    page = show("padding")
    point(page, "output-0", 3, 3)
    stands_at(page, 3, 3)
    reads(page, "1×2 + 2×0 + 0×1 + 0×0 + 1×1 + 0×2 + 0×1 + 0×0 + 0×2 = 3")
    assert page.locator("[data-grid='input-0'] .cell.padding").count() == 6 * 6 - 4 * 4


def test_pointing_at_an_input_cell_lights_the_outputs_that_it_feeds(show: Open) -> None:
    page = show("stride")
    point(page, "input-0", 2, 2)
    reads(page, "It goes into 4 output cells.")
    assert lit(page, "output-0") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    x = torch.tensor(CASES["stride"]["x"], dtype=torch.float64, requires_grad=True)
    out = F.conv2d(x[None, None], torch.ones(1, 1, 3, 3, dtype=torch.float64), stride=2)[0, 0]
    feeds = {
        (r, c)
        for r in range(3)
        for c in range(3)
        if torch.autograd.grad(out[r, c], x, retain_graph=True)[0][0, 1]
    }
    point(page, "input-0", 0, 1)
    reads(page, "It goes into 1 output cell.")
    assert lit(page, "output-0") == feeds == {(0, 0)}


def test_pointing_at_a_weight_lights_every_input_that_it_multiplies(show: Open) -> None:
    page = show("book")
    point(page, "kernel-0", 2, 0)
    reads(page, "The weight 1 multiplies 4 input cells")
    assert lit(page, "input-0") == {(2, 0), (2, 1), (3, 0), (3, 1)}


def fed_by(case: str, channel: int, row: int, col: int) -> set[tuple[int, int]]:
    """The output cells that one cell of the padded input has a part in, by the gradient."""
    rim = CASES[case].get("padding", 0)
    x = F.pad(torch.tensor(CASES[case]["x"], dtype=torch.float64), [rim] * 4).requires_grad_()
    out = F.conv2d(x[None], torch.ones(1, len(x), 3, 3, dtype=torch.float64))[0, 0]
    gradient = {
        place: torch.autograd.grad(out[place], x, retain_graph=True)[0] for place in np.ndindex(*out.shape)
    }
    return {place for place, of in gradient.items() if of[channel, row, col]}


@pytest.mark.parametrize(("case", "cell"), [("filters", (1, 3)), ("channels", (2, 1))])
def test_a_cell_of_one_channel_lights_what_it_feeds_in_its_own_part_and_in_every_map(
    show: Open, case: str, cell: tuple[int, int]
) -> None:
    page = show(case)
    fed = fed_by(case, 1, *cell)
    point(page, "input-1", *cell)
    reads(page, f"It goes into {len(fed)} output cells.")
    assert lit(page, "input-1", "pointed") == {cell}
    for grid in ("part-1", *(f"output-{f}" for f in range(len(by_torch(**CASES[case]))))):
        assert lit(page, grid) == fed
    for other in (0, 2):
        expect(page.locator(f"[data-grid='input-{other}'] .mark.pointed")).to_be_hidden()
        expect(page.locator(f"[data-grid='part-{other}'] .mark.linked")).to_be_hidden()


def test_a_weight_of_one_slice_lights_its_own_channel_and_its_column_of_im2col(show: Open) -> None:
    page = show("channels")
    point(page, "kernel-2", 0, 1)
    reads(page, f"The weight {FILTERS[2, 0, 1]} multiplies 25 cells, 5 of them padding:".replace("-", "−"))
    assert lit(page, "input-2") == {(row, col + 1) for row, col in np.ndindex(5, 5)}
    for other in (0, 1):
        expect(page.locator(f"[data-grid='input-{other}'] .mark.linked")).to_be_hidden()
    assert lit(page, "column", "pointed") == {(2 * 9 + 1, 0)}
    assert lit(page, "matrix") == {(n, 2 * 9 + 1) for n in range(25)}


def test_a_weight_tells_how_many_of_its_cells_are_padding_and_what_it_makes_here(show: Open) -> None:
    page = show("padding")
    padded, weight = np.pad(CASES["padding"]["x"], 1), np.array(CASES["padding"]["weight"])
    one = torch.ones(1, 1, 4, 4, requires_grad=True)
    for row, col in np.ndindex(3, 3):
        kernel = torch.zeros(1, 1, 3, 3)
        kernel[0, 0, row, col] = 1
        inside = int(F.conv2d(one, kernel, padding=1).sum())
        point(page, "kernel-0", row, col)
        met = f"16 cells, {16 - inside} of them padding:" if inside < 16 else "16 input cells:"
        x, w = padded[row, col], weight[row, col]
        reads(page, f"The weight {w} multiplies {met}")
        reads(page, f"Here: {x} × {w} = {x * w}.")
        assert len(lit(page, "input-0")) == 16


def test_a_products_factors_are_told_where_its_cell_is_too_small_for_them(show: Open) -> None:
    page = show("eleven")
    assert not any("×" in text for text in texts(page, "kernel-0"))
    point(page, "output-0", 1, 2)
    page.mouse.click(*centre(page, "output-0", 1, 2))
    x, weight = (np.asarray(CASES["eleven"][name], float) for name in ("x", "weight"))
    for row, col in [(0, 0), (7, 3), (10, 10)]:
        point(page, "kernel-0", row, col)
        reads(page, f"The weight {weight[row, col]:g} multiplies".replace("-", "−"))
        reading = page.locator(".reading").inner_text().replace("−", "-")
        told = re.search(r"Here: (\S+) × \(?([-.\d]+)\)? = ([-.\d]+)\. ", reading)
        assert told, reading
        factors = x[1 + row, 2 + col], weight[row, col]
        np.testing.assert_allclose([float(n) for n in told.groups()], [*factors, np.prod(factors)], rtol=0.05)


def test_dilation_outlines_the_cells_between_the_gaps(show: Open) -> None:
    page = show("dilation")
    assert lit(page, "input-0", "taps") == {(r, c) for r in (0, 2, 4) for c in (0, 1, 2)}


def test_cells_that_no_window_reaches_say_so(show: Open) -> None:
    page = show("dilation")
    point(page, "input-0", 2, 6)
    reads(page, "No window reaches it.")
    assert page.locator("[data-grid='input-0'] .cell.unused").count() == 7


def test_three_channels_add_up_to_the_total(show: Open) -> None:
    page = show("channels")
    parts = [values(page, f"part-{c}") for c in range(3)]
    np.testing.assert_allclose(sum(parts) + 1, values(page, "output-0"))
    point(page, "part-1", 2, 3)
    stands_at(page, 2, 3)
    for c in range(3):
        assert values(page, f"kernel-{c}").sum() == parts[c][2, 3]
    a, b, c = (int(part[2, 3]) for part in parts)
    signed = [f"({n})" if n < 0 else str(n) for n in (b, c)]
    reads(
        page,
        f"{a} (channel 1) + {signed[0]} (channel 2) + {signed[1]} (channel 3) + 1 (bias)".replace("-", "−"),
    )


def test_each_filter_has_its_map_and_pointing_opens_its_own_slices(show: Open) -> None:
    page = show("filters")
    case = CASES["filters"]
    expected = by_torch(**case)
    for f, key in ((1, "2"), (0, "1")):
        point(page, f"output-{f}", 1, 2)
        reads(page, f"Map {f + 1}, row 2, column 3")
        parts = [values(page, f"part-{c}")[1, 2] for c in range(3)]
        assert sum(parts) + case["bias"][f] == pytest.approx(expected[f, 1, 2])
        assert [values(page, f"kernel-{c}").sum() for c in range(3)] == parts
        point(page, "input-0", 0, 0)  # away, and by the keyboard
        page.locator(".stage").focus()
        page.keyboard.press("2" if key == "1" else "1")
        expect(page.locator("[data-grid='kernel-0'] figcaption")).to_have_text(f"Filter {2 - f} 3×3")
    point(page, "result", 4, 1)
    reads(page, "Map 2, row 2, column 2")
    assert values(page, "result")[4, 1] + case["bias"][1] == pytest.approx(expected[1, 1, 1])


def test_a_cell_of_im2col_is_a_cell_of_the_input_times_a_weight(show: Open) -> None:
    page = show("filters")
    point(page, "matrix", 4, 9 + 5)  # the middle patch; channel 2, its row 2, column 3
    stands_at(page, 1, 1)
    assert lit(page, "input-1", "pointed") == {(1 + 1, 1 + 2)}
    assert lit(page, "kernel-1", "pointed") == {(1, 2)}
    assert values(page, "matrix")[4, 14] == COLOURS[1, 2, 3]
    point(page, "column", 14, 1)
    reads(page, f"The weight {-FILTERS[1, 2, 1]} multiplies 9 input cells".replace("-", "−"))
    assert lit(page, "input-1") == {(r, c) for r in (1, 2, 3) for c in (2, 3, 4)}


def test_a_run_adds_channel_after_channel_then_the_bias(show: Open) -> None:
    page = show("filters")
    parts = [values(page, f"part-{c}")[0, 0] for c in range(3)]
    page.locator("[data-grid='output-0'] .foot").evaluate(
        """foot => {
            window.told = [];
            const note = () => window.told.push(foot.textContent);
            new MutationObserver(note).observe(foot, { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("window.told.filter(words => words.includes('=')).length > 0")
    page.get_by_role("button", name="Pause").click()
    told = page.evaluate("window.told.slice(0, 4)")
    terms = [f"{part:g}" if c == 0 or part >= 0 else f"({part:g})" for c, part in enumerate(parts)]
    sums = [" + ".join(terms[: c + 1]) + " + …" for c in range(3)]
    bias = CASES["filters"]["bias"][0]
    end = f"{sum(parts):g} + {bias} = {sum(parts) + bias:g}"
    assert told == [words.replace("-", "−") for words in [*sums, end]]


def test_im2col_links_rows_and_patches(show: Open) -> None:
    page = show("channels")
    expect(page.locator(".about")).to_contain_text("25×27 = 675 numbers are stored for the 75")
    case = CASES["channels"]
    x = torch.as_tensor(np.asarray(case["x"], dtype=np.float64))
    unfolded = F.unfold(x[None], 3, padding=1)[0].T.numpy()  # (OH*OW, C*FH*FW)
    point(page, "result", 7, 0)
    stands_at(page, 1, 2)
    np.testing.assert_array_equal(
        values(page, "result")[:, 0], unfolded @ np.asarray(case["weight"]).reshape(-1)
    )
    point(page, "matrix", 13, 4)
    stands_at(page, 2, 3)


def test_the_maximum_is_ringed_where_torch_finds_it(show: Open) -> None:
    page = show("max padded")
    x = torch.as_tensor(np.asarray(CASES["max padded"]["x"], dtype=np.float64))
    _, where = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    point(page, "output-1", 0, 2)
    stands_at(page, 0, 2)
    ring = page.locator("[data-grid='input-1'] .mark.largest")
    size = float(page.locator("[data-grid='input-1'] svg").get_attribute("width")) / 7
    row, col = (int(float(ring.get_attribute(name)) // size) - 1 for name in ("cy", "cx"))
    assert row * 5 + col == int(where[1, 0, 2])
    assert "−∞" in texts(page, "kernel-1")


def test_the_average_shows_its_sum(show: Open) -> None:
    page = show("avg")
    point(page, "output-0", 1, 1)
    reads(page, "(1 + 2 + 0 + 1) ÷ 4 = 1")
    expect(page.locator("[data-grid='output-0'] .foot")).to_have_text("4 ÷ 4 = 1")


def test_a_picture_is_a_canvas_and_tells_exact_values_on_pointing(show: Open) -> None:
    page = show("picture")
    expected = by_torch(**CASES["picture"])
    assert page.locator("[data-grid='output-0'] .cell").count() == 0
    for row, col in [(0, 0), (11, 5), (23, 23)]:
        point(page, "output-0", row, col)
        stands_at(page, row, col)
        sentence = page.locator(".reading").inner_text().replace("−", "-")
        told = re.search(r"exactly (-?[\d.e-]+)", sentence)
        assert told, sentence
        assert float(told[1]) == pytest.approx(expected[0, row, col], rel=1e-12)
    point(page, "input-0", 4, 9)
    reads(page, "Input row 5, column 10")
    told = re.search(r"exactly ([\d.]+)", page.locator(".reading").inner_text())
    assert told
    assert np.float32(told[1]) == PICTURE[4, 9]


def test_new_values_change_in_place_and_keep_the_position(show: Open) -> None:
    page = show("padding")
    page.locator(".stage").focus()
    page.keyboard.press("End")
    stands_at(page, 3, 3)
    page.locator("[data-grid='output-0'] .cell").first.evaluate("cell => { cell.mine = true }")
    page.get_by_role("button", name="Other values").click()
    expect(page.get_by_text("Shown: other values")).to_be_visible()
    other = by_torch(**CASES["padding"] | {"x": np.array(CASES["padding"]["x"]) + 1})[0]
    expect(page.locator("[data-grid='output-0'] .cell").first).to_have_attribute(
        "data-value", f"{other[0, 0]:.0f}"
    )
    np.testing.assert_array_equal(values(page, "output-0"), other)
    stands_at(page, 3, 3)
    assert page.locator("[data-grid='output-0'] .cell").first.evaluate("cell => cell.mine") is True


def test_a_kernel_that_does_not_fit_is_explained(server: Any, browser_page: Any) -> None:
    browser_page.goto(f"{server.url}/?case=too large")
    expect(browser_page.get_by_text("The kernel 5×5 does not fit into the padded input 4×4")).to_be_visible()


@pytest.mark.parametrize("case", ["book", "channels", "picture", "floats", "dilation", "max padded"])
def test_nothing_is_cut_off_on_a_phone(show_on_a_phone: Open, case: str) -> None:
    page = show_on_a_phone(case)
    width = page.evaluate("document.documentElement.clientWidth")
    edges = page.locator(".grid, .player, .reading").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= width


def test_reduced_motion_is_respected(show_on_a_phone: Open) -> None:
    page = show_on_a_phone("book")
    moves = page.locator("[data-grid='input-0'] .mark.window").evaluate(
        "m => getComputedStyle(m).transitionProperty"
    )
    assert moves == "none"


def test_a_change_of_the_theme_repaints_the_cells(show: Open) -> None:
    page = show("book")
    zero = page.locator("[data-grid='kernel-0'] .cell rect").nth(1)
    light = zero.evaluate("rect => rect.style.fill")
    style = "Object.assign(document.createElement('style'), { textContent: css })"
    page.evaluate(f"css => document.body.append({style})", css_variables("dark"))
    page.wait_for_function("([rect, light]) => rect.style.fill !== light", arg=[zero.element_handle(), light])
    assert zero.evaluate("rect => rect.style.fill") == "rgb{}".format(rgb(palette("dark").neutral))


def test_numbers_are_large_enough_for_the_back_row(show: Open) -> None:
    for case in ("book", "stride", "channels", "floats", "max"):
        page = show(case)
        sizes = page.locator(".stage .cell text").evaluate_all(
            "all => all.filter(t => t.textContent).map(t => parseFloat(getComputedStyle(t).fontSize))"
        )
        assert sizes, case
        assert min(sizes) >= 14, case


@pytest.mark.parametrize(
    ("case", "at", "patch"),
    [
        ("book", (1, 0), (1, 0, 3, 3)),
        ("padding", (3, 3), (3, 3, 3, 3)),  # of 6×6 cells, two rows and columns of the patch are padding's
        ("dilation", (1, 0), (1, 0, 5, 3)),
        ("max padded", (2, 1), (4, 2, 3, 3)),
    ],
)
def test_the_window_lies_round_the_patch_of_the_cell(
    show: Open, case: str, at: tuple[int, int], patch: tuple[int, int, int, int]
) -> None:
    page = show(case)
    point(page, "output-0", *at)
    outlines(page, "input-0", patch)
    outlines(page, "output-0", (*at, 1, 1))


def test_the_row_of_im2col_is_outlined_with_its_patch_and_its_result(show: Open) -> None:
    page = show("channels")
    point(page, "output-0", 1, 4)
    outlines(page, "matrix", (1 * 5 + 4, 0, 1, 27))
    outlines(page, "result", (1 * 5 + 4, 0, 1, 1))
    for c in range(3):
        outlines(page, f"input-{c}", (1, 4, 3, 3))
        outlines(page, f"part-{c}", (1, 4, 1, 1))


def test_forty_by_forty_cells_are_sharp_on_a_dense_screen(server: Any, browser: Any) -> None:
    page = new_page(browser, device_scale_factor=2)
    opener(server, page)("large")
    canvas = page.locator("[data-grid='input-0'] canvas")
    width, side, pixels = canvas.evaluate(
        """canvas => {
            const side = canvas.width / 44;
            const pen = canvas.getContext("2d");
            const at = (place) => (2 + place + 0.5) * side; // 2 cells of padding
            const grey = (row, col) => pen.getImageData(at(col), at(row), 1, 1).data[0];
            const pixels = Array.from({ length: 40 * 40 }, (_, i) => grey(Math.floor(i / 40), i % 40));
            return [canvas.width / canvas.getBoundingClientRect().width, side, pixels];
        }"""
    )
    assert width == pytest.approx(2, abs=0.05)  # a pixel of the canvas is one of the screen
    assert side >= 10
    np.testing.assert_allclose(np.reshape(pixels, (40, 40)), LARGE * 255, atol=0.51)
    expected = by_torch(**CASES["large"])
    for row, col in [(0, 0), (39, 39), (17, 23)]:
        point(page, "output-0", row, col)
        stands_at(page, row, col)
        told = re.search(r"exactly (-?[\d.e-]+)", page.locator(".reading").inner_text().replace("−", "-"))
        assert told
        assert float(told[1]) == pytest.approx(expected[0, row, col], rel=1e-12)
    page.context.close()
    assert page.complaints == []


def test_a_part_of_larger_grids_names_cells_by_their_place_in_those(show: Open) -> None:
    page = show("part")
    reads(page, "Output row 8, column 10: ")
    point(page, "output-0", 0, 1)
    reads(page, "Output row 7, column 10: ")
    point(page, "input-0", 2, 2)
    reads(page, f"Input: {COLOURS[0, 2, 2]}. It goes into 4 output cells.")
