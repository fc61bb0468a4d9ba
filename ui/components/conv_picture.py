"""A picture beside what a kernel makes of it: every output pixel leads back to its patch."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnn_core.figures import picture_png
from cnn_core.ops import Pair
from cnn_core.sizes import Sliding
from ui.components import component, heard
from ui.language import t

_mount = component("conv_picture", uses=("dom", "conv_grid_borders"))


@dataclass(frozen=True)
class Convolved:
    """A picture and what a kernel makes of it, as colours."""

    x: np.ndarray  # uint8 (H, W) or (H, W, 3)
    output: np.ndarray  # uint8 (OH, OW), shades
    colours: np.ndarray  # uint8 (256, 3), of those shades
    caption: str = ""  # what the colours say

    def made(self) -> dict[str, object]:
        """What the browser shows of the output."""
        return {
            "output": _address(self.output, self.colours),
            "outShape": self.output.shape[:2],
            "caption": self.caption,
        }


def conv_picture(
    key: str,
    convolved: Convolved,
    kernel: Pair,
    sliding: Sliding,
    at: Pair,
    on_pick: Callable[[int, int], None],
) -> Pair:
    """Show input and output at one scale.

    ``kernel`` is its (FH, FW), ``at`` the output pixel that is open; ``on_pick`` gets the row and column of
    the pixel that a learner opens. Returns the pixel whose numbers to show: where the pointer rests, else
    ``at``.
    """

    def picked() -> None:
        place = heard(key, "at")
        if place:
            on_pick(*map(int, place))

    _mount(
        key=key,
        data={
            "input": _kept_address(convolved.x.tobytes(), convolved.x.shape),
            "shape": convolved.x.shape[:2],
            **convolved.made(),
            "kernel": kernel,
            "span": sliding.spans(kernel),
            "stride": sliding.stride,
            "padding": sliding.padding,
            "dilation": sliding.dilation,
            "mode": sliding.mode,
            "at": at,
            "labels": _labels(convolved),
        },
        on_at_change=picked,
        on_hovered_change=lambda: None,  # without one Streamlit keeps no value
    )
    hovered = heard(key, "hovered")
    out = convolved.output.shape
    row, col = map(int, hovered or at)
    return (row, col) if row < out[0] and col < out[1] else at


def _address(pixels: np.ndarray, colours: np.ndarray | None = None) -> str:
    return "data:image/png;base64," + base64.b64encode(picture_png(pixels, 1, colours)).decode()


@lru_cache(maxsize=64)
def _kept_address(data: bytes, shape: tuple[int, ...]) -> str:
    """Encoded once, though the kernel may change at every keystroke."""
    return _address(np.frombuffer(data, np.uint8).reshape(shape))


def _labels(convolved: Convolved) -> dict[str, object]:
    shape, out = (f"{a.shape[0]}×{a.shape[1]}" for a in (convolved.x, convolved.output))
    return {
        "input": f"{t('Input')} {shape}",
        "output": f"{t('Output')} {out}",
        "inputAlt": t("The picture"),
        "outputAlt": t("What the kernel makes of it"),
        "lens": t("The patch, enlarged"),
        "keys": t("Output. The arrow keys move the point, Enter opens its numbers."),
        "reading": t(
            "The output pixel in row {row}, column {col} comes from {rows} and {columns} of the input."
        ),
        "rows": [t("row {cells}"), t("rows {first} to {last}"), t("rows {cells}")],
        "columns": [t("column {cells}"), t("columns {first} to {last}"), t("columns {cells}")],
        "padding": t("In the padding: {count} of its {all} cells."),
        "outside": t("The output pixel in row {row}, column {col} comes from the padding alone."),
        "open": t("A click keeps its numbers open."),
    }
