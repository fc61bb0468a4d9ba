"""A drawing as its strokes: kept as a few numbers, drawn to pixels the same way every time."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from cnn_core.messages import Problem

SIZE = 280  # pixels, the raster's side
FINE = 4  # drawn so many times larger, then averaged: smooth edges
MOST_BYTES = 400_000
MOST_STROKES = 1_000
MOST_POINTS = 40_000


@dataclass(frozen=True)
class Stroke:
    """One line of the pen: points (x, y) in 0 to 1 from the top left, and its width, a share of the pad."""

    points: tuple[tuple[float, float], ...]
    width: float
    eraser: bool = False


def to_json(strokes: list[Stroke]) -> str:
    """Compact JSON, the same for the same strokes, so that its sha256 names the drawing."""
    rows = [
        {
            "p": [[round(x, 4), round(y, 4)] for x, y in s.points],
            "w": round(s.width, 4),
            "e": int(s.eraser),
        }
        for s in strokes
    ]
    return json.dumps({"strokes": rows}, separators=(",", ":"))


def from_json(text: str) -> list[Stroke]:
    """The strokes of a drawing; raises :class:`Problem` for what is no drawing, or far too large."""
    if len(text) > MOST_BYTES:
        raise Problem("This drawing is too large to keep: clear the pad and draw with fewer strokes.")
    try:
        strokes = [_stroke(row) for row in json.loads(text)["strokes"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Problem("This is not a drawing of this app: draw a new one.") from None
    if len(strokes) > MOST_STROKES or sum(len(s.points) for s in strokes) > MOST_POINTS:
        raise Problem("This drawing is too large to keep: clear the pad and draw with fewer strokes.")
    return strokes


def _stroke(row: dict[str, object]) -> Stroke:
    points, width = row["p"], row["w"]
    if not isinstance(points, list) or not isinstance(width, int | float):
        raise TypeError(row)
    pairs = tuple((float(x), float(y)) for x, y in points)
    numbers = [width, *(n for pair in pairs for n in pair)]
    if not pairs or not all(math.isfinite(n) and -1 <= n <= 2 for n in numbers) or not 0 < width <= 1:
        raise ValueError(row)
    return Stroke(pairs, float(width), bool(row.get("e")))


def raster(strokes: list[Stroke], size: int = SIZE) -> np.ndarray:
    """The drawing as pixels: uint8 (size, size), ink 255 on 0; round ends, smooth edges."""
    side = size * FINE
    picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        ink, radius = 0 if stroke.eraser else 255, stroke.width * side / 2
        dots = [(x * side, y * side) for x, y in stroke.points]
        for x, y in dots:
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
        if len(dots) > 1:
            pen.line(dots, fill=ink, width=max(1, round(2 * radius)), joint="curve")
    return np.asarray(picture.resize((size, size), Image.Resampling.BOX))
