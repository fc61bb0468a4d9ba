"""What a network answers, as SVG of our own: bars for each digit, and curves that show where it breaks.

Light enough to be drawn again many times a second, while a stroke is being drawn.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.colours import Palette, palette
from cnn_core.figures import enlarge, picture_png
from cnn_core.numerals import numeral

ROW = 24  # px of one bar
FONT = 15  # px
PERCENT = 72  # px behind the longest bar
PLOT = 220  # px, a curve's height
LEFT, RIGHT, TOP = 48, 28, 26  # px around the curves
THUMBS = 9  # digits below the curves
CURVES = 4  # digits that get a curve of their own, at most
DASHES = ("", "7 4", "2 4", "10 3 2 3")  # curves are not told apart by colour alone


def answer_bars(named: Mapping[str, ArrayLike], theme: str = "light", width: int = 440, alt: str = "") -> str:
    """The probabilities (10,) that each named network gives, side by side: an SVG, at most ``width`` wide.

    The largest of each is in full colour, the others are pale.
    """
    colours = palette(theme)
    gap = 20
    each = (width - 20 - gap * (len(named) - 1)) // len(named)
    parts = [
        f'<text x="0" y="{TOP + (digit + 0.7) * ROW:.1f}" font-weight="600">{digit}</text>'
        for digit in range(10)
    ]
    for i, (name, shares) in enumerate(named.items()):
        left = 20 + i * (each + gap)
        parts.append(f'<text x="{left}" y="16" fill="{colours.soft}">{escape(name)}</text>')
        parts += _bars(np.asarray(shares, float), left, each - PERCENT, colours)
    return _svg("".join(parts), width, TOP + 10 * ROW + 4, colours, alt)


def _bars(shares: np.ndarray, left: float, room: float, colours: Palette) -> list[str]:
    best = int(shares.argmax())
    parts = []
    for digit, share in enumerate(shares):
        y, length = TOP + digit * ROW, max(1.0, room * share)
        look = "" if digit == best else ' opacity="0.45"'
        weight = ' font-weight="700"' if digit == best else f' fill="{colours.soft}"'
        box = f'<rect x="{left}" y="{y + 3}" height="{ROW - 6}"'
        parts.append(
            f'{box} width="{room:.1f}" fill="{colours.panel}"/>'
            f'{box} width="{length:.1f}" fill="{colours.accent}"{look}/>'
            f'<text x="{left + room + 8:.1f}" y="{y + 0.7 * ROW:.1f}"{weight}>{share:.1%}</text>'
        )
    return parts


def breaking_curves(
    values: ArrayLike,
    shares: ArrayLike,
    digits: np.ndarray,
    at: float,
    theme: str = "light",
    width: int = 760,
    unit: str = "",
    alt: str = "",
) -> str:
    """How sure the network is of each digit while one thing changes: an SVG of ``width`` px.

    values (n,), shares (n, 10), digits (n, 28, 28) from 0 to 1. The digits that win somewhere have a curve;
    a line stands where the answer changes, a violet one at ``at``; below stand the digits themselves.
    """
    x, p, colours = np.asarray(values, float), np.asarray(shares, float), palette(theme)
    room = width - LEFT - RIGHT
    across = LEFT + room * (x - x[0]) / (x[-1] - x[0])
    answers = p.argmax(axis=1)
    parts = _axes(colours, width)
    winners = sorted(set(answers.tolist()), key=lambda d: -int((answers == d).sum()))[:CURVES]
    series = (colours.accent, *colours.series[1:CURVES])
    looks = {digit: (series[i], DASHES[i]) for i, digit in enumerate(winners)}
    parts += _stretches(across, answers, looks, colours)
    parts += [_curve(across, p[:, digit], *look) for digit, look in looks.items()]
    here = float(np.interp(at, x, across))
    parts.append(
        f'<line x1="{here:.1f}" x2="{here:.1f}" y1="{TOP}" y2="{TOP + PLOT}" '
        f'stroke="{colours.pointer}" stroke-width="3"/>'
    )
    size = min(56, (room - 4 * THUMBS) // THUMBS)
    for place in np.linspace(0, len(x) - 1, THUMBS).round().astype(int):
        left = min(max(across[place] - size / 2, LEFT - 20), width - size)
        parts.append(_thumb(digits[place], left, TOP + PLOT + 28, size))
        parts.append(
            f'<text x="{across[place]:.1f}" y="{TOP + PLOT + 20}" font-size="13" text-anchor="middle" '
            f'fill="{colours.soft}">{numeral(x[place])}{escape(unit)}</text>'
        )
    return _svg("".join(parts), width, TOP + PLOT + 34 + size, colours, alt)


def _axes(colours: Palette, width: int) -> list[str]:
    look = f'text-anchor="end" font-size="13" fill="{colours.soft}"'
    return [
        f'<line x1="{LEFT}" x2="{width - RIGHT}" y1="{y}" y2="{y}" stroke="{colours.line}"/>'
        f'<text x="{LEFT - 6}" y="{y + 5}" {look}>{share}%</text>'
        for share, y in ((0, TOP + PLOT), (50, TOP + PLOT / 2), (100, TOP))
    ]


def _stretches(
    across: np.ndarray, answers: np.ndarray, looks: Mapping[int, tuple[str, str]], colours: Palette
) -> list[str]:
    """The answer above each stretch of equal answers, in its curve's colour, and a line between two."""
    borders = np.flatnonzero(np.diff(answers)) + 1
    parts = []
    for first, after in zip([0, *borders], [*borders, len(answers)], strict=True):
        left = across[0] if first == 0 else (across[first - 1] + across[first]) / 2
        right = across[-1] if after == len(answers) else (across[after - 1] + across[after]) / 2
        if first:
            parts.append(
                f'<line x1="{left:.1f}" x2="{left:.1f}" y1="{TOP - 18}" y2="{TOP + PLOT}" '
                f'stroke="{colours.soft}" stroke-dasharray="3 3"/>'
            )
        if right - left >= 12:
            fill = looks.get(int(answers[first]), (colours.ink, ""))[0]
            parts.append(
                f'<text x="{(left + right) / 2:.1f}" y="{TOP - 8}" text-anchor="middle" font-weight="700" '
                f'fill="{fill}">{answers[first]}</text>'
            )
    return parts


def _curve(across: np.ndarray, shares: np.ndarray, colour: str, dashes: str) -> str:
    points = " ".join(f"{x:.1f},{TOP + PLOT * (1 - y):.1f}" for x, y in zip(across, shares, strict=True))
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>'


def _thumb(digit: np.ndarray, left: float, top: float, size: int) -> str:
    png = picture_png(enlarge((digit * 255).round().astype(np.uint8), 2), compression=1)
    address = "data:image/png;base64," + base64.b64encode(png).decode()
    return f'<image x="{left:.1f}" y="{top}" width="{size}" height="{size}" href="{address}"/>'


def _svg(inside: str, width: int, height: float, colours: Palette, alt: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}" font-family="system-ui, sans-serif" font-size="{FONT}" '
        f'fill="{colours.ink}" role="img"><title>{escape(alt)}</title>{inside}</svg>'
    )
