"""Runs as they train: state in words, curves, pictures, one digit's way; from the store alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from cnn_core.records import Run
from cnn_core.runs import REFERENCE
from ui.components.live_chart import Panel, Series, live_chart
from ui.language import explain, t
from ui.run_history import History, history, history_at
from ui.run_watch import is_behind, watch_runs
from ui.specimen import Picture, run_name, store
from ui.training_digit import one_digit
from ui.training_kernel import moved
from ui.training_pictures import pictures
from ui.training_runs import attempt

SILENCE = 5.0  # seconds without news after which the page says so


def watch(
    run: Run,
    compared: Sequence[Run],
    learner: str,
    more: bool,
    digit: Picture,
    leave: Callable[[Run], None],
    step: int,
) -> None:
    """Show the run, and others' curves with it, while they go on.

    more: learning rate and speed have panels too; digit: the image whose answer is followed; leave: what a
    learner does who waits no longer; step: whose weights and answers are shown, LAST for the newest.
    """

    def show(found: list[Run | None]) -> None:
        if found[0] is None:  # deleted a moment ago
            st.rerun()
        first, *others = [r for r in found if r is not None]
        now = history_at(first, step)
        _state(first, now, learner, leave)
        chart, beside = st.columns([62, 38], gap="medium")
        with chart:
            _curves([first, *others], more, now.step if now.looks_back else None)
        with beside:
            pictures(first, now)
        one_digit(first, now, digit)
        if first.spec.kernels:
            moved(first, now.weights, now.step)

    watch_runs([r.id for r in (run, *compared)], show)


def _state(run: Run, now: History, learner: str, leave: Callable[[Run], None]) -> None:
    """The run's name, what it is doing, and the buttons of its owner, in one row of one height."""
    with st.container(horizontal=True, vertical_alignment="center", key="training-state"):
        st.markdown(f"**{run_name(run)}** · {_said(run, now)}", width="stretch")
        _buttons(run, learner)
        if run.state == "queued" and st.button(t("Leave the queue"), icon=":material/logout:"):
            leave(run)
            st.rerun()
    trouble = store().trouble() if not run.is_over else None
    if trouble:
        st.warning(explain(trouble))
    bar = st.empty()  # there in any case: the chart keeps its place
    if not run.is_complete:
        bar.progress(run.step / run.spec.steps)
    if run.error:
        st.error(explain(run.error))
    for note in run.notes:
        st.info(explain(note))
    if now.diverged:
        st.warning(t("The loss is no number any more: start again with a smaller learning rate."))


def _said(run: Run, now: History) -> str:
    step, total = run.step, run.spec.steps
    if run.state == "queued":
        if not is_behind(run):
            return t("getting ready to train…")
        return t("waits: number {place} in the queue", place=store().queue_place(run.id) or 1)
    if run.state == "running":
        said = t("step {step:,} of {total:,}", step=step, total=total)
        silent = time.monotonic() - now.read_at
        if silent > SILENCE:
            return f"{said} · " + t(
                "no news for {seconds:.0f} s: the computer is busy, or training is being restarted; "
                "nothing is lost",
                seconds=silent,
            )
        if now.pace:
            said += " · " + t(
                "{speed:,.0f} images a second, {left:.0f} s left",
                speed=now.pace.images_per_second,
                left=max(0.0, now.pace.seconds_left - silent),
            )
        return said
    if run.state == "paused":
        return t("paused at step {step:,} of {total:,}", step=step, total=total)
    if run.state == "failed":
        return t("stopped by an error")
    return t("done: {step:,} steps in {seconds:.0f} s", step=step, seconds=run.train_seconds)


def _buttons(run: Run, learner: str) -> None:
    """Pause, continue, stop: the owner's."""
    if run.id == REFERENCE or run.is_complete or run.imported:
        return
    if run.owner != learner:
        st.caption(
            t("Somebody else started this run; you are watching."),
            help=t("It is theirs to pause or stop. Start one of your own with another seed."),
            width="content",
        )
        return

    def button(label: str, icon: str, wish: str) -> None:
        def ask() -> None:
            attempt(lambda: store().request(run.id, wish, learner))

        st.button(label, icon=f":material/{icon}:", key=f"training.{wish}", on_click=ask)

    if run.is_over:
        button(t("Continue"), "play_arrow", "continue")
    else:
        button(t("Pause"), "pause", "pause")
        if run.state == "running":
            button(t("Stop"), "stop", "stop")


def _curves(runs: Sequence[Run], more: bool, mark: int | None) -> None:
    panels = [
        Panel(t("Loss (thick: smoothed)"), smooth=max(2, max(r.spec.steps for r in runs) // 30)),
        Panel(t("Accuracy"), percent=True),
    ]
    if more:
        panels += [Panel(t("Learning rate")), Panel(t("Images a second"))]
    live_chart(
        panels,
        [_series(run, more) for run in runs],
        key="training.chart",
        x_label=t("step"),
        x_max=max(r.spec.steps for r in runs),
        mark=mark,
        height=300 + 260 * more,
        file_name=f"run-{runs[0].id}",
    )


def _series(run: Run, more: bool) -> Series:
    now = history(run.id, run.version)
    metrics, tests = now.metrics, now.evaluations
    loss = np.where(np.isfinite(metrics.loss), metrics.loss, np.nan)
    lines: list[tuple[ArrayLike, ArrayLike]] = [
        (metrics.step, loss),
        ([row.step for row in tests], [row.accuracy for row in tests]),
    ]
    if more:
        lines += [(metrics.step, metrics.learning_rate), (metrics.step, metrics.images_per_second)]
    return Series(run_name(run), lines)
