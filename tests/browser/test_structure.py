"""The structure page as a person uses it: blocks opened by mouse, keyboard, finger; an own network."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core import own_network
from cnn_core.kernels import random_kernel
from cnn_core.models import FIGURE_7_2, ModelSpec, summary
from cnn_core.own_network import Stage
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


@pytest.mark.parametrize(("lang", "way"), [("en", "mouse"), ("ko", "tap")])
def test_an_opened_convolution_plays_its_window_on_small_numbers_as_torch_computes_it(
    browser: Any, server: Server, lang: str, way: str
) -> None:
    finger = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if way == "tap" else {}
    page = new_page(browser, **finger)
    visit(page, server, "&left=own&right=lenet5&own=8,3,1,2;4,7,5,1&left_layer=fc1", lang)
    key = ".st-key-structure-{}-window"
    expect(page.locator(key.format("left"))).to_have_count(0)  # a fully connected layer has no window
    for side, name, (kernel, padding, size, out) in [
        (0, "conv1", (3, 1, 28, 28)),
        (0, "conv2", (7, 5, 14, 18)),
        (1, "conv2", (5, 0, 14, 10)),
    ]:
        part = block(page, name, side)
        part.scroll_into_view_if_needed()
        part.tap() if way == "tap" else part.click()
        page.wait_for_url(re.compile(f"{('left', 'right')[side]}_layer={name}"))
        grids = page.locator(key.format(("left", "right")[side]))
        window = grids.locator("[data-grid='kernel-0']")
        expect(window).to_have_attribute("data-rows", str(kernel))
        wait_until_idle(page)
        padded, weight = cells(grids, "input-0"), torch.tensor(random_kernel((kernel, kernel), seed=1))
        x = padded[padding : len(padded) - padding, padding : len(padded) - padding]
        assert torch.equal(F.pad(x, [padding] * 4), padded)
        expected = F.conv2d(x[None, None], weight[None, None], padding=padding)[0, 0]
        assert torch.equal(cells(grids, "output-0"), expected)
        written = page.locator(".katex annotation").all_text_contents()
        numbers = rf"{size} + 2 \cdot {padding} - {kernel}"
        assert any(numbers in words and f"+ 1 = {out} " in words for words in written)
    page.context.close()
    assert page.complaints == []


def cells(grids: Any, name: str) -> torch.Tensor:
    """All numbers of a grid, as the page has them."""
    figure = grids.locator(f"[data-grid='{name}']")
    read = figure.locator(".cell").evaluate_all("all => all.map(c => Number(c.dataset.value))")
    return torch.tensor(read, dtype=torch.float64).reshape(int(figure.get_attribute("data-rows")), -1)


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
    page.keyboard.press("Home")  # the input, which is no layer
    expect(panel).to_contain_text("(1, 28, 28)")
    expect(panel).to_contain_text("No parameters")
    expect(panel).to_contain_text("Multiply-adds: 0")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("right_layer=input"))


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


@pytest.mark.parametrize(("lang", "way"), [("en", "mouse"), ("ko", "tap")])
def test_an_own_network_is_counted_as_torch_counts_it_and_names_the_layer_that_does_not_fit(
    browser: Any, server: Server, lang: str, way: str
) -> None:
    words = {
        "en": (
            "conv2: kernel size",
            "conv1: pooling (1: none)",
            "conv2: a window of 11×11 does not fit into maps of 6×6",
        ),
        "ko": ("conv2: 커널 크기", "conv1: 풀링 (1이면 없음)", "conv2: 11×11 창이 6×6 맵에 들어가지 않아요"),
    }[lang]
    finger = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if way == "tap" else {}
    page = new_page(browser, **finger)
    visit(page, server, "&right=own", lang)
    enter(page.get_by_label(words[0]), "7")
    page.wait_for_url(re.compile("32(,|%2C)7"))
    rows = counted(own_network.network((Stage(16, 5, 0, 2), Stage(32, 7, 0, 2)), 100))
    parameters, work = (sum(row[i] for row in rows.values()) for i in (1, 2))
    expect(page.get_by_text(f"{parameters:,}", exact=True)).to_be_visible()
    expect(page.get_by_text(f"{work:,}", exact=True)).to_be_visible()
    wait_until_idle(page)
    assert charted(page, "wide" if way == "mouse" else "narrow") == [
        (name, cost[i]) for i in (1, 2) for name, cost in rows.items()
    ]
    for name in ("conv2", "fc1"):
        shape, count, products = rows[name]
        point(page, way, block(page, name))
        panel = page.locator(".panel").nth(1)
        expect(panel).to_contain_text(f"→ {shape}")
        told = panel.inner_text()
        assert [f"{n:,}" in told for n in (count, products)] == [True, True]
    enter(page.get_by_label(words[0]), "11")
    enter(page.get_by_label(words[1]), "4")
    expect(page.get_by_role("alert")).to_contain_text(words[2])
    expect(block(page, "fc2")).to_have_count(0)
    expect(block(page, "pool1")).to_have_count(1)
    page.context.close()
    assert page.complaints == []


def charted(page: Any, width: str) -> list[tuple[str, int]]:
    """Each bar of the own network's costs, its layer and its number, as the drawing on the page has them."""
    image = page.locator(f".st-key-{width}-costs-own-right img")
    image.scroll_into_view_if_needed()
    expect(image).to_be_visible()
    drawn = b64decode(image.get_attribute("src").split(",", 1)[1]).decode()
    bars = re.findall(r'data-layer="(\w+)" data-value="(\d+)"', drawn)
    written = [int(n.replace(",", "")) for n in re.findall(r">([\d,]+)  \(\d+%\)<", drawn)]
    assert written == [int(value) for _, value in bars]
    return [(name, int(value)) for name, value in bars]


def enter(field: Any, value: str) -> None:
    field.fill(value)
    field.press("Enter")


def point(page: Any, way: str, part: Any) -> None:
    part.scroll_into_view_if_needed()
    part.tap() if way == "tap" else part.hover()


def counted(spec: ModelSpec) -> dict[str, tuple[str, int, int]]:
    """Shape, parameters and multiply-adds of each layer that learns, by torch's own modules and outputs."""
    rows, x = {}, torch.zeros(1, 1, 28, 28)
    for name, module in spec.build().named_children():
        x = module(x)
        count = sum(p.numel() for p in module.parameters())
        if not count:
            continue
        shape = tuple(x.shape[1:])
        places = x[0, 0].numel() if x.ndim == 4 else 1
        said = f"({', '.join(map(str, shape))})" if len(shape) > 1 else str(shape[0])
        rows[name] = said, count, module.weight.numel() * places
    return rows
