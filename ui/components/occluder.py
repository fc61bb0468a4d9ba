"""A patch that one drags over a digit; the answer follows at once, for each place was computed beforehand."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np

from ui.components import component, heard
from ui.language import t

_mount = component("occluder", uses=("dom",))


def occluder(
    key: str,
    pixels: np.ndarray,
    answers: np.ndarray,
    whole: np.ndarray,
    size: int,
    at: tuple[int, int],
    epoch: int,
    on_move: Callable[[int, int], None],
) -> None:
    """Show (28, 28) pixels, 0 to 1, and a black patch of ``size`` around the pixel ``at``.

    ``answers`` (28, 28, 10) are the probabilities for each place of the patch, ``whole`` (10,) without it;
    ``on_move`` gets the row and column where the patch was let go.
    """

    def moved() -> None:
        place = heard(key, "at")
        if place:
            on_move(*map(int, place))

    _mount(
        key=key,
        data={
            "pixels": _text(np.rint(pixels * 255).astype(np.uint8)),
            "answers": _text(answers.astype("<f4")),
            "whole": [float(share) for share in whole],
            "size": size,
            "at": list(at),
            "epoch": epoch,
            "labels": {
                "keys": t("The digit and the patch. Drag it, or move it with the arrow keys."),
                "same": t(
                    "With the patch around row {row}, column {col} it still reads a {best}, now with {now}% "
                    "(without the patch {was}%)."
                ),
                "other": t("With the patch around row {row}, column {col} it reads a {best} ({share}%)."),
                "falls": t("The {first} falls from {was}% to {now}%."),
                "rises": t("The {first} rises from {was}% to {now}%."),
                "stays": t("The {first} stays at {now}%."),
            },
        },
        on_at_change=moved,
    )


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
