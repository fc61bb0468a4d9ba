"""The structure page as a person uses it: blocks opened by mouse, keyboard, finger; an own network."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from playwright.sync_api import expect

from cnn_core.models import FIGURE_7_2, summary
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle


def visit(page: Any, server: Server, query: str = "", lang: str = "en") -> Any:
    page.goto(f"{server.url}/structure?lang={lang}{query}")
    page.locator("[data-testid=stCode]").wait_for(timeout=90_000)
    wait_until_idle(page, 60_000)
    return page


def block(page: Any, name: str, side: int = 1) -> Any:
    return (
        page.locator("svg").filter(has=page.locator("[data-part]")).nth(side).locator(f"[data-part={name}]")
    )


def numbers_in(words: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r"= ([\d,]+)", words)]


def by_torch(name: str) -> list[int]:
    """Parameters and multiply-adds of a convolution of figure 7-2, by torch's own shapes."""
    module = FIGURE_7_2.build().get_submodule(name)
    row = next(row for row in summary(FIGURE_7_2) if row.name == name)
    count = sum(p.numel() for p in module.parameters())
    return [count, module.weight.numel() * torch.Size(row.shape[1:]).numel()]


@pytest.mark.slow
def test_pointing_tells_what_a_block_costs_and_a_click_keeps_it(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    panel = page.locator(".panel").nth(1)
    expect(panel).to_contain_text("conv1")
    block(page, "conv2").hover()
    expect(panel).to_contain_text("conv2")
    assert numbers_in(panel.inner_text()) == by_torch("conv2")
    page.mouse.move(5, 5)
    expect(panel).to_contain_text("conv1")
    block(page, "conv3").click()
    page.wait_for_url(re.compile("right_layer=conv3"))
    assert numbers_in(panel.inner_text()) == by_torch("conv3")
    page.keyboard.press("ArrowLeft")  # to pool2, which has no parameters
    expect(panel).to_contain_text("No parameters")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("right_layer=pool2"))


def test_on_a_phone_in_korean_a_tap_opens_a_block(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, server, lang="ko")
    drawn = page.locator("svg").filter(has=page.locator("[data-part]")).nth(1)
    drawn.scroll_into_view_if_needed()
    block(page, "conv3").tap()
    page.wait_for_url(re.compile("right_layer=conv3"))
    panel = page.locator(".panel").nth(1)
    expect(panel).to_contain_text("매개변수: 필터 64개")
    assert numbers_in(panel.inner_text()) == by_torch("conv3")
    widths = page.locator(".stMain").evaluate("main => [main.scrollWidth, main.clientWidth]")
    assert widths[0] <= widths[1] <= PHONE["width"]
    page.context.close()
    assert page.complaints == []


def test_an_own_network_grows_and_names_the_layer_that_does_not_fit(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "&right=own")
    expect(block(page, "fc2")).to_have_count(1)
    field = page.get_by_label("Kernel size").nth(1)
    field.fill("11")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    field = page.get_by_label("Max pooling (1: none)").first
    field.fill("4")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(
        "conv2: a window of 11×11 does not fit into maps of 6×6"
    )
    expect(block(page, "fc2")).to_have_count(0)
    expect(block(page, "pool1")).to_have_count(1)
