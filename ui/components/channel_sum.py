"""A colour picture under a filter: each channel's products, their sum as it grows, the bias; all opened."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

import numpy as np

from cnn_core.figures import shade_colours
from cnn_core.ops import Pair
from ui.components import component, heard
from ui.language import t

_mount = component("channel_sum", uses=("dom", "said"))


def channel_sum(
    key: str,
    pixels: np.ndarray,
    weight: np.ndarray,
    bias: float,
    limit: float,
    at: Pair,
    on_pick: Callable[[int, int], None],
    names: Sequence[str],
    theme: str = "light",
    caption: str = "",
    is_hidden: bool = False,
) -> Pair:
    """Show how one filter (C, FH, FW) makes a map of ``pixels``, uint8 (C, H, W), 0 to 255 for 0 to 1.

    A colour is full at ``limit``; ``names`` are the channels'; ``at`` is the output pixel that is open, and
    ``on_pick`` gets the one that a learner opens. ``is_hidden``: a learner predicts, so no number is told.
    Returns the pixel whose numbers to show: where the pointer rests, else ``at``.
    """

    def picked() -> None:
        place = heard(key, "at")
        if place:
            on_pick(*map(int, place))

    _mount(
        key=key,
        data={
            "pixels": _text(pixels),
            "shape": pixels.shape[1:],
            "weight": weight.tolist(),
            "bias": bias,
            "limit": limit,
            "colours": _text(shade_colours("signed", theme)),
            "at": at,
            "names": list(names),
            "caption": caption,
            "hidden": is_hidden,
            "labels": _labels(),
        },
        on_at_change=picked,
        on_hovered_change=lambda: None,  # without one Streamlit keeps no value
    )
    hovered = heard(key, "hovered")
    rows, columns = (size - span + 1 for size, span in zip(pixels.shape[1:], weight.shape[-2:], strict=True))
    row, col = map(int, hovered or at)
    inside = 0 <= row < rows and 0 <= col < columns  # what a hand pointed at may be of another picture
    return (row, col) if inside else at


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, np.uint8).tobytes()).decode()


def _labels() -> dict[str, str]:
    """What the script shows or speaks; it fills the {gaps} in."""
    return {
        "picture": t("The picture"),
        "slice": t("slice for {channel}"),
        "part": t("Products, summed"),
        "sum": t("sum"),
        "output": t("Output"),
        "bias": t("bias"),
        "keys": t("Output. The arrow keys move the point, Enter opens its numbers."),
        "reading": t("Row {row}, column {col}: {terms} = {sum}; with the bias {bias} that is {value}."),
        "hidden": t("Hidden while you predict."),
        "open": t("A click keeps its numbers open."),
        "slides": t("The slice for {channel} slides over its channel: {count} products at each place."),
        "adds": t("So does the slice for {channel}, and its map is added: {sum}."),
        "biased": t("At last the bias {bias} is added to every pixel: that is the output."),
        "play": t("Play"),
        "pause": t("Pause"),
        "step": t("One step"),
        "back": t("Step back"),
        "rewind": t("Rewind"),
        "progress": t("How far the sum has come"),
    }
