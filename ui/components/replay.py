"""A drawing made again stroke by stroke, beside what a network answers at each moment of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnn_core.strokes import Drawing, to_json
from ui.components import component
from ui.language import t

_mount = component("replay", uses=("dom", "ink"))


def replay(key: str, drawing: Drawing, moments: Sequence[int], shares: np.ndarray) -> None:
    """Show a ``strokes.timed`` drawing with the probabilities (n, 10) at its n moments (milliseconds).

    It plays at a press of its button, at the speed of the hand; where a learner wants no motion, the button
    goes one moment further. It opens on the last moment.
    """
    text = to_json(drawing)
    answers = np.round(shares.astype(float), 4).tolist()
    _mount(
        key=key,
        data={
            "name": f"{hash((text, str(answers)))}",
            "drawing": text,
            "moments": list(moments),
            "answers": answers,
            "labels": {
                "pad": t("The drawing so far"),
                "play": t("Play"),
                "pause": t("Pause"),
                "next": t("One moment further"),
                "moment": t("Moment of the drawing"),
                "said": t("It reads a {digit} ({share})"),
            },
        },
    )
