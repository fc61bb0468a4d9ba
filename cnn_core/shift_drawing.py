"""The shift experiment as a drawing: an input and its shift, before and after pooling, changes framed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from unicodedata import east_asian_width

import numpy as np

from cnn_core.colours import Palette, palette, rgb
from cnn_core.figures import limits

CELL = 34  # px, at most
GAP = 28  # px between grids
TITLE = 26  # px
FONT = 15  # px

Panel = tuple[str, np.ndarray, np.ndarray]  # title, values (H, W), which cells changed (H, W)


def shift_drawing(panels: Sequence[Panel], theme: str = "light", width: int = 1240, title: str = "") -> str:
    """The grids as an SVG string in reading order, at most ``width`` px wide; violet frames mark changes."""
    colours = palette(theme)
    ends = limits(*(values for _, values, _ in panels))
    cell = min(CELL, *(width // values.shape[1] for _, values, _ in panels))
    parts: list[str] = []
    left, top, tallest, widest = 0, 0, 0, 0
    for name, values, changed in panels:
        wide, high = max(cell * values.shape[1], _text_width(name)), cell * values.shape[0] + TITLE
        if left and left + wide > width:
            left, top, tallest = 0, top + tallest + GAP // 2, 0
        parts.append(
            f'<g transform="translate({left},{top})">{_grid(name, values, changed, cell, ends, colours)}</g>'
        )
        left, tallest = left + wide + GAP, max(tallest, high)
        widest = max(widest, left - GAP)
    size = (
        f'width="{widest + 4}" height="{top + tallest + 4}" viewBox="-2 -2 {widest + 4} {top + tallest + 4}"'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" text-anchor="middle" '
        f'fill="{colours.ink}" role="img"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _grid(
    name: str,
    values: np.ndarray,
    changed: np.ndarray,
    cell: int,
    ends: tuple[float, float],
    colours: Palette,
) -> str:
    parts = [f'<text x="0" y="16" font-size="{FONT}" text-anchor="start">{escape(name)}</text>']
    font = min(FONT, cell // 2)
    for (row, col), value in np.ndenumerate(values):
        x, y = col * cell, TITLE + row * cell
        fill = _tint(value, ends, colours)
        parts.append(
            f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="{fill}" stroke="{colours.line}"/>'
            f'<text x="{x + cell / 2}" y="{y + cell / 2 + font * 0.36}" font-size="{font}">{value:.3g}</text>'
        )
    for row, col in np.argwhere(changed):
        parts.append(
            f'<rect x="{col * cell + 2}" y="{TITLE + row * cell + 2}" width="{cell - 4}" height="{cell - 4}" '
            f'rx="4" fill="none" stroke="{colours.pointer}" stroke-width="3"/>'
        )
    return "".join(parts).replace(">-", ">−")


def _text_width(name: str) -> int:
    """About how wide a title is, in px; Korean letters are square."""
    return sum(FONT if east_asian_width(c) in "WF" else 8 for c in name)


def _tint(value: float, ends: tuple[float, float], colours: Palette) -> str:
    """A tint of ink, light enough that the number on it can be read."""
    low, high = ends
    share = 0.03 + 0.22 * ((value - low) / (high - low) if high > low else 0)
    pairs = zip(rgb(colours.paper), rgb(colours.ink), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
