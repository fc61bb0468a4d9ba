"""A button that plays through places, one after another: the page shows each before the next one comes."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.components import component
from ui.language import t

_mount = component("play")


def play(at: int, count: int, playing: bool, key: str, on_move: Callable[[int, bool], None]) -> None:
    """Play from place ``at`` to ``count`` − 1; at the end it begins anew.

    ``on_move(place, still playing)`` is called before the page runs again. Who prefers less motion gets one
    place at a press.
    """

    def told() -> None:
        said = st.session_state[key].told
        if isinstance(said, dict) and isinstance(said.get("at"), int) and 0 <= said["at"] < count:
            on_move(said["at"], bool(said.get("playing")))

    _mount(
        key=key,
        data={
            "at": at,
            "count": count,
            "playing": playing,
            "labels": {"play": t("Play the steps"), "stop": t("Stop playing"), "next": t("Next step kept")},
        },
        on_told_change=told,
    )
