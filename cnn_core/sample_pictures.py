"""The sample pictures that the project draws: ``python -m cnn_core.sample_pictures`` writes them again.

Every shape is a signed distance in pixels, negative inside, so that its edge is soft by exactly one pixel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from cnn_core.data import load_mnist
from cnn_core.images import samples

Canvas = np.ndarray  # float64 (H, W) or (H, W, 3), 0 to 1
Distance = np.ndarray  # (H, W)


def city() -> Canvas:
    """Towers with windows under a round sun: vertical, horizontal and curved edges, (320, 480)."""
    rng = np.random.default_rng(7)
    y, x = _grid(320, 480)
    canvas = 0.86 - 0.25 * y / 320  # dusk
    _paint(canvas, np.hypot(x - 372, y - 82) - 44, 0.98)
    for depth, (tone, height) in enumerate([(0.52, 190), (0.34, 140), (0.16, 90)]):
        left = -10
        while left < 480:
            width, top = int(rng.integers(34, 68)), 320 - height - int(rng.integers(-40, 50))
            _paint(canvas, _box(x, y, left, top, left + width, 330), tone + rng.uniform(-0.05, 0.05))
            for wy in range(top + 10, 312, 16):
                for wx in range(left + 8, left + width - 10, 13):
                    if rng.random() < 0.55:
                        _paint(canvas, _box(x, y, wx, wy, wx + 6, wy + 8), 0.8 + 0.05 * depth)
            left += width + int(rng.integers(0, 8))
    return canvas


def gratings() -> Canvas:
    """Stripes at twelve angles, and a ring that holds all of them, (360, 480)."""
    canvas = np.empty((360, 480))
    y, x = _grid(120, 120)
    for index in range(12):
        angle = np.pi * index / 12
        across = (x - 60) * np.cos(angle) + (y - 60) * np.sin(angle)
        row, col = divmod(index, 4)
        stripes = 0.5 + 0.45 * np.sin(2 * np.pi * across / (6 + 3 * row))
        canvas[row * 120 : row * 120 + 120, col * 120 : col * 120 + 120] = stripes
    y, x = _grid(360, 480)
    radius = np.hypot(x - 240, y - 180)
    _paint(canvas, radius - 96, 0.5)
    _paint(canvas, radius - 90, 0.5 + 0.45 * np.cos(radius**2 / 160))
    return canvas


def garden() -> Canvas:
    """Flowers whose petals are red, blue, yellow, violet or white, so that each channel shows others."""
    rng = np.random.default_rng(3)
    y, x = _grid(320, 480)
    canvas = np.empty((320, 480, 3))
    canvas[:] = np.array([0.45, 0.74, 0.95]) + (y / 320)[..., None] * np.array([0.35, 0.18, 0.0])
    _paint(canvas, 12 * np.sin(x / 60) + 232 - y, (0.22, 0.55, 0.20))
    petals = [
        (0.90, 0.12, 0.14),
        (0.16, 0.22, 0.88),
        (0.98, 0.84, 0.10),
        (0.62, 0.15, 0.75),
        (0.97, 0.96, 0.94),
    ]
    for index in range(9):
        cx, cy = 32 + index * 52 + rng.uniform(-8, 8), rng.uniform(70, 210)
        radius, leaves = rng.uniform(26, 44), int(rng.integers(5, 9))
        _paint(canvas, _box(x, y, cx - 2.5, cy, cx + 2.5, 330), (0.10, 0.40, 0.14))
        turn = np.arctan2(y - cy, x - cx) + rng.uniform(0, 6)
        rim = radius * (0.72 + 0.28 * np.cos(leaves * turn))
        _paint(canvas, np.hypot(x - cx, y - cy) - rim, petals[index % len(petals)])
        _paint(canvas, np.hypot(x - cx, y - cy) - 0.26 * radius, (0.95, 0.62, 0.08))
    return canvas


def digits() -> Canvas:
    """Fifty of MNIST's test digits, five of each, white on black, (140, 280)."""
    mnist = load_mnist()
    rows = [mnist.test_images[mnist.test_labels == digit][:5] for digit in range(10)]
    sheet = np.stack(rows).transpose(1, 2, 0, 3).reshape(5 * 28, 10 * 28)
    return sheet / 255


DRAWN: dict[str, Callable[[], Canvas]] = {
    "city": city,
    "gratings": gratings,
    "garden": garden,
    "digits": digits,
}


def draw(name: str) -> np.ndarray:
    """The pixels of a drawn sample: uint8 (H, W) or (H, W, 3)."""
    return np.round(DRAWN[name]() * 255).clip(0, 255).astype(np.uint8)


def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:height, :width]
    return y + 0.5, x + 0.5  # the pixels' centres


def _box(x: np.ndarray, y: np.ndarray, left: float, top: float, right: float, bottom: float) -> Distance:
    return np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom))


def _paint(canvas: Canvas, distance: Distance, colour: float | tuple[float, ...] | np.ndarray) -> None:
    cover = np.clip(0.5 - distance, 0, 1)
    if canvas.ndim == 3:
        cover = cover[..., None]
    canvas += cover * (np.asarray(colour) - canvas)


if __name__ == "__main__":
    for sample_name, path in samples().items():
        if sample_name in DRAWN:
            Image.fromarray(draw(sample_name)).save(path, optimize=True)
