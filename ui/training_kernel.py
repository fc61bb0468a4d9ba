"""A learner's kernel in training: chosen, held or let learn, and how far training has moved it (7.6.1)."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.figures import filter_grid, limits
from cnn_core.messages import Problem
from cnn_core.models import summary
from cnn_core.own_kernels import filters
from cnn_core.records import Run
from cnn_core.spec import TrainingSpec
from ui import frame
from ui.language import t
from ui.pictures import picture
from ui.state import PageState, control
from ui.training_settings import chosen_spec

TILE = 110  # pixels of the picture of one kernel


def controls(page: PageState) -> None:
    """The kernel that the convolution page sent: let learn, held or taken away."""
    if not page.kernels:
        st.markdown(
            t(
                "Make a kernel on the convolution page and press *Use as a first-layer filter*: training "
                "starts from it, and you see where it goes."
            )
        )
        st.page_link("pages/convolution.py", label=t("To the convolution page"), icon=":material/grid_on:")
        return
    own = _own_filters(chosen_spec(page))
    if own is not None:
        said = t(
            "It is the first filter of the first layer, scaled to length 1: orange below zero, blue above."
        )
        alt = t("Your kernel as a filter")
        tiles = _tiles(own)
        picture(tiles, "own-kernel", alt, said, width=tiles.shape[1])
    names = {
        "off": t("It is only the start, and learns"),
        "on": t("It stays as it is; only the others learn"),
    }
    st.radio(
        t("In training"),
        list(names),
        format_func=names.__getitem__,
        **control(
            "setting.held", page.held or "off", lambda held: page.set(held=held if held == "on" else None)
        ),
    )
    st.button(
        t("Train without it"), icon=":material/close:", on_click=lambda: page.set(kernels=None, held=None)
    )


def moved(run: Run, weights: np.ndarray | None, step: int) -> None:
    """Each kernel at the start, now, and the difference, on one scale, with what became of it in words."""
    own = _own_filters(run.spec)
    if own is None or weights is None:
        return
    now = weights[: len(own), 0]
    tiles = np.stack([own, now, now - own], axis=1).reshape(-1, *own.shape[1:])
    said = t(
        "Your kernel: at the start, at step {step:,}, and the difference; up to ±{limit}",
        step=step,
        limit=f"{max(map(abs, limits(tiles))):.2g}",
    )
    if run.spec.kernels_held:
        words = t("It is held: after {step:,} steps it is what it was, to the last bit.", step=step)
    else:
        far = " · ".join(f"{np.linalg.norm(change):.2f}" for change in now - own)
        words = t(
            "Training has moved it by **{far}** (its own length was 1); its likeness to the start, the "
            "cosine, is {alike}.",
            far=far,
            alike=" · ".join(f"{_alike(a, b):.2f}" for a, b in zip(own, now, strict=True)),
        )
    shown, about = st.columns([62, 38], gap="medium", vertical_alignment="center")
    shot = _tiles(tiles, columns=3)
    with shown:
        picture(shot, "kernel-moved", t("Your kernel, before and now"), said, width=shot.shape[1])
    about.markdown(words)


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine between two kernels: 1 for one shape, whatever its strength."""
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / lengths) if lengths else 0.0


def _own_filters(spec: TrainingSpec) -> np.ndarray | None:
    """The spec's kernels as filters (n, size, size); None where it has none, or they do not fit."""
    try:
        first = next(row for row in summary(spec.model) if row.layer.kind in ("conv", "linear"))
        return filters(spec.kernels, first.layer.kernel) if spec.kernels else None
    except Problem:
        return None


def _tiles(kernels: np.ndarray, columns: int = 8) -> np.ndarray:
    return filter_grid(kernels[:, None], "signed", "shared", columns, TILE, theme=frame.theme())
