"""The choice of the run that is under the microscope: the browser's own list, which suits a phone as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ui.components import component

_mount = component("run_choice", uses=("dom", "ask"))


def run_choice(
    key: str,
    label: str,
    names: Mapping[str, str],
    run_id: str,
    on_choose: Callable[[str], None],
    ask: str = "",
) -> None:
    """Choose one of the runs, ``names`` by their ids; ``run_id`` is the one on screen.

    ``on_choose`` gets the id once the hand rests; ``{"run": id}`` is asked at once at the address ``ask``
    (ui.live), where there is one.
    """

    def chosen() -> None:
        said = st.session_state[key].get("chosen")
        if said in names:
            on_choose(said)

    _mount(
        key=key,
        data={"label": label, "names": list(names.items()), "run": run_id, "ask": ask},
        on_chosen_change=chosen,
    )
