"""What a filter answers to, measured with stripes of every direction and several widths (7.6.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.messages import text

ANGLES = np.arange(0, 180, 5)  # degrees: the direction in which a grating's brightness changes
WIDTHS = (0.8, 1.0, 1.4, 2.0, 2.8)  # of a light and a dark stripe together, in filter sizes
EVEN_BELOW = 0.15  # contrast below this share of the weights' size: nothing but brightness is measured
DIRECTED_ABOVE = 0.4  # selectivity from which a filter counts as directed

VERTICAL_EDGE = text("Vertical edges")
HORIZONTAL_EDGE = text("Horizontal edges")
RISING_EDGE = text("Slanted edges ↗")
FALLING_EDGE = text("Slanted edges ↘")
VERTICAL_LINE = text("Vertical lines")
HORIZONTAL_LINE = text("Horizontal lines")
RISING_LINE = text("Slanted lines ↗")
FALLING_LINE = text("Slanted lines ↘")
SPOT = text("Spots")
EVEN = text("Brightness")

EDGES = (VERTICAL_EDGE, RISING_EDGE, HORIZONTAL_EDGE, FALLING_EDGE)
LINES = (VERTICAL_LINE, RISING_LINE, HORIZONTAL_LINE, FALLING_LINE)
GROUPS = (*EDGES, *LINES, SPOT, EVEN)

SIDES = (  # where an edge is brighter, by the direction in which brightness rises, in eighths of a turn
    text("brighter on the right"),
    text("brighter below on the right"),
    text("brighter below"),
    text("brighter below on the left"),
    text("brighter on the left"),
    text("brighter above on the left"),
    text("brighter above"),
    text("brighter above on the right"),
)
LIGHT, DARK = text("light on dark"), text("dark on light")


@dataclass(frozen=True)
class Orientation:
    """What one filter answers to most."""

    group: str  # one of GROUPS, to be translated
    polarity: str  # one of SIDES for an edge, LIGHT or DARK for a line, a spot or brightness
    direction: float  # degrees in which the brightness rises: 0 right, 90 down; of a line: across it
    selectivity: float  # 0: every direction alike, to 1: one direction only
    strength: float  # the largest answer to a grating of contrast 1


def smoothness(filters: ArrayLike) -> float:
    """How alike neighbouring weights are, as a correlation: about 0 for noise, towards 1 for smooth shapes.

    ``filters`` (FN, C, FH, FW), of at least 2×2; 0 where all weights are equal.
    """
    w = np.asarray(filters, float)
    here = np.concatenate([w[..., :, :-1].ravel(), w[..., :-1, :].ravel()])
    there = np.concatenate([w[..., :, 1:].ravel(), w[..., 1:, :].ravel()])
    if not here.std() or not there.std():
        return 0.0
    return float(np.corrcoef(here, there)[0, 1])


def strongest_edge(filters: ArrayLike, group: str) -> int | None:
    """Of filters (FN, C, FH, FW), the one that answers most strongly to edges of a group; None: none does."""
    found = [orientation(one) for one in np.asarray(filters)]
    fitting = [i for i, one in enumerate(found) if one.group == group]
    return max(fitting, key=lambda i: found[i].strength, default=None)


def orientation(weights: ArrayLike) -> Orientation:
    """Measure a filter (FH, FW), or (C, FH, FW) summed over its channels, on gratings.

    A grating of every direction and width is moved under the filter through a whole period. The direction
    with the largest answer is the filter's; an edge filter answers most where the grating's slope is in its
    middle, a line filter where a stripe is.
    """
    kernel = np.asarray(weights, np.float64)
    kernel = kernel.reshape(-1, *kernel.shape[-2:]).sum(axis=0)
    answers = _answers(kernel - kernel.mean())  # without the mean: stripes, not brightness
    sizes = np.abs(answers)
    width, angle = (int(i) for i in np.unravel_index(sizes.argmax(), sizes.shape))
    best = answers[width, angle]
    strength = float(sizes.max())
    opposite = sizes[width].min()
    selectivity = float((strength - opposite) / (strength + opposite)) if strength else 0.0
    direction = float(ANGLES[angle])
    bright = LIGHT if (kernel.sum() if _is_even(kernel) else best.real) >= 0 else DARK
    if _is_even(kernel):
        return Orientation(EVEN, bright, direction, selectivity, strength)
    if selectivity < DIRECTED_ABOVE:
        return Orientation(SPOT, bright, direction, selectivity, strength)
    quarter = round(direction / 45) % 4
    if abs(best.imag) < abs(best.real):
        return Orientation(LINES[quarter], bright, direction, selectivity, strength)
    if best.imag < 0:
        direction += 180
    return Orientation(EDGES[quarter], SIDES[round(direction / 45) % 8], direction, selectivity, strength)


def _answers(kernel: np.ndarray) -> np.ndarray:
    """The answer to each width and direction: real, to a stripe in the middle; imaginary, to an edge."""
    height, width = kernel.shape
    y, x = np.mgrid[:height, :width].astype(float)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    radians = np.deg2rad(ANGLES)[:, None, None]
    across = x * np.cos(radians) + y * np.sin(radians)  # (angles, FH, FW), in pixels
    periods = np.array(WIDTHS)[:, None, None, None] * max(height, width)
    gratings = np.exp(2j * math.pi * across / periods)  # (widths, angles, FH, FW)
    return (gratings * kernel).sum(axis=(2, 3))


def _is_even(kernel: np.ndarray) -> bool:
    size = float(np.sqrt((kernel**2).sum()))
    return bool(np.sqrt(((kernel - kernel.mean()) ** 2).sum()) <= EVEN_BELOW * size)
