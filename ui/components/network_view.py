"""A whole network on one screen: every layer's maps as a strip that can be pointed at and opened."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.excite import ranked_channels
from cnn_core.figures import limits, scale_text, shade_colours, shades
from cnn_core.models import INPUT_SHAPE, ModelSpec, summary
from cnn_core.walk import receptive_field
from ui.components import component
from ui.language import t

Ends = tuple[float, float]

MOST = {3: 128, 1: 1024}  # maps, and numbers of a vector, that a strip shows

_mount = component("network_view", uses=("dom",))


@dataclass(frozen=True)
class Unit:
    """One value of a network: in a vector row and col are 0."""

    layer: str
    channel: int
    row: int = 0
    col: int = 0


def strips(
    spec: ModelSpec,
    maps: dict[str, np.ndarray],
    *,
    each: bool = False,
    held: Mapping[str, Ends] | None = None,
    mode: str = "signed",
    by_strength: bool = False,
    theme: str = "light",
) -> dict[str, object]:
    """What the browser shows of ``features.feature_maps``.

    ``each`` map has its own scale, or a layer has one: that of its values now, or the ends that are ``held``
    for it; what lies beyond these is counted. ``mode`` grey or signed; ``by_strength``: the map that answers
    most strongly stands first.
    """
    orders = {name: ranked_channels(values) for name, values in maps.items()} if by_strength else {}
    return {
        "layers": [
            _layer(spec, name, values, (held or {}).get(name), each, mode, orders.get(name))
            for name, values in maps.items()
        ],
        "colours": _text(shade_colours(mode, theme)),
        "greys": _text(shade_colours("grey", theme)),
    }


def network_view(
    key: str,
    shown: Mapping[str, Any],
    on_open: Callable[[Unit], None],
    opened: Unit | None = None,
    space: bool = False,
) -> None:
    """Show ``strips``; ``on_open`` gets the unit that a learner clicks.

    A map opened by the keyboard has row and column -1: the strongest. ``space`` sets the layers one behind
    the other, to be turned about.
    """

    def chosen() -> None:
        unit = st.session_state[key].get("open")
        if unit:
            on_open(Unit(str(unit["layer"]), *(int(unit[name]) for name in ("channel", "row", "col"))))

    _mount(
        key=key,
        data={
            **shown,
            "opened": None if opened is None else vars(opened),
            "space": space,
            "labels": _labels(),
        },
        on_open_change=chosen,
    )


def _layer(
    spec: ModelSpec,
    name: str,
    values: np.ndarray,
    held: Ends | None,
    each: bool,
    mode: str,
    order: np.ndarray | None,
) -> dict[str, object]:
    """One strip: its shades, (n, H, W), from left to right, and which channels they are."""
    order = np.arange(len(values)) if order is None else order
    order = order[: MOST[values.ndim]]
    shown = values[order] if values.ndim == 3 else values[order, None, None]
    is_image = name == "input"
    mode = "grey" if is_image else mode
    own = limits(values)
    ends = (0.0, 1.0) if is_image else held or own
    if each and values.ndim == 3 and not is_image:
        pixels = np.stack([shades(m, limits(m), mode) for m in shown])
    else:
        pixels = shades(shown, ends, mode)
    return {
        "name": name,
        "shape": "×".join(map(str, values.shape)),
        "of": len(values),
        "isMap": values.ndim == 3,
        "size": shown.shape,
        "order": order.tolist(),
        "pixels": _text(pixels),
        "peaks": _text(_peaks(shown)),
        "best": int(np.nan_to_num(values).argmax())
        if values.ndim == 1 and np.isfinite(values).all()
        else None,
        "range": scale_text(*own),
        "scale": scale_text(*ends),
        "beyond": 0 if is_image or held is None else _beyond(values, held, mode),
        "field": None if is_image else field_of(spec, name),
    }


def _beyond(values: np.ndarray, ends: Ends, mode: str) -> int:
    """How many numbers lie outside a scale."""
    low, high = (-max(map(abs, ends)), max(map(abs, ends))) if mode == "signed" else ends
    near = 1e-6 * (high - low)  # a range that was found in batches differs in the last digit
    numbers = values[np.isfinite(values)]
    return int(((numbers < low - near) | (numbers > high + near)).sum())


def _peaks(shown: np.ndarray) -> np.ndarray:
    """The strongest value of each map, (n, H, W) -> float32 (n,); −∞ where none is a number."""
    numbers = np.where(np.isfinite(shown), shown, -np.inf).reshape(len(shown), -1)
    return numbers.max(axis=1).astype("<f4")


@lru_cache(maxsize=256)
def field_of(spec: ModelSpec, layer: str) -> dict[str, int]:
    """A layer's receptive fields: the first one's corner and size, and how far it jumps from cell to cell.

    Behind flatten a number is still one cell of a map: ``cells`` of them, ``wide`` to a row. Behind a linear
    layer everything is seen.
    """
    rows = summary(spec)
    place = next(i for i, row in enumerate(rows) if row.name == layer)
    shape = rows[place].shape
    flat: dict[str, int] = {}
    if len(shape) == 1:
        if any(row.layer.kind == "linear" for row in rows[: place + 1]):
            return {"start": 0, "size": INPUT_SHAPE[1], "jump": 0}
        maps = next(row for row in rows if row.layer.kind == "flatten").in_shape
        flat = {"cells": maps[1] * maps[2], "wide": maps[2]}
        first, last = (receptive_field(spec, layer, channel=n).full for n in (0, maps[1] * maps[2] - 1))
        steps = maps[1] - 1
    else:
        first, last = (receptive_field(spec, layer, n, n).full for n in (0, shape[1] - 1))
        steps = shape[1] - 1
    return {
        "start": first[0],
        "size": first[2] - first[0],
        "jump": (last[0] - first[0]) // max(1, steps),
    } | flat


def _text(pixels: np.ndarray) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def _labels() -> dict[str, str]:
    return {
        "keys": t(
            "The network. Left and right: another map, up and down: another layer, Enter opens the map."
        ),
        "map": t(
            "{layer}, map {channel} (0 to {last}): strongest value {peak} (the layer: {range}). A click "
            "opens it."
        ),
        "unit": t("{layer}, number {channel} (0 to {last}): {peak} (the layer: {range}). A click opens it."),
        "image": t("The image that the network reads"),
        "start": t("Point at a map; a click opens it."),
        "scaled": t("Its colours: {scale}."),
        "beyond": t("▲ Beyond the fixed scale: {list}."),
        "part": t("{shown} of {of} are shown"),
        "turn": t("Drag, or Shift and an arrow key, turns the network about; a click opens a map."),
    }
