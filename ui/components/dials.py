"""Sliders that answer while a hand moves them: the server is asked at once, the page follows at rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from ui.components import component

_mount = component("dials", uses=("dom", "ask"))


@dataclass(frozen=True)
class Dial:
    """One slider: what it is called here and on the page, its range, and where it stands."""

    name: str
    label: str
    low: float
    high: float
    step: float
    value: float


def dials(
    key: str, shown: Sequence[Dial], on_move: Callable[[str, dict[str, float]], None], ask: str = ""
) -> None:
    """Show sliders, one below the other.

    ``on_move(name, values)`` is called when the hand rests: which one it moved last, and where all of them
    stand. Meanwhile ``{"moved": name, "values": values}`` is asked at the address ``ask`` (ui.live).
    """
    bounds = {dial.name: (dial.low, dial.high) for dial in shown}

    def told() -> None:
        said = st.session_state[key].told
        values = {
            name: min(max(float(said["values"][name]), low), high) for name, (low, high) in bounds.items()
        }
        if said["moved"] in bounds:
            on_move(said["moved"], values)

    _mount(key=key, data={"dials": [asdict(dial) for dial in shown], "ask": ask}, on_told_change=told)
