"""A class shares one Wi-Fi: answers come late, and nothing that a hand does meanwhile is lost."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from cnn_core.kernels import BOOK_INPUT, BOOK_KERNEL
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.grids import by_torch, values

LATE = """(() => {
    const Plain = window.WebSocket;
    window.asked = 0;
    window.WebSocket = class extends Plain {
        addEventListener(type, listener, ...rest) {
            const late = (event) => setTimeout(() => listener.call(this, event), 500);
            super.addEventListener(type, type === "message" ? late : listener, ...rest);
        }
        set onmessage(listener) { this.addEventListener("message", listener); }
        send(...message) { window.asked += 1; return super.send(...message); }
    };
})()"""


def move(page: Any, name: str) -> None:
    """A slider, by one; then wait until the server is asked, but not until it has answered."""
    asked = page.evaluate("window.asked")
    page.get_by_role("slider", name=name).press("ArrowRight")
    page.wait_for_function("(before) => window.asked > before", arg=asked)


def test_three_sliders_that_are_moved_one_after_the_other_all_stay(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE)
    page.add_init_script(LATE)
    page.goto(f"{server.url}/convolution?lang=en")
    page.get_by_test_id("stCode").wait_for(timeout=60_000)
    wait_until_idle(page)
    for name in ("Padding", "Stride", "Padding"):
        move(page, name)
    page.wait_for_url(re.compile("padding=2&stride=2"))
    wait_until_idle(page)
    for name in ("Padding", "Stride"):
        expect(page.get_by_role("slider", name=name)).to_have_attribute("aria-valuetext", "2")
    expected = by_torch(BOOK_INPUT, BOOK_KERNEL, stride=2, padding=2)[0]
    expect(page.locator("[data-grid='output-0'] .cell")).to_have_count(expected.size)
    assert values(page, "output-0").tolist() == expected.tolist()
    move(page, "Stride")
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("radio", name="한국어").click()  # a control outside the page
    page.wait_for_url(re.compile("lang=ko&padding=2&stride=3"))
    page.go_back()
    page.wait_for_url(re.compile("lang=en&padding=2&stride=[23]"))
    page.context.close()
    assert page.complaints == []
