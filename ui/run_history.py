"""What a run has shown so far: read once, however many pages watch it, and of its steps only what is new."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from cnn_core.models import first_layer
from cnn_core.progress import Pace, grown, pace
from cnn_core.records import EvaluationRow, Live, Metrics, Run
from ui.specimen import store
from ui.specimen import weights as weights_at
from ui.step_slider import LAST

WATCHED = 64  # runs whose steps are kept in memory


@dataclass(frozen=True)
class History:
    """What a run has shown up to one version of it."""

    metrics: Metrics
    evaluations: list[EvaluationRow]
    answers: np.ndarray | None  # to the first test digits, by the newest evaluation
    live: Live | None
    weights: np.ndarray | None  # of the first layer
    step: int  # whose weights they are
    kept: int | None  # the newest step whose weights are all kept
    pace: Pace | None
    read_at: float  # by time.monotonic
    looks_back: bool = False  # weights and answers are those of an earlier step

    @property
    def diverged(self) -> bool:
        """The newest loss is no number any more."""
        return len(self.metrics.loss) > 0 and not np.isfinite(self.metrics.loss[-1])


@st.cache_resource(show_spinner=False, max_entries=64)
def history(run_id: str, version: int) -> History:
    """All of it, for all sessions."""
    run, metrics, evaluations = store().run(run_id), _metrics(run_id), store().evaluations(run_id)
    live, steps = store().live(run_id), store().snapshot_steps(run_id)
    weights, step = None, 0
    if live and (not steps or live.step > steps[-1]):
        weights, step = live.weights, live.step
    elif steps:
        weights, step = weights_at(run_id, steps[-1])[f"{first_layer(run.spec.model)}.weight"], steps[-1]
    return History(
        metrics,
        evaluations,
        store().evaluation(run_id),
        live,
        weights,
        step,
        steps[-1] if steps else None,
        pace(run, metrics, evaluations),
        time.monotonic(),
    )


def history_at(run: Run, step: int) -> History:
    """The same with the weights and answers of a step that is kept; LAST: of the newest."""
    now = history(run.id, run.version)
    return now if step in (LAST, now.kept) else _looking_back(run.id, run.version, step)


@st.cache_resource(show_spinner=False, max_entries=256)
def _looking_back(run_id: str, version: int, step: int) -> History:
    first = f"{first_layer(store().run(run_id).spec.model)}.weight"
    now = history(run_id, version)
    return replace(
        now,
        evaluations=[row for row in now.evaluations if row.step <= step],
        answers=store().evaluation(run_id, step),
        live=None,  # no gradient of it is kept
        weights=weights_at(run_id, step)[first],
        step=step,
        kept=step,
        looks_back=True,
    )


@st.cache_resource(show_spinner=False)
def _steps() -> OrderedDict[str, Metrics]:
    """Of each run that was looked at the steps that are known, the run looked at last at the end."""
    return OrderedDict()


def _metrics(run_id: str) -> Metrics:
    known = _steps().pop(run_id, None)
    metrics = None
    if known is not None and len(known.step):
        metrics = grown(known, store().metrics(run_id, after_step=int(known.step[-1]) - 1))
    metrics = metrics or store().metrics(run_id)
    _steps()[run_id] = metrics
    while len(_steps()) > WATCHED:
        _steps().popitem(last=False)
    return metrics
