"""Pixels shuffled in one way for all images: what a network can learn without neighbours (7.2.1)."""

from __future__ import annotations

import numpy as np

from cnn_core.spec import TrainingSpec

_STREAM = (0, 4, 0)  # runs that are kept rest on it: it must not change


def pixel_order(spec: TrainingSpec, count: int) -> np.ndarray | slice:
    """Where each pixel of an image comes from: the same for every image, seed and run."""
    return np.random.default_rng(_STREAM).permutation(count) if spec.pixels == "shuffled" else slice(None)


def seen(spec: TrainingSpec, images: np.ndarray) -> np.ndarray:
    """One image (28, 28) or many (N, 28, 28) as a run's network gets them, maybe shuffled."""
    count = images.shape[-2] * images.shape[-1]
    return images.reshape(-1, count)[:, pixel_order(spec, count)].reshape(images.shape)
