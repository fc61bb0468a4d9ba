"""What flattening does to an image, and what shuffling its pixels does to a network (7.2.1)."""

from __future__ import annotations

import numpy as np

from cnn_core.colours import palette, rgb
from cnn_core.figures import enlarge, grey, outline

FACTOR = 12  # a pixel's side in the image
STRIP = 40  # px, the strip's height
MARKS = 22  # px above the strip, for the marks
CHANCE = 0.02  # two runs of one network differ by less: on 10,000 images, a few times the standard error


def is_changed(plain: float, shuffled: float) -> bool:
    """Whether shuffling changed an accuracy (0 to 1) by more than chance does."""
    return abs(shuffled - plain) > CHANCE


def position(row: int, col: int, width: int = 28) -> int:
    """Where pixel (row, col) of an image stands in the flattened vector, counted from 0."""
    return row * width + col


def image_with_marks(image: np.ndarray, cells: list[tuple[int, int]], theme: str = "light") -> np.ndarray:
    """The image (H, W), enlarged, the cells framed in the pointer's colour: uint8 (H·12, W·12, 3)."""
    picture = np.repeat(enlarge(grey(image), FACTOR)[..., None], 3, axis=-1)
    for row, col in cells:
        box = (row * FACTOR, col * FACTOR, (row + 1) * FACTOR, (col + 1) * FACTOR)
        picture = outline(picture, box, thickness=3, theme=theme)
    return picture


def strip_with_marks(image: np.ndarray, cells: list[tuple[int, int]], theme: str = "light") -> np.ndarray:
    """The image (H, W) as the vector that flattening makes, 2 px a number, the cells marked above it.

    uint8 (62, H·W·2, 3).
    """
    colours = palette(theme)
    shades = grey(np.asarray(image).reshape(-1)).repeat(2)
    picture = np.empty((MARKS + STRIP, len(shades), 3), np.uint8)
    picture[:MARKS] = rgb(colours.paper)
    picture[MARKS:] = shades[None, :, None]
    for row, col in cells:
        at = 2 * position(row, col, image.shape[1])
        picture[: MARKS + STRIP, at : at + 2] = rgb(colours.pointer)
        picture[: MARKS - 6, max(0, at - 3) : at + 5] = rgb(colours.pointer)
    return picture
