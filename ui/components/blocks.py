"""A drawing whose parts can be opened: pointing tells what a part is, a click keeps it open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ui.components import component, heard
from ui.language import t

_mount = component("blocks")


def blocks(
    key: str,
    draw: Callable[[int], str],
    details: Mapping[str, Sequence[str]],
    opened: str,
    on_open: Callable[[str], None],
    wide: int = 1060,
    narrow: int = 340,
) -> None:
    """Show an SVG whose groups have a ``data-part``, for a laptop and for a phone.

    ``draw(width)`` gives it; ``details`` has a title and lines for each part; ``opened`` is the part that is
    open, "" for none; ``on_open`` gets the part that a learner opens, or "" when they close it.
    """

    def told() -> None:
        part = heard(key, "opened")
        if part is None or part in details or part == "":
            on_open(part or "")

    _mount(
        key=key,
        data={
            "wide": draw(wide),
            "narrow": draw(narrow),
            "details": {part: list(lines) for part, lines in details.items()},
            "opened": opened if opened in details else "",
            "hint": t("Point at a block to see what it costs; a click keeps it open."),
        },
        on_opened_change=told,
    )
