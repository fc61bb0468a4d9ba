"""The pooling page as a person uses it: the book's examples, the shift by keyboard, own numbers, pictures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.kernels import BOOK_SHIFT_INPUT
from tests.browser_tools import Server, wait_until_idle

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


def test_a_digit_is_pooled_and_moved(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&view=picture&picture=test-0")
    expect(page.get_by_role("img", name="The picture, and what pooling leaves of it")).to_be_visible()
    page.get_by_role("slider", name="Move the input down").press("ArrowLeft")
    expect(page.get_by_text("Moved 1 up")).to_be_visible()
    expect(page.get_by_text("Violet beside each")).to_be_visible()


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
