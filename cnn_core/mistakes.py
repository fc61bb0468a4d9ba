"""Digits and how they were read, as pictures: those that are wrong stand out."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from cnn_core.colours import palette, rgb
from cnn_core.figures import enlarge

FRAME, GAP, LABEL = 2, 2, 22  # pixels: around a digit, between two, below one


def wrong_answers(labels: ArrayLike, answers: ArrayLike) -> np.ndarray:
    """The places, in order, where the answer is not the label: int64 (n,)."""
    return np.flatnonzero(np.asarray(labels) != np.asarray(answers))


def confusions(labels: ArrayLike, answers: ArrayLike) -> list[tuple[int, int, int]]:
    """(true digit, answer, how often), of wrong answers only, the most frequent first."""
    truth, said = np.asarray(labels), np.asarray(answers)
    wrong = wrong_answers(truth, said)
    counts = Counter(zip(truth[wrong].tolist(), said[wrong].tolist(), strict=True))
    return [(*pair, n) for pair, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def digit_wall(images: np.ndarray, wrong: ArrayLike, columns: int, theme: str = "light") -> np.ndarray:
    """Digits uint8 (N, 28, 28) side by side as one RGB picture; a wrong one is orange in an orange frame."""
    colours = palette(theme)
    wrong = np.asarray(wrong, bool)
    size = images.shape[1] + 2 * FRAME
    shades = images.astype(np.float32)[..., None] / 255  # (N, 28, 28, 1)
    ink = np.where(wrong[:, None], rgb(colours.negative), (255, 255, 255))  # (N, 3)
    frame = np.where(wrong[:, None], rgb(colours.negative), rgb(colours.line))
    tiles = np.empty((len(images), size, size, 3), np.uint8)
    tiles[:] = frame[:, None, None]
    tiles[:, FRAME:-FRAME, FRAME:-FRAME] = shades * ink[:, None, None]
    return _rows(tiles, columns, theme)


def mistakes_picture(
    images: np.ndarray,
    labels: ArrayLike,
    answers: ArrayLike,
    columns: int,
    theme: str = "light",
    sure: ArrayLike | None = None,
) -> np.ndarray:
    """Digits uint8 (N, 28, 28), each with truth → answer below it, as one RGB picture.

    ``sure``: the probability (N,) of each answer, to stand below that.
    """
    colours = palette(theme)
    height, width = (2 * side for side in images.shape[1:])
    shares = [None] * len(images) if sure is None else np.asarray(sure, float).tolist()
    lines = 1 if sure is None else 2
    tiles = np.empty((len(images), height + lines * LABEL, width, 3), np.uint8)
    tiles[:] = rgb(colours.paper)
    rows = zip(images, np.asarray(labels), np.asarray(answers), shares, strict=True)
    for tile, (image, truth, answer, share) in zip(tiles, rows, strict=True):
        tile[:height] = enlarge(image, 2)[..., None]
        tile[height : height + LABEL] = _label(str(truth), str(answer), width, theme)
        if share is not None:
            tile[height + LABEL :] = _percent(share, width, theme)
    return _rows(tiles, columns, theme)


def _percent(share: float, width: int, theme: str) -> np.ndarray:
    colours = palette(theme)
    strip = Image.new("RGB", (width, LABEL), colours.paper)
    ImageDraw.Draw(strip).text(
        (width // 2, LABEL // 2 - 3), f"{share:.0%}", colours.soft, ImageFont.load_default(14), anchor="mm"
    )
    return np.asarray(strip)


def disagreements(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> dict[str, np.ndarray]:
    """The places where two networks answer otherwise, by who is right: first, second, neither; and all."""
    truth, a, b = (np.asarray(values) for values in (labels, first, second))
    differ = a != b
    parts = {"first": a == truth, "second": b == truth, "neither": (a != truth) & (b != truth)}
    return {"all": np.flatnonzero(differ)} | {n: np.flatnonzero(differ & p) for n, p in parts.items()}


def disagreements_picture(
    images: np.ndarray,
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    columns: int,
    theme: str = "light",
) -> np.ndarray:
    """Digits uint8 (N, 28, 28), the two answers below each in their runs' colours, as one RGB picture.

    A wrong answer is struck through.
    """
    colours = palette(theme)
    height, width = (2 * side for side in images.shape[1:])
    tiles = np.empty((len(images), height + LABEL, width, 3), np.uint8)
    rows = zip(images, np.asarray(labels), np.asarray(first), np.asarray(second), strict=True)
    for tile, (image, truth, *answers) in zip(tiles, rows, strict=True):
        strip = Image.new("RGB", (width, LABEL), colours.paper)
        draw = ImageDraw.Draw(strip)
        for answer, colour, x in zip(answers, colours.series, (width // 4, 3 * width // 4), strict=False):
            draw.text((x, LABEL // 2), str(answer), colour, _font(), anchor="mm")
            if answer != truth:
                draw.line((x - 9, LABEL // 2 + 1, x + 9, LABEL // 2 + 1), colour, 2)
        tile[:height] = enlarge(image, 2)[..., None]
        tile[height:] = np.asarray(strip)
    return _rows(tiles, columns, theme)


def _label(truth: str, answer: str, width: int, theme: str) -> np.ndarray:
    """ "truth → answer" on a strip of paper: uint8 (LABEL, width, 3). Pillow's font has no arrow."""
    colours = palette(theme)
    strip = Image.new("RGB", (width, LABEL), colours.paper)
    draw = ImageDraw.Draw(strip)
    middle, across = LABEL // 2, width // 2
    draw.text((across - 17, middle), truth, colours.ink, _font(), anchor="mm")
    draw.text((across + 17, middle), answer, colours.negative, _font(), anchor="mm")
    draw.line((across - 7, middle, across + 7, middle), colours.soft, 1)
    draw.line((across + 3, middle - 3, across + 7, middle, across + 3, middle + 3), colours.soft, 1)
    return np.asarray(strip)


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(16)  # Pillow's own: no font of the machine is asked for


def _rows(tiles: np.ndarray, columns: int, theme: str) -> np.ndarray:
    """Tiles (N, h, w, 3) row by row on paper as wide as a full row: one alone is as large as one of many."""
    count, height, width, _ = tiles.shape
    rows = -(-count // columns)
    step = height + GAP, width + GAP
    canvas = np.empty((max(1, rows * step[0] - GAP), columns * step[1] - GAP, 3), np.uint8)
    canvas[:] = rgb(palette(theme).paper)
    for i, tile in enumerate(tiles):
        top, left = i // columns * step[0], i % columns * step[1]
        canvas[top : top + height, left : left + width] = tile
    return canvas
