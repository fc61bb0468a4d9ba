"""Inputs and filters with three channels, to be convolved by hand or on a colour picture (7.2.5)."""

from __future__ import annotations

import numpy as np

from cnn_core.ops import conv2d

FILTERS = np.array(  # (FN, C, FH, FW): three filters, in each one slice a channel
    [
        [
            [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
            [[0, 1, 0], [1, -2, 1], [0, 1, 0]],
            [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
        ],
        [
            [[0, 0, 0], [0, 2, 0], [0, 0, 0]],
            [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
            [[1, 0, 0], [0, 0, 0], [0, 0, -1]],
        ],
        [
            [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
            [[0, 0, 0], [0, -3, 0], [0, 0, 0]],
            [[0, -1, 0], [0, 1, 0], [0, -1, 0]],
        ],
    ]
)

_SPOT = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
_EDGE = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
_BLUR = np.full((3, 3), 1 / 9)

COLOUR_FILTERS = {  # (3, 3, 3): the slices for red, green and blue
    "red_not_green": np.stack([_SPOT, -_SPOT, 0 * _SPOT]).astype(float),
    "blue_not_yellow": np.stack([-0.5 * _SPOT, -0.5 * _SPOT, _SPOT]),
    "edges": np.stack([_EDGE, _EDGE, _EDGE]).astype(float),
    "edges_in_green": np.stack([0 * _EDGE, _EDGE, 0 * _EDGE]).astype(float),
    "blur": np.stack([_BLUR, _BLUR, _BLUR]) / 3,
}


def numbers(seed: int, size: int = 5, channels: int = 3) -> np.ndarray:
    """Small whole numbers (C, H, W), 0 to 3, the same for the same seed."""
    return np.random.default_rng(seed).integers(0, 4, (channels, size, size))


def channel_products(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """What each channel gives to one filter's output: (C, H, W), (C, FH, FW) -> (C, OH, OW).

    Their sum over the channels, plus the bias, is the filter's output (7.2.5).
    """
    return np.concatenate([conv2d(x[None, c : c + 1], weight[None, c : c + 1])[0] for c in range(len(x))])
