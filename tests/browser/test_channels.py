"""The channels page as a person uses it: maps, filters, im2col and a colour picture, each recomputed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.channel_examples import COLOUR_FILTERS, FILTERS, numbers
from cnn_core.images import sample
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle


def visit(page: Any, server: Server, query: str = "", lang: str = "en") -> Any:
    page.goto(f"{server.url}/channels?lang={lang}{query}")
    page.locator("[data-testid=stCode]").wait_for(timeout=90_000)
    wait_until_idle(page, 60_000)
    return page


def grids(page: Any) -> Any:
    """The first of the page's grids: the numbers, not the picture's patch."""
    return page.locator(".root[data-row]").first


def values(page: Any, grid: str) -> np.ndarray:
    figure = grids(page).locator(f"[data-grid='{grid}']")
    expect(figure.locator(".cell").first).to_be_visible()
    read = figure.locator(".cell").evaluate_all("all => all.map(c => Number(c.dataset.value))")
    return np.array(read).reshape(int(figure.get_attribute("data-rows")), -1)


def by_torch(x: np.ndarray, weight: np.ndarray, bias: list[float]) -> np.ndarray:
    x, weight = (torch.tensor(np.asarray(a, float)) for a in (x, weight))
    return F.conv2d(x[None], weight, torch.tensor(bias, dtype=torch.float64))[0].numpy()


def test_two_filters_make_two_maps_and_im2col_gives_the_same(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&im2col=1")
    maps = by_torch(numbers(1), FILTERS[:2], [0, 3])
    for f in (0, 1):
        np.testing.assert_array_equal(values(page, f"output-{f}"), maps[f])
    np.testing.assert_array_equal(values(page, "result"), (maps - [[[0]], [[3]]]).reshape(2, -1).T)
    unfolded = F.unfold(torch.tensor(numbers(1)[None], dtype=torch.float64), 3)[0].T.numpy()
    np.testing.assert_array_equal(values(page, "matrix"), unfolded)
    grids(page).locator(".stage").focus()
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    expect(grids(page).locator(".reading")).to_contain_text(f"+ 3 (bias) = {maps[1, 0, 1]:g}")
    parts = [values(page, f"part-{c}") for c in range(3)]
    np.testing.assert_array_equal(sum(parts) + 3, maps[1])


def test_on_a_phone_in_korean_a_tap_on_the_other_map_opens_its_filter(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, server, lang="ko")
    map_2 = grids(page).locator("[data-grid='output-1'] .plate")
    map_2.scroll_into_view_if_needed()
    box = map_2.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(grids(page).locator("[data-grid='kernel-2'] figcaption")).to_have_text("필터 2 3×3")
    expected = by_torch(numbers(1), FILTERS[:2], [0, 3])[1, 1, 1]
    expect(grids(page).locator(".reading")).to_contain_text(f"= {expected:g}".replace("-", "−"))
    page.context.close()
    assert page.complaints == []


def test_a_pixel_of_the_colour_picture_opens_its_three_slices(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&filter=edges&at=60,100")
    colour = sample("garden")[:, ::2, ::2]
    expected = by_torch(colour, COLOUR_FILTERS["edges"][None], [0])[0]
    frame = page.locator(".plate.output .frame")
    frame.scroll_into_view_if_needed()
    frame.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("at=61(,|%2C)90"))
    expect(page.get_by_text("row 62, column 91 is in the middle")).to_be_visible()
    wait_until_idle(page)
    told = page.locator(".root[data-row]").last.locator(".reading").inner_text().replace("−", "-")
    shown = re.search(r"exactly (-?[\d.e-]+)\)", told) or re.search(r"= (-?[\d.]+)", told)
    assert shown
    assert float(shown[1]) == pytest.approx(expected[61, 90], abs=1e-6)
