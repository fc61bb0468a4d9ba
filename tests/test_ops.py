"""The book's numbers, then agreement with torch for every argument: equal values, or both refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from cnn_core.messages import Problem
from cnn_core.ops import PADDING_MODES, avg_pool2d, conv2d, im2col, max_pool2d, output_size, pad

PICTURE = [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]]
FILTER = [[2, 0, 1], [0, 1, 2], [1, 0, 2]]

maths = settings(deadline=None, max_examples=150, derandomize=True)


def conv(picture, kernel, **arguments):
    return conv2d([[picture]], [[kernel]], **arguments)[0, 0].tolist()


def pooled(picture, *arguments, pool=max_pool2d):
    return pool([[picture]], *arguments)[0, 0].tolist()


# -- the book's numbers


def test_book_7_2_2_the_filter_gives_15_16_6_15():
    assert conv(PICTURE, FILTER) == [[15, 16], [6, 15]]


def test_book_7_2_2_a_bias_of_3_is_added_to_every_cell():
    assert conv(PICTURE, FILTER, bias=[3]) == [[18, 19], [9, 18]]


def test_book_7_2_2_the_sign_of_an_edge_filter_flips_which_edge_lights_up():
    step = [[0, 0, 1, 1]] * 4
    right, left = [[-1, 0, 1]] * 3, [[1, 0, -1]] * 3
    assert conv(step, right) == [[3, 3], [3, 3]]
    assert conv(step, left) == [[-3, -3], [-3, -3]]


def test_book_7_2_3_padding_1_keeps_the_size():
    assert conv(PICTURE, FILTER, padding=1) == [
        [7, 12, 10, 2],
        [4, 15, 16, 10],
        [10, 6, 15, 6],
        [8, 10, 4, 3],
    ]


def test_book_7_2_4_stride_2_on_7_by_7():
    rows = ["1230123", "0123012", "3012301", "2301230", "1230123", "0123012", "3012301"]
    picture = [[int(digit) for digit in row] for row in rows]
    assert conv(picture, FILTER, stride=2) == [[15, 17, 15], [17, 15, 17], [15, 17, 15]]


def test_book_7_2_4_a_5_by_5_filter_makes_28_into_24():
    assert output_size(28, 5) == 24
    assert output_size((28, 28), 5) == (24, 24)


def test_book_7_2_4_a_size_that_is_not_whole_is_floored():
    assert output_size(28, 5, stride=2) == 12  # 11.5 + 1


def test_book_7_2_6_filters_become_channels_and_each_adds_its_own_bias():
    x, weight = np.ones((1, 3, 4, 4), np.float32), np.ones((2, 3, 3, 3), np.float32)
    out = conv2d(x, weight, bias=[1, -1])
    assert out.shape == (1, 2, 2, 2)
    assert (out[0, 0] == 28).all()
    assert (out[0, 1] == 26).all()


def test_book_7_2_7_every_image_of_a_batch_is_computed_by_itself():
    x = np.random.default_rng(0).normal(size=(5, 3, 6, 6))
    weight = np.random.default_rng(1).normal(size=(4, 3, 3, 3))
    assert np.array_equal(conv2d(x, weight), np.concatenate([conv2d(image[None], weight) for image in x]))


def test_book_7_3_max_pooling():
    assert pooled([[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]], 2, 2) == [[2, 3], [4, 2]]


def test_book_7_3_1_max_pooling_forgives_a_shift_by_one():
    still = ["120710", "092323", "301212", "240101", "601212", "240181"]
    moved = ["112071", "309232", "230121", "324010", "260121", "124018"]
    for rows in still, moved:
        assert pooled([[int(digit) for digit in row] for row in rows], 3, 3) == [[9, 7], [6, 8]]


def test_book_7_4_im2col_makes_each_window_a_row_and_one_product_the_convolution():
    rows = im2col([[PICTURE]], 3)
    assert rows.tolist()[0] == [1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert (rows @ np.ravel(FILTER)).tolist() == [15, 16, 6, 15]
    assert im2col(np.zeros((1, 3, 7, 7)), 5).shape == (9, 75)
    assert im2col(np.zeros((10, 3, 7, 7)), 5).shape == (90, 75)


# -- torch

small = st.integers(1, 3)
either = lambda number: st.one_of(number, st.tuples(number, number))  # noqa: E731
side = st.integers(1, 9)
dtypes = st.sampled_from([np.float32, np.float64])
seeds = st.integers(0, 2**32 - 1)


def agree(ours, theirs):
    """Both give the same array, or both refuse. Ours refuses with a Problem and nothing else."""
    try:
        expected = theirs()
    except (RuntimeError, ValueError):
        with pytest.raises(Problem):
            ours()
        return
    got = ours()
    expected = expected.numpy()
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    rounding = 1e-5 if got.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(got, expected, rtol=rounding, atol=rounding * 10)


def normal(seed, *shape, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@maths
@given(
    sizes=st.tuples(small, small, small, side, side, st.integers(1, 5), st.integers(1, 5)),
    stride=either(st.integers(0, 4)),
    padding=either(st.integers(-1, 4)),
    dilation=either(st.integers(0, 3)),
    with_bias=st.booleans(),
    dtype=dtypes,
    seed=seeds,
)
def test_conv2d_is_torchs_conv2d_or_both_refuse(sizes, stride, padding, dilation, with_bias, dtype, seed):
    n, c, fn, h, w, fh, fw = sizes
    x, weight = normal(seed, n, c, h, w, dtype=dtype), normal(seed + 1, fn, c, fh, fw, dtype=dtype)
    bias = normal(seed + 2, fn, dtype=dtype) if with_bias else None
    tensors = [torch.from_numpy(a) if a is not None else None for a in (x, weight, bias)]
    agree(
        lambda: conv2d(x, weight, bias, stride, padding, dilation),
        lambda: F.conv2d(*tensors, stride, padding, dilation),
    )


@maths
@given(
    sizes=st.tuples(side, side, st.integers(1, 3), st.integers(1, 3)),
    padding=either(st.integers(0, 10)),
    stride=either(small),
    mode=st.sampled_from(sorted(PADDING_MODES)),
    seed=seeds,
)
def test_every_padding_mode_is_that_of_torchs_layer_or_both_refuse(sizes, padding, stride, mode, seed):
    h, w, fh, fw = sizes
    x, weight = normal(seed, 2, 2, h, w), normal(seed + 1, 3, 2, fh, fw)
    layer = nn.Conv2d(2, 3, (fh, fw), stride, padding, padding_mode=mode, bias=False)
    layer.weight = nn.Parameter(torch.from_numpy(weight), requires_grad=False)
    agree(
        lambda: conv2d(x, weight, stride=stride, padding=padding, padding_mode=mode),
        lambda: layer(torch.from_numpy(x)),
    )


@pytest.mark.parametrize("ours", [max_pool2d, avg_pool2d])
@maths
@given(
    sizes=st.tuples(st.integers(0, 2), small, side, side),
    kernel=either(st.integers(1, 4)),
    stride=st.one_of(st.none(), either(st.integers(0, 4))),
    padding=either(st.integers(-1, 3)),
    dtype=dtypes,
    seed=seeds,
)
def test_pooling_is_torchs_pooling_or_both_refuse(ours, sizes, kernel, stride, padding, dtype, seed):
    x = normal(seed, *sizes, dtype=dtype)
    theirs = F.max_pool2d if ours is max_pool2d else F.avg_pool2d
    agree(
        lambda: ours(x, kernel, stride, padding),
        lambda: theirs(torch.from_numpy(x), kernel, stride, padding),
    )


@maths
@given(
    sizes=st.tuples(st.integers(0, 2), small, side, side),
    kernel=either(small),
    stride=either(st.integers(0, 3)),
    padding=either(st.integers(-1, 2)),
    dilation=either(st.integers(0, 2)),
    seed=seeds,
)
def test_im2col_is_torchs_unfold_with_a_row_a_window(sizes, kernel, stride, padding, dilation, seed):
    x = normal(seed, *sizes)

    def unfold():  # (N, C*FH*FW, OH*OW) -> (N*OH*OW, C*FH*FW)
        columns = F.unfold(torch.from_numpy(x), kernel, dilation, padding, stride)
        return columns.transpose(1, 2).reshape(-1, columns.shape[1])

    agree(lambda: im2col(x, kernel, stride, padding, dilation), unfold)


@maths
@given(
    size=side,
    kernel=st.integers(1, 6),
    stride=st.integers(0, 4),
    padding=st.integers(-1, 3),
    dilation=st.integers(0, 3),
)
def test_output_size_is_the_size_that_comes_out(size, kernel, stride, padding, dilation):
    def shape():
        out = F.conv2d(
            torch.zeros(1, 1, size, 1),
            torch.zeros(1, 1, kernel, 1),
            None,
            (stride, 1),
            (padding, 0),
            (dilation, 1),
        )
        return out.shape[2]

    try:
        expected = shape()
    except (RuntimeError, ValueError):
        with pytest.raises(Problem):
            output_size(size, kernel, stride, padding, dilation)
    else:
        assert output_size(size, kernel, stride, padding, dilation) == expected


def test_an_empty_batch_gives_an_empty_batch():
    nothing = np.zeros((0, 2, 5, 4), np.float32)
    assert conv2d(nothing, np.ones((3, 2, 2, 2), np.float32)).shape == (0, 3, 4, 3)
    assert im2col(nothing, 2).shape == (0, 8)


def test_a_large_picture_that_is_computed_in_bands_is_torchs_too():
    x, weight = normal(3, 1, 3, 300, 280), normal(4, 2, 3, 11, 11)
    expected = F.conv2d(torch.from_numpy(x), torch.from_numpy(weight), padding=5).numpy()
    np.testing.assert_allclose(conv2d(x, weight, padding=5), expected, rtol=1e-4, atol=1e-4)


def test_many_channels_are_torchs_too():
    x, weight, bias = normal(5, 3, 32, 10, 10), normal(6, 64, 32, 5, 5), normal(7, 64)
    expected = F.conv2d(*map(torch.from_numpy, (x, weight, bias))).numpy()
    np.testing.assert_allclose(conv2d(x, weight, bias), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_go_through_as_in_torch(odd):
    x = normal(8, 1, 1, 5, 5)
    x[0, 0, 1, 2] = odd
    weight = normal(9, 1, 1, 2, 2)
    tensor = torch.from_numpy(x)
    np.testing.assert_allclose(
        conv2d(x, weight, padding=1), F.conv2d(tensor, torch.from_numpy(weight), padding=1), 1e-5, 1e-6
    )
    np.testing.assert_allclose(max_pool2d(x, 3, 1, 1), F.max_pool2d(tensor, 3, 1, 1), 1e-6)
    np.testing.assert_allclose(avg_pool2d(x, 3, 1, 1), F.avg_pool2d(tensor, 3, 1, 1), 1e-5, 1e-6)


# -- types


@maths
@given(seed=seeds)
def test_whole_numbers_stay_exact_as_in_torch(seed):
    rng = np.random.default_rng(seed)
    x, weight = rng.integers(-99, 99, (2, 3, 6, 5)), rng.integers(-99, 99, (4, 3, 2, 3))
    got = conv2d(x, weight)
    assert got.dtype == np.int64
    assert np.array_equal(got, F.conv2d(torch.from_numpy(x), torch.from_numpy(weight)).numpy())
    assert np.array_equal(
        max_pool2d(x, 2, padding=1), F.max_pool2d(torch.from_numpy(x), 2, padding=1).numpy()
    )


def test_bytes_do_not_overflow():
    white = np.full((1, 1, 3, 3), 255, np.uint8)
    assert conv2d(white, white).item() == 9 * 255**2
    assert avg_pool2d(white, 3).item() == 255
    assert max_pool2d(white, 3).dtype == np.uint8


def test_the_mean_of_whole_numbers_keeps_what_follows_the_point():
    assert pooled([[1, 2], [3, 4]], 2, pool=avg_pool2d) == [[2.5]]


def test_a_border_of_negative_numbers_never_wins_max_pooling():
    assert pooled([[-5, -7], [-9, -6]], 2, 1, 1) == [[-5, -5, -7], [-5, -5, -6], [-9, -6, -6]]


def test_the_input_is_left_as_it_was():
    x = normal(10, 1, 1, 4, 4)
    before = x.copy()
    for out in (
        conv2d(x, np.ones((1, 1, 1, 1))),
        max_pool2d(x, 1),
        avg_pool2d(x, 1),
        im2col(x, 1),
        pad(x, 1),
    ):
        out += 1
    assert np.array_equal(x, before)


# -- errors name the remedy


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: output_size((3, 3), 5),
            "kernel 5×5 does not fit into the padded input 3×3: raise the padding",
        ),
        (lambda: output_size(3, 5), "kernel 5 does not fit into the padded input 3:"),
        (lambda: output_size(5, 3, dilation=3), "spans 7 with its dilation .* input 5: lower the dilation"),
        (
            lambda: conv2d(np.ones((1, 3, 4, 4)), np.ones((1, 1, 3, 3))),
            "has 3 channels, but each filter has 1",
        ),
        (lambda: conv2d(np.ones((4, 4)), np.ones((1, 1, 3, 3))), "x needs four axes"),
        (lambda: conv2d(np.ones((1, 1, 4, 4)), np.ones((3, 3))), "weight needs four axes"),
        (lambda: conv2d(np.ones((1, 1, 4, 4)), np.ones((2, 1, 3, 3)), [1]), "one number for each filter, 2"),
        (lambda: conv2d(np.ones((1, 1, 4, 4)), np.ones((0, 1, 3, 3))), "at least one filter"),
        (lambda: conv2d([[[[1, 2], [3]]]], np.ones((1, 1, 1, 1))), "rows of equal length"),
        (lambda: conv2d([[[["a"]]]], np.ones((1, 1, 1, 1))), "real numbers"),
        (lambda: conv2d([[[[1j]]]], np.ones((1, 1, 1, 1))), "real numbers"),
        (lambda: max_pool2d(np.ones((1, 1, 0, 4)), 2), "x is empty"),
        (lambda: max_pool2d(np.ones((1, 1, 4, 4)), 2, padding=2), "more than half of the window 2×2"),
        (lambda: max_pool2d(np.ones((1, 1, 4, 4)), 0), "kernel_size must be at least 1"),
        (lambda: max_pool2d(np.ones((1, 1, 4, 4)), 2, stride=0), "stride must be at least 1"),
        (lambda: max_pool2d(np.ones((1, 1, 4, 4)), 2.5), "kernel_size must be a whole number"),
        (lambda: max_pool2d(np.ones((1, 1, 4, 4)), (2, 2, 2)), "kernel_size must be a whole number"),
        (lambda: pad(np.ones((1, 1, 4, 4)), -1), "padding must be at least 0"),
        (lambda: pad(np.ones((1, 1, 4, 4)), 4, "reflect"), "Reflecting needs a padding below .* 4×4"),
        (lambda: pad(np.ones((1, 1, 4, 4)), 5, "circular"), "Going round needs a padding up to .* 4×4"),
        (
            lambda: pad(np.ones((1, 1, 4, 4)), 1, "mirror"),
            "no padding mode mirror: choose one of zeros, reflect",
        ),
    ],
)
def test_what_torch_refuses_is_a_problem_that_names_the_remedy(call, words):
    with pytest.raises(Problem, match=words):
        call()
