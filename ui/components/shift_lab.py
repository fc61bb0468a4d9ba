"""An input that can be dragged by a few cells, and what pooling makes of the move (7.3.1)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnn_core.ops import Pair
from cnn_core.shifts import ROUNDING
from ui.components import component, heard
from ui.language import t

LARGEST = 40  # rows or columns

_mount = component(
    "shift_lab",
    uses=(
        "dom",
        "ask",
        "said",
        *(f"conv_grid_{part}" for part in ("borders", "draw", "layout", "model", "parts")),
    ),
)


def shift_lab(
    key: str,
    still: np.ndarray,
    op: str,
    sliding: tuple[int, int, int],
    moved: Pair,
    on_move: Callable[[int, int], None],
    most: int = 3,
    as_picture: bool = False,
) -> None:
    """Show ``still`` (H, W) moved by ``moved`` cells (down, right), and pooled: what changed has a frame.

    ``op`` is "max" or "avg", ``sliding`` the window, its stride and its padding; dragging, or the arrow keys,
    move the input by at most ``most`` cells, and ``on_move`` gets where to.
    """

    def told() -> None:
        place = heard(key, "moved")
        if place:
            on_move(*map(int, place))

    window, stride, padding = sliding
    _mount(
        key=key,
        data={
            "still": np.asarray(still, float).tolist(),
            "op": op,
            "window": (window, window),
            "stride": (stride, stride),
            "padding": (padding, padding),
            "moved": moved,
            "most": most,
            "asPicture": as_picture,
            "rounding": ROUNDING,
            "labels": _labels(),
        },
        on_moved_change=told,
    )


def _labels() -> dict[str, str]:
    """What the script shows or speaks; it fills the {gaps} in."""
    return {
        "input": t("Input {size}: drag it"),
        "output": t("Pooled {size}"),
        "keys": t("Input. The arrow keys move it, Escape brings it back."),
        "raw": t("without pooling: {changed} of {cells} cells changed"),
        "pooled": t("after pooling: {changed} of {cells} cells changed"),
    }
