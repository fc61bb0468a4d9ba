"""Runs looked at while they train: again and again, until the last of them is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from secrets import token_hex
from threading import Lock
from time import sleep

import streamlit as st

from cnn_core.messages import Problem
from cnn_core.records import Run
from ui.engine_process import ensure_engine
from ui.specimen import store

POLL_SECONDS = 0.5
CROWD = 8  # people who look as often as that; of more each looks less often, or training and pages would wait
MOST_APART = 8  # times POLL_SECONDS
GONE_SECONDS = 10.0  # without a look: whoever it was watches no more
SOON_SECONDS = 0.15  # while the first point of a curve is about to come
FIRST_WAIT = 0.4  # how long the page itself waits for that point: it is then on screen a round trip earlier
FIRST_LOOKS = 0.02
JUST_NOW = 2.0  # seconds since the click: a warm worker has begun by then; a cold one is not worth the looks
NONE, WAITS, BEGINS, GOES_ON, OVER = "none", "waits", "begins", "goes on", "over"
_WHO = "run_watch.who"
_looked: dict[str, float] = {}  # who watches a run -> when they looked last, by time.monotonic
_counting = Lock()


def find_run(run_id: str) -> Run | None:
    """The run; None where nobody has asked for it yet, or it was deleted."""
    try:
        return store().run(run_id)
    except Problem:
        return None


def watch_runs(run_ids: Sequence[str], show: Callable[[list[Run | None]], None]) -> None:
    """Show the runs now, and again while one of them goes on.

    The whole page runs again when one begins, ends, or is deleted: what stands round them changes then. It
    does so too when many more or fewer people watch, and all look less or more often.
    """
    before = _first_phases(run_ids)
    apart = _spread(before, 1)

    def look() -> None:
        runs = _find(run_ids)
        ensure_engine()  # should it have died, whoever watches brings it back
        now = _phases(runs)
        if now == before or (BEGINS, GOES_ON) in zip(before, now, strict=True):
            show(runs)  # a first point is on screen before the page runs again
        if now != before or _spread(now, apart) != apart:
            st.rerun()

    st.fragment(look, run_every=_every(before, apart))()


def _spread(phases: Sequence[str], before: int) -> int:
    """How many times as far apart the looks are as when a few watch; of runs that go on."""
    return _apart(_people(), before) if _every(phases) else 1


def _people() -> int:
    """How many watch a run just now, this session among them."""
    who, now = st.session_state.setdefault(_WHO, token_hex(8)), time.monotonic()
    with _counting:
        _looked[who] = now
        for other in [other for other, at in _looked.items() if now - at > GONE_SECONDS]:
            del _looked[other]
        return len(_looked)


def _apart(people: int, before: int) -> int:
    """The same for so many people; it takes far fewer of them to come back than to go there."""
    while people > CROWD * before and before < MOST_APART:
        before *= 2
    while before > 1 and people <= CROWD * before / 4:
        before //= 2
    return before


def _find(run_ids: Sequence[str]) -> list[Run | None]:
    return [find_run(run_id) for run_id in run_ids]


def _first_phases(run_ids: Sequence[str]) -> list[str]:
    """What the runs are doing, once one that is about to begin has begun, or has not within a moment."""
    ensure_engine()
    deadline = time.monotonic() + FIRST_WAIT
    while BEGINS in (phases := _phases(_find(run_ids))) and time.monotonic() < deadline:
        sleep(FIRST_LOOKS)
    return phases


def _phases(runs: Sequence[Run | None]) -> list[str]:
    return [NONE if run is None else _phase(run) for run in runs]


def _phase(run: Run) -> str:
    if run.is_over:
        return OVER
    if run.step:
        return GOES_ON
    return BEGINS if time.time() < run.created + JUST_NOW and not is_behind(run) else WAITS


def is_behind(run: Run) -> bool:
    """It waits, and another run comes before it."""
    if run.state != "queued":
        return False
    return (store().queue_place(run.id) or 1) > 1 or any(r.state == "running" for r in store().runs())


def _every(phases: Sequence[str], apart: int = 1) -> float | None:
    """Seconds until the next look: None where nothing will come."""
    if BEGINS in phases:
        return SOON_SECONDS
    return apart * POLL_SECONDS if WAITS in phases or GOES_ON in phases else None
