"""Fixtures of the browser tests: a Chromium and a server for each module, a page for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser_tools import ROOT, Server, chromium, new_page, streamlit_server

expect.set_options(timeout=30_000)  # for a loaded machine: a wait ends when its condition holds


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium for the module: Playwright's event loop must not outlast the tests that need it."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server for the module: the app, or the script that the module names as ``APP``."""
    script = Path(getattr(request.module, "APP", ROOT / "app.py"))
    with streamlit_server(script) as running:
        yield running


@pytest.fixture
def browser_page(browser: Any) -> Iterator[Any]:
    """A fresh page at 1366×768; what its console complained of fails the test."""
    page = new_page(browser)
    yield page
    page.context.close()
    assert page.complaints == []
