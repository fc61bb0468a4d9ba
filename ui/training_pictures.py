"""A run in pictures as it trains: its first layer, what the last batch asks of it, digits read wrong."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, sqrt

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.figures import filter_grid, limits, scale_text
from cnn_core.mistakes import digit_wall
from cnn_core.models import ModelSpec, first_layer, summary
from cnn_core.records import Run
from cnn_core.runs import REFERENCE
from ui import frame
from ui.components.live_pictures import LivePicture, live_pictures
from ui.language import language, t
from ui.pictures import quick_address
from ui.run_history import History
from ui.specimen import store
from ui.specimen import weights as weights_at

WALL = 60  # test digits that are watched one by one
LAYER_WIDTH = 156  # CSS pixels of a picture of the first layer


def pictures(run: Run, now: History) -> None:
    """Show them; thirty pages that watch a run show what was composed once."""
    shown = _composed(run.id, run.version, now.step, frame.theme(), language(), run, now)
    live_pictures("training.pictures", shown)


@st.cache_resource(show_spinner=False, max_entries=64)
def _composed(
    run_id: str, version: int, step: int, theme: str, language: str, _run: Run, _now: History
) -> list[LivePicture]:
    tested = _now.evaluations[-1].step if _now.evaluations else None
    layer = _weights(_run, _now.weights, _now.step, "first-layer")
    return [layer, _asked(_run, _now), _wall(run_id, tested, theme, language, _now.answers)]


def _weights(run: Run, weights: np.ndarray | None, step: int, name: str) -> LivePicture:
    filters = as_filters(run, weights)
    said = t(
        "First layer at step {step:,}: black to white is {range}",
        step=step,
        range=scale_text(*limits(filters)),
    )
    if weights is None:
        said = t("The first layer's filters appear here with the first step.")
    return LivePicture(name, _grid(filters, "grey"), t("The first layer's filters"), said, LAYER_WIDTH)


def _asked(run: Run, now: History) -> LivePicture:
    """What the last batch asked of the first layer: the gradient.

    Of an earlier step, or a run that came from a file, none is kept: its weights before training stand
    there instead.
    """
    if now.looks_back or run.id == REFERENCE or run.imported:
        begin = store().snapshot_steps(run.id)[0]
        name = f"{first_layer(run.spec.model)}.weight"
        return _weights(run, weights_at(run.id, begin)[name], begin, "first-layer-before")
    gradient = now.live.gradient if now.live else None
    asked = as_filters(run, gradient)
    said = t(
        "Gradient of the last batch: orange below zero, blue above, up to ±{limit}",
        limit=f"{max(map(abs, limits(asked))):.2g}",
    )
    if gradient is None:
        said = t("Here, how the loss would change with each of these weights: the gradient.")
    alt = t("The gradient of the loss for each of these weights")
    return LivePicture("gradient", _grid(asked, "signed"), alt, said, LAYER_WIDTH)


def as_filters(run: Run, weights: np.ndarray | None) -> np.ndarray:
    """The first layer's weights as (FN, C, FH, FW), all zero before there are any.

    A fully connected layer on the image itself has a picture of weights for each unit: its first 36.
    """
    shape = _filter_shape(run.spec.model)
    return np.zeros(shape, np.float32) if weights is None else weights[: shape[0]].reshape(shape)


@lru_cache(maxsize=64)
def _filter_shape(model: ModelSpec) -> tuple[int, ...]:
    row = next(r for r in summary(model) if r.parameters)
    if row.layer.kind == "conv":
        return row.shape[0], row.inputs, row.layer.kernel, row.layer.kernel
    return min(36, row.shape[0]), 1, 28, 28


def _grid(filters: np.ndarray, mode: str) -> str:
    columns = ceil(sqrt(len(filters)))
    size = max(filters.shape[-1], LAYER_WIDTH // columns - 4)
    scale = "shared" if filters.any() else (-1.0, 1.0)  # what is not there yet is grey
    return quick_address(filter_grid(filters, mode, scale, columns, size, gap=3, theme=frame.theme()))


@st.cache_resource(show_spinner=False, max_entries=64)
def _wall(
    run_id: str, step: int | None, theme: str, language: str, _answers: np.ndarray | None
) -> LivePicture:
    """The first test digits, the ones that are read wrong just now in orange; anew with every test."""
    mnist = load_mnist()
    labels = mnist.test_labels[:WALL]
    wrong = np.zeros(WALL, bool) if _answers is None else _answers[:WALL] != labels
    if _answers is None:
        said = t("The first {count} test digits: soon those that are read wrong turn orange", count=WALL)
    elif wrong.any():
        said = t(
            "The first {count} test digits at step {step:,}: {wrong} read wrong, in orange",
            count=WALL,
            step=step,
            wrong=int(wrong.sum()),
        )
    else:
        said = t("The first {count} test digits at step {step:,}: all read right", count=WALL, step=step)
    wall = digit_wall(mnist.test_images[:WALL], wrong, 15, theme)
    return LivePicture("digits", quick_address(wall), said, said)
