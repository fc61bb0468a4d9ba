"""All test digits on a plane, each a small numeral that can be pointed at and chosen."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np

from ui.components import component, heard
from ui.language import t

_mount = component("digit_map", uses=("dom",))


def digit_map(
    key: str,
    places: np.ndarray,
    truth: np.ndarray,
    answers: np.ndarray,
    colour: str,
    at: int | None,
    on_point: Callable[[int], None],
    on_choose: Callable[[int], None],
) -> None:
    """Show places (N, 2), coloured by "truth" or "answer", the digit ``at`` ringed where it is among them.

    ``on_point`` gets the number of a digit that a pointer rests on, ``on_choose`` of one that was clicked.
    """

    def tell(name: str, act: Callable[[int], None]) -> None:
        digit = heard(key, name)
        if digit is not None:
            act(int(digit))

    _mount(
        key=key,
        data={
            **placed(places, truth, answers),
            "colour": colour,
            "at": at if at is not None and at < len(places) else None,
            "labels": {
                "keys": t("All test digits. The arrow keys go from digit to digit, Enter chooses one."),
                "reading": t("Test digit {number}: {truth} read as {answer}"),
            },
        },
        on_pointed_change=lambda: tell("pointed", on_point),
        on_chosen_change=lambda: tell("chosen", on_choose),
    )


def placed(places: np.ndarray, truth: np.ndarray, answers: np.ndarray) -> dict[str, str]:
    """What the map shows of places (N, 2), for ``digit_map`` and for an answer to a hand (ui.live)."""
    low, high = places.min(axis=0), places.max(axis=0)
    across = (2 * places - low - high) / np.maximum(high - low, 1e-9)  # fills its frame; a line lies midway
    return {
        "points": _coded(np.round(across * 32767).astype("<i2")),
        "truth": _coded(truth.astype(np.uint8)),
        "answers": _coded(answers.astype(np.uint8)),
    }


def _coded(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
