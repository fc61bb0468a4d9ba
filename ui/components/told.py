"""Words and a picture that an answer of the server may replace while a hand moves (ui.live)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.components import component

_mount = component("told", uses=("dom",))


def told(key: str, values: Mapping[str, Any]) -> None:
    """Show ``words``; ``key`` is what an answer calls it by."""
    _mount(key=key, data=values)


def words(
    *lines: str, title: str = "", picture: str = "", alt: str = "", caption: str = "", crisp: bool = False
) -> dict[str, Any]:
    """A title, lines below it, in which ** makes bold, and an ``<img>`` with a caption; each may be left out.

    ``crisp`` keeps the picture's pixels sharp.
    """
    parts: Sequence[str] = [line for line in lines if line]
    return {
        "title": title,
        "lines": parts,
        "picture": picture,
        "alt": alt,
        "caption": caption,
        "crisp": crisp,
    }
