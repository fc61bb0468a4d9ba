"""The teach page in a browser: a drawn digit is taught, the lesson opens elsewhere, and Back undoes it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser_tools import PHONE, Server, new_page, wait_until_idle

TAUGHT = re.compile("Steps of teaching: 1")


def test_a_drawn_digit_is_taught_and_its_link_opens_elsewhere(
    browser: Any, browser_page: Any, server: Server
) -> None:
    page = browser_page
    page.goto(f"{server.url}/teach?lang=en")
    page.locator("canvas").wait_for(timeout=60_000)
    wait_until_idle(page, timeout=60_000)
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_url("**image=drawing-**")
    empty = page.url
    wait_until_idle(page, timeout=60_000)
    box = page.locator("canvas").bounding_box()
    places = [(0.28, 0.25), (0.72, 0.25), (0.45, 0.85)]  # a seven
    (x, y), *others = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in places]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()
    page.wait_for_url(lambda url: "image=drawing-" in url and url != empty)
    expect(page.get_by_text(re.compile("^It reads a 7"))).to_be_visible()

    page.get_by_role("button", name="Teach it: one step").click()
    page.wait_for_url("**taught=**")
    expect(page.get_by_text(TAUGHT)).to_be_visible()
    other = new_page(browser)
    other.goto(page.url)
    expect(other.get_by_text(TAUGHT)).to_be_visible(timeout=60_000)
    assert other.complaints == []
    other.context.close()
    page.go_back()
    expect(page.get_by_text(re.compile("^It reads a 7"))).to_be_visible()
    expect(page.get_by_text(TAUGHT)).to_have_count(0)


def test_all_ten_digits_are_within_a_phones_screen(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
    page.goto(f"{server.url}/teach?lang=ko")
    page.locator("canvas").wait_for(timeout=60_000)
    wait_until_idle(page, timeout=60_000)
    for picker in (".st-key-widget-teach-label", ".st-key-draw-any"):
        buttons = page.locator(f"{picker} button")
        expect(buttons).to_have_count(10)
        boxes = [button.bounding_box() for button in buttons.all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    page.context.close()
