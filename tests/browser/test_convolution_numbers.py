"""The convolution page's numbers, read off the screen after every setting and checked against torch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.kernels import BOOK_INPUT, BOOK_KERNEL, BOOK_STRIDE_INPUT, compact, gabor, parse_matrix
from tests.browser_tools import LAPTOP, PHONE, Server, new_page, wait_until_idle
from tests.grids import centre, outlines, point, reads, stands_at, texts, values

OUTPUT = "[data-grid='output-0'] .cell"
MODES = {"reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def visit(page: Any, server: Server, query: str = "", lang: str = "en") -> Any:
    page.goto(f"{server.url}/convolution?lang={lang}{query}")
    page.get_by_test_id("stCode").wait_for(timeout=60_000)
    wait_until_idle(page)
    return page


def by_torch(
    x: np.ndarray, kernel: np.ndarray, bias: float = 0, padding: int = 0, mode: str = "zeros", **moves: Any
) -> np.ndarray:
    maps, weight = (torch.tensor(np.array(a, float, order="C"))[None, None] for a in (x, kernel))
    padded = F.pad(maps, [padding] * 4, mode=MODES.get(mode, "constant"))
    return F.conv2d(padded, weight, torch.tensor([float(bias)]).double(), **moves)[0, 0].numpy()


def shows(page: Any, expected: np.ndarray) -> None:
    """Until the output grid holds these numbers."""
    expect(page.locator(OUTPUT)).to_have_count(expected.size)
    page.wait_for_function(
        """([cells, expected]) => expected.every((value, i) =>
            Math.abs(Number(cells[i].dataset.value) - value) < 1e-6)""",
        arg=[page.locator(OUTPUT).element_handles(), expected.ravel().tolist()],
    )
    assert values(page, "output-0").shape == expected.shape


def asked(page: Any, name: str) -> np.ndarray:
    """The matrix that the address holds."""
    return parse_matrix(parse_qs(urlparse(page.url).query)[name][0])


def tap(page: Any, grid: str, row: int, col: int) -> None:
    page.touchscreen.tap(*centre(page, grid, row, col))


@pytest.mark.parametrize(
    ("lang", "viewport", "choose", "said"),
    [("ko", PHONE, tap, "출력 {}행 {}열: "), ("en", LAPTOP, point, "Output row {}, column {}: ")],
    ids=["Korean, phone, finger", "English, laptop, mouse"],
)
def test_every_output_cell_opens_into_products_that_add_up_to_it(
    browser: Any, server: Server, lang: str, viewport: Any, choose: Callable[..., None], said: str
) -> None:
    page = new_page(browser, viewport=viewport, has_touch=choose is tap, is_mobile=choose is tap)
    visit(page, server, "&padding=1&bias=3", lang)
    expected = by_torch(BOOK_INPUT, BOOK_KERNEL, 3, padding=1)
    np.testing.assert_array_equal(values(page, "output-0"), expected)
    padded = np.pad(BOOK_INPUT, 1)
    np.testing.assert_array_equal(values(page, "input-0"), padded)
    for row, col in np.ndindex(4, 4):
        choose(page, "output-0", row, col)
        stands_at(page, row, col)
        reads(page, said.format(row + 1, col + 1))
        reads(page, f"= {expected[row, col]:g}")
        patch = padded[row : row + 3, col : col + 3]
        np.testing.assert_array_equal(values(page, "kernel-0"), patch * BOOK_KERNEL)
        pairs = zip(patch.ravel(), BOOK_KERNEL.ravel(), strict=True)
        assert texts(page, "kernel-0") == [f"{x:g}×{w:g} {x * w:g}" for x, w in pairs]
        summed = f"{expected[row, col] - 3:g} + 3 = {expected[row, col]:g}"
        expect(page.locator("[data-grid='output-0'] .foot")).to_have_text(summed)
    outlines(page, "input-0", (3, 3, 3, 3))
    page.context.close()
    assert page.complaints == []


def moved(page: Any, name: str) -> None:
    """A slider of the settings, by one."""
    wait_until_idle(page)
    slider = page.get_by_role("slider", name=name)
    before = slider.get_attribute("aria-valuetext")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", str(int(before) + 1))


def test_padding_stride_dilation_and_mode_are_read_off_the_grid(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    page.get_by_role("button", name="stride 2").click()
    shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, stride=2))
    moved(page, "Padding")
    shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, padding=1, stride=2))
    moved(page, "Padding")
    shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, padding=2, stride=2))
    moved(page, "Stride")
    shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, padding=2, stride=3))
    page.get_by_text("More settings").click()
    moved(page, "Dilation")
    shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, padding=2, stride=3, dilation=2))
    page.wait_for_url(re.compile("dilation=2"))
    address = page.url
    for mode in MODES:
        page.goto(f"{address}&mode={mode}")
        shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, 0, 2, mode, stride=3, dilation=2))
        padded = F.pad(torch.tensor(BOOK_STRIDE_INPUT)[None, None], [2] * 4, mode=mode)[0, 0].numpy()
        np.testing.assert_array_equal(values(page, "input-0"), padded)


def scroll_to(box: Any) -> None:
    """And two frames more, in which the page tells that it was scrolled."""
    box.scroll_into_view_if_needed()
    box.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


BOOK_STRIDE = {"en": "stride 2", "ko": "스트라이드 2"}
APART = {
    "en": ("More settings", "Rows and columns apart", "What the padding holds", "{}, rows", "{}, columns"),
    "ko": ("설정 더 보기", "행과 열을 따로", "패딩에 채우는 값", "{} (행)", "{} (열)"),
}
SLIDERS = {"en": ("Padding", "Stride", "Dilation"), "ko": ("패딩", "스트라이드", "팽창(dilation)")}


@pytest.mark.parametrize(
    ("lang", "viewport"), [("ko", PHONE), ("en", LAPTOP)], ids=["Korean, phone", "English, laptop"]
)
def test_rows_and_columns_go_apart_and_each_mode_fills_the_padding(
    browser: Any, server: Server, lang: str, viewport: Any
) -> None:
    page = visit(new_page(browser, viewport=viewport), server, lang=lang)
    more, apart, holds, rows, columns = APART[lang]
    padding, stride, dilation = SLIDERS[lang]
    page.get_by_role("button", name=BOOK_STRIDE[lang]).click()
    shows(page, by_torch(BOOK_STRIDE_INPUT, BOOK_KERNEL, stride=2))
    page.get_by_text(more).click()
    page.get_by_text(apart).click()
    for name in (columns.format(padding), columns.format(padding), rows.format(padding)):
        moved(page, name)
    moved(page, rows.format(stride))
    moved(page, columns.format(dilation))
    moves = {"stride": (3, 2), "dilation": (1, 2)}
    x = BOOK_STRIDE_INPUT
    for mode, written in [("constant", ""), *((mode, f"{mode}:") for mode in MODES)]:
        if written:
            wait_until_idle(page)
            box = page.get_by_role("combobox", name=holds)
            scroll_to(box)  # a list closes when the page scrolls
            box.click()
            page.get_by_role("option", name=written).click()
        padded = F.pad(torch.tensor(x)[None, None], [2, 2, 1, 1], mode=mode)[0, 0].numpy()
        shows(page, by_torch(padded, BOOK_KERNEL, **moves))
        np.testing.assert_array_equal(values(page, "input-0"), padded)
    page.context.close()
    assert page.complaints == []


def test_the_whole_kernel_and_the_input_change_at_a_button(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&kernel=1,2,3;4,5,6")
    kernel = np.array([[1.0, 2, 3], [4, 5, 6]])
    page.get_by_text("Change the whole kernel").click()
    expect(page.get_by_text("cross-correlation")).to_be_visible()
    for label, changed in (
        ("Rotate by 90°", np.rot90(kernel, -1)),
        ("Divide by the sum", np.rot90(kernel, -1) / 21),
    ):
        page.get_by_role("button", name=label).click()
        shows(page, by_torch(BOOK_INPUT, changed))
    page.get_by_role("button", name="Random", exact=True).click()
    page.wait_for_url(re.compile("seed=1"))
    kernel = asked(page, "kernel")
    assert kernel.shape == (3, 2)
    shows(page, by_torch(BOOK_INPUT, kernel))
    page.get_by_role("button", name="full", exact=True).click()
    full = np.pad(BOOK_INPUT, ((2, 2), (1, 1)))
    shows(page, by_torch(full, kernel))
    page.get_by_role("button", name="Random numbers").click()
    page.wait_for_url(re.compile("input="))
    x = asked(page, "input")
    assert x.shape == (4, 4)
    shows(page, by_torch(np.pad(x, ((2, 2), (1, 1))), kernel))


def test_bias_size_and_gabors_angle_are_set_by_hand(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&padding=2")
    bias = page.get_by_role("spinbutton", name="Bias")
    bias.fill("-2.5")
    bias.press("Enter")
    shows(page, by_torch(BOOK_INPUT, BOOK_KERNEL, -2.5, padding=2))
    page.get_by_text("Change the whole kernel").click()
    wait_until_idle(page)
    page.get_by_role("slider", name="Size").press("ArrowRight")
    page.wait_for_url(re.compile("kernel="))
    kernel = asked(page, "kernel")
    assert kernel.shape == (4, 4)
    assert kernel.sum() == BOOK_KERNEL.sum()
    shows(page, by_torch(BOOK_INPUT, kernel, -2.5, padding=2))
    visit(page, server, f"&padding=2&bias=-2.5&kernel={compact(gabor(5, 0))}")
    shows(page, by_torch(BOOK_INPUT, gabor(5, 0), -2.5, padding=2))
    page.get_by_role("slider", name="Angle of its stripes").press("ArrowRight")
    shows(page, by_torch(BOOK_INPUT, gabor(5, 15), -2.5, padding=2))


def test_what_is_left_over_is_told_and_is_what_no_window_reaches(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&padding=1&stride=2&kernel=1,2,3;4,5,6")
    told = page.get_by_text("Left over at the far edge").inner_text()
    rows, columns = (int(n) for n in re.findall(r"(?:rows|columns) (\d+)", told))
    assert (rows, columns) == (0, 1)
    unused = page.locator("[data-grid='input-0'] .cell.unused, [data-grid='input-0'] .cell.padding")
    point(page, "input-0", 2, 5)
    reads(page, "No window reaches it.")
    point(page, "input-0", 5, 2)
    reads(page, "It goes into")
    assert unused.count() >= 6 * columns


def test_a_prediction_is_not_given_away_and_loses_nothing(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    formula = page.get_by_text("Output cells:")
    expect(formula).to_be_visible()
    page.get_by_role("textbox", name="Input: your own numbers").fill("1 2\n3")  # not sent yet
    nodes = page.locator(".grid, .table input, textarea")
    nodes.evaluate_all("nodes => nodes.forEach((node) => { node.mine = true; })")
    page.get_by_text("Predict first").click()
    expect(formula).to_be_hidden()
    expect(page.get_by_text("Hidden while you predict.").first).to_be_visible()
    assert "2×2" not in page.locator("[data-testid=stMain]").inner_text()
    for name in ("rows", "columns"):
        page.get_by_role("textbox", name=name, exact=True).fill("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Right: 2×2.")).to_be_visible()
    expect(formula).to_be_visible()
    page.get_by_role("textbox", name="Your number for").fill("15")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Right: output row 1, column 1 is 15.")).to_be_visible()
    wait_until_idle(page)
    assert nodes.evaluate_all("nodes => nodes.every((node) => node.mine)")
    expect(page.get_by_role("textbox", name="Input: your own numbers")).to_have_value("1 2\n3")
