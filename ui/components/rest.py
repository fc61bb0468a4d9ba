"""Tells when nothing has changed for a moment: the hand rests. It shows nothing."""

from __future__ import annotations

from collections.abc import Callable

from ui.components import component

_mount = component("rest", html="")


def rest(key: str, run: int, on_rest: Callable[[], None]) -> None:
    """Call ``on_rest`` when for a moment no other ``run`` has come; 0 waits for nothing."""
    _mount(key=key, data={"run": run}, on_rests_change=on_rest)
