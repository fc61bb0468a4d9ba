"""Pictures that change while they are looked at: replaced in place, with their words, ready to be saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ui.components import component
from ui.language import t

_mount = component("live_pictures", uses=("dom",))


@dataclass(frozen=True)
class LivePicture:
    """A picture as an address, what it shows, and the words below it."""

    name: str  # of the file that is saved, without its ending
    source: str
    alt: str
    caption: str
    width: int = 0  # CSS pixels; 0: as wide as there is room


def live_pictures(key: str, pictures: Sequence[LivePicture]) -> None:
    """Show pictures beside and below one another; call it again with the same key as they change."""
    _mount(key=key, data={"pictures": [asdict(one) for one in pictures], "save": t("Save picture")})
