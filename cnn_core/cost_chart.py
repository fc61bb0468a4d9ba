"""What each layer of a network costs, as bars: its parameters and its multiply-adds (7.1)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from cnn_core.colours import Palette, palette
from cnn_core.drawing import KINDS

if TYPE_CHECKING:
    from cnn_core.models import LayerSummary

FONT = 14  # px
BAR = 18  # px, its height
LINE = 30  # px from one layer to the next
TOP = 30  # px, for the titles
NAME = 56  # px, for the layers' names
NUMBER = 84  # px, for the number behind the longest bar
GAP = 28  # px between the two charts


def cost_chart(
    rows: Sequence[LayerSummary],
    titles: tuple[str, str],
    most: tuple[int, int],
    theme: str = "light",
    title: str = "",
    width: int = 1000,
) -> str:
    """Two bar charts as one SVG, side by side, or below one another where ``width`` is under 600 px.

    ``titles`` stand above the parameters and the multiply-adds; ``most`` is where each scale ends, so that
    two networks can be compared.
    """
    colours = palette(theme)
    learning = [row for row in rows if row.parameters]
    beside = width >= 600
    wide = (width - GAP) / 2 if beside else width
    high = TOP + LINE * len(learning) + 8
    parts = []
    for i, (heading, end) in enumerate(zip(titles, most, strict=True)):
        numbers = [(row.parameters, row.multiply_adds)[i] for row in learning]
        left, top = (i * (wide + GAP), 0) if beside else (0, i * (high + 6))
        bars = _bars(learning, numbers, heading, end, wide, colours)
        parts.append(f'<g transform="translate({left:.1f},{top:.1f})">{bars}</g>')
    whole = high if beside else 2 * high + 6
    label = escape(title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" width="{width}" '
        f'height="{whole}" viewBox="0 0 {width} {whole}" font-family="system-ui, sans-serif" '
        f'font-size="{FONT}"><title>{label}</title>{"".join(parts)}</svg>'
    )


def _bars(
    rows: Sequence[LayerSummary], numbers: list[int], heading: str, end: int, width: float, colours: Palette
) -> str:
    total = sum(numbers) or 1
    room = width - NAME - NUMBER - 44
    parts = [_text(0, 16, heading, colours.ink, bold=True)]
    for i, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        y = TOP + i * LINE
        length = max(1.0, room * number / max(end, 1))
        fill = colours.series[KINDS[row.layer.kind]] if row.layer.kind in KINDS else colours.soft
        share = f"{number:,}  ({number / total:.0%})"
        parts.append(_text(0, y + BAR * 0.75, row.name, colours.ink))
        parts.append(
            f'<rect x="{NAME}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{fill}" '
            f'data-layer="{escape(row.name, quote=True)}" data-value="{number}"/>'
        )
        parts.append(_text(NAME + length + 6, y + BAR * 0.75, share, colours.soft))
    return "".join(parts)


def _text(x: float, y: float, words: str, fill: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}"{weight}>{escape(words)}</text>'
