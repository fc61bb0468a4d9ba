"""Runs that are watched: the more people look, the less often each does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnn_core.recording import Recorder
from tests.trained import SMALL, few_images, train_into
from ui import run_watch


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """How often a page that watches a run wants to look, at each of its runs."""
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_EXPLORER_NO_ENGINE", "1")
    monkeypatch.setattr(run_watch, "_looked", {})
    st.cache_resource.clear()
    wanted: list[float | None] = []
    fragment = st.fragment

    def noted(part: Any, *, run_every: float | None = None) -> Any:
        wanted.append(run_every)
        return fragment(part, run_every=run_every)

    monkeypatch.setattr(st, "fragment", noted)
    return wanted


def page(run: str) -> AppTest:
    def script(run: str) -> None:
        from ui.run_watch import watch_runs

        watch_runs([run], lambda runs: None)

    return AppTest.from_function(script, kwargs={"run": run})


def others(count: int) -> None:
    run_watch._looked.update({f"person {i}": time.monotonic() for i in range(count)})


def test_a_few_look_twice_a_second_and_a_class_of_thirty_each_two_seconds(
    looks: list[float | None],
) -> None:
    run = train_into(Recorder(), SMALL, few_images(), finished=False)
    others(7)
    app = page(run)
    assert not app.run().exception
    assert looks == [0.5]
    others(29)  # they come while the page is open
    app.run()
    assert looks[-1] == 2.0
    run_watch._looked.update({f"person {i}": time.monotonic() - 11 for i in range(29)})  # they have left
    app.run()
    assert looks[-1] == 0.5


def test_of_a_run_that_is_over_nobody_looks_again(looks: list[float | None]) -> None:
    run = train_into(Recorder(), SMALL, few_images())
    others(29)
    assert not page(run).run().exception
    assert looks == [None]
    assert len(run_watch._looked) == 29  # and who looks at it is not counted


def test_all_together_look_no_more_than_thirty_times_a_second() -> None:
    apart = 1
    for people in [*range(1, 121), *range(120, 0, -1)]:
        apart = run_watch._apart(people, apart)
        assert people / (apart * run_watch.POLL_SECONDS) <= 30.0
    assert apart == 1


def test_who_comes_and_goes_at_an_edge_does_not_make_everybodys_page_run_anew() -> None:
    for people in range(2, 121):
        apart = run_watch._apart(people, 1)
        assert run_watch._apart(people - 1, apart) == apart
        assert run_watch._apart(people, apart) == apart
