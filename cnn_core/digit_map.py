"""All test digits as the last hidden layer sees them, laid out on a plane by PCA (Pearson 1901)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from cnn_core.walk import as_batch, walk

BATCH = 500


@dataclass(frozen=True)
class Reading:
    """What a network makes of N digits: its last hidden layer (N, H) and ten probabilities (N, 10)."""

    hidden: np.ndarray
    shares: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        """The digit that each is read as: int64 (N,)."""
        return self.shares.argmax(axis=1)


def read(model: nn.Module, images: ArrayLike) -> Reading:
    """Read digits (N, 28, 28): the numbers that go into the last layer, and what comes out of it."""
    digits = np.asarray(images)
    hidden, shares = [], []
    with torch.no_grad():
        for begin in range(0, len(digits), BATCH):
            *_, last = walk(model, as_batch(model, digits[begin : begin + BATCH]))
            hidden.append(last.input.flatten(1).cpu().numpy())
            shares.append(last.output.softmax(dim=1).cpu().numpy())
    return Reading(np.concatenate(hidden), np.concatenate(shares))


def layout(hidden: ArrayLike, like: ArrayLike | None = None) -> tuple[np.ndarray, float]:
    """The two directions in which (N, H) vary most: places float32 (N, 2), and their share of the variance.

    The places have mean 0 and a mean square distance of 1 from it. PCA leaves open how the plane is turned
    and mirrored; ``like``, other places (N, 2), settles it: as near to those as possible (Schönemann 1966).
    Without it each axis points to where its largest weight is positive.
    """
    centred = np.asarray(hidden, np.float64)
    centred = centred - centred.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred.T @ centred)  # (H, H): the squares of the singular values
    axes = axes[:2] * np.sign(axes[np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
    places = centred @ axes.T
    spread = np.sqrt((places**2).sum(axis=1).mean())
    places = places / spread if spread > 0 else places
    if like is not None:
        left, _, right = np.linalg.svd(places.T @ np.asarray(like, np.float64))
        places = places @ (left @ right)
    total = sizes.sum()
    return places.astype(np.float32), float(sizes[:2].sum() / total) if total > 0 else 0.0
