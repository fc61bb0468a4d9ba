"""A convolution as blocks with the live numbers: input ∗ filters + bias → output (fig. 7-10 to 7-13)."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from cnn_core.colours import palette

HEIGHT = 168  # px for the blocks, without their words
LARGEST = 92  # px, the longest side of a block
LEAN = 0.3  # how far the depth goes right and up, for each px of it
FONT = 14


@dataclass(frozen=True)
class Block:
    """A stack of ``copies`` blocks of (channels, height, width), with a name and its shape in words."""

    name: str
    shape: tuple[int, ...]
    copies: int
    series: int  # place in palette.series


def convolution_diagram(
    blocks: list[Block], signs: list[str], theme: str = "light", title: str = "", width: int = 1000
) -> str:
    """Blocks in a row with a sign between neighbours, as SVG; in a column where ``width`` is below 600 px."""
    colours = palette(theme)
    largest = max(max(block.shape[-3:]) for block in blocks)
    per_line = len(blocks) if width >= 600 else 1
    cell = width / per_line
    parts = []
    line_height = HEIGHT + 3 * FONT
    for i, block in enumerate(blocks):
        left, top = (i % per_line) * cell, (i // per_line) * line_height
        centre = left + cell / 2
        parts.append(_stack(block, centre, top + HEIGHT - 18, LARGEST / largest, theme))
        parts.append(_words(centre, top + HEIGHT + 4, block.name, colours.ink, bold=True))
        parts.append(_words(centre, top + HEIGHT + 4 + FONT * 1.4, _shape(block.shape), colours.soft))
        if i:
            at = (left, top + HEIGHT / 2) if per_line > 1 else (left + 24, top + HEIGHT / 2)
            parts.append(_words(at[0], at[1], signs[i - 1], colours.ink, size=26))
    high = line_height * -(-len(blocks) // per_line)
    label = escape(title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'width="{width}" height="{high}" viewBox="0 0 {width} {high}" '
        f'font-family="system-ui, sans-serif"><title>{label}</title>'
        f"{''.join(parts)}</svg>"
    )


def _stack(block: Block, centre: float, ground: float, scale: float, theme: str) -> str:
    """At most four copies, each a little further back."""
    colours = palette(theme)
    channels, height, width = block.shape[-3:]
    deep, high, wide = (max(3.0, n * scale) for n in (channels, height, width))
    lean = deep * LEAN
    shown = min(block.copies, 4)
    offset = 9.0
    parts = []
    for i in reversed(range(shown)):
        left = centre - (wide + lean + offset * (shown - 1)) / 2 + i * offset
        bottom = ground - i * offset
        parts.append(_box(left, bottom, wide, high, lean, colours.series[block.series], colours.ink))
    return f"<g>{''.join(parts)}</g>"


def _box(left: float, ground: float, wide: float, high: float, lean: float, fill: str, ink: str) -> str:
    top, right = ground - high, left + wide
    faces = [
        (((left, ground), (left, top), (right, top), (right, ground)), 0.9),
        (((left, top), (left + lean, top - lean), (right + lean, top - lean), (right, top)), 0.5),
        (((right, ground), (right, top), (right + lean, top - lean), (right + lean, ground - lean)), 0.7),
    ]
    drawn = []
    for corners, opacity in faces:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        drawn.append(
            f'<polygon points="{points}" fill="{fill}" fill-opacity="{opacity}" stroke="{ink}" '
            f'stroke-width="0.8" stroke-linejoin="round"/>'
        )
    return "".join(drawn)


def _words(x: float, y: float, text: str, fill: str, bold: bool = False, size: int = FONT) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="{size}" fill="{fill}"{weight}>'
        f"{escape(text)}</text>"
    )


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
