"""The colours' fixed scale: no picture of 0 to 1 takes a kernel beyond it, and some take it there."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from torch.nn import functional as F

from ui.conv_pictures import full_colour

KERNELS = arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(-100, 100))


@settings(max_examples=200, deadline=None)
@given(KERNELS, st.floats(-1000, 1000), st.integers(0, 10_000))
def test_no_output_is_beyond_full_colour(kernel: np.ndarray, bias: float, seed: int) -> None:
    pictures = [
        np.random.default_rng(seed).random((9, 9)),
        np.pad(kernel > 0, 2).astype(float),  # the pictures that take it farthest
        np.pad(kernel < 0, 2).astype(float),
    ]
    limit = full_colour(kernel, bias)
    for picture in pictures:
        x, weight = (torch.tensor(a)[None, None] for a in (picture, kernel))
        output = F.conv2d(x, weight, torch.tensor([bias], dtype=torch.float64))
        assert output.abs().max() <= limit * (1 + 1e-12) + 1e-12


def test_it_is_reached_where_kernel_and_bias_pull_the_same_way() -> None:
    assert full_colour(np.array([[1.0, 2.0], [-5.0, 0.5]]), -2) == 7
    assert full_colour(np.ones((2, 2)), 0.5) == 4.5
    assert full_colour(np.zeros((1, 1)), 0) == 1  # of nothing there is a scale too
