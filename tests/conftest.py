"""Fixtures of the browser tests: a Chromium and a server for each module, a page for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser_tools import ROOT, Server, chromium, new_context, streamlit_server, watched_page

expect.set_options(timeout=30_000)  # for a loaded machine: a wait ends when its condition holds


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Steps of a millisecond only wait for a second thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium for the module: Playwright's event loop must not outlast the tests that need it."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def app() -> Iterator[Server]:
    """The app, served once, and without an engine, for all modules that train nothing."""
    with streamlit_server(CNN_EXPLORER_NO_ENGINE="1") as running:
        yield running


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The app; a fresh one for a module that sets ``TRAINS``; or the script that a module names ``APP``."""
    script = getattr(request.module, "APP", None)
    if script is None and not getattr(request.module, "TRAINS", False):
        yield request.getfixturevalue("app")
        return
    with streamlit_server(Path(script or ROOT / "app.py")) as running:
        yield running


@pytest.fixture(scope="module")
def laptop(browser: Any) -> Iterator[Any]:
    """One context for a module: loading the scripts of Streamlit takes longer than most of its tests."""
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture
def browser_page(laptop: Any) -> Iterator[Any]:
    """A page at 1366×768 of somebody new; what its console complained of fails the test."""
    page = watched_page(laptop)
    yield page
    if page.url.startswith("http"):
        page.evaluate("localStorage.clear()")
    for tab in laptop.pages:
        tab.close()
    assert page.complaints == []
