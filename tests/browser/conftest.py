"""Fixtures of the visits to a run that a test has trained itself: see visits.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cnn_core.recording import Recorder
from tests.browser.visits import PLACES, Visit
from tests.browser_tools import Server, new_context, watched_page
from tests.trained import SEVEN, few_images, train_into
from tests.trained import SMALL as SPEC


@pytest.fixture(scope="module")
def own_runs(server: Server) -> Recorder:
    """The server's store, with a run that was trained for this module."""
    store = Recorder(server.home / "runs.sqlite")
    train_into(store, SPEC, few_images(600, 100))
    return store


@pytest.fixture(scope="module", params=PLACES)
def place(
    request: Any, browser: Any, server: Server, own_runs: Recorder
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Where visits begin: a context of the browser, and all that a visit knows but its page."""
    step, code, context = request.param
    opened = new_context(browser, **context)
    drawing = own_runs.put_artifact("drawing", SEVEN.encode())
    address = f"lang={code}&run={SPEC.run_id}&step={step}&image=drawing-{drawing}"
    knows = {
        "url": f"{server.url}/{{slug}}?{address}",
        "step": step,
        "model": own_runs.model(SPEC.run_id, step),
        "code": code,
        "touch": "has_touch" in context,
    }
    yield opened, knows
    opened.close()


@pytest.fixture
def visit(place: tuple[Any, dict[str, Any]]) -> Iterator[Visit]:
    """A page of its own; what its console complained of fails the test."""
    context, knows = place
    page = watched_page(context)
    yield Visit(page, **knows)
    page.close()
    assert page.complaints == []
