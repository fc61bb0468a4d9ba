"""The time machine's handle: a slider over the steps that were kept, and the button that plays them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui.components import component
from ui.language import t

_mount = component("step_handle", uses=("dom", "ask"))


def step_handle(
    key: str,
    label: str,
    steps: Sequence[int],
    at: int,
    playing: bool,
    on_move: Callable[[int, bool], None],
    ask: str = "",
) -> None:
    """Move over ``steps``, from the one in place ``at``, by hand or by play; at the end play begins anew.

    ``on_move(place, still playing)`` is called before the page runs again; while a hand moves the slider it
    waits until the hand rests. Meanwhile ``{"step": …}`` is asked at the address ``ask`` (ui.live), where
    there is one. Who prefers less motion gets one place at a press.
    """

    def told() -> None:
        said = st.session_state[key].told
        if isinstance(said, dict) and isinstance(said.get("at"), int) and 0 <= said["at"] < len(steps):
            on_move(said["at"], bool(said.get("playing")))

    _mount(
        key=key,
        data={
            "steps": list(steps),
            "at": at,
            "playing": playing,
            "ask": ask,
            "labels": {
                "slider": label,
                "play": t("Play the steps"),
                "stop": t("Stop playing"),
                "next": t("Next step kept"),
            },
        },
        on_told_change=told,
    )
