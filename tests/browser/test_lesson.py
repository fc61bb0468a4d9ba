"""The lesson as a class takes it: train from a click to the end, look at the filters, draw a digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser_tools import Server, new_page, wait_until_idle
from tests.engines import until

TRAINS = True  # its runs are its own
TRAINING_MS = 240_000


@pytest.fixture(scope="module")
def trained(browser: Any, server: Server) -> Iterator[tuple[str, list[str], list[str]]]:
    """`fast`, trained from a click to the end: its id, what the page said of the steps, the filters shown."""
    page = new_page(browser)
    page.goto(f"{server.url}/training?lang=en")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]{16}"))
    run_id = re.search(r"run=([0-9a-f]{16})", page.url)[1]  # type: ignore[index]
    said: list[str] = []
    filters: list[str] = []
    step = page.get_by_text(re.compile(r"step \d+ of 200"))
    layer = page.locator("[data-picture=first-layer] img")

    def looked() -> bool:
        said.extend(step.all_inner_texts()[:1])  # without waiting: the run may have ended meanwhile
        filters.extend(layer.evaluate_all("(images) => images.slice(0, 1).map((image) => image.src)"))
        return page.get_by_text(re.compile(r"done: 200 steps")).count() > 0

    until(looked, seconds=TRAINING_MS / 1000, every=0.4)
    wait_until_idle(page)
    assert page.complaints == []
    yield run_id, said, filters
    page.context.close()


def test_the_page_shows_the_run_while_it_goes_on(trained: tuple[str, list[str], list[str]]) -> None:
    _, said, filters = trained
    assert len(set(said)) >= 3
    assert len(set(filters)) >= 3


def test_it_reads_about_98_of_100_digits_at_the_end(
    browser_page: Any, server: Server, trained: tuple[str, list[str], list[str]]
) -> None:
    browser_page.goto(f"{server.url}/training?lang=en&run={trained[0]}")
    said = browser_page.get_by_text(re.compile(r"At step 200 the network reads"))
    expect(said).to_be_visible(timeout=30_000)
    right = int(re.search(r"reads ([\d,]+) of 10,000", said.inner_text())[1].replace(",", ""))  # type: ignore[index]
    assert round(right, -2) == 9_800
    expect(browser_page.locator(".js-plotly-plot")).to_be_visible(timeout=30_000)


def test_the_filters_differ_at_step_0_and_at_the_end(
    browser_page: Any, server: Server, trained: tuple[str, list[str], list[str]]
) -> None:
    shown = []
    for step in ("&step=0", ""):
        browser_page.goto(f"{server.url}/filters?lang=en&run={trained[0]}{step}")
        at = "At step 0" if step else "At step 200"
        browser_page.get_by_text(at, exact=True).wait_for(timeout=30_000)
        wait_until_idle(browser_page)
        picture = browser_page.get_by_role("img", name=at, exact=True)
        shown.append(picture.screenshot())
    assert shown[0] != shown[1]


def test_a_drawn_digit_is_read(
    browser_page: Any, server: Server, trained: tuple[str, list[str], list[str]]
) -> None:
    page = browser_page
    page.goto(f"{server.url}/draw?lang=en&run={trained[0]}&image=test-0")
    page.locator("canvas").first.wait_for(timeout=30_000)
    wait_until_idle(page)
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_url(re.compile("image=drawing-"))
    empty = page.url
    wait_until_idle(page)
    box = page.locator("canvas").first.bounding_box()

    def stroke(*shares: tuple[float, float]) -> None:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()

    stroke((0.28, 0.25), (0.72, 0.25), (0.45, 0.85))  # a seven
    page.wait_for_url(lambda url: "image=drawing-" in url and url != empty)
    expect(page.get_by_text(re.compile(r"It reads a 7"))).to_be_visible(timeout=20_000)


def test_a_copied_address_opens_the_same_drawing_elsewhere(
    browser: Any, browser_page: Any, server: Server, trained: tuple[str, list[str], list[str]]
) -> None:
    test_a_drawn_digit_is_read(browser_page, server, trained)
    other = new_page(browser)
    other.goto(browser_page.url)
    expect(other.get_by_text(re.compile(r"It reads a 7"))).to_be_visible(timeout=30_000)
    other.context.close()
