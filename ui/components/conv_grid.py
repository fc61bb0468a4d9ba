"""Input, kernel and output as linked grids of numbers: every cell can be opened (7.2 and 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from cnn_core import ops
from cnn_core.messages import Problem
from ui.components import component, heard
from ui.components.conv_grid_labels import labels
from ui.language import t

MAX_SIDE = 64  # cells of the input, with its padding
MAX_CHANNELS = 4

_mount = component("conv_grid", uses=("dom",))


# What a learner who predicts first has still to find out: the output's size, then its numbers; "": nothing.
Hidden = Literal["", "size", "numbers"]


def conv_grid(
    x: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike = 0.0,
    stride: int | ops.Pair = 1,
    padding: int | ops.Pair = 0,
    dilation: int | ops.Pair = 1,
    padding_mode: str = "zeros",
    *,
    key: str,
    op: str = "conv",
    window: int | ops.Pair = 2,
    predict: bool | None = False,
    show_im2col: bool = False,
    names: Sequence[str] | None = None,
    input_range: tuple[float, float] | None = None,
    note: str = "",
    at: ops.Pair = (0, 0),
    subject: str = "",
    origin: ops.Pair | None = None,
) -> Hidden:
    """Show how filters, or a pooling window, make each cell of their output; returns what it hides.

    ``x`` (C, H, W) or (H, W); ``weight`` (FN, C, FH, FW), (C, FH, FW) or (FH, FW) for ``op`` "conv", with one
    ``bias`` or one a filter; ``window`` for "max" and "avg", which show each channel's own output. Pairs are
    (height, width). ``names`` of the channels; ``input_range``: the input is a picture, black to white over
    this range; ``predict``: whether a learner begins by predicting (None: there is no such switch);
    ``note`` is a line below the sum; ``at`` is where the window first stands, and stands again
    when ``subject``, what the grids are about, is another; ``origin``: these are a part of larger grids, in
    whose output their first cell has this (row, column). The same ``key`` again changes the grids in place.
    A page shows nothing (``held_back``) that says what the grids hide. Raises :class:`Problem` for what
    cannot be shown.
    """
    data = _described(x, weight, bias, stride, padding, dilation, padding_mode, op, window, names)
    _mount(
        key=key,
        data=data
        | {
            "predict": predict,
            "matrix": show_im2col and op == "conv",
            "range": input_range,
            "note": note,
            "start": at,
            "subject": subject,
            "origin": origin,
            "labels": labels(),
            "hidden": hidden_by(key),
        },
        on_hidden_change=lambda: None,  # without one Streamlit keeps no value
    )
    return hidden_by(key)


def hidden_by(key: str) -> Hidden:
    """What the grids of this key hide, for what stands before them on a page."""
    hidden: Hidden = heard(key, "hidden") or ""
    return hidden


def held_back(hidden: bool) -> bool:
    """Say in place of what would give a prediction away that it is hidden; returns whether it is."""
    if hidden:
        st.caption(t("Hidden while you predict."))
    return hidden


def _described(
    x: ArrayLike,
    weight: ArrayLike | None,
    bias: ArrayLike,
    stride: int | ops.Pair,
    padding: int | ops.Pair,
    dilation: int | ops.Pair,
    padding_mode: str,
    op: str,
    window: int | ops.Pair,
    names: Sequence[str] | None,
) -> dict[str, Any]:
    """The checked arguments as the script takes them: everything a pair or nested lists of doubles."""
    maps = _maps("x", x)
    filters = None if op != "conv" else _filters(weight)
    size = ops.pair("window", window, 1) if filters is None else (filters.shape[2], filters.shape[3])
    rims = ops.pair("padding", padding, 0)
    if filters is not None and filters.shape[1] != len(maps):
        raise Problem(
            "The input has {channels} channels, but each filter has {expected}: both must be equal.",
            channels=len(maps),
            expected=filters.shape[1],
        )
    if filters is None and (rims[0] > size[0] // 2 or rims[1] > size[1] // 2):
        ops.max_pool2d(maps[None], size, padding=rims)  # it says so in its own words
    ops.output_size(maps.shape[1:], size, stride, rims, dilation)
    ops.pad(maps[None, :, :, :], rims, padding_mode)
    _check_size(maps, rims)
    return {
        "x": maps.tolist(),
        "filters": None if filters is None else filters.tolist(),
        "biases": None
        if filters is None
        else np.broadcast_to(np.asarray(bias, float), len(filters)).tolist(),
        "window": size,
        "stride": ops.pair("stride", stride, 1),
        "padding": rims,
        "dilation": ops.pair("dilation", dilation, 1),
        "mode": padding_mode,
        "op": op,
        "names": list(names) if names else [t("channel {number}", number=c + 1) for c in range(len(maps))],
    }


def _maps(name: str, values: ArrayLike) -> np.ndarray:
    """(H, W) or (C, H, W) -> float64 (C, H, W)."""
    maps = np.asarray(values, dtype=np.float64)
    maps = maps[None] if maps.ndim == 2 else maps
    if maps.ndim != 3 or 0 in maps.shape or not np.isfinite(maps).all():
        raise Problem(
            "{name} must hold numbers in rows of equal length, none of them infinite or NaN.", name=name
        )
    return maps


def _filters(values: ArrayLike | None) -> np.ndarray:
    """(FH, FW), (C, FH, FW) or (FN, C, FH, FW) -> float64 (FN, C, FH, FW)."""
    array = np.asarray(() if values is None else values, dtype=np.float64)
    if array.ndim < 4:
        return _maps("weight", array)[None]
    return np.stack([_maps("weight", one) for one in array])


def _check_size(maps: np.ndarray, rims: ops.Pair) -> None:
    channels, height, width = maps.shape
    if channels > MAX_CHANNELS or max(height + 2 * rims[0], width + 2 * rims[1]) > MAX_SIDE:
        raise Problem(
            "The grids have room for {channels} channels of {side}×{side} cells: choose a part of the input.",
            channels=MAX_CHANNELS,
            side=MAX_SIDE,
        )
