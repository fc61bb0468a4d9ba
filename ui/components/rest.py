"""Tells when nothing has changed for a moment: the hand rests. It shows nothing."""

from __future__ import annotations

from collections.abc import Callable

from ui.components import component

_mount = component("rest", html="")


def rest(key: str, view: dict[str, str] | None, on_rest: Callable[[], None]) -> None:
    """Call ``on_rest`` when ``view`` has stayed the same for a moment; None waits for nothing."""
    _mount(key=key, data={"view": view}, on_rests_change=on_rest)
