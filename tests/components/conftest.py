"""Fixtures of the component tests: a case of the grids' harness, on a laptop and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser_tools import PHONE, new_page, wait_until_idle

Open = Callable[[str], Any]


def opener(server: Any, page: Any) -> Open:
    """What opens a case of ``harness_conv_grid.py`` on a page."""

    def opened(case: str) -> Any:
        page.goto(f"{server.url}/?case={case}")
        wait_until_idle(page)
        expect(page.locator(".reading")).not_to_be_empty()
        return page

    return opened


@pytest.fixture
def show(server: Any, browser_page: Any) -> Open:
    return opener(server, browser_page)


@pytest.fixture
def show_on_a_phone(server: Any, browser: Any) -> Iterator[Open]:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    yield opener(server, page)
    page.context.close()
    assert page.complaints == []
