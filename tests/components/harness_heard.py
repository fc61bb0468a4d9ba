"""A page with one component, the case in the address: it says what was chosen, here or by somebody else."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.colours import css_variables
from cnn_core.sizes import Sliding
from tests.components.cases_heard import FIRST
from ui.components.batch_wall import batch_wall
from ui.components.blocks import blocks
from ui.components.channel_sum import channel_sum
from ui.components.confusion import confusion
from ui.components.conv_picture import Convolved, conv_picture
from ui.components.digit_map import digit_map
from ui.components.digit_pad import digit_pad, drawn
from ui.components.kernel_cells import kernel_cells
from ui.components.occluder import occluder
from ui.components.shift_lab import shift_lab
from ui.components.slow_steps import slow_steps
from ui.components.step_grids import Grid, change_grids
from ui.language import choose_language

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><rect data-part="conv1" width="90" '
    'height="40"/></svg>'
)


def show(case: str, at: Any) -> None:
    """The component, with what is chosen now."""
    version = st.session_state.get("version", 0)
    grey = np.zeros((8, 8), np.uint8)
    shown: dict[str, Callable[[], object]] = {
        "digit_pad": lambda: digit_pad("it", at, version, lambda: take(drawn("it"))),
        "confusion": lambda: confusion("it", np.arange(100).reshape(10, 10), at, pair),
        "digit_map": lambda: digit_map("it", *three_digits(), "truth", at, point, take),
        "occluder": lambda: occluder("it", np.zeros((28, 28)), answers(), WHOLE, 5, at, version, pair),
        "slow_steps": lambda: slow_steps("it", ["a", "b", "c"], at[0], at[1], 1, [1.0], 1, pair),
        "batch_wall": lambda: batch_wall("it", batch(), at, False, take),
        "blocks": lambda: blocks("it", lambda width: SVG, {"conv1": ["Convolution"]}, at, take),
        "shift_lab": lambda: shift_lab("it", np.eye(4), "max", (2, 2, 0), at, pair),
        "step_grids": lambda: change_grids("it", [Grid("w", "w", np.eye(3))], at, ["{w}"], pair),
        "conv_picture": lambda: conv_picture(
            "it", Convolved(grey, grey[2:, 2:], np.zeros((256, 3), np.uint8)), (3, 3), Sliding(), at, pair
        ),
        "channel_sum": lambda: channel_sum(
            "it", np.stack([grey] * 3), np.ones((3, 3, 3)), 0.0, 1.0, at, pair, ["r", "g", "b"]
        ),
        "kernel_cells": lambda: kernel_cells(
            "it", np.array([line.split() for line in at.split("\n")], float), take
        ),
    }
    shown[case]()


def take(value: Any) -> None:
    st.session_state["at"] = value


def pair(first: int, second: int) -> None:
    take((first, second))


def point(digit: int) -> None:
    st.session_state["pointed"] = digit


def three_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In the corners: below left, above right, below right."""
    return np.array([[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]]), np.array([3, 5, 7]), np.array([3, 5, 7])


WHOLE = np.array([0.4, 0.3, 0.3, *[0] * 7])


def answers() -> np.ndarray:
    """Another answer than 0 wins with the patch in rows 8 to 10: there 0 gains, loses and stays as it is."""
    shares = np.tile(WHOLE, (28, 28, 1))
    shares[8:11] = 0
    shares[8, :, :2] = 0.45, 0.55
    shares[9, :, :2] = 0.2, 0.8
    shares[10, :, :2] = 0.4004, 0.5996
    return shares


def batch() -> Any:
    """Three images of a step."""
    return SimpleNamespace(
        kept=3,
        images=np.zeros((3, 28, 28), np.float32),
        labels=np.array([1, 2, 3]),
        answers=np.array([1, 2, 3]),
        losses=np.ones(3),
    )


def somebody_else() -> None:
    st.session_state["at"] = FIRST[case]
    st.session_state["version"] = st.session_state.get("version", 0) + 1


case = st.query_params.get("case", "confusion")
choose_language(st.query_params.get("lang", "en"))
st.set_page_config(layout="wide")
st.html(f"<style>{css_variables('dark' if st.context.theme.type == 'dark' else 'light')}</style>")
st.button("Somebody else", on_click=somebody_else)
at = st.session_state.setdefault("at", FIRST[case])
st.text(f"Chosen: {at!r}")
st.text(f"Pointed: {st.session_state.get('pointed')}")
show(case, at)
