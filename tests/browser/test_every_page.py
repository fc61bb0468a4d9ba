"""Each address opens cold, in both languages, at both widths, without an error on the page or the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser_tools import LAPTOP, PHONE, Server, new_page, wait_until_idle
from ui.language import translate
from ui.site import PAGES


@pytest.fixture(scope="module", params=["ko", "en"])
def reader(request: pytest.FixtureRequest, browser: Any) -> Iterator[tuple[Any, str, dict[str, int]]]:
    """Somebody who opens one address after the other: a page, a language, the size of the window."""
    viewport = PHONE if request.param == "ko" else LAPTOP
    page = new_page(browser, viewport=viewport, locale="de-DE")
    yield page, request.param, viewport
    page.context.close()


@pytest.mark.parametrize("slug", list(PAGES))
def test_it_opens_cold(reader: tuple[Any, str, dict[str, int]], server: Server, slug: str) -> None:
    page, code, viewport = reader
    page.complaints.clear()
    page.goto(f"{server.url}/{PAGES[slug].address}?lang={code}")
    question = translate(PAGES[slug].question, code)
    page.get_by_role("heading", name=question).wait_for(timeout=60_000)
    wait_until_idle(page, timeout=60_000)
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("[data-testid=stAlertContentError]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.complaints == []


def test_the_browsers_language_is_taken_when_the_address_has_none(browser: Any, server: Server) -> None:
    page = new_page(browser, locale="ko-KR")
    page.goto(server.url)
    page.get_by_role("heading", name=translate(PAGES["home"].question, "ko")).wait_for()
    page.wait_for_url("**/?lang=ko")
    page.context.close()


def test_the_language_switch_changes_every_page(browser_page: Any, server: Server) -> None:
    page = browser_page
    page.goto(server.url)
    page.get_by_role("heading", name=PAGES["home"].question).wait_for()
    page.get_by_text("한국어", exact=True).click()
    page.get_by_role("heading", name=translate(PAGES["home"].question, "ko")).wait_for()
    page.get_by_test_id("stSidebar").get_by_role("link", name=translate("Pooling", "ko")).click()
    page.get_by_role("heading", name=translate(PAGES["pooling"].question, "ko")).wait_for()


def test_the_menu_and_back_keep_what_was_chosen(browser_page: Any, server: Server) -> None:
    page = browser_page

    def arrived(slug: str) -> None:
        page.get_by_role("heading", name=PAGES[slug].question).wait_for(timeout=60_000)
        wait_until_idle(page, timeout=60_000)
        page.wait_for_url(f"**/{slug}?*step=0*")

    page.goto(f"{server.url}/filters?lang=en&step=0")
    arrived("filters")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Feature maps").click()
    arrived("feature_maps")
    page.go_back()
    arrived("filters")


def test_a_page_takes_one_place_in_the_history_however_its_address_arrives(
    browser_page: Any, server: Server
) -> None:
    page = browser_page
    page.goto(f"{server.url}/pooling?lang=en")
    page.get_by_role("heading", name=PAGES["pooling"].question).wait_for(timeout=60_000)
    page.wait_for_function("window.cnnExplorerHistory")
    before = page.evaluate("history.length")
    page.evaluate("history.pushState({}, '', '/draw'); history.pushState({}, '', '/draw?lang=en')")
    assert page.evaluate("[history.length, location.search]") == [before + 1, "?lang=en"]
    page.evaluate("history.pushState({}, '', '/draw?lang=en&step=0')")  # a choice is an entry of its own
    assert page.evaluate("history.length") == before + 2
