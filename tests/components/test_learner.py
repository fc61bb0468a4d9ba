"""The learner's id in a real browser: it stays with the browser, and is another one in another browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.browser_tools import new_page

APP = Path(__file__).parent / "harness_learner.py"


def who(page: Any) -> str:
    shown = page.get_by_text(re.compile(r"^learner [0-9a-f]{32}$"))
    shown.wait_for()
    return str(shown.inner_text())


def test_it_is_unknown_until_the_browser_has_told_it() -> None:
    shown = [text.value for text in AppTest.from_file(str(APP)).run().text]
    assert "learner unknown" in shown


def test_a_reload_keeps_it(browser_page: Any, server: Any) -> None:
    browser_page.goto(server.url)
    first = who(browser_page)
    browser_page.reload()
    assert who(browser_page) == first


def test_a_rerun_keeps_it_and_takes_no_room(browser_page: Any, server: Any) -> None:
    browser_page.goto(server.url)
    first = who(browser_page)
    browser_page.get_by_role("button", name="Rerun").click()
    browser_page.get_by_text("reruns 1").wait_for()
    assert who(browser_page) == first
    tops = [browser_page.get_by_text(text).bounding_box() for text in ("before", first)]
    assert tops[1]["y"] - tops[0]["y"] - tops[0]["height"] < 20


def test_two_tabs_share_it_and_another_browser_has_another(
    browser: Any, browser_page: Any, server: Any
) -> None:
    browser_page.goto(server.url)
    first = who(browser_page)
    tab = browser_page.context.new_page()
    tab.goto(server.url)
    assert who(tab) == first
    other = new_page(browser)
    other.goto(server.url)
    assert who(other) != first
    other.context.close()


def test_two_pages_know_the_same_learner(browser_page: Any, server: Any) -> None:
    browser_page.goto(server.url)
    first = who(browser_page)
    browser_page.get_by_role("link", name="second").click()
    browser_page.get_by_text("on the second page").wait_for()
    assert who(browser_page) == first
    browser_page.reload()  # now the second page is the first to ask
    browser_page.get_by_text("on the second page").wait_for()
    assert who(browser_page) == first


def test_where_nothing_is_kept_the_session_has_an_id(browser_page: Any, server: Any) -> None:
    refuse = "Object.defineProperty(Storage.prototype, 'setItem', {value() { throw new Error('full'); }})"
    browser_page.add_init_script(refuse)
    browser_page.goto(server.url)
    first = who(browser_page)
    browser_page.get_by_role("button", name="Rerun").click()
    browser_page.get_by_text("reruns 1").wait_for()
    assert who(browser_page) == first


def test_an_id_that_somebody_else_wrote_there_is_not_believed(browser_page: Any, server: Any) -> None:
    browser_page.add_init_script("localStorage.setItem('cnn-explorer-learner', '../../etc')")
    browser_page.goto(server.url)
    assert who(browser_page)
