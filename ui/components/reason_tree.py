"""A tree of shares that can be unfolded by click, touch and keyboard; Python says what is below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from ui.components import component

_mount = component("reason_tree", uses=("dom",))


@dataclass(frozen=True)
class Row:
    """One row as it is shown: ``bar`` −1 to 1, ``exact`` the share in full, pictures as data: addresses."""

    id: str
    depth: int
    name: str
    note: str
    share: str
    exact: str
    bar: float
    opens: bool
    open: bool
    pictures: tuple[str, ...]
    alt: str


def reason_tree(key: str, rows: Sequence[Row], label: str, on_toggle: Callable[[str, bool], None]) -> None:
    """Show the rows, each above its parts; ``on_toggle`` gets a row's id and whether it shall be open."""

    def toggled() -> None:
        said = st.session_state[key].toggled
        if isinstance(said, dict) and isinstance(said.get("id"), str):
            on_toggle(said["id"], bool(said.get("open")))

    _mount(
        key=key,
        data={"nodes": [asdict(row) for row in rows], "label": label},
        on_toggled_change=toggled,
    )
