"""Paddings that keep the size or let the kernel meet everything; the numbers round one output cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_core.ops import PADDING_MODES, conv2d
from cnn_core.sizes import Size, full_padding, neighbourhood, same_padding, sharpest


@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (3, 1), (5, 2), (11, 1), (3, 4)])
def test_same_padding_keeps_the_size(kernel: int, dilation: int) -> None:
    span = Size(30, kernel, 1, 0, dilation).span
    padding = same_padding((span, span))
    assert padding is not None
    assert Size(30, kernel, 1, padding, dilation).out == 30


def test_no_equal_padding_keeps_the_size_for_a_kernel_without_a_middle() -> None:
    assert same_padding((4, 4)) is None
    assert all(Size(30, 4, 1, padding).out != 30 for padding in range(10))
    assert same_padding((3, 5)) is None


def test_full_padding_lets_every_weight_meet_every_cell() -> None:
    padding = full_padding((3, 3))
    assert padding == 2
    x, kernel = np.ones((1, 1, 1, 1)), np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert sorted(conv2d(x, kernel, padding=padding).ravel()) == list(range(1, 10))
    assert full_padding((3, 2)) is None


@given(st.data())
def test_the_neighbourhood_makes_the_same_outputs(data: st.DataObject) -> None:
    draw = data.draw
    x = np.random.default_rng(0).random((draw(st.integers(1, 12)), draw(st.integers(1, 12))))
    kernel = np.random.default_rng(1).random((draw(st.integers(1, 4)), draw(st.integers(1, 4))))
    stride, padding, dilation = draw(st.integers(1, 3)), draw(st.integers(0, 3)), draw(st.integers(1, 2))
    mode = draw(st.sampled_from(sorted(PADDING_MODES)))
    assume(padding < min(x.shape))
    spans = tuple(dilation * (k - 1) + 1 for k in kernel.shape)
    assume(all(n + 2 * padding >= s for n, s in zip(x.shape, spans, strict=True)))
    whole = conv2d(x[None, None], kernel[None, None], None, stride, padding, dilation, mode)[0, 0]
    at = draw(st.integers(0, whole.shape[0] - 1)), draw(st.integers(0, whole.shape[1] - 1))
    part, place = neighbourhood(x, at, spans, whole.shape, stride, padding, mode)
    near = conv2d(part[None, None], kernel[None, None], None, stride, 0, dilation)[0, 0]
    assert max(near.shape) <= 3
    assert near[place] == pytest.approx(whole[at])


def test_the_sharpest_place_is_the_edge() -> None:
    picture = np.zeros((20, 20))
    picture[:, 11:] = 1
    assert sharpest(picture)[1] == 11
    assert all(0 <= n < 20 for n in sharpest(np.zeros((20, 20))))
    assert sharpest(np.zeros((1, 1))) == (0, 0)
