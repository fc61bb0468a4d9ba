"""A digit moved, turned, scaled, thickened and made noisy: how much of it does a network forgive?"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from PIL import Image

SIDE = 28  # pixels
NOISE_SEED = 0  # the same speckles at every strength, so that only their strength changes

# What each change runs over when one of them is varied: its smallest and largest value, and its step.
RANGES: dict[str, tuple[float, float, float]] = {
    "degrees": (-180, 180, 5),
    "right": (-12, 12, 1),
    "down": (-12, 12, 1),
    "size": (0.3, 1.7, 0.05),
    "thicken": (-1, 3, 0.1),
    "noise": (0, 1, 0.025),
}


@dataclass(frozen=True)
class Distortion:
    """What is done to a digit, in this order: scaled and turned about its middle, moved, thickened, noise."""

    degrees: float = 0.0  # clockwise
    right: float = 0.0  # pixels
    down: float = 0.0  # pixels
    size: float = 1.0  # times as large
    thicken: float = 0.0  # pixels that a stroke grows on each side; below zero it shrinks
    noise: float = 0.0  # standard deviation of what is added to each pixel (0 to 1)


def neutral(name: str) -> float:
    """The value at which this change does nothing."""
    return float(next(f.default for f in fields(Distortion) if f.name == name))  # type: ignore[arg-type]


def distort(pixels: ArrayLike, by: Distortion) -> np.ndarray:
    """The digit (28, 28), 0 to 1, changed: float32 (28, 28), 0 to 1; what leaves the picture is lost."""
    image = _moved(np.asarray(pixels, np.float32), by)
    image = _thickened(image, by.thicken)
    if by.noise:
        speckles = np.random.default_rng(NOISE_SEED).standard_normal(image.shape).astype(np.float32)
        image = image + np.float32(by.noise) * speckles
    return image.clip(0, 1)


def _moved(image: np.ndarray, by: Distortion) -> np.ndarray:
    """Bilinear, about the picture's middle; each new pixel asks where it comes from."""
    if (by.degrees, by.right, by.down, by.size) == (0, 0, 0, 1):
        return image
    angle, middle = np.radians(by.degrees), SIDE / 2
    cos, sin = np.cos(angle) / by.size, np.sin(angle) / by.size
    x, y = middle + by.right, middle + by.down  # where the middle goes
    back = (cos, sin, middle - cos * x - sin * y, -sin, cos, middle + sin * x - cos * y)
    room = 1  # of paper around it, so that strokes at the edge fade as all others do
    padded = Image.fromarray(np.pad(image, room))
    shift = (back[0], back[1], back[2] + room, back[3], back[4], back[5] + room)
    return np.asarray(
        padded.transform((SIDE, SIDE), Image.Transform.AFFINE, shift, Image.Resampling.BILINEAR)
    )


def _thickened(image: np.ndarray, amount: float) -> np.ndarray:
    """Towards the largest (below zero: the smallest) of each 3×3 neighbourhood, once for each pixel."""
    extreme = np.max if amount > 0 else np.min
    left = abs(amount)
    while left > 1e-9:
        around = sliding_window_view(np.pad(image, 1, mode="edge"), (3, 3))  # (28, 28, 3, 3)
        image = image + np.float32(min(left, 1)) * (extreme(around, axis=(2, 3)) - image)
        left -= 1
    return image


def sweep(pixels: ArrayLike, by: Distortion, name: str) -> tuple[np.ndarray, np.ndarray]:
    """One change at every value of its range, the others as they are: values (n,), digits (n, 28, 28)."""
    low, high, step = RANGES[name]
    values = np.round(np.linspace(low, high, round((high - low) / step) + 1), 6)
    return values, np.stack([distort(pixels, replace(by, **{name: float(value)})) for value in values])


def holds(values: ArrayLike, answers: ArrayLike, at: float) -> tuple[int, int]:
    """The first and the last place of the stretch around ``at`` where the answer is as it is there."""
    said = np.asarray(answers)
    first = last = int(np.abs(np.asarray(values) - at).argmin())
    while first > 0 and said[first - 1] == said[last]:
        first -= 1
    while last < len(said) - 1 and said[last + 1] == said[first]:
        last += 1
    return first, last
