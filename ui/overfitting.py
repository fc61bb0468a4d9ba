"""Overfitting as curves: the loss on images that a network learned from, and on digits that it never saw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.experiments import FEW
from cnn_core.features import mean_loss
from cnn_core.records import Run
from cnn_core.shuffle import seen
from ui.components.live_chart import Panel, Series, live_chart
from ui.language import t
from ui.specimen import shared_model, store

Losses = tuple[list[int], list[float], list[float]]  # steps, on images it learned from, on new digits


def show(runs: Mapping[str, Run]) -> None:
    """Both losses of each run, by name, at the steps at which it was tested."""
    st.subheader(t("What it knows by heart, and what it can read"), anchor=False)
    st.markdown(
        t(
            "The loss on {count} images that the networks learned from, and on {count} test digits that they "
            "never saw. Where the first goes on falling and the second does not, a network **overfits**.",
            count=FEW,
        )
    )
    lines = []
    for name, run in runs.items():
        steps, known, new = losses(run.id, run.version)
        lines += [
            Series(t("{name}: learned from", name=name), [(steps, known)]),
            Series(t("{name}: never seen", name=name), [(steps, new)]),
        ]
    live_chart(
        [Panel(t("Loss"), log=True)],
        lines,
        key="experiments.overfitting",
        x_label=t("step"),
        height=300,
        file_name="overfitting",
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def losses(run_id: str, version: int) -> Losses:
    """Computed from the weights that were kept, once for all sessions; NaN where a run diverged."""
    mnist, spec = load_mnist(), store().run(run_id).spec
    parts = [(mnist.train_images, mnist.train_labels), (mnist.test_images, mnist.test_labels)]
    shown = [(seen(spec, images[:FEW]), labels[:FEW]) for images, labels in parts]
    kept = set(store().snapshot_steps(run_id))
    steps = [row.step for row in store().evaluations(run_id) if row.step in kept]
    both = np.array([[mean_loss(shared_model(run_id, step), *part) for part in shown] for step in steps])
    known, new = np.where(np.isfinite(both), both, np.nan).reshape(-1, 2).T.tolist()
    return steps, known, new
