"""Mild changes of the training images, so that the network forgives how a digit is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

DEGREES = 12.0  # of rotation, to either side
SCALE = (0.85, 1.15)
SHEAR = 0.2  # a row's shift against the next, in pixels a pixel
SHIFT = 2.0  # pixels, in each direction
THICKEN, THIN = 0.7, 0.4  # how far a stroke goes towards its 3×3 maximum or minimum


def augment(images: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Rotate, scale, shear, shift, thicken or thin each image by amounts of its own.

    (N, 1, 28, 28), 0 to 1 -> the same. Everything is drawn from ``random``.
    """
    import torch
    import torch.nn.functional as F

    grids = F.affine_grid(
        torch.from_numpy(_affine(len(images), images.shape[-1], random)),
        list(images.shape),
        align_corners=False,
    )
    images = F.grid_sample(images, grids, mode="bilinear", padding_mode="zeros", align_corners=False)
    amount = torch.from_numpy(random.uniform(-THIN, THICKEN, (len(images), 1, 1, 1)).astype(np.float32))
    thick = F.max_pool2d(images, 3, stride=1, padding=1)
    thin = -F.max_pool2d(-images, 3, stride=1, padding=1)
    return images + amount.clamp(min=0) * (thick - images) + amount.clamp(max=0) * (images - thin)


def _affine(count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Maps from the new image's places to the old one's, -1 to 1 across: float32 (N, 2, 3)."""
    angle = np.radians(random.uniform(-DEGREES, DEGREES, count))
    scale = np.exp(random.uniform(math.log(SCALE[0]), math.log(SCALE[1]), (2, count)))
    shear = random.uniform(-SHEAR, SHEAR, count)
    shift = random.uniform(-SHIFT, SHIFT, (2, count)) * 2 / size
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [
        np.stack([cos / scale[0], (shear * cos - sin) / scale[0], shift[0]], axis=-1),
        np.stack([sin / scale[1], (shear * sin + cos) / scale[1], shift[1]], axis=-1),
    ]
    return np.stack(rows, axis=1).astype(np.float32)
