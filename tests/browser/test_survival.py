"""A run outlives its page; a server takes everything with it; the next one goes on where it stood."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.runs import RunStore
from tests.browser_tools import ROOT, new_page, streamlit_server
from tests.engines import descendants, processes, until


def started(page: Any, url: str) -> str:
    """`fast`, started from the page; its id, once it has made a step."""
    page.goto(f"{url}/training?lang=en&steps=1500")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]{16}"))
    expect(page.get_by_text(re.compile(r"step [1-9][\d,]* of 1,500"))).to_be_visible(timeout=180_000)
    return re.search(r"run=([0-9a-f]{16})", page.url)[1]  # type: ignore[index]


@pytest.mark.slow
def test_a_run_outlives_its_page_and_the_death_of_its_server(browser: Any, tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    with streamlit_server(ROOT / "app.py", home=tmp_path) as server:
        page = new_page(browser)
        run_id = started(page, server.url)
        page.context.close()  # the tab is closed
        step = store.run(run_id).step
        until(lambda: store.run(run_id).step > step + 20, seconds=180)

        page = new_page(browser)
        page.goto(f"{server.url}/training?lang=en&run={run_id}")
        expect(page.get_by_text(re.compile(r"step [1-9][\d,]* of 1,500"))).to_be_visible(timeout=30_000)
        page.context.close()

        below = descendants(server.pid)
        assert below
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not below & processes().keys())
    step = store.run(run_id).step

    with streamlit_server(ROOT / "app.py", home=tmp_path) as server:
        page = new_page(browser)
        page.goto(f"{server.url}/?lang=en")  # any page starts the engine
        until(lambda: store.run(run_id).step > step + 20, seconds=180)
        page.context.close()
        below = descendants(server.pid)
    until(lambda: not below & processes().keys())
