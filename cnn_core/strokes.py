"""A drawing as its strokes: kept as a few numbers, drawn to pixels the same way every time."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from cnn_core.messages import Problem

SIZE = 280  # pixels, the raster's side
BASE = 28  # pixels, the side of the digit that a drawing may start from
FINE = 4  # drawn so many times larger, then averaged: smooth edges
MOST_BYTES = 400_000
MOST_STROKES = 1_000
MOST_POINTS = 40_000
POINT_MS = 15  # from one point to the next where nobody noted the times
LONGEST_PAUSE = 500  # milliseconds between two points, when a drawing is shown again


@dataclass(frozen=True)
class Stroke:
    """One line of the pen: points (x, y) in 0 to 1 from the top left, and its width, a share of the pad.

    ``times`` is empty, or when each point was drawn: milliseconds since the drawing's first one.
    """

    points: tuple[tuple[float, float], ...]
    width: float
    eraser: bool = False
    times: tuple[int, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Strokes, one above the other, on an empty pad or on a digit: its 28×28 grey pixels, row by row."""

    strokes: tuple[Stroke, ...] = ()
    base: bytes = b""


def on_digit(pixels: ArrayLike) -> Drawing:
    """A pad that starts with a digit, (28, 28) from 0 to 1, to be changed by hand."""
    grey = np.asarray(pixels, np.float64)
    if grey.shape != (BASE, BASE) or not ((grey >= 0) & (grey <= 1)).all():
        raise ValueError(f"a digit is (28, 28) from 0 to 1, not {grey.shape}")
    return Drawing(base=(grey * 255).round().astype(np.uint8).tobytes())


def to_json(drawing: Drawing) -> str:
    """Compact JSON, the same for the same drawing, so that its sha256 names it."""
    rows = []
    for s in drawing.strokes:
        points = [[round(x, 4), round(y, 4)] for x, y in s.points]
        row: dict[str, Any] = {"p": points, "w": round(s.width, 4), "e": int(s.eraser)}
        rows.append(row | ({"t": list(s.times)} if s.times else {}))
    base = {"base": base64.b64encode(drawing.base).decode()} if drawing.base else {}
    return json.dumps({"strokes": rows} | base, separators=(",", ":"))


def from_json(text: str) -> Drawing:
    """The drawing that was written so; raises :class:`Problem` for what is none, or far too large."""
    if len(text) > MOST_BYTES:
        raise Problem("This drawing is too large to keep: clear the pad and draw with fewer strokes.")
    try:
        record = json.loads(text)
        drawing = Drawing(tuple(_stroke(row) for row in record["strokes"]), _base(record.get("base", "")))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise Problem("This is not a drawing of this app: draw a new one.") from None
    if len(drawing.strokes) > MOST_STROKES or sum(len(s.points) for s in drawing.strokes) > MOST_POINTS:
        raise Problem("This drawing is too large to keep: clear the pad and draw with fewer strokes.")
    return drawing


def _stroke(row: dict[str, Any]) -> Stroke:
    points, width, times = row["p"], row["w"], row.get("t", [])
    if not isinstance(points, list) or not isinstance(width, int | float) or not isinstance(times, list):
        raise TypeError(row)
    pairs = tuple((float(x), float(y)) for x, y in points)
    numbers = [width, *(n for pair in pairs for n in pair)]
    if not pairs or not all(math.isfinite(n) and -1 <= n <= 2 for n in numbers) or not 0 < width <= 1:
        raise ValueError(row)
    if times and (len(times) != len(pairs) or not all(type(t) is int and 0 <= t < 2**53 for t in times)):
        raise ValueError(row)
    return Stroke(pairs, float(width), bool(row.get("e")), tuple(times))


def _base(text: str) -> bytes:
    pixels = base64.b64decode(text, validate=True)
    if pixels and len(pixels) != BASE * BASE:
        raise ValueError(text)
    return pixels


def timed(drawing: Drawing) -> Drawing:
    """The drawing with a time at every point, from 0 on, in order; long pauses are shortened."""
    strokes, now, noted = [], 0, 0
    for stroke in drawing.strokes:
        times = []
        for at in stroke.times or (None,) * len(stroke.points):
            step = POINT_MS if at is None else at - noted
            now += min(max(step, 0), LONGEST_PAUSE)
            noted = noted if at is None else at
            times.append(now)
        strokes.append(replace(stroke, times=tuple(times)))
    return replace(drawing, strokes=tuple(strokes))


def drawn_by(drawing: Drawing, moment: float) -> Drawing:
    """What of a :func:`timed` drawing stands on the pad after so many milliseconds."""
    strokes = []
    for stroke in drawing.strokes:
        count = sum(time <= moment for time in stroke.times)
        if count:
            strokes.append(replace(stroke, points=stroke.points[:count], times=stroke.times[:count]))
    return replace(drawing, strokes=tuple(strokes))


def raster(drawing: Drawing, size: int = SIZE) -> np.ndarray:
    """The drawing as pixels: uint8 (size, size), ink 255 on 0; round ends, smooth edges."""
    side = size * FINE
    if drawing.base:
        small = Image.frombytes("L", (BASE, BASE), drawing.base)
        picture = small.resize((side, side), Image.Resampling.NEAREST)
    else:
        picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    for stroke in drawing.strokes:
        ink, radius = 0 if stroke.eraser else 255, stroke.width * side / 2
        dots = [(x * side, y * side) for x, y in stroke.points]
        for x, y in dots:
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
        if len(dots) > 1:
            pen.line(dots, fill=ink, width=max(1, round(2 * radius)))
    return np.asarray(picture.resize((size, size), Image.Resampling.BOX))
