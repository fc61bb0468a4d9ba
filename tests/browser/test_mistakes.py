"""The mistakes page in a browser: a cell of the matrix is pressed, a digit of the map is pointed at."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser_tools import Server, wait_until_idle


def opened(page: Any, server: Server) -> Any:
    page.goto(f"{server.url}/mistakes?lang=en")
    page.locator("canvas").wait_for(timeout=90_000)
    wait_until_idle(page, timeout=60_000)
    return page


def test_a_cell_shows_its_digits_and_the_map_chooses_the_specimen(browser_page: Any, server: Server) -> None:
    page = opened(browser_page, server)
    page.get_by_role("button", name=re.compile("^4 read as 9: ")).click()
    page.wait_for_url("**confused=4-9**")
    one = page.get_by_role("combobox", name="Look into one of them")
    expect(one).to_have_value(re.compile("4 read as 9"))
    page.get_by_role("button", name=re.compile("^4 read as 9: ")).press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**confused=3-9**")
    wait_until_idle(page, timeout=60_000)

    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reading = page.locator(".reading")
    expect(reading).to_have_text(re.compile(r"Test digit \d+: \d read as \d"))
    number = re.search(r"digit (\d+)", reading.inner_text())[1]  # type: ignore[index]
    expect(page.get_by_text(re.compile(rf"^Test digit {number} is an? \d, read as an? \d"))).to_be_visible()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(f"**image=test-{number}**")

    page.locator("canvas").press("ArrowRight")
    expect(reading).not_to_have_text(re.compile(rf"Test digit {number}:"))


def test_a_cell_is_pressed_again_after_back(browser_page: Any, server: Server) -> None:
    page = opened(browser_page, server)
    for _ in range(2):
        page.get_by_role("button", name=re.compile("^4 read as 9: ")).click()
        page.wait_for_url("**confused=4-9**")
        wait_until_idle(page, timeout=60_000)
        page.go_back()
        page.wait_for_url(lambda url: "confused" not in url)
        wait_until_idle(page, timeout=60_000)


def test_beside_the_map_stands_the_digit_that_is_ringed(browser_page: Any, server: Server) -> None:
    page = opened(browser_page, server)
    canvas, reading = page.locator("canvas"), page.locator(".reading")
    beside = page.get_by_text(re.compile(r"^Test digit \d+ is an? \d, read as an? \d"))
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    first, second = ((box["x"] + x * box["width"], box["y"] + box["height"] / 2) for x in (0.5, 0.6))

    def stands_beside(number: str) -> None:
        expect(beside).to_have_text(re.compile(f"^Test digit {number} is"))

    def read() -> str:
        expect(reading).to_have_text(re.compile(r"Test digit \d+:"))
        return str(re.search(r"digit (\d+)", reading.inner_text())[1])  # type: ignore[index]

    page.mouse.move(*first)
    pointed = read()
    stands_beside(pointed)
    page.mouse.click(*second)  # sooner than it is told that the pointer rests
    chosen = read()
    assert chosen != pointed
    page.wait_for_url(f"**image=test-{chosen}**")
    stands_beside(chosen)
    wait_until_idle(page, timeout=60_000)
    page.mouse.move(*first)
    stands_beside(pointed)
    page.mouse.move(5, 5)
    page.go_back()  # another image is chosen elsewhere
    stands_beside("0")
    expect(reading).to_be_empty()
    page.mouse.click(*second)  # the same one again
    page.wait_for_url(f"**image=test-{chosen}**")
    stands_beside(chosen)
