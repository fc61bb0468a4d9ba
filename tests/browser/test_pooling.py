"""The pooling page as a person uses it: the book's examples, the shift by keyboard, own numbers, pictures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.kernels import BOOK_SHIFT_INPUT, compact
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.grids import lit
from ui.picture_input import load_picture

OUTPUT = "[data-grid='output-0'] .cell"


def visit(page: Any, server: Server, query: str = "", lang: str = "en") -> Any:
    page.goto(f"{server.url}/pooling?lang={lang}{query}")
    page.locator("[data-testid=stCode]").wait_for(timeout=60_000)
    wait_until_idle(page)
    return page


def shows(page: Any, expected: list[float]) -> None:
    """Until the first output grid holds these numbers."""
    cells = page.locator(".st-key-pooling-grid").locator(OUTPUT)
    expect(cells).to_have_count(len(expected))
    for i, value in enumerate(expected):
        digits = f"{value:.12g}"
        begins = f"^{digits[:10]}" if len(digits) > 10 else f"^{digits}$"
        expect(cells.nth(i)).to_have_attribute("data-value", re.compile(begins))


def matrix(grids: Any, name: str) -> np.ndarray:
    """The numbers of one grid, as the browser has them."""
    figure = grids.locator(f"[data-grid='{name}']")
    expect(figure.locator(".cell").first).to_be_visible()
    read = figure.locator(".cell").evaluate_all("all => all.map(c => Number(c.dataset.value))")
    return np.array(read).reshape(int(figure.get_attribute("data-rows")), -1)


@pytest.mark.slow
def test_the_books_examples_are_one_click_away(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    shows(page, [2, 3, 4, 2])
    for name in ("Book: 3×3, stride 3", "Book: the same, one cell to the right"):
        page.get_by_role("button", name=name).click()
        expect(page.locator("[data-grid='input-0'] .cell").nth(35)).to_have_attribute(
            "data-value", re.compile("[18]")
        )
        shows(page, [9, 7, 6, 8])
    page.get_by_text("the mean", exact=True).click()
    page.get_by_role("button", name="Book: 2×2, stride 2").click()
    shows(page, [2, 3, 4, 2])  # the book's example pools the maximum


def test_moving_the_input_by_keyboard_counts_and_frames_what_changes(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server)
    page.get_by_role("button", name="Book: 3×3, stride 3").click()
    shows(page, [9, 7, 6, 8])
    page.get_by_role("slider", name="Move the input to the right").press("ArrowRight")
    moved = np.roll(BOOK_SHIFT_INPUT, 1, axis=1)
    changed = int((moved != BOOK_SHIFT_INPUT).sum())
    pooled = [F.max_pool2d(torch.tensor(a)[None, None], 3)[0, 0] for a in (BOOK_SHIFT_INPUT, moved)]
    different = int((pooled[0] != pooled[1]).sum())
    expect(
        page.get_by_text(f"{changed} of 36 input cells changed, and {different} of 4 cells")
    ).to_be_visible()
    shows(page, pooled[1].ravel().tolist())
    page.wait_for_url(re.compile("right=1"))


def by_torch(
    x: np.ndarray, window: int = 2, stride: int = 2, padding: int = 0, op: str = "max"
) -> np.ndarray:
    pool = {"max": F.max_pool2d, "avg": F.avg_pool2d}[op]  # torch counts the padding in the mean
    return pool(torch.tensor(x, dtype=torch.float64)[None, None], window, stride, padding)[0, 0].numpy()


def told(page: Any) -> list[list[int]]:
    """What the shift experiment counts: [changed, cells] without pooling and after it."""
    return [[int(n) for n in re.findall(r"\d+", words)] for words in page.locator(".bar p").all_inner_texts()]


def counted(x: np.ndarray, down: int, right: int, **sliding: int) -> list[list[int]]:
    moved = np.roll(x, (down, right), axis=(0, 1))
    pairs = (x, moved), (by_torch(x, **sliding), by_torch(moved, **sliding))
    return [[int((a != b).sum()), a.size] for a, b in pairs]


def changed(x: np.ndarray, down: int, right: int, **sliding: Any) -> dict[str, set[tuple[int, int]]]:
    """Which cells the move changes: of the input, and of what torch pools."""
    moved = np.roll(x, (down, right), axis=(0, 1))
    pairs = {"moved": (x, moved), "shifted": (by_torch(x, **sliding), by_torch(moved, **sliding))}
    return {
        name: {(int(r), int(c)) for r, c in np.argwhere(abs(a - b) > 1e-9)} for name, (a, b) in pairs.items()
    }


def lights(page: Any, cells: dict[str, set[tuple[int, int]]]) -> None:
    for name, expected in cells.items():
        assert len(expected) > 0
        assert lit(page, name) == expected


def drag(page: Any, down: int, right: int, size: int) -> None:
    """Drag the input by so many of its cells, with the mouse."""
    plate = page.locator("[data-grid='moved'] .plate")
    plate.scroll_into_view_if_needed()
    box = plate.bounding_box()
    x, y, cell = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / size
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * cell, y + down * cell, steps=4)


def test_a_digit_is_dragged_and_what_changes_is_counted_at_once(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&view=picture&picture=test-0")
    digit = load_picture("test-0")
    drag(page, -1, 2, 28)
    expect(page.locator(".root[data-down]")).to_have_attribute("data-right", "2")
    assert told(page) == counted(digit, -1, 2)  # while the button is still down
    lights(page, changed(digit, -1, 2))
    page.mouse.up()
    page.wait_for_url(re.compile("right=2"))
    expect(page.get_by_text("Moved 1 up, 2 to the right")).to_be_visible()
    page.locator("[data-grid='moved'] .plate").press("ArrowDown")
    page.wait_for_function("!location.search.includes('down=')")
    assert told(page) == counted(digit, 0, 2)


def test_a_finger_drags_the_input_by_three_cells_at_most(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, server, f"&input={compact(BOOK_SHIFT_INPUT)}", "ko")
    plate = page.locator("[data-grid='moved'] .plate")
    plate.scroll_into_view_if_needed()
    box = plate.bounding_box()
    x, y, cell = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4, box["width"] / 6
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    finger("touchStart", x, y)
    for share in (0.5, 1):
        finger("touchMove", x + 5 * cell * share, y)
    finger("touchEnd")
    page.wait_for_url(re.compile("right=3"))
    moved = np.roll(BOOK_SHIFT_INPUT, 3, axis=1)
    values = page.locator("[data-grid='shifted'] .cell")
    assert (
        values.evaluate_all("all => all.map(c => Number(c.dataset.value))")
        == by_torch(moved).ravel().tolist()
    )
    in_korean = [[cells, changed] for changed, cells in counted(BOOK_SHIFT_INPUT, 0, 3)]
    assert told(page) == in_korean
    lights(page, changed(BOOK_SHIFT_INPUT, 0, 3))
    page.context.close()
    assert page.complaints == []


def test_quick_presses_are_all_counted_and_are_one_step_of_back(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, f"&input={compact(BOOK_SHIFT_INPUT)}&window=3&stride=3")
    lab = page.locator(".root[data-down]")
    lab.evaluate(
        """lab => {
            lab.ways = [];
            const look = () => lab.ways.push(lab.dataset.right);
            new MutationObserver(look).observe(lab, { attributeFilter: ["data-right"] });
        }"""
    )
    plate = page.locator("[data-grid='moved'] .plate")
    plate.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile("right=2"))
    wait_until_idle(page)
    assert lab.evaluate("lab => lab.ways") == ["1", "2", "3", "2"]  # it never jumped back
    assert told(page) == counted(BOOK_SHIFT_INPUT, 0, 2, window=3, stride=3)
    lights(page, changed(BOOK_SHIFT_INPUT, 0, 2, window=3, stride=3))
    page.go_back()
    expect(lab).to_have_attribute("data-right", "0")
    plate.press("ArrowUp")
    page.wait_for_url(re.compile("down=-1"))
    page.reload()
    expect(lab).to_have_attribute("data-down", "-1", timeout=60_000)


def test_window_and_stride_are_moved_by_hand_and_the_cells_that_change_are_lit(
    browser_page: Any, server: Server
) -> None:
    query = f"&op=avg&padding=1&down=1&right=-2&input={compact(BOOK_SHIFT_INPUT)}"
    page = visit(browser_page, server, query)
    settings = {"window": 2, "stride": 2, "padding": 1, "op": "avg"}
    for name, key in (("Window", "ArrowRight"), ("Stride", "ArrowLeft"), ("Padding", "ArrowLeft")):
        slider = page.locator(f".st-key-widget-pooling-{name.lower()} input")
        slider.press(key)
        settings[name.lower()] += 1 if key == "ArrowRight" else -1  # type: ignore[operator]
        expect(slider).to_have_attribute("aria-valuetext", str(settings[name.lower()]))
        moved = np.roll(BOOK_SHIFT_INPUT, (1, -2), axis=(0, 1))
        shows(page, by_torch(moved, **settings).ravel().tolist())  # type: ignore[arg-type]
        wait_until_idle(page)
        lights(page, changed(BOOK_SHIFT_INPUT, 1, -2, **settings))


@pytest.mark.slow
def test_a_large_picture_is_pooled_and_moved(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&view=picture")
    expect(page.get_by_role("img", name="The picture, and what pooling leaves of it")).to_be_visible()
    page.get_by_role("slider", name="Move the input down").press("ArrowLeft")
    expect(page.get_by_text("Moved 1 up")).to_be_visible()
    expect(page.get_by_text("Violet beside each")).to_be_visible()


@pytest.mark.slow
def test_three_channels_stay_three_and_each_is_pooled_by_itself(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&op=avg&window=3&stride=1")
    page.get_by_text("Three channels, pooled each by itself").click()
    grids = page.locator(".st-key-pooling-channels")
    for channel in range(3):
        x = matrix(grids, f"input-{channel}")
        assert x.shape == (4, 4)
        np.testing.assert_allclose(matrix(grids, f"output-{channel}"), by_torch(x, 3, 1, op="avg"))
    assert not np.array_equal(matrix(grids, "input-0"), matrix(grids, "input-1"))


@pytest.mark.parametrize(("lang", "way", "mean"), [("en", "mouse", "the mean"), ("ko", "tap", "평균")])
def test_the_grids_pool_as_torch_does_and_a_touched_cell_says_why(
    browser: Any, server: Server, lang: str, way: str, mean: str
) -> None:
    finger = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if way == "tap" else {}
    page = new_page(browser, **finger)
    visit(page, server, f"&input={compact(BOOK_SHIFT_INPUT)}&window=3&stride=2&padding=1", lang)
    for op in ("max", "avg"):
        expected = by_torch(BOOK_SHIFT_INPUT, 3, 2, 1, op)
        shows(page, expected.ravel().tolist())
        plate = page.locator(".st-key-pooling-grid [data-grid='output-0'] .plate")
        plate.scroll_into_view_if_needed()
        box = plate.bounding_box()
        corner = (
            box["x"] + box["width"] / 6,
            box["y"] + box["height"] / 6,
        )  # its window lies half in the padding
        page.mouse.move(*corner) if way == "mouse" else page.touchscreen.tap(*corner)
        reading = page.locator(".st-key-pooling-grid .reading")
        expect(reading).to_contain_text(f"{expected[0, 0]:.3g}")
        if op == "max":
            page.get_by_text(mean, exact=True).click()
    expect(reading).to_contain_text("÷ 9 = 1.33")  # 1 + 2 + 0 + 9, and five zeros of the padding
    page.context.close()
    assert page.complaints == []


def test_while_a_learner_predicts_the_page_keeps_the_pooled_numbers_back(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "&right=1")
    told_elsewhere = ["cells after pooling", "Pooling has no parameters", "Three channels, pooled"]
    for words in told_elsewhere:
        expect(page.get_by_text(words)).to_be_visible()
    page.get_by_text(told_elsewhere[-1]).click()
    channels = page.locator(".st-key-pooling-channels")  # the first of them is what the grid above shows
    expect(channels.get_by_role("button", name="Play")).to_be_visible()
    expect(channels.get_by_text("Predict first")).to_be_hidden()
    grid = page.locator(".st-key-pooling-grid")
    grid.get_by_label("Predict first").check()
    expect(page.locator("[data-grid='shifted']")).to_have_count(0)
    for words in told_elsewhere:
        expect(page.get_by_text(words)).to_have_count(0)
    expect(channels).to_have_count(0)
    grid.get_by_label("rows").fill("2")
    grid.get_by_label("columns").fill("2")
    grid.get_by_role("button", name="Check").first.click()
    expect(page.get_by_text("Pooling has no parameters")).to_be_visible()
    expect(page.locator("[data-grid='shifted']")).to_have_count(0)
    grid.get_by_label("Predict first").uncheck()
    expect(page.locator("[data-grid='shifted'] .cell")).to_have_count(4)


def test_bad_numbers_get_a_sentence_and_the_grids_stay(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    box = page.get_by_role("textbox", name="Input: your own numbers")
    box.fill("1 2\n3 four")
    box.press("Control+Enter")
    expect(page.get_by_text("“four” is not a number")).to_be_visible()
    shows(page, [2, 3, 4, 2])
    box.fill("1 2\n3 4")
    box.press("Control+Enter")
    shows(page, [4])
