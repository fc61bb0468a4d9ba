"""Runs as they train: state in words, curves, the first layer, digits read wrong; from the store alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from cnn_core.data import load_mnist
from cnn_core.figures import filter_grid, limits, scale_text
from cnn_core.mistakes import digit_wall
from cnn_core.models import first_layer, summary
from cnn_core.progress import Pace, pace
from cnn_core.records import EvaluationRow, Live, Metrics, Run
from cnn_core.runs import REFERENCE
from ui import frame
from ui.components.live_chart import Panel, Series, live_chart
from ui.language import explain, t
from ui.pictures import picture
from ui.run_watch import watch_runs
from ui.specimen import run_name, store
from ui.specimen import weights as weights_at
from ui.training_kernel import moved
from ui.training_runs import attempt

SILENCE = 5.0  # seconds without news after which the page says so
WALL = 60  # test digits that are watched one by one
LAYER_WIDTH = 156  # CSS pixels of a picture of the first layer


@dataclass(frozen=True)
class History:
    """What a run has shown up to one version of it."""

    metrics: Metrics
    evaluations: list[EvaluationRow]
    answers: np.ndarray | None  # to the first test digits, by the newest evaluation
    live: Live | None
    weights: np.ndarray | None  # of the first layer
    step: int  # whose weights they are
    pace: Pace | None
    read_at: float  # by time.monotonic

    @property
    def diverged(self) -> bool:
        """The newest loss is no number any more."""
        return len(self.metrics.loss) > 0 and not np.isfinite(self.metrics.loss[-1])


@st.cache_resource(show_spinner=False, max_entries=64)
def history(run_id: str, version: int) -> History:
    """Read once a version, however many pages watch the run."""
    run, metrics, evaluations = store().run(run_id), store().metrics(run_id), store().evaluations(run_id)
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
        pace(run, metrics, evaluations),
        time.monotonic(),
    )


def watch(run: Run, compared: Sequence[Run], learner: str, more: bool, leave: Callable[[Run], None]) -> None:
    """Show the run, and others' curves with it, while they go on.

    more: learning rate and speed have panels too; leave: what a learner does who waits no longer.
    """

    def show(found: list[Run | None]) -> None:
        first, *others = [r for r in found if r is not None]
        _show(first, others, learner, more, leave)

    watch_runs([r.id for r in (run, *compared)], show)


def _show(run: Run, compared: Sequence[Run], learner: str, more: bool, leave: Callable[[Run], None]) -> None:
    now = history(run.id, run.version)
    _state(run, now, learner, leave)
    chart, pictures = st.columns([62, 38], gap="medium")
    with chart:
        _curves([run, *compared], more)
    with pictures:
        _first_layer(run, now)
        _wall(now)
    if run.spec.kernels:
        moved(run, now.weights, now.step)


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
    st.progress(run.step / run.spec.steps)
    if run.error:
        st.error(explain(run.error))
    for note in run.notes:
        st.info(explain(note))
    if now.diverged:
        st.warning(t("The loss is no number any more: start again with a smaller learning rate."))


def _said(run: Run, now: History) -> str:
    step, total = run.step, run.spec.steps
    if run.state == "queued":
        place = store().queue_place(run.id) or 1
        busy = place > 1 or any(r.state == "running" for r in store().runs())
        return t("waits: number {place} in the queue", place=place) if busy else t("getting ready to train…")
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


def _curves(runs: Sequence[Run], more: bool) -> None:
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


def _first_layer(run: Run, now: History) -> None:
    """The first layer's weights as they are, and beside them what the last batch asked of them.

    A run that came from a file has kept no gradient: its weights before training stand there instead.
    """
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=LAYER_WIDTH):
        _weights(run, now.weights, now.step, "first-layer")
    with row.container(width=LAYER_WIDTH):
        if run.id == REFERENCE or run.imported:
            begin = store().snapshot_steps(run.id)[0]
            name = f"{first_layer(run.spec.model)}.weight"
            _weights(run, weights_at(run.id, begin)[name], begin, "first-layer-before")
        else:
            _gradient(run, now.live.gradient if now.live else None)


def _weights(run: Run, weights: np.ndarray | None, step: int, name: str) -> None:
    filters = as_filters(run, weights)
    said = t(
        "First layer at step {step:,}: black to white is {range}",
        step=step,
        range=scale_text(*limits(filters)),
    )
    if weights is None:
        said = t("The first layer's filters appear here with the first step.")
    picture(_grid(filters, "grey"), name, t("The first layer's filters"), said, width=LAYER_WIDTH)


def _gradient(run: Run, gradient: np.ndarray | None) -> None:
    asked = as_filters(run, gradient)
    said = t(
        "Gradient of the last batch: orange below zero, blue above, up to ±{limit}",
        limit=f"{max(map(abs, limits(asked))):.2g}",
    )
    if gradient is None:
        said = t("Here, how the loss would change with each of these weights: the gradient.")
    alt = t("The gradient of the loss for each of these weights")
    picture(_grid(asked, "signed"), "gradient", alt, said, width=LAYER_WIDTH)


def as_filters(run: Run, weights: np.ndarray | None) -> np.ndarray:
    """The first layer's weights as (FN, C, FH, FW), all zero before there are any.

    A fully connected layer on the image itself has a picture of weights for each unit: its first 36.
    """
    row = next(r for r in summary(run.spec.model) if r.parameters)
    if row.layer.kind == "conv":
        shape = (row.shape[0], row.inputs, row.layer.kernel, row.layer.kernel)
    else:
        shape = (min(36, row.shape[0]), 1, 28, 28)
    return np.zeros(shape, np.float32) if weights is None else weights[: shape[0]].reshape(shape)


def _grid(filters: np.ndarray, mode: str) -> np.ndarray:
    columns = ceil(sqrt(len(filters)))
    size = max(filters.shape[-1], LAYER_WIDTH // columns - 4)
    scale = "shared" if filters.any() else (-1.0, 1.0)  # what is not there yet is grey
    return filter_grid(filters, mode, scale, columns, size, gap=3, theme=frame.theme())


def _wall(now: History) -> None:
    """The first test digits, the ones that are read wrong just now in orange."""
    mnist = load_mnist()
    labels = mnist.test_labels[:WALL]
    wrong = np.zeros(WALL, bool) if now.answers is None else now.answers[:WALL] != labels
    step = now.evaluations[-1].step if now.evaluations else 0
    said = t(
        "The first {count} test digits at step {step:,}: {wrong} read wrong, in orange",
        count=WALL,
        step=step,
        wrong=int(wrong.sum()),
    )
    if now.answers is None:
        said = t("The first {count} test digits: soon those that are read wrong turn orange", count=WALL)
    elif not wrong.any():
        said = t("The first {count} test digits at step {step:,}: all read right", count=WALL, step=step)
    wall = digit_wall(mnist.test_images[:WALL], wrong, 15, frame.theme())
    picture(wall, "digits", said, said, width="stretch")
