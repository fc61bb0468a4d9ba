"""The stepper of slow motion: four phases, the steps taken by hand, and the loss of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ui.components import component, heard
from ui.language import t

_mount = component("slow_steps", uses=("dom",))


def slow_steps(
    key: str,
    phases: Sequence[str],
    phase: int,
    by_hand: int,
    most: int,
    losses: Sequence[float],
    first_step: int,
    on_move: Callable[[int, int], None],
) -> None:
    """Show where in which step one stands; ``on_move`` gets the phase and the steps by hand to go to.

    ``losses`` of the steps so far, the first of them step ``first_step``; ``by_hand`` goes up to ``most``.
    """

    def moved() -> None:
        to = heard(key, "to")
        if to:
            on_move(int(to["phase"]), int(to["byHand"]))

    _mount(
        key=key,
        data={
            "phases": list(phases),
            "phase": phase,
            "byHand": by_hand,
            "most": most,
            "losses": [float(loss) if np.isfinite(loss) else None for loss in losses],
            "firstStep": first_step,
            "labels": {
                "phases": t("The four parts of a step. The arrow keys move, space plays."),
                "back": t("Step back"),
                "play": t("Play"),
                "pause": t("Pause"),
                "on": t("One on"),
                "next": t("Next step"),
                "step": t("Step {step}"),
                "loss": t("Step {step}: loss {loss}"),
                "curve": t("Loss of the steps by hand"),
                "noNumber": t("no number"),
            },
        },
        on_to_change=moved,
    )
