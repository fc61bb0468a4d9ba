"""One run as it trains: its state in words, its curves, its first layer; read from the store alone."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from cnn_core.figures import filter_grid, limits, scale_text
from cnn_core.messages import Problem
from cnn_core.models import first_layer
from cnn_core.records import Run
from cnn_core.runs import REFERENCE
from ui import frame
from ui.components.live_chart import Panel, Series, live_chart
from ui.language import explain, t
from ui.pictures import picture
from ui.specimen import run_name, store

POLL_SECONDS = 0.5


def watch(run: Run, learner: str) -> None:
    """Show the run; while it is under way look again twice a second, and rerun the page when it is over."""
    every = None if run.is_over else POLL_SECONDS
    st.fragment(partial(_look, run.id, learner, was_over=run.is_over), run_every=every)()


def _look(run_id: str, learner: str, was_over: bool) -> None:
    try:
        run = store().run(run_id)
    except Problem:
        st.rerun()
    if run.is_over != was_over:
        st.rerun()
    _state(run)
    _buttons(run, learner)
    chart, layer = st.columns([5, 2], gap="medium")
    with chart:
        _curves(run)
    with layer:
        _first_layer(run)


def _state(run: Run) -> None:
    """What the run is doing, in one sentence with its numbers."""
    total = run.spec.steps
    newest = store().metrics(run.id, after_step=max(0, run.step - 50))
    speed = float(np.median(newest.images_per_second)) if len(newest.step) else 0.0
    left = (total - run.step) * run.spec.batch_size / speed if speed else None
    if run.state == "queued":
        place = store().queue_place(run.id) or 1
        said = t("waits: number {place} in the queue", place=place)
    elif run.state == "running":
        said = t("step {step:,} of {total:,}", step=run.step, total=total)
        if left is not None:
            said += " · " + t("{speed:,.0f} images a second, {left:.0f} s left", speed=speed, left=left)
    elif run.state == "paused":
        said = t("paused at step {step:,} of {total:,}", step=run.step, total=total)
    elif run.state == "failed":
        said = t("stopped by an error")
    else:
        said = t("done: {step:,} steps in {seconds:.0f} s", step=run.step, seconds=run.train_seconds)
    st.markdown(f"**{run_name(run)}** · {said}")
    st.progress(run.step / total)
    if run.error:
        st.error(explain(run.error))
    if run.note:
        st.info(explain(run.note))


def _buttons(run: Run, learner: str) -> None:
    """Pause, continue, stop: the owner's."""
    if run.id == REFERENCE or run.is_complete:
        return
    if run.owner != learner:
        st.caption(t("Somebody else started this run; you are watching. It is theirs to pause or stop."))
        return
    with st.container(horizontal=True):
        if run.state in ("queued", "running"):
            st.button(t("Pause"), icon=":material/pause:", on_click=_ask, args=(run.id, "pause", learner))
            st.button(t("Stop"), icon=":material/stop:", on_click=_ask, args=(run.id, "stop", learner))
        elif run.state in ("paused", "failed") or not run.is_complete:
            st.button(
                t("Continue"), icon=":material/play_arrow:", on_click=_ask, args=(run.id, "continue", learner)
            )


def _ask(run_id: str, wish: str, learner: str) -> None:
    try:
        store().request(run_id, wish, learner)
    except Problem as error:
        st.toast(explain(error))


def _curves(run: Run) -> None:
    metrics = store().metrics(run.id)
    evaluations = store().evaluations(run.id)
    finite = np.isfinite(metrics.loss)
    live_chart(
        [
            Panel(t("Loss (thick: smoothed)"), smooth=max(2, run.spec.steps // 30)),
            Panel(t("Accuracy"), percent=True),
        ],
        [
            Series(
                run_name(run),
                [
                    (metrics.step[finite], metrics.loss[finite]),
                    ([e.step for e in evaluations], [e.accuracy for e in evaluations]),
                ],
            )
        ],
        key="training.chart",
        x_label=t("step"),
        x_max=run.spec.steps,
        height=380,
        file_name=f"run-{run.id}",
    )


def _first_layer(run: Run) -> None:
    """The first layer's filters as they are now: black the smallest weight, white the largest."""
    live = store().live(run.id)
    weights, step = (live.weights, live.step) if live and not run.is_complete else _newest_filters(run)
    if weights is None:
        st.caption(t("The first layer's filters appear here with the first step."))
        return
    if weights.ndim == 2:
        weights = weights[:32].reshape(-1, 1, 28, 28) if weights.shape[1] == 784 else weights[None, None]
    picture(
        filter_grid(weights, columns=4, tile_size=52, theme=frame.theme()),
        "first-layer",
        t("The first layer's filters"),
        t(
            "First layer at step {step:,}: black to white is {range}",
            step=step,
            range=scale_text(*limits(weights)),
        ),
    )


def _newest_filters(run: Run) -> tuple[np.ndarray | None, int]:
    steps = store().snapshot_steps(run.id)
    if not steps:
        return None, 0
    return store().weights(run.id)[f"{first_layer(run.spec.model)}.weight"], steps[-1]
