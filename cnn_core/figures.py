"""Arrays in, pictures out: uint8 RGB (H, W, 3) here, charts from ``charts``, SVG from ``drawing``.

Titles and labels come from the page, in the learner's language.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from cnn_core.charts import confusion_figure, history_figure, response_figure
from cnn_core.colours import palette, rgb
from cnn_core.drawing import network_figure
from cnn_core.numerals import numeral

__all__ = [
    "confusion_figure",
    "enlarge",
    "feature_map_strip",
    "filter_grid",
    "grey",
    "grid",
    "history_figure",
    "limits",
    "network_figure",
    "outline",
    "picture_png",
    "response_figure",
    "scale_text",
    "shade_colours",
    "shades",
    "signed",
]

Scale = str | tuple[float, float]  # "shared", "each", or (low, high)


def limits(*arrays: ArrayLike) -> tuple[float, float]:
    """The smallest and the largest finite number in all of them; (0, 0) where there is none."""
    low, high = math.inf, -math.inf
    for array in arrays:
        values = np.asarray(array, float)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def grey(array: ArrayLike, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Black for ``low`` (by default the smallest), white for ``high``: uint8 of the same shape.

    What lies outside takes the nearer end; what is no number is black.
    """
    values = np.asarray(array, np.float32)
    if low is None or high is None:
        smallest, largest = limits(values)
        low = smallest if low is None else low
        high = largest if high is None else high
    return _grey(values, np.float32(low), np.float32(high))


def signed(array: ArrayLike, limit: float | None = None, theme: str = "light") -> np.ndarray:
    """Orange below zero, neutral at zero, blue above: (…) -> uint8 (…, 3).

    ``limit`` is the size at which a colour is full, by default the largest size in the array, so that zero
    always is neutral. What is no number takes a colour of its own.
    """
    values = np.asarray(array, np.float32)
    if limit is None:
        limit = max(map(abs, limits(values)))
    return _signed(values, np.float32(limit), theme)


def shades(array: ArrayLike, ends: tuple[float, float], mode: str = "grey") -> np.ndarray:
    """Numbers as places in :func:`shade_colours`, uint8 of the same shape, for a browser to paint.

    grey: 1 for the lower end, 255 for the upper; signed: 128 for zero, and the larger end is full. 0 is kept
    for what is no number.
    """
    values = np.asarray(array, np.float32)
    low, high = (-max(map(abs, ends)), max(map(abs, ends))) if mode == "signed" else ends
    span = np.float32(high - low)
    shares = (
        (values - np.float32(low)) / span if span > 0 else np.full(values.shape, 0.5 * (mode == "signed"))
    )
    shown = 1 + np.rint(254 * np.nan_to_num(shares, nan=0, posinf=0, neginf=0).clip(0, 1))
    return np.where(np.isfinite(values), shown, 0).astype(np.uint8)


def shade_colours(mode: str = "grey", theme: str = "light") -> np.ndarray:
    """The colour of every shade: uint8 (256, 3)."""
    steps = np.concatenate([[np.nan], np.linspace(-1 if mode == "signed" else 0, 1, 255)])
    return _colour(steps, mode, (0, 1), theme)


def enlarge(picture: np.ndarray, factor: int) -> np.ndarray:
    """Every pixel as a crisp square of ``factor`` × ``factor``: (H, W, …) -> (H·factor, W·factor, …)."""
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def outline(
    picture: np.ndarray, box: tuple[int, int, int, int], thickness: int = 2, theme: str = "light"
) -> np.ndarray:
    """A copy with a frame in the pointer's colour just inside (top, left, bottom, right), in pixels."""
    framed = picture.copy()
    top, left, bottom, right = box
    inner = framed[top + thickness : bottom - thickness, left + thickness : right - thickness].copy()
    framed[top:bottom, left:right] = rgb(palette(theme).pointer)
    framed[top + thickness : bottom - thickness, left + thickness : right - thickness] = inner
    return framed


def grid(
    tiles: Sequence[ArrayLike] | np.ndarray,
    columns: int,
    mode: str = "grey",
    scale: Scale = "shared",
    tile_size: int = 64,
    gap: int = 6,
    theme: str = "light",
    selected: int | None = None,
    boxes: Sequence[tuple[int, int, int, int]] = (),
) -> np.ndarray:
    """All tiles, each (h, w), composed into one RGB picture (H, W, 3), row by row.

    ``mode`` grey or signed; ``scale`` shared by all tiles, each for itself, or fixed (low, high). A tile is
    enlarged by the largest whole factor that keeps it within ``tile_size`` pixels, and never made smaller;
    the one ``selected`` has a violet frame, and so has a part of each, (top, left, bottom, right) in its own
    pixels, where ``boxes`` are given. No tiles: an empty strip of paper.
    """
    colours = palette(theme)
    arrays = [np.atleast_2d(np.asarray(tile, np.float32)) for tile in tiles]
    if not arrays:
        return np.full((tile_size, tile_size, 3), rgb(colours.paper), np.uint8)
    height, width = (max(a.shape[axis] for a in arrays) for axis in (0, 1))
    factor = max(1, tile_size // max(height, width))
    columns = max(1, min(columns, len(arrays)))
    rows = -(-len(arrays) // columns)
    step = height * factor + gap, width * factor + gap
    canvas = np.full((rows * step[0] + gap, columns * step[1] + gap, 3), rgb(colours.paper), np.uint8)
    frames = {i: (rgb(colours.line), min(1, gap)) for i in range(len(arrays))}
    if selected is not None and selected in frames:
        frames[selected] = rgb(colours.pointer), min(3, gap)
    for i, picture in enumerate(_coloured(arrays, mode, scale, theme)):
        top, left = gap + i // columns * step[0], gap + i % columns * step[1]
        bottom, right = top + picture.shape[0] * factor, left + picture.shape[1] * factor
        colour, edge = frames[i]
        canvas[top - edge : bottom + edge, left - edge : right + edge] = colour
        tile = enlarge(picture, factor)
        if boxes:
            tile = outline(tile, tuple(factor * n for n in boxes[i]), theme=theme)
        canvas[top:bottom, left:right] = tile
    return canvas


def filter_grid(
    weights: ArrayLike,
    mode: str = "grey",
    scale: Scale = "shared",
    columns: int | None = None,
    tile_size: int = 64,
    gap: int = 6,
    theme: str = "light",
    selected: int | None = None,
) -> np.ndarray:
    """Filters (FN, C, FH, FW) as one picture: black the smallest weight, white the largest (fig. 7-24).

    One channel: eight filters a row. More: a row for each filter, a column for each of its channels.
    """
    weights = np.asarray(weights, np.float32)
    per_row = columns or (8 if weights.shape[1] == 1 else weights.shape[1])
    tiles = weights.reshape(-1, *weights.shape[2:])
    return grid(tiles, per_row, mode, scale, tile_size, gap, theme, selected)


def feature_map_strip(
    maps: ArrayLike,
    mode: str = "grey",
    scale: Scale = "shared",
    columns: int | None = None,
    tile_size: int = 64,
    gap: int = 4,
    theme: str = "light",
    selected: int | None = None,
) -> np.ndarray:
    """A layer's maps (C, H, W), or the numbers of a vector (n,) as small squares, as one picture.

    By default all maps stand in one row; a vector breaks after 50 numbers.
    """
    maps = np.asarray(maps, np.float32)
    if maps.ndim == 1:
        return grid(maps[:, None, None], columns or 50, mode, scale, min(tile_size, 14), 1, theme, selected)
    return grid(maps, columns or len(maps), mode, scale, tile_size, gap, theme, selected)


def picture_png(picture: np.ndarray, compression: int = 6, colours: np.ndarray | None = None) -> bytes:
    """A uint8 picture, (H, W) or (H, W, 3), as the bytes of a PNG file; compression 1 is the fastest.

    ``colours`` (256, 3) are those of the shades (H, W) that :func:`shades` gives: a third of the work.
    """
    out, image = io.BytesIO(), Image.fromarray(np.ascontiguousarray(picture, np.uint8))
    if colours is not None:
        image.putpalette(np.ascontiguousarray(colours, np.uint8).tobytes())
    image.save(out, "PNG", compress_level=compression)
    return out.getvalue()


def scale_text(low: float, high: float) -> str:
    """The range beside a picture, each end with three significant digits: −0.312 … 0.278."""
    return f"{_number(low)} … {_number(high)}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "?"
    return numeral(value + 0.0, ",.0f" if abs(value) >= 1000 else ".3g")


def _coloured(arrays: list[np.ndarray], mode: str, scale: Scale, theme: str) -> list[np.ndarray]:
    """Each tile as uint8 RGB: at once where they share a shape and a scale, else one by one."""
    if scale == "each":
        return [_colour(a, mode, limits(a), theme) for a in arrays]
    ends = limits(*arrays) if isinstance(scale, str) else scale
    if len({a.shape for a in arrays}) == 1:
        return list(_colour(np.stack(arrays), mode, ends, theme))
    return [_colour(a, mode, ends, theme) for a in arrays]


def _colour(values: np.ndarray, mode: str, ends: tuple[float, float], theme: str) -> np.ndarray:
    """(…) -> uint8 RGB (…, 3); what is no number in its own colour."""
    if mode == "signed":
        return _signed(values, np.float32(max(map(abs, ends))), theme)
    low, high = map(np.float32, ends)
    picture = np.repeat(_grey(values, low, high)[..., None], 3, axis=-1)
    finite = np.isfinite(values)
    if not finite.all():
        picture[~finite] = rgb(palette(theme).broken)
    return picture


def _grey(values: np.ndarray, low: np.float32, high: np.float32) -> np.ndarray:
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    shares = np.nan_to_num((values - low) / (high - low), nan=0, posinf=0, neginf=0)
    return (shares.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _signed(values: np.ndarray, limit: np.float32, theme: str) -> np.ndarray:
    finite = np.isfinite(values)
    if not limit > 0:
        limit = np.float32(1)  # every finite value is zero, and neutral
    shares = (np.where(finite, values, 0) / limit).clip(-1, 1)
    index = np.where(finite, np.rint(shares * 255).astype(int) + 255, 511)
    return _signed_colours(theme)[index]


@lru_cache(maxsize=2)
def _signed_colours(theme: str) -> np.ndarray:
    """uint8 (512, 3): 255 steps below zero, zero, 255 steps above, and what is no number."""
    colours = palette(theme)
    stops = np.array([rgb(colours.negative), rgb(colours.neutral), rgb(colours.positive)], float)
    shares = np.arange(-255, 256)
    ramp = np.stack([np.interp(shares, [-255, 0, 255], stops[:, i]) for i in range(3)], axis=1)
    return np.vstack([np.rint(ramp), [rgb(colours.broken)]]).astype(np.uint8)
