"""The units of a layer as tiles to press: a picture each, and a bar where something was measured."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from cnn_core.figures import picture_png
from ui.components import component

_mount = component("unit_board")


@dataclass(frozen=True)
class Bars:
    """What was measured of each unit, and how it reads; the longest bar is the largest size."""

    values: Sequence[float]
    texts: Sequence[str]


def unit_board(
    key: str,
    pictures: np.ndarray,
    groups: Mapping[str, Sequence[int]],
    pressed: Collection[int],
    labels: Sequence[str],
    on_press: Callable[[int], None],
    look: Literal["muted", "chosen"] = "chosen",
    tile: int = 64,
    bars: Bars | None = None,
) -> None:
    """Show the units' pictures, uint8 (n, h, w, 3), in groups by title (with one group, none is needed).

    ``labels`` say what each unit is, for those who point or listen. ``on_press(unit)`` is called before the
    page runs again.
    """
    count, height, width, _ = pictures.shape

    def told() -> None:
        unit = st.session_state[key].press
        if isinstance(unit, int) and 0 <= unit < count:
            on_press(unit)

    png = picture_png(pictures.reshape(count * height, width, 3), compression=1)
    _mount(
        key=key,
        data={
            "sprite": "data:image/png;base64," + base64.b64encode(png).decode(),
            "count": count,
            "aspect": f"{width} / {height}",
            "tile": tile,
            "groups": [{"title": title, "units": list(units)} for title, units in groups.items()],
            "pressed": list(pressed),
            "labels": list(labels),
            "look": look,
            "bars": list(bars.values) if bars else None,
            "texts": list(bars.texts) if bars else None,
            "limit": max(map(abs, bars.values), default=0.0) if bars else 0.0,
        },
        on_press_change=told,
    )
