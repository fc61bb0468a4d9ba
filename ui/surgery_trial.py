"""The fixed part of the test set on the surgery page, and how much each unit matters for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.surgery import Trial
from ui.specimen import seen_by, shared_model

TESTED = 1_000  # the first test digits


@dataclass
class Ranking:
    """The accuracy without each unit of a layer, as far as it has been measured."""

    units: int
    accuracies: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def complete(self) -> bool:
        return len(self.accuracies) == self.units


@st.cache_resource(show_spinner=False, max_entries=3)
def shared_trial(run_id: str, step: int) -> Trial:
    """The network of a run at a step before the fixed part of the test set, kept for all sessions."""
    mnist = load_mnist()
    images = seen_by(run_id, mnist.test_images[:TESTED])
    return Trial(shared_model(run_id, step), images, mnist.test_labels[:TESTED])


@st.cache_resource(show_spinner=False, max_entries=500)
def shared_ranking(run_id: str, step: int, layer: str, units: int) -> Ranking:
    """Measured once, whoever asks; who leaves early leaves the rest to the next one."""
    return Ranking(units)


def measure(ranking: Ranking, trial: Trial, layer: str) -> Iterator[int]:
    """Measure unit after unit, together with other sessions that wait for it; yields how many are done."""
    while not ranking.complete:
        with ranking.lock:
            if not ranking.complete:
                unit = len(ranking.accuracies)
                ranking.accuracies.append(trial.accuracy_without(layer, unit))
        yield len(ranking.accuracies)
