"""Kernels made by hand as the first filters of a network: they start from there, or are held (7.6.1)."""

from __future__ import annotations

import numpy as np

from cnn_core.kernels import compact, parse_matrix
from cnn_core.messages import Problem

MOST = 16


def filters(kernels: str, size: int) -> np.ndarray:
    """The kernels as filters, float32 (n, size, size): smaller ones in the middle, each scaled to length 1.

    ``kernels``: as an address has them, by "|". Of length 1 they are as long as filters that training made,
    and do to a picture what they did before, only fainter or stronger. Raises :class:`Problem`.
    """
    matrices = [parse_matrix(text, 11) for text in kernels.split("|")]
    if len(matrices) > MOST:
        raise Problem("At most {most} kernels can be given: leave some out.", most=MOST)
    return np.stack([_fitted(matrix, size) for matrix in matrices]).astype(np.float32)


def _fitted(matrix: np.ndarray, size: int) -> np.ndarray:
    high, wide = matrix.shape
    if max(high, wide) > size:
        raise Problem(
            "Your kernel is {high}×{wide}, the filters of the first layer only {size}×{size}: choose a "
            "larger kernel size for the first convolution.",
            high=high,
            wide=wide,
            size=size,
        )
    top, left = (size - high) // 2, (size - wide) // 2
    padded = np.pad(matrix, ((top, size - high - top), (left, size - wide - left)))
    length = np.linalg.norm(padded)
    return padded / length if length else padded


def check_kernels(kernels: str, kind: str, count: int, size: int) -> None:
    """Raise :class:`Problem` unless a first layer of this kind, with so many filters, can take them."""
    if kind != "conv":
        raise Problem(
            "Your kernel needs a convolution as the first layer: choose a network that has one, or remove it."
        )
    given = filters(kernels, size)
    if len(given) > count:
        raise Problem(
            "There are {given} kernels for {count} filters: give the first convolution more filters.",
            given=len(given),
            count=count,
        )


def canonical(kernels: str) -> str:
    """The same kernels, written the one way that an address and a run's settings have. Raises Problem."""
    return "|".join(compact(parse_matrix(text, 11)) for text in kernels.split("|")) if kernels else ""
