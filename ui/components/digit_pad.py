"""A pad to draw a digit on, or to change one on, with pen, eraser, undo and clear; it gives strokes."""

from __future__ import annotations

from collections.abc import Callable

from ui.components import component, heard
from ui.language import t

_mount = component("digit_pad", uses=("dom", "ink", "ask"))


def digit_pad(
    key: str,
    drawing: str = "",
    version: int = 0,
    on_change: Callable[[], None] = lambda: None,
    ask: str = "",
) -> None:
    """Show the pad with a drawing (``strokes.to_json``) on it: strokes, a digit to change, or both.

    The pad takes ``drawing`` when it is made and whenever ``version`` is another one; between these the
    learner's hand wins. ``on_change`` is called after each stroke: ``drawn(key)`` then gives the drawing.
    While one is drawn, the drawing is asked at the address ``ask`` (ui.live), where there is one.
    """
    _mount(
        key=key,
        data={
            "drawing": drawing,
            "version": version,
            "ask": ask,
            "labels": {
                "pad": t("A pad for drawing a digit"),
                "hint": t("Draw a digit here"),
                "pen": t("Pen"),
                "eraser": t("Eraser"),
                "undo": t("Undo"),
                "redo": t("Redo"),
                "clear": t("Clear"),
                "width": t("Width of the line"),
            },
        },
        on_drawing_change=on_change,
    )


def drawn(key: str) -> str | None:
    """What the pad holds; None before the first stroke."""
    value = heard(key, "drawing")
    return str(value) if value else None
