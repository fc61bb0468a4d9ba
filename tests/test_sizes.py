"""Paddings that keep the size or let the kernel meet everything; the numbers round one output cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_core.ops import PADDING_MODES, conv2d
from cnn_core.sizes import Size, Sliding, full_padding, neighbourhood, opened, same_padding, sharpest


@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (3, 1), (5, 2), (11, 1), (3, 4)])
def test_same_padding_keeps_the_size(kernel: int, dilation: int) -> None:
    span = Size(30, kernel, 1, 0, dilation).span
    padding = same_padding((span, span))
    assert padding is not None
    assert [
        size.out
        for size in Sliding(padding=padding, dilation=(dilation, dilation)).sizes((30, 20), (kernel, kernel))
    ] == [30, 20]


def test_a_kernel_reaches_as_far_as_its_dilation_spreads_it() -> None:
    assert Sliding(dilation=(2, 3)).spans((3, 4)) == (5, 10)
    assert Sliding(stride=(2, 2), padding=(1, 1)).spans((3, 4)) == (3, 4)


def test_no_equal_padding_keeps_the_size_for_a_kernel_without_a_middle() -> None:
    assert same_padding((4, 4)) is None
    assert all(Size(30, 4, 1, padding).out != 30 for padding in range(10))
    assert same_padding((3, 4)) is None
    assert same_padding((1, 5)) == (0, 2)


def test_full_padding_lets_every_weight_meet_every_cell() -> None:
    padding = full_padding((3, 3))
    assert padding == (2, 2)
    x, kernel = np.ones((1, 1, 1, 1)), np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert sorted(conv2d(x, kernel, padding=padding).ravel()) == list(range(1, 10))
    assert full_padding((3, 2)) == (2, 1)


@given(st.data())
def test_the_neighbourhood_makes_the_same_outputs(data: st.DataObject) -> None:
    draw = data.draw
    x = np.random.default_rng(0).random((draw(st.integers(1, 12)), draw(st.integers(1, 12))))
    kernel = np.random.default_rng(1).random((draw(st.integers(1, 4)), draw(st.integers(1, 4))))
    pairs = [
        st.tuples(st.integers(low, high), st.integers(low, high)) for low, high in ((1, 3), (0, 3), (1, 2))
    ]
    sliding = Sliding(*map(draw, pairs), draw(st.sampled_from(sorted(PADDING_MODES))))
    assume(all(p < n for p, n in zip(sliding.padding, x.shape, strict=True)))
    sizes = sliding.sizes(x.shape, kernel.shape)
    spans = sizes[0].span, sizes[1].span
    assume(all(s.size + 2 * s.padding >= s.span for s in sizes))
    whole = sliding.convolved(x, kernel)
    assert whole.shape == tuple(size.out for size in sizes)
    at = draw(st.integers(0, whole.shape[0] - 1)), draw(st.integers(0, whole.shape[1] - 1))
    assert opened(f"{at[0]},{at[1]}", x, spans, whole.shape, sliding) == at
    part, place = neighbourhood(x[None], at, spans, whole.shape, sliding)
    near = Sliding(sliding.stride, dilation=sliding.dilation).convolved(part[0], kernel)
    assert max(near.shape) <= 3
    assert near[place] == pytest.approx(whole[at])


def test_the_sharpest_place_is_the_edge() -> None:
    picture = np.zeros((20, 20))
    picture[:, 11:] = 1
    assert sharpest(picture)[1] == 11
    assert all(0 <= n < 20 for n in sharpest(np.zeros((20, 20))))
    assert sharpest(np.zeros((1, 1))) == (0, 0)
