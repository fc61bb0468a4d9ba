"""Runs looked at while they train: again twice a second, until the last of them is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from cnn_core.messages import Problem
from cnn_core.records import Run
from ui.engine_process import ensure_engine
from ui.specimen import store

POLL_SECONDS = 0.5


def find_run(run_id: str) -> Run | None:
    """The run; None where nobody has asked for it yet, or it was deleted."""
    try:
        return store().run(run_id)
    except Problem:
        return None


def watch_runs(run_ids: Sequence[str], show: Callable[[list[Run | None]], None]) -> None:
    """Show the runs now, and again while one of them goes on.

    The whole page runs again when one begins, ends, or is deleted: what stands round them changes then.
    """
    before = _phases(_find(run_ids))

    def look() -> None:
        runs = _find(run_ids)
        if _phases(runs) != before:
            st.rerun()
        ensure_engine()  # should it have died, whoever watches brings it back
        show(runs)

    st.fragment(look, run_every=POLL_SECONDS if False in before else None)()


def _find(run_ids: Sequence[str]) -> list[Run | None]:
    return [find_run(run_id) for run_id in run_ids]


def _phases(runs: Sequence[Run | None]) -> list[bool | None]:
    """Of each run whether it is over; None where there is none."""
    return [None if run is None else run.is_over for run in runs]
