"""What a filter answers to, measured with stripes of every direction and several widths (7.6.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.messages import text

ANGLES = np.arange(0, 180, 5)  # degrees: the direction in which a grating's brightness changes
WIDTHS = (0.8, 1.0, 1.4, 2.0, 2.8)  # of a light and a dark stripe together, in filter sizes
EVEN_BELOW = 0.15  # contrast below this share of the weights' size: nothing but brightness is measured
DIRECTED_ABOVE = 0.4  # selectivity from which a filter counts as directed
CHANCE = 0.95  # of random filters, this share fits a pattern worse than one that counts as clear

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
UNCLEAR = text("No clear pattern")

EDGES = (VERTICAL_EDGE, RISING_EDGE, HORIZONTAL_EDGE, FALLING_EDGE)
LINES = (VERTICAL_LINE, RISING_LINE, HORIZONTAL_LINE, FALLING_LINE)
GROUPS = (*EDGES, *LINES, SPOT, EVEN)  # what ``orientation`` tells
KINDS = (VERTICAL_EDGE, HORIZONTAL_EDGE, RISING_EDGE, FALLING_EDGE, *LINES, SPOT, EVEN, UNCLEAR)

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
POLARITIES = (*SIDES, LIGHT, DARK, "")


@dataclass(frozen=True)
class Orientation:
    """What one filter answers to most."""

    group: str  # one of GROUPS, to be translated
    polarity: str  # one of SIDES for an edge, LIGHT or DARK for a line, a spot or brightness
    direction: float  # degrees in which the brightness rises: 0 right, 90 down; of a line: across it
    selectivity: float  # 0: every direction alike, to 1: one direction only
    strength: float  # the largest answer to a grating of contrast 1


class Name(NamedTuple):
    """What a filter is called."""

    kind: str  # one of KINDS, to be translated
    polarity: str  # as in ``Orientation``; "" where there is no clear pattern


def smoothness(filters: ArrayLike) -> float | None:
    """How alike neighbouring weights are, as a correlation: about 0 for noise, towards 1 for smooth shapes.

    ``filters`` (FN, C, FH, FW); 0 where all weights are equal, None where none has a neighbour or one is no
    number.
    """
    w = np.asarray(filters, float)
    here = np.concatenate([w[..., :, :-1].ravel(), w[..., :-1, :].ravel()])
    there = np.concatenate([w[..., :, 1:].ravel(), w[..., 1:, :].ravel()])
    if not here.size or not np.isfinite(w).all():
        return None
    if not here.std() or not there.std():
        return 0.0
    return float(np.corrcoef(here, there)[0, 1])


@lru_cache(maxsize=32)
def chance_smoothness(shape: tuple[int, ...]) -> float:
    """The ``smoothness`` that only one in twenty sets of random filters of this shape exceeds."""
    random = np.random.default_rng(0)
    found = [smoothness(random.standard_normal(shape)) for _ in range(200)]
    return float(np.quantile([one for one in found if one is not None] or [0.0], CHANCE))


def strongest(filters: ArrayLike, kind: str) -> int | None:
    """Of filters (FN, C, FH, FW), the one of a kind that answers most strongly; None: there is none."""
    of_kind = grouped(filters)[kind]
    return max(of_kind, key=lambda i: orientation(np.asarray(filters)[i]).strength, default=None)


def names(filters: ArrayLike) -> list[Name]:
    """What each of the filters (FN, C, FH, FW) is called.

    A filter that no pattern fits better than chance would is of the kind UNCLEAR, whichever way it leans.
    """
    return [_name(one) for one in np.asarray(filters)]


def _name(weights: np.ndarray) -> Name:
    found = orientation(weights)
    clear = found.group == EVEN or pattern_share(weights) > chance_share(*weights.shape[-2:])
    return Name(found.group, found.polarity) if clear else Name(UNCLEAR, "")


def grouped(filters: ArrayLike) -> dict[str, list[int]]:
    """The numbers of the filters (FN, C, FH, FW) of every kind, in the order of KINDS; empty ones too."""
    found = names(filters)
    return {kind: [i for i, name in enumerate(found) if name.kind == kind] for kind in KINDS}


def by_name(filters: ArrayLike) -> dict[Name, list[int]]:
    """The numbers of the filters (FN, C, FH, FW) of each kind and polarity that occurs, in their order."""
    found = names(filters)
    order = sorted(set(found), key=lambda name: (KINDS.index(name.kind), POLARITIES.index(name.polarity)))
    return {name: [i for i, other in enumerate(found) if other == name] for name in order}


def counts(groups: Sequence[Mapping[str, list[int]]]) -> dict[str, list[int]]:
    """How many filters each kind has in each of several ``grouped``; kinds that never occur are left out."""
    of_each = {kind: [len(group[kind]) for group in groups] for kind in KINDS}
    return {kind: numbers for kind, numbers in of_each.items() if any(numbers)}


def pattern_share(weights: ArrayLike) -> float:
    """How much of a filter one pattern explains: stripes of one direction and width, or rings; 0 to 1.

    ``weights`` (FH, FW), or (C, FH, FW) summed over its channels. It is the share of the weights' variance;
    0 where all weights are equal or one is no number.
    """
    kernel = np.asarray(weights, np.float64)
    kernel = kernel.reshape(-1, *kernel.shape[-2:]).sum(axis=0)
    return float(_shares(kernel[None])[0])


@lru_cache(maxsize=32)
def chance_share(height: int, width: int) -> float:
    """The ``pattern_share`` that only one random filter in twenty exceeds."""
    noise = np.random.default_rng(0).standard_normal((1000, height, width))
    return float(np.quantile(_shares(noise), CHANCE))


def _shares(kernels: np.ndarray) -> np.ndarray:
    """(N, FH, FW) -> (N,): the best pattern's share of each."""
    flat = kernels.reshape(len(kernels), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    sizes = (flat**2).sum(axis=1)
    patterns = _patterns(*kernels.shape[1:])  # (P, 2, FH*FW)
    fitted = (np.einsum("pbk,nk->npb", patterns, flat) ** 2).sum(axis=2).max(axis=1)
    return np.divide(fitted, sizes, out=np.zeros(len(flat)), where=np.isfinite(sizes) & (sizes > 1e-30))


@lru_cache(maxsize=32)
def _patterns(height: int, width: int) -> np.ndarray:
    """Stripes of every width and direction, and rings, each as two orthonormal pictures: (P, 2, FH*FW)."""
    gratings = _gratings(height, width).reshape(-1, height * width)
    y, x = _places(height, width)
    turns = 2 * math.pi * np.hypot(x, y).ravel() / (np.array(WIDTHS)[:, None] * max(height, width))
    rings = np.cos(turns) + 0j
    waves = np.concatenate([gratings, rings])
    pairs = np.stack([waves.real, waves.imag], axis=1)
    pairs -= pairs.mean(axis=2, keepdims=True)
    _, sizes, across = np.linalg.svd(pairs, full_matrices=False)
    return np.where(sizes[..., None] > 1e-9, across, 0)


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
    return (_gratings(*kernel.shape) * kernel).sum(axis=(2, 3))


@lru_cache(maxsize=32)
def _gratings(height: int, width: int) -> np.ndarray:
    """Complex (widths, angles, FH, FW): a stripe in the middle as the real part, an edge as the other."""
    y, x = _places(height, width)
    radians = np.deg2rad(ANGLES)[:, None, None]
    across = x * np.cos(radians) + y * np.sin(radians)  # (angles, FH, FW), in pixels
    periods = np.array(WIDTHS)[:, None, None, None] * max(height, width)
    return np.exp(2j * math.pi * across / periods)


def _places(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Every cell's row and column, from the middle: two (FH, FW)."""
    y, x = np.mgrid[:height, :width].astype(float)
    return y - (height - 1) / 2, x - (width - 1) / 2


def _is_even(kernel: np.ndarray) -> bool:
    size = float(np.sqrt((kernel**2).sum()))
    return bool(np.sqrt(((kernel - kernel.mean()) ** 2).sum()) <= EVEN_BELOW * size)
