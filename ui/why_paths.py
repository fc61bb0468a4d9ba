"""What is unfolded of an answer's tree, as it stands in the address.

``17.5-3`` is map 5 of unit 17, and unit 3. What is open implies all above it. An ``x`` at the end shows more
of a node's parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnn_core.reasons import Path
from ui.state import Field

STRONGEST = "strongest"  # what is open until somebody unfolds or folds
_ONE = re.compile(r"(\d{1,5}\.){0,15}(\d{1,5}|x)")
_LONGEST = 600


@dataclass(frozen=True)
class Unfolded:
    """The open nodes, each with all that are above it, and those that show more of their parts."""

    opened: frozenset[Path]
    more: frozenset[Path] = frozenset()

    @classmethod
    def at(cls, *paths: Path) -> Unfolded:
        """Everything on the way to these paths, and they themselves."""
        return cls(frozenset(path[:i] for path in paths for i in range(len(path) + 1)) | {()})

    @classmethod
    def parse(cls, raw: str) -> Unfolded:
        """The inverse of ``str``; raises ValueError for what no address of this page has."""
        texts = [text for text in raw.split("-") if text and text != "none"]
        if len(raw) > _LONGEST or not all(_ONE.fullmatch(text) for text in texts):
            raise ValueError(raw)
        paths = [_path(text.removesuffix("x").rstrip(".")) for text in texts]
        more = [path for path, text in zip(paths, texts, strict=True) if text.endswith("x")]
        return replace(cls.at(*paths), more=frozenset(more))

    def __str__(self) -> str:
        above = {path[:-1] for path in self.opened | self.more if path}
        ends = [".".join(map(str, path)) for path in sorted(self.opened - above - self.more) if path]
        more = [".".join([*map(str, path), "x"]) for path in sorted(self.more)]
        return "-".join([*ends, *more]) or "none"

    def opening(self, path: Path) -> Unfolded:
        return replace(self, opened=self.opened | self.at(path).opened)

    def closing(self, path: Path) -> Unfolded:
        """Without this node and all below it; the score itself stays open."""

        def kept(paths: Iterable[Path]) -> frozenset[Path]:
            return frozenset(p for p in paths if p[: len(path)] != path)

        return Unfolded(kept(self.opened) | {()}, kept(self.more))

    def showing_more(self, path: Path, more: bool) -> Unfolded:
        return replace(self.opening(path), more=self.more | {path} if more else self.more - {path})


def _path(text: str) -> Path:
    return tuple(int(part) for part in text.split(".") if part)


def unfolded() -> Field:
    """The field of the address; ``strongest`` stands for the way to what gives most."""

    def parse(raw: str) -> str:
        return raw if raw == STRONGEST else str(Unfolded.parse(raw))

    return Field(STRONGEST, parse)
