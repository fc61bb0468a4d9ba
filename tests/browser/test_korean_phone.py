"""The lab on a phone, in Korean, under a finger: what it shows is read off the page and is torch's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.channel_examples import FILTERS, numbers
from cnn_core.kernels import BOOK_INPUT, BOOK_KERNEL
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.grids import centre, outlines, pinned, reads, stands_at, values
from ui.picture_input import load_picture


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    yield page
    page.context.close()
    assert page.complaints == []


def visit(page: Any, server: Server, path: str) -> None:
    page.goto(f"{server.url}/{path}&lang=ko")
    page.get_by_test_id("stCode").wait_for(timeout=60_000)
    wait_until_idle(page)


def by_torch(x: np.ndarray, weight: np.ndarray, bias: float = 0, **moves: int) -> np.ndarray:
    maps, kernel = (torch.tensor(np.asarray(a, float))[None, None] for a in (x, weight))
    return F.conv2d(maps, kernel, torch.tensor([float(bias)]).double(), **moves)[0, 0].numpy()


def shows(page: Any, expected: np.ndarray) -> None:
    """Until the output holds these numbers."""
    cells = page.locator("[data-grid='output-0'] .cell")
    expect(cells).to_have_count(expected.size)
    for i, value in enumerate(expected.ravel()):
        expect(cells.nth(i)).to_have_attribute("data-value", f"{value:g}")


def test_a_prediction_is_asked_and_told(phone: Any, server: Server) -> None:
    visit(phone, server, "convolution?bias=3")
    expected = by_torch(BOOK_INPUT, BOOK_KERNEL, 3)
    phone.get_by_text("먼저 예측하기").tap()
    reads(phone, "출력 1행 1열: ?")
    phone.get_by_role("textbox", name="행", exact=True).fill("1")
    phone.get_by_role("textbox", name="열", exact=True).fill("2")
    phone.get_by_role("button", name="확인").first.tap()
    verdict = phone.locator(".verdict")
    expect(verdict).to_have_text(
        "이동한 횟수만 셌어요. 처음 자리도 세어야 하니 1을 더해요. "
        "행의 수: (4 + 2·0 − 3) ÷ 1 + 1에서 소수점 아래를 버리면 2예요."
    )
    for (row, col), value in np.ndenumerate(expected):
        phone.touchscreen.tap(*centre(phone, "output-0", row, col))
        place = f"{row + 1}행 {col + 1}열"
        ask = phone.get_by_role("textbox", name=f"{place}에는 어떤 수가 올까요?")
        is_right = (row + col) % 2 == 0
        ask.fill(f"{value if is_right else value - 3:g}")
        phone.locator("form.one .check").tap()
        said = f"맞았어요. 출력 {place}의 값은 {value:g}" if is_right else "편향을 빠뜨렸어요."
        expect(verdict).to_contain_text(said)
    shows(phone, expected)


def test_a_run_fills_the_output(phone: Any, server: Server) -> None:
    visit(phone, server, "convolution?padding=1")
    phone.get_by_role("combobox", name="속도").select_option("8")
    phone.get_by_role("button", name="재생").tap()
    root = phone.locator(".root[data-row]")
    expect(root).to_have_attribute("data-playing", "true")
    expect(phone.locator("[data-grid='output-0'] .cell.hidden")).not_to_have_count(0)
    stands_at(phone, 3, 3)
    expect(root).to_have_attribute("data-playing", "false")
    shows(phone, by_torch(BOOK_INPUT, BOOK_KERNEL, padding=1))
    phone.touchscreen.tap(*centre(phone, "output-0", 2, 1))
    pinned(phone, True)
    outlines(phone, "input-0", (2, 1, 3, 3))
    phone.get_by_role("button", name="처음으로").tap()
    phone.get_by_role("button", name="한 칸 앞으로").tap()
    stands_at(phone, 0, 1)
    expect(phone.locator("[data-grid='output-0'] .cell:not(.hidden)")).to_have_count(2)


def test_a_cell_of_the_kernel_is_changed_and_tells_what_it_does(phone: Any, server: Server) -> None:
    visit(phone, server, "convolution?padding=1")
    phone.get_by_label("2행 2열", exact=True).tap()
    phone.keyboard.type("-0,5")
    changed = BOOK_KERNEL.copy()
    changed[1, 1] = -0.5
    shows(phone, by_torch(BOOK_INPUT, changed, padding=1))
    phone.touchscreen.tap(*centre(phone, "kernel-0", 0, 0))
    reads(phone, "가중치 2 하나가 16칸에 곱해져요. 그 가운데 7칸은 패딩이에요.")
    reads(phone, "지금 이 자리에서는 0 × 2 = 0이에요.")


def test_a_row_of_im2col_opens_its_patch(phone: Any, server: Server) -> None:
    visit(phone, server, "channels?seed=4")
    phone.get_by_text("im2col 보기").tap()
    x = torch.tensor(numbers(4)[None], dtype=torch.float64)
    weights = torch.tensor(np.asarray(FILTERS[:2], float))
    rows = F.unfold(x, 3)[0].T
    grids = phone.locator(".root[data-row]").first
    expect(grids.locator("[data-grid='result'] .cell")).to_have_count(18)
    first = grids.locator("[data-grid='result'] .cell").evaluate_all("all => all.map(c => c.dataset.value)")
    result = rows @ weights.flatten(1).T
    np.testing.assert_array_equal(np.reshape(first, (9, 2)).astype(float), result.numpy())
    plate = grids.locator("[data-grid='matrix'] .plate")
    plate.scroll_into_view_if_needed()
    box = plate.bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] * 13.5 / 27, box["y"] + box["height"] * 5.5 / 9)
    maps = F.conv2d(x, weights, torch.tensor([0.0, 3.0]).double())[0]
    reading = grids.locator(".reading")
    expect(reading).to_contain_text("2행 3열")
    expect(reading).to_contain_text(f"= {maps[0, 1, 2]:g}".replace("-", "−"))


def test_a_pixel_of_a_picture_opens_into_its_numbers(phone: Any, server: Server) -> None:
    edge = np.array([[-1, 0, 1]] * 3)
    visit(phone, server, "convolution?view=picture&picture=test-0&kernel=-1,0,1;-1,0,1;-1,0,1&bias=0.5")
    expected = by_torch(load_picture("test-0"), edge, 0.5)
    row, col = (int(n) for n in np.unravel_index(expected.argmin(), expected.shape))
    frame = phone.locator(".plate.output .frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    phone.touchscreen.tap(
        box["x"] + box["width"] * (col + 0.5) / 26, box["y"] + box["height"] * (row + 0.5) / 26
    )
    phone.wait_for_url(re.compile(rf"at={row}(,|%2C){col}\b"))
    reading = phone.locator(".panel .reading")
    expect(reading).to_contain_text(f"출력 {row + 1}행 {col + 1}열: ")
    wait_until_idle(phone)
    told = re.search(r"정확히는 ([-\d.e]+)", reading.inner_text().replace("−", "-"))
    assert told
    assert float(told[1]) == pytest.approx(expected[row, col], abs=1e-6)
    products = values(phone, "kernel-0")
    patch = load_picture("test-0")[row : row + 3, col : col + 3]
    np.testing.assert_allclose(products, patch * edge, atol=1e-6)
