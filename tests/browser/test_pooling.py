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
from ui.picture_input import load_picture

OUTPUT = "[data-grid='output-0'] .cell"


def visit(page: Any, server: Server, query: str = "") -> Any:
    page.goto(f"{server.url}/pooling?lang=en{query}")
    page.get_by_text("The same in code").wait_for(timeout=60_000)
    wait_until_idle(page)
    return page


def shows(page: Any, expected: list[float]) -> None:
    """Until the first output grid holds these numbers."""
    cells = page.locator(".st-key-pooling_grid, [class*='st-key-pooling-grid']").locator(OUTPUT)
    expect(cells).to_have_count(len(expected))
    for i, value in enumerate(expected):
        expect(cells.nth(i)).to_have_attribute("data-value", f"{value:g}")


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
    shows(page, [2, 3, 4, 2])


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


def by_torch(x: np.ndarray, window: int = 2) -> np.ndarray:
    return F.max_pool2d(torch.tensor(x)[None, None], window)[0, 0].numpy()


def told(page: Any) -> list[list[int]]:
    """What the shift experiment counts: [changed, cells] without pooling and after it."""
    return [[int(n) for n in re.findall(r"\d+", words)] for words in page.locator(".bar p").all_inner_texts()]


def counted(x: np.ndarray, down: int, right: int) -> list[list[int]]:
    moved = np.roll(x, (down, right), axis=(0, 1))
    pairs = (x, moved), (by_torch(x), by_torch(moved))
    return [[int((a != b).sum()), a.size] for a, b in pairs]


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
    page.mouse.up()
    page.wait_for_url(re.compile("right=2"))
    expect(page.get_by_text("Moved 1 up, 2 to the right")).to_be_visible()
    page.locator("[data-grid='moved'] .plate").press("ArrowDown")
    page.wait_for_function("!location.search.includes('down=')")
    assert told(page) == counted(digit, 0, 2)


def test_a_finger_drags_the_input_by_three_cells_at_most(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, server, f"&input={compact(BOOK_SHIFT_INPUT)}")
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
    assert told(page) == counted(BOOK_SHIFT_INPUT, 0, 3)
    page.context.close()
    assert page.complaints == []


@pytest.mark.slow
def test_a_large_picture_is_pooled_and_moved(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&view=picture")
    expect(page.get_by_role("img", name="The picture, and what pooling leaves of it")).to_be_visible()
    page.get_by_role("slider", name="Move the input down").press("ArrowLeft")
    expect(page.get_by_text("Moved 1 up")).to_be_visible()
    expect(page.get_by_text("Violet beside each")).to_be_visible()


@pytest.mark.slow
def test_three_channels_stay_three(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    page.get_by_text("Three channels, pooled each by itself").click()
    grids = page.locator("[data-grid='output-2'] .cell")
    expect(grids).to_have_count(4)


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
