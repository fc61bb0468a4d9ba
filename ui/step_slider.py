"""Which of the steps that were kept is on screen: one that a hand chose, or the one that is being played."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui.components.step_handle import step_handle
from ui.language import t

LAST = -1  # the step that means: the newest that was kept


def step_slider(
    label: str,
    steps: Sequence[int],
    asked: int,
    choose: Callable[[int], None],
    *,
    of: str,
    key: str,
    ask: str = "",
) -> int:
    """The step that is on screen: the kept one nearest to ``asked``, or the one that is being played.

    ``choose`` gets the step, or LAST, that a learner sets or at which play stops. ``of`` names whose steps
    these are: another one's play has ended. One step alone is only said. ``ask``: where the browser may ask
    what a step shows (ui.live).
    """
    session, on_screen = st.session_state, f"{key}.played"  # whose, and which step, while steps are played
    whose, played = session.get(on_screen, ("", LAST))
    playing = whose == of and played in steps
    at = played if playing else nearest(steps, asked)
    if len(steps) == 1:
        st.markdown(t("Step {step}", step=at))
        return at

    def take(step: int) -> None:
        session.pop(on_screen, None)
        choose(LAST if step == steps[-1] else step)

    def move(place: int, goes_on: bool) -> None:
        if goes_on:
            session[on_screen] = (of, steps[place])
        else:
            take(steps[place])

    step_handle(f"{key}.handle", label, steps, steps.index(at), playing, move, ask)
    return at


def nearest(steps: Sequence[int], step: int) -> int:
    """The kept step nearest to a step; the newest for LAST."""
    return steps[-1] if step == LAST else min(steps, key=lambda s: (abs(s - step), s))
