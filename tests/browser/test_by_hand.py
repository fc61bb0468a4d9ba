"""The four pages of counting by hand as a class uses them: changed, left, come back to, shared, misused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.kernels import BOOK_INPUT, BOOK_KERNEL, BOOK_POOLING_INPUT
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle

CAMERA = "&view=picture&picture=sample-camera"


def visit(page: Any, server: Server, slug: str, query: str = "") -> Any:
    page.goto(f"{server.url}/{slug}?lang=en{query}")
    return arrived(page)


def arrived(page: Any) -> Any:
    page.get_by_text("The same in code").wait_for(timeout=60_000)
    wait_until_idle(page)
    return page


def shows(page: Any, expected: np.ndarray) -> None:
    """Until the first output grid of the page holds these numbers."""
    cells = page.locator("[data-grid='output-0']").first.locator(".cell")
    expect(cells).to_have_count(expected.size)
    for i, value in enumerate(expected.ravel()):
        expect(cells.nth(i)).to_have_attribute("data-value", f"{value:g}")


def convolved(kernel: np.ndarray = BOOK_KERNEL, **settings: int) -> np.ndarray:
    x, weight = (torch.tensor(a)[None, None] for a in (BOOK_INPUT, kernel))
    return F.conv2d(x, weight, **settings)[0, 0].numpy()


@pytest.mark.slow
def test_a_kernel_cell_changes_the_output_that_one_reads(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "convolution")
    page.get_by_label("row 1, column 3", exact=True).fill("7")
    kernel = BOOK_KERNEL.copy()
    kernel[0, 2] = 7
    shows(page, convolved(kernel))


def test_back_takes_one_decision_back_and_reload_keeps_the_view(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "convolution")
    page.get_by_role("button", name="padding 1").click()
    page.wait_for_url(re.compile(r"padding=1"))
    shows(page, convolved(padding=1))
    page.get_by_role("button", name="bias 3").click()
    page.wait_for_url(re.compile(r"bias=3"))
    shows(page, convolved() + 3)
    page.go_back()
    shows(page, convolved(padding=1))
    page.reload()
    shows(arrived(page), convolved(padding=1))
    page.go_back()
    shows(page, convolved())


def test_a_slider_writes_one_address_however_far_it_is_dragged(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "convolution")
    before = page.evaluate("history.length")
    thumb = page.get_by_role("slider", name="Padding")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y, steps=12)
    page.mouse.up()
    page.wait_for_url(re.compile(r"padding=\d"))
    wait_until_idle(page)
    assert page.evaluate("history.length") == before + 1
    padding = re.search(r"padding=(\d+)", page.url)
    assert padding
    shows(page, convolved(padding=int(padding[1])))


@pytest.mark.slow
def test_nonsense_in_the_kernels_text_gets_a_sentence_and_the_output_stays(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "convolution")
    page.get_by_text("Change the whole kernel").click()
    box = page.get_by_role("textbox", name="Kernel as text")
    box.fill("1 0\nbanana 1")
    box.press("Control+Enter")
    expect(page.get_by_text("“banana” is not a number")).to_be_visible()
    shows(page, convolved())


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["convolution", "pooling"])
def test_a_file_that_is_no_picture_gets_a_sentence_and_the_picture_stays(
    browser_page: Any, server: Server, slug: str
) -> None:
    page = visit(browser_page, server, slug, CAMERA)
    page.get_by_role("button", name="Another digit, or your own picture").click()
    notes = {"name": "notes.png", "mimeType": "image/png", "buffer": b"not a picture"}
    page.locator("input[type=file]").set_input_files(notes)
    expect(page.get_by_test_id("stAlert").filter(has_text="picture")).to_be_visible()
    expect(page).to_have_url(re.compile("sample-camera"))
    expect(page.get_by_role("img").first).to_be_visible()


@pytest.mark.slow
def test_a_copied_address_opens_the_same_view_for_a_neighbour(
    browser: Any, browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "pooling")
    page.get_by_role("slider", name="Move the input to the right").press("ArrowRight")
    page.wait_for_url(re.compile("right=1"))
    expected = F.max_pool2d(torch.tensor(BOOK_POOLING_INPUT).roll(1, 1)[None], 2)[0].numpy()
    shows(page, expected)
    told = page.get_by_text("Moved 1 to the right").inner_text()
    neighbour = new_page(browser)
    neighbour.goto(page.url)
    shows(arrived(neighbour), expected)
    expect(neighbour.get_by_text(told)).to_be_visible()
    neighbour.context.close()


def test_nothing_is_wider_than_a_phone(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
    for slug, query in (
        ("structure", ""),
        ("convolution", ""),
        ("convolution", CAMERA),
        ("channels", "&im2col=1"),
        ("pooling", "&right=1"),
        ("pooling", CAMERA + "&right=1"),
    ):
        visit(page, server, slug, query)
        widths = page.locator(".stMain").evaluate("main => [main.scrollWidth, main.clientWidth]")
        assert widths[0] <= widths[1] <= PHONE["width"], slug + query
    page.context.close()
    assert page.complaints == []
