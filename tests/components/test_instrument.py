"""An instrument runs alone while a hand is at it, and the whole page follows when the hand rests."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser_tools import ROOT, Server, wait_until_idle

APP = ROOT / "tests" / "components" / "harness_instrument.py"
PRESSES = 6
STATE = "document.querySelector('[data-testid=stApp]').dataset.testScriptState"
WATCH = """(shown) => {
    window.removed = 0;
    const gone = (change) => [...change.removedNodes].some((node) => node.contains(shown));
    const count = (changes) => { window.removed += changes.filter(gone).length; };
    new MutationObserver(count).observe(document.body, { childList: true, subtree: true });
}"""


def test_the_page_follows_an_instrument_once_for_many_moves(browser_page: Any, server: Server) -> None:
    page = browser_page
    page.goto(server.url)
    expect(page.get_by_text("The page shows 0, after 1 runs.")).to_be_visible()
    for _ in range(PRESSES):
        page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_text(f"The instrument shows {PRESSES}.")).to_be_visible()
    followed = page.get_by_text(re.compile(f"The page shows {PRESSES}, after"))
    expect(followed).to_be_visible()
    assert int(followed.inner_text().split()[-2]) < 1 + PRESSES
    page.wait_for_url(re.compile(f"n={PRESSES}"))  # the address waits for the page


def test_one_goes_back_over_all_moves_at_once(browser_page: Any, server: Server) -> None:
    page = browser_page
    page.goto(f"{server.url}/?n=7")
    expect(page.get_by_text("The page shows 7,")).to_be_visible()
    page.get_by_role("slider").press("ArrowRight")
    page.wait_for_url(re.compile("n=8"))
    page.go_back()
    expect(page.get_by_text("The instrument shows 7.")).to_be_visible()
    expect(page.get_by_text("The page shows 7,")).to_be_visible()


def test_a_hand_that_moves_while_the_page_follows_takes_nothing_out_of_it(
    browser_page: Any, server: Server
) -> None:
    page = browser_page
    page.goto(f"{server.url}/?slow=1")
    shown = page.get_by_text("The instrument shows 0.")
    expect(shown).to_be_visible()
    wait_until_idle(page)
    shown.evaluate(WATCH)
    slider = page.get_by_role("slider")
    for moved in range(1, 2 * PRESSES, 2):
        slider.press("ArrowRight")
        expect(page.get_by_text(f"The instrument shows {moved}.")).to_be_visible()
        page.wait_for_function(f"{STATE} === 'notRunning'")
        page.wait_for_function(f"{STATE} === 'running'")  # the hand has rested, and the page follows
        slider.press("ArrowRight")
        expect(page.get_by_text(f"The page shows {moved + 1}, after")).to_be_visible()
        page.wait_for_function(f"{STATE} === 'notRunning'")
    assert page.evaluate("window.removed") == 0
