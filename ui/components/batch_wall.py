"""The images of a batch, each with the network's answer and its loss; one of them is chosen."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np

from cnn_core.figures import grey, picture_png
from cnn_core.slow_motion import SlowStep
from ui.components import component, heard
from ui.language import t

_mount = component("batch_wall", uses=("dom",))


def batch_wall(
    key: str, step: SlowStep, chosen: int, with_losses: bool, on_choose: Callable[[int], None]
) -> None:
    """Show the first images of the step's batch; ``on_choose`` gets the place of the one that is clicked."""

    def clicked() -> None:
        image = heard(key, "image")
        if image is not None:
            on_choose(int(image))

    shown = slice(step.kept)
    strip = grey(np.concatenate(list(step.images[shown]), axis=0), 0, 1)  # one below the other
    losses = [float(loss) if np.isfinite(loss) else None for loss in step.losses[shown]]
    _mount(
        key=key,
        data={
            "strip": "data:image/png;base64," + base64.b64encode(picture_png(strip, 1)).decode(),
            "digits": step.labels[shown].tolist(),
            "answers": step.answers[shown].tolist(),
            "losses": losses,
            "chosen": chosen,
            "withLosses": with_losses,
            "labels": {
                "wall": t("The images of the batch. The arrow keys move, Enter chooses."),
                "image": t("Image {image}: a {digit}, the network answers {answer}"),
                "loss": t("loss {loss}"),
                "noNumber": t("no number"),
            },
        },
        on_image_change=clicked,
    )
