"""conv_grid under a mouse, a finger and the keyboard: each does all of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from playwright.sync_api import expect

from tests.components.cases_conv_grid import CASES, COLOURS, FILTERS
from tests.components.conftest import Open
from tests.grids import by_torch, centre, lit, pinned, point, reads, stands_at, swipe, values

APP = Path(__file__).parent / "harness_conv_grid.py"


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


def test_screen_readers_hear_the_position(show: Open) -> None:
    page = show("book")
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-live]")).to_have_text(
        "Output row 1, column 2: 2×2 + 3×0 + 0×1 + 1×0 + 2×1 + 3×2 + 0×1 + 1×0 + 2×2 = 16"
    )


def test_a_tap_opens_a_cell_and_a_drag_moves_the_window(show_on_a_phone: Open) -> None:
    page = show_on_a_phone("padding")
    page.touchscreen.tap(*centre(page, "output-0", 2, 1))
    stands_at(page, 2, 1)
    reads(page, "= 6")
    page.touchscreen.tap(*centre(page, "input-0", 0, 0))
    reads(page, "Padding: 0. It goes into 1 output cell.")
    swipe(page, centre(page, "input-0", 3, 2), centre(page, "input-0", 4, 4))
    stands_at(page, 3, 3)


def test_a_swipe_beside_the_window_scrolls_the_page(show_on_a_phone: Open) -> None:
    page = show_on_a_phone("channels")
    x, y = centre(page, "input-0", 6, 6)
    plate = page.locator("[data-grid='input-0'] .plate")
    before = plate.bounding_box()["y"]
    swipe(page, (x, y), (x, y - 200))
    page.wait_for_function(
        "([plate, before]) => plate.getBoundingClientRect().y < before - 50",
        arg=[plate.element_handle(), before],
    )
    stands_at(page, 0, 0)


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


def test_the_speed_shortens_the_time_from_one_position_to_the_next(show: Open) -> None:
    page = show("padding")
    page.evaluate(
        """() => {
            const real = window.setTimeout;
            window.waits = [];
            window.setTimeout = (act, wait, ...rest) => {
                if (new Error().stack.includes("ConvGrid.tick")) window.waits.push(wait);
                return real(act, wait, ...rest);
            };
        }"""
    )
    speed = page.get_by_role("combobox", name="Speed")
    offered = [float(text.removesuffix("×")) for text in speed.locator("option").all_inner_texts()]
    assert offered == [0.5, 1, 2, 4, 8]
    normal = 800  # milliseconds, of a run as short as this
    for factor in offered:
        speed.select_option(f"{factor:g}")
        page.get_by_role("button", name="Rewind").click()
        page.evaluate("window.waits = []")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("window.waits.length > 0")
        page.get_by_role("button", name="Pause").click()
        assert set(page.evaluate("window.waits")) == {normal / factor}


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


def feeds(case: str, row: int, col: int) -> set[tuple[int, int]]:
    """The output cells that one cell of the input has a part in, by the gradient."""
    x = torch.tensor(CASES[case]["x"], dtype=torch.float64, requires_grad=True)
    stride, padding = CASES[case].get("stride", 1), CASES[case].get("padding", 0)
    out = F.conv2d(x[None, None], torch.ones(1, 1, 3, 3, dtype=torch.float64), None, stride, padding)[0, 0]
    return {
        (r, c)
        for r, c in np.ndindex(*out.shape)
        if torch.autograd.grad(out[r, c], x, retain_graph=True)[0][row, col]
    }


def test_the_keyboard_points_at_every_cell_of_the_input(show: Open) -> None:
    page = show("stride")
    page.locator(".stage").focus()
    page.keyboard.press("i")
    reads(page, "Input row 2, column 2: 1.")
    assert lit(page, "output-0") == feeds("stride", 1, 1)
    for keys, (row, col) in [
        (["ArrowRight", "ArrowDown"], (2, 2)),
        (["Home", "ArrowUp"], (0, 0)),
        (["End"], (6, 6)),
        (["ArrowLeft", "ArrowLeft"], (6, 4)),
    ]:
        for key in keys:
            page.keyboard.press(key)
        value = CASES["stride"]["x"][row][col]
        reads(page, f"Input row {row + 1}, column {col + 1}: {value}. It goes into")
        assert lit(page, "output-0") == feeds("stride", row, col)
    expect(page.locator("[aria-live]")).to_contain_text("Input row 7, column 5")
    page.keyboard.press("Enter")  # the window goes there
    stands_at(page, 2, 2)
    page.keyboard.press("ArrowLeft")
    stands_at(page, 2, 1)


def test_the_keyboard_points_at_every_weight_and_escape_returns(show: Open) -> None:
    page = show("book")
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    reads(page, "The weight 2 multiplies 4 input cells")
    assert lit(page, "input-0") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    reads(page, "The weight 2 multiplies 4 input cells")
    assert lit(page, "kernel-0", "pointed") == {(1, 2)}
    assert lit(page, "input-0") == {(1, 2), (1, 3), (2, 2), (2, 3)}
    page.keyboard.press("Escape")
    reads(page, "Output row 1, column 2")
    for key in ("k", "o"):
        page.keyboard.press(key)
    reads(page, "Output row 1, column 2")
    page.keyboard.press("i")
    page.keyboard.press("Tab")  # who leaves points at nothing any more
    reads(page, "Output row 1, column 2")


def test_the_keyboard_goes_through_channels_and_filters(show: Open) -> None:
    page = show("filters")
    page.locator(".stage").focus()
    page.keyboard.press("i")
    assert lit(page, "input-0", "pointed") == {(1, 1)}
    page.keyboard.press("c")
    assert lit(page, "input-1", "pointed") == {(1, 1)}
    reads(page, f"Input row 2, column 2: {COLOURS[1, 1, 1]}.")
    page.keyboard.press("k")
    page.keyboard.press("c")
    assert lit(page, "kernel-2", "pointed") == {(0, 0)}
    page.keyboard.press("2")
    reads(page, f"The weight {-FILTERS[2, 0, 0]} multiplies 9 input cells".replace("-", "−"))
    page = show("max padded")
    page.locator(".stage").focus()
    page.keyboard.press("c")
    reads(page, "channel 2, row 1, column 1")


def test_the_keys_are_named_where_they_are_used_and_work_on_a_korean_keyboard(show: Open) -> None:
    page = show("filters")
    stage, keys = page.locator(".stage"), page.locator(".keys")
    expect(keys).to_be_hidden()
    page.get_by_role("button", name="Same values").focus()
    page.keyboard.press("Tab")
    expect(stage).to_be_focused()
    expect(keys).to_be_visible()
    for named in ("I and K point into", "C is the next channel", "1 to 2 choose the filter"):
        expect(keys).to_contain_text(named)
        assert named in stage.get_attribute("aria-label")
    stage.dispatch_event("keydown", {"key": "ㅏ", "code": "KeyK"})
    reads(page, "The weight")


def test_a_pin_made_anywhere_is_told_and_let_go(show: Open) -> None:
    page = show("filters")
    page.mouse.click(*centre(page, "matrix", 4, 3))
    pinned(page, True)
    reads(page, "Pinned; a second click or Escape lets go.")
    expect(page.locator("[aria-live]")).to_contain_text("Pinned; a second click or Escape lets go.")
    page.keyboard.press("Escape")
    pinned(page, False)
    page.mouse.click(*centre(page, "output-0", 1, 1))
    pinned(page, True)
    page.mouse.click(*centre(page, "output-1", 1, 1))  # the other map: another cell
    reads(page, "Map 2, row 2, column 2")
    pinned(page, True)
    page.mouse.click(*centre(page, "result", 4, 1))  # the same cell
    pinned(page, False)


def test_a_tap_opens_a_weight_and_a_second_one_lets_go(show_on_a_phone: Open) -> None:
    page = show_on_a_phone("book")
    page.touchscreen.tap(*centre(page, "kernel-0", 2, 0))
    reads(page, "The weight 1 multiplies 4 input cells")
    assert lit(page, "input-0") == {(2, 0), (2, 1), (3, 0), (3, 1)}
    page.touchscreen.tap(*centre(page, "kernel-0", 2, 0))
    reads(page, "Output row 1, column 1")
    expect(page.locator("[data-grid='input-0'] .mark.linked")).to_be_hidden()
    for is_pinned in (True, False):
        page.touchscreen.tap(*centre(page, "output-0", 1, 1))
        pinned(page, is_pinned)
