"""conv_grid in a real browser: every gesture's numbers are read off the page and checked against torch."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect

from cnn_core.colours import css_variables, palette, rgb
from tests.browser_tools import PHONE, new_page, wait_until_idle
from tests.components.cases_conv_grid import CASES, COLOURS, FILTERS, PICTURE

APP = Path(__file__).parent / "harness_conv_grid.py"
SVG_CASES = [name for name in CASES if name not in ("picture", "predict", "too large")]

Open = Callable[[str], Any]


def by_torch(
    x: Any,
    weight: Any = None,
    bias: float = 0,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    **other: Any,
) -> np.ndarray:
    """(FN, OH, OW), or (C, OH, OW) for pooling, in double precision."""
    maps = torch.as_tensor(np.array(x, dtype=np.float64))
    maps = maps if maps.ndim == 3 else maps[None]
    op = other.get("op", "conv")
    if op == "max":
        return F.max_pool2d(maps, other["window"], stride, padding).numpy()
    if op == "avg":
        return F.avg_pool2d(maps, other["window"], stride, padding).numpy()
    kernel = torch.as_tensor(np.array(weight, dtype=np.float64))
    kernel = kernel.reshape(-1, len(maps), *kernel.shape[-2:])  # (FN, C, FH, FW)
    conv = torch.nn.Conv2d(
        len(maps),
        len(kernel),
        kernel.shape[2:],
        stride,
        padding,
        dilation,
        padding_mode=other.get("padding_mode", "zeros"),
        dtype=torch.float64,
    )
    conv.weight.data = kernel
    conv.bias.data = torch.as_tensor(np.broadcast_to(np.array(bias, np.float64), len(kernel)).copy())
    return conv(maps[None])[0].detach().numpy()


@pytest.fixture
def show(server: Any, browser_page: Any) -> Open:
    def opened(case: str) -> Any:
        return visit(server, browser_page, case)

    return opened


def visit(server: Any, page: Any, case: str) -> Any:
    page.goto(f"{server.url}/?case={case}")
    wait_until_idle(page)
    expect(page.locator(".reading")).not_to_be_empty()
    return page


def values(page: Any, grid: str) -> np.ndarray:
    """All numbers of a grid, to the last digit; NaN where a cell hides its number."""
    figure = page.locator(f"[data-grid='{grid}']")
    read = figure.locator(".cell").evaluate_all("cells => cells.map(cell => cell.dataset.value)")
    shape = (int(figure.get_attribute("data-rows")), int(figure.get_attribute("data-cols")))
    return np.array([float(text) if text else np.nan for text in read]).reshape(shape)


def texts(page: Any, grid: str) -> list[str]:
    """What stands in each cell, its lines joined by a space."""
    lines = (
        "cells => cells.map(c => [...c.querySelectorAll('text')].map(t => t.textContent).join(' ').trim())"
    )
    return page.locator(f"[data-grid='{grid}'] .cell").evaluate_all(lines)


def centre(page: Any, grid: str, row: int, col: int) -> tuple[float, float]:
    figure = page.locator(f"[data-grid='{grid}']")
    figure.locator(".plate").scroll_into_view_if_needed()
    box = figure.locator(".plate").bounding_box()
    rows, cols = int(figure.get_attribute("data-rows")), int(figure.get_attribute("data-cols"))
    return box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows


def point(page: Any, grid: str, row: int, col: int) -> None:
    page.mouse.move(*centre(page, grid, row, col))


def lit(page: Any, grid: str, kind: str = "linked") -> set[tuple[int, int]]:
    """The cells that a mark outlines."""
    mark = page.locator(f"[data-grid='{grid}'] .mark.{kind}")
    expect(mark).to_be_visible()
    figure = page.locator(f"[data-grid='{grid}']")
    size = float(figure.locator("svg").get_attribute("width")) / int(figure.get_attribute("data-cols"))
    corners = re.findall(r"M([\d.]+) ([\d.]+)h", mark.get_attribute("d"))
    return {(int(float(y) // size), int(float(x) // size)) for x, y in corners}


def stands_at(page: Any, row: int, col: int) -> None:
    root = page.locator(".root[data-row]")
    expect(root).to_have_attribute("data-row", str(row))
    expect(root).to_have_attribute("data-col", str(col))


def pinned(page: Any, is_pinned: bool) -> None:
    expect(page.locator(".root[data-row]")).to_have_attribute("data-pinned", str(is_pinned).lower())


def reads(page: Any, sentence: str) -> None:
    expect(page.locator(".reading")).to_contain_text(sentence)


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


def test_dilation_outlines_the_cells_between_the_gaps(show: Open) -> None:
    page = show("dilation")
    assert lit(page, "input-0", "taps") == {(r, c) for r in (0, 2, 4) for c in (0, 1, 2)}


def test_cells_that_no_window_reaches_say_so(show: Open) -> None:
    page = show("dilation")
    point(page, "input-0", 2, 6)
    reads(page, "No window reaches it.")
    assert page.locator("[data-grid='input-0'] .cell.unused").count() == 7


def test_a_click_pins_and_escape_lets_go(show: Open) -> None:
    page = show("padding")
    page.mouse.click(*centre(page, "output-0", 1, 2))
    pinned(page, True)
    point(page, "output-0", 3, 3)
    reads(page, "Pinned")
    stands_at(page, 1, 2)
    page.keyboard.press("Escape")
    pinned(page, False)
    point(page, "output-0", 3, 2)
    stands_at(page, 3, 2)


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


def test_arrows_move_the_window_and_stop_at_the_edge(show: Open) -> None:
    page = show("padding")
    page.locator(".stage").focus()
    for key, place in [
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 1)),
        ("ArrowLeft", (1, 0)),
        ("ArrowLeft", (1, 0)),
        ("End", (3, 3)),
        ("ArrowDown", (3, 3)),
        ("ArrowUp", (2, 3)),
        ("Home", (0, 0)),
    ]:
        page.keyboard.press(key)
        stands_at(page, *place)
    page.keyboard.press("Enter")
    pinned(page, True)


def test_playing_fills_the_output_and_pointing_pauses(show: Open) -> None:
    page = show("padding")
    page.get_by_role("combobox", name="Speed").select_option("8")
    page.get_by_role("button", name="Play").click()
    root = page.locator(".root[data-row]")
    expect(root).to_have_attribute("data-playing", "true")
    expect(page.locator("[data-grid='output-0'] .cell.hidden")).not_to_have_count(0)
    point(page, "output-0", 0, 0)
    expect(root).to_have_attribute("data-playing", "false")
    page.locator(".stage").focus()
    page.mouse.move(5, 5)
    page.keyboard.press(" ")
    stands_at(page, 3, 3)
    expect(root).to_have_attribute("data-playing", "false")
    np.testing.assert_array_equal(values(page, "output-0"), by_torch(**CASES["padding"])[0])


def test_rewind_step_and_slider_fill_up_to_their_position(show: Open) -> None:
    page = show("padding")
    page.get_by_role("button", name="Rewind").click()
    expect(page.locator("[data-grid='output-0'] .cell:not(.hidden)")).to_have_count(1)
    page.get_by_role("button", name="One step").click()
    expect(page.locator("[data-grid='output-0'] .cell:not(.hidden)")).to_have_count(2)
    page.get_by_role("slider").fill("9")
    stands_at(page, 2, 1)
    expect(page.locator("[data-grid='output-0'] .cell:not(.hidden)")).to_have_count(10)
    page.get_by_role("button", name="Step back").click()
    stands_at(page, 2, 0)


def test_screen_readers_hear_the_position(show: Open) -> None:
    page = show("book")
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-live]")).to_have_text(
        "Output row 1, column 2: 2×2 + 3×0 + 0×1 + 1×0 + 2×1 + 3×2 + 0×1 + 1×0 + 2×2 = 16"
    )


def answer(page: Any, value: str) -> None:
    page.locator("form.one input").fill(value)
    page.locator("form.one .check").click()


def test_predict_first_asks_for_the_size_and_shows_where_it_went_wrong(show: Open) -> None:
    page = show("predict")
    assert texts(page, "output-0") == ["?"]
    assert texts(page, "kernel-0") == ["2", "0", "1", "0", "1", "2", "1", "0", "2"]
    for rows, hint in [("1", "the first place counts too"), ("4", "the stride is larger")]:
        page.locator("form.size input").first.fill(rows)
        page.locator("form.size input").last.fill("2")
        page.locator("form.size .check").click()
        expect(page.locator(".verdict.wrong")).to_contain_text(hint)
        expect(page.locator(".verdict.wrong")).to_contain_text("(4 + 2·1 − 3) ÷ 2 + 1")
        if page.locator("form.size").is_hidden():
            page.locator(".predict input").uncheck()
            page.locator(".predict input").check()


def test_predict_first_confirms_the_size_and_the_numbers(show: Open) -> None:
    page = show("predict")
    expect(page.get_by_text("Hidden: size")).to_be_visible()
    expected = by_torch(**CASES["predict"])[0]
    for field in (page.locator("form.size input").first, page.locator("form.size input").last):
        field.fill("2")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.right")).to_contain_text("2×2")
    assert texts(page, "output-0") == ["?"] * 4
    expect(page.get_by_text("Hidden: numbers")).to_be_visible()
    answer(page, str(int(expected[0, 0])))
    expect(page.locator(".verdict.right")).to_contain_text(f"row 1, column 1 is {expected[0, 0]:.0f}")
    assert texts(page, "output-0") == [f"{expected[0, 0]:.0f}", "?", "?", "?"]
    page.mouse.click(*centre(page, "output-0", 1, 1))
    reads(page, "row 2, column 2: ?")
    answer(page, str(int(expected[1, 1] - 3)))
    expect(page.locator(".verdict.wrong")).to_contain_text("You left the bias out.")
    reads(page, f"= {expected[1, 1]:.0f}")
    page.mouse.click(*centre(page, "output-0", 0, 1))
    answer(page, "abc")
    expect(page.locator(".verdict.wrong")).to_contain_text("Type a number")
    page.locator("form.one .reveal").click()
    expect(page.locator(".verdict")).to_contain_text(f"row 1, column 2 is {expected[0, 1]:.0f}")
    page.mouse.click(*centre(page, "output-0", 1, 0))
    answer(page, str(int(expected[1, 0])))
    expect(page.get_by_text("Hidden: nothing")).to_be_visible()
    assert texts(page, "output-0") == [f"{value:.0f}" for value in expected.ravel()]


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


@pytest.fixture
def phone(server: Any, browser: Any) -> Any:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    yield page
    page.context.close()
    assert page.complaints == []


def swipe(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger goes down, moves in ten steps, and lifts."""
    touch = page.context.new_cdp_session(page)

    def send(kind: str, share: float) -> None:
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 0)
    for step in range(1, 11):
        send("touchMove", step / 10)
    send("touchEnd", 1)


def test_a_tap_opens_a_cell_and_a_drag_moves_the_window(server: Any, phone: Any) -> None:
    page = visit(server, phone, "padding")
    page.touchscreen.tap(*centre(page, "output-0", 2, 1))
    stands_at(page, 2, 1)
    reads(page, "= 6")
    page.touchscreen.tap(*centre(page, "input-0", 0, 0))
    reads(page, "Padding: 0. It goes into 1 output cell.")
    swipe(page, centre(page, "input-0", 3, 2), centre(page, "input-0", 4, 4))
    stands_at(page, 3, 3)


def test_a_swipe_beside_the_window_scrolls_the_page(server: Any, phone: Any) -> None:
    page = visit(server, phone, "channels")
    x, y = centre(page, "input-0", 6, 6)
    plate = page.locator("[data-grid='input-0'] .plate")
    before = plate.bounding_box()["y"]
    swipe(page, (x, y), (x, y - 200))
    page.wait_for_function(
        "([plate, before]) => plate.getBoundingClientRect().y < before - 50",
        arg=[plate.element_handle(), before],
    )
    stands_at(page, 0, 0)


@pytest.mark.parametrize("case", ["book", "channels", "picture", "floats", "dilation", "max padded"])
def test_nothing_is_cut_off_on_a_phone(server: Any, phone: Any, case: str) -> None:
    page = visit(server, phone, case)
    width = page.evaluate("document.documentElement.clientWidth")
    edges = page.locator(".grid, .player, .reading").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= width


def test_reduced_motion_is_respected(server: Any, phone: Any) -> None:
    page = visit(server, phone, "book")
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
