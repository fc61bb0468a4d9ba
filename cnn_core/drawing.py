"""A network drawn to scale, as an SVG of our own: one block a layer, as large as what comes out of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from cnn_core.colours import Palette, palette

if TYPE_CHECKING:
    from cnn_core.models import LayerSummary

PIXEL = 4.0  # a map's pixel, in px
CHANNEL = 1.0  # a channel, in px
NUMBER = 0.25  # a vector's number, in px of height
COLUMN = 8.0  # a vector's width, in px
TALLEST = 800  # numbers; a longer vector stands in several equal columns side by side
SLANT = 0.35  # how far a block's depth leans: px right, and px up, for each px of a map's width
FONT = 13  # px; never below 12
LINE = 18  # px from one line of text to the next
GAP = 16  # px between neighbours

INPUT = "input"  # the part that is no layer
KINDS = {"conv": 0, "linear": 1, "max_pool": 2, "avg_pool": 2, "batch_norm": 4}  # -> place in palette.series


@dataclass(frozen=True)
class _Block:
    """One layer's output: what is drawn, and the words below it."""

    part: str
    kind: str
    shape: tuple[int, ...]
    words: tuple[str, ...]

    @property
    def front(self) -> tuple[float, float]:
        """Width and height of the front face: channels × rows of a map; a vector is upright."""
        if len(self.shape) == 1:
            columns = math.ceil(self.shape[0] / TALLEST)
            return COLUMN * columns, max(3.0, self.shape[0] / columns * NUMBER)
        channels, height, _ = self.shape
        return max(3.0, channels * CHANNEL), height * PIXEL

    @property
    def lean(self) -> float:
        """How far the depth (a map's columns) goes right and up."""
        return self.shape[2] * PIXEL * SLANT if len(self.shape) == 3 else 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Width with the words, height without them."""
        width, height = self.front
        words = max(map(_text_width, self.words))
        return max(width + self.lean, words), height + self.lean


def network_figure(
    rows: Sequence[LayerSummary],
    theme: str = "light",
    title: str = "",
    width: int = 1240,
    input_name: str = "input",
    parameters: str = "{count}",
) -> str:
    """The network of ``models.summary`` as an SVG string, in reading order, at most ``width`` px wide.

    Blocks are to scale: height and depth are a map's rows and columns, the front's width its channels, a
    vector's area its numbers. Below each: name, shape and, where there are any, ``parameters`` with
    its ``{count}`` filled in. Each block is a group with the layer's name as ``data-part``, INPUT the first.
    """
    colours = palette(theme)
    lines = _wrapped(_blocks(rows, input_name, parameters), width)
    parts: list[str] = []
    top = float(GAP)
    for line in lines:
        room = max(block.size[1] for block in line)
        left = float(GAP)
        for block in line:
            parts.append(_drawn(block, left, top + room, colours))
            left += block.size[0] + GAP
        top += room + 4 * LINE + 2 * GAP
    used = max((sum(b.size[0] + GAP for b in line) for line in lines), default=0.0) + GAP
    wide, high = math.ceil(used), math.ceil(top)
    label = escape(title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'font-family="system-ui, sans-serif" font-size="{FONT}"><title>{label}</title>{"".join(parts)}</svg>'
    )


def _blocks(rows: Sequence[LayerSummary], input_name: str, parameters: str) -> list[_Block]:
    if not rows:
        return []
    first = rows[0].in_shape
    blocks = [_Block(INPUT, INPUT, first, (input_name, _shape(first)))]
    for row in rows:
        words = [row.name, _shape(row.shape)]
        if row.parameters:
            words += parameters.format(count=f"{row.parameters:,}").split(" ")  # a line each: they are wide
        blocks.append(_Block(row.name, row.layer.kind, row.shape, tuple(words)))
    return blocks


def _wrapped(blocks: list[_Block], width: float) -> list[list[_Block]]:
    """Lines of blocks, none wider than ``width`` unless a single block is."""
    lines: list[list[_Block]] = []
    used = math.inf
    for block in blocks:
        if used + block.size[0] + GAP > width:
            lines.append([])
            used = float(GAP)
        lines[-1].append(block)
        used += block.size[0] + GAP
    return lines


def _drawn(block: _Block, left: float, ground: float, colours: Palette) -> str:
    """The block standing on ``ground``, its words below."""
    fill = colours.series[KINDS[block.kind]] if block.kind in KINDS else colours.soft
    (width, height), lean = block.front, block.lean
    right, top = left + width, ground - height
    faces = [_face([(left, ground), (left, top), (right, top), (right, ground)], fill, 0.85, colours)]
    if lean:
        behind = (right + lean, top - lean)
        roof = [(left, top), (left + lean, top - lean), behind, (right, top)]
        side = [(right, ground), (right, top), behind, (right + lean, ground - lean)]
        faces += [_face(roof, fill, 0.45, colours), _face(side, fill, 0.6, colours)]
    words = []
    for i, word in enumerate(block.words, start=1):
        look = f'fill="{colours.ink}" font-weight="600"' if i == 1 else f'fill="{colours.soft}"'
        words.append(f'<text x="{left:.1f}" y="{ground + i * LINE:.1f}" {look}>{escape(word)}</text>')
    room = f'x="{left - 6:.1f}" y="{ground - height - lean - 6:.1f}" rx="6" fill="transparent"'
    size = f'width="{block.size[0] + 12:.1f}" height="{height + lean + len(words) * LINE + 14:.1f}"'
    part = escape(block.part, quote=True)
    return f'<g data-part="{part}"><rect {room} {size}/>{"".join(faces + words)}</g>'


def _face(corners: list[tuple[float, float]], fill: str, opacity: float, colours: Palette) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return (
        f'<polygon points="{points}" fill="{fill}" fill-opacity="{opacity}" '
        f'stroke="{colours.ink}" stroke-width="0.7" stroke-linejoin="round"/>'
    )


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})" if len(shape) > 1 else f"{shape[0]}"


def _text_width(text: str) -> float:
    """About how wide a text is, in px: Korean letters are square, Latin ones a little over half as wide."""
    return sum(FONT * (1.0 if east_asian_width(c) in "WF" else 0.6) for c in text)
