"""Kernels do what their line says; numbers are read as people type them, or refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cnn_core import kernels
from cnn_core.kernels import KERNELS, compact, format_matrix, normalised, parse_matrix, resized
from cnn_core.messages import Problem
from cnn_core.ops import conv2d, max_pool2d
from cnn_core.sizes import Size

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda n: float(f"{n:.6g}"))
MATRICES = arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=NUMBERS)


def convolved(picture: np.ndarray, name: str) -> np.ndarray:
    entry = KERNELS[name]
    return conv2d(picture[None, None], entry.make(entry.sizes[0])[None, None])[0, 0]


@pytest.mark.parametrize(
    "typed",
    [
        *["1 2\n3 4", "1,2;3,4", "[[1,2],[3,4]]", "[[1, 2],\n [3, 4]]", "1\t2\r\n3\t4", " 1  2 \n\n 3  4\n"],
        *["1.0, 2.0\n3.0, 4.0", "2/2 4/2\n3 4", "1, 2\n3, 4", "(1 2)\n(3 4)"],
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str) -> None:
    assert parse_matrix(typed).tolist() == [[1, 2], [3, 4]]


def test_a_spreadsheets_decimal_commas_and_true_minus_signs_are_read() -> None:
    assert parse_matrix("0,5\t1,5\n−2,5\t3").tolist() == [[0.5, 1.5], [-2.5, 3]]


@given(MATRICES)
def test_what_is_written_is_read_back(matrix: np.ndarray) -> None:
    assert np.array_equal(parse_matrix(format_matrix(matrix)), matrix)
    assert np.array_equal(parse_matrix(compact(matrix)), matrix)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        *[("", "no numbers"), ("  \n ", "no numbers"), ("1, two", "“two” is not a number")],
        *[("nan", "no number"), ("inf", "no number"), ("1e9", "too large"), ("1/0", "not a number")],
        *[("1 2\n3", "1 to 2 numbers"), ("1 " * 13, "At most 12"), ("1\n" * 13, "At most 12")],
    ],
)
def test_bad_numbers_are_refused_in_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        parse_matrix(typed)


@given(st.text(max_size=60))
def test_any_text_gives_numbers_or_a_sentence(typed: str) -> None:
    try:
        matrix = parse_matrix(typed)
    except Problem:
        return  # a sentence; anything else fails the test
    assert matrix.ndim == 2
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize("name", KERNELS)
def test_each_kernel_has_the_sizes_that_it_offers(name: str) -> None:
    for size in KERNELS[name].sizes:
        assert KERNELS[name].make(size).shape == (size, size)


def test_the_books_numbers() -> None:
    x, kernel = kernels.BOOK_INPUT[None, None], kernels.BOOK_KERNEL[None, None]
    assert conv2d(x, kernel)[0, 0].tolist() == [[15, 16], [6, 15]]
    strided = conv2d(kernels.BOOK_STRIDE_INPUT[None, None], kernel, stride=2)[0, 0]
    assert strided.tolist() == [[15, 17, 15], [17, 15, 17], [15, 17, 15]]
    assert max_pool2d(kernels.BOOK_POOLING_INPUT[None, None], 2)[0, 0].tolist() == [[2, 3], [4, 2]]
    for matrix in (kernels.BOOK_SHIFT_INPUT, kernels.BOOK_SHIFTED_INPUT):
        assert max_pool2d(matrix[None, None], 3)[0, 0].tolist() == [[9, 7], [6, 8]]


BRIGHTER_TO_THE_RIGHT = np.tile([0.0, 0, 0, 1, 1, 1], (6, 1))


def test_the_two_edge_filters_light_opposite_sides() -> None:
    left, right = (convolved(BRIGHTER_TO_THE_RIGHT, name) for name in ("left_edge", "right_edge"))
    assert left.max() == 3
    assert (left == -right).all()
    assert (convolved(BRIGHTER_TO_THE_RIGHT[:, ::-1], "right_edge").max()) == 3


@pytest.mark.parametrize("name", ["left_edge", "right_edge", "sobel", "scharr"])
def test_vertical_edge_filters_ignore_horizontal_edges(name: str) -> None:
    assert np.abs(convolved(BRIGHTER_TO_THE_RIGHT, name)).max() > 0
    assert np.abs(convolved(BRIGHTER_TO_THE_RIGHT.T, name)).max() == 0


@pytest.mark.parametrize("name", ["horizontal", "prewitt"])
def test_horizontal_edge_filters_ignore_vertical_edges(name: str) -> None:
    assert np.abs(convolved(BRIGHTER_TO_THE_RIGHT.T, name)).max() > 0
    assert np.abs(convolved(BRIGHTER_TO_THE_RIGHT, name)).max() == 0


@pytest.mark.parametrize("name", ["identity", "box", "gaussian", "sharpen", "motion"])
def test_on_an_even_area_it_keeps_the_brightness(name: str) -> None:
    assert np.allclose(convolved(np.full((12, 12), 0.7), name), 0.7)


@pytest.mark.parametrize("name", ["laplacian", "gabor", "sobel", "prewitt", "scharr"])
def test_on_an_even_area_it_gives_zero(name: str) -> None:
    assert np.allclose(convolved(np.full((12, 12), 0.7), name), 0, atol=0.01)


def test_gabor_answers_most_to_stripes_of_its_own_direction() -> None:
    y, x = np.mgrid[:24, :24]
    upright, lying = (np.cos(np.pi * 1.25 * axis / 3) for axis in (x, y))
    kernel = kernels.gabor(7, 0)[None, None]
    answers = [np.abs(conv2d(s[None, None], kernel)).max() for s in (upright, lying)]
    assert answers[0] > 3 * answers[1]


def test_resizing_keeps_the_middle() -> None:
    assert resized(np.ones((3, 3)), 5).tolist() == np.pad(np.ones((3, 3)), 1).tolist()
    assert resized(np.arange(25.0).reshape(5, 5), 3).tolist() == [[6, 7, 8], [11, 12, 13], [16, 17, 18]]
    assert resized(np.array([[1.0, 2, 3, 4, 5]]), 1).tolist() == [[3]]
    assert resized(np.array([[1.0, 2], [3, 4], [5, 6]]), 3).tolist() == [[1, 2, 0], [3, 4, 0], [5, 6, 0]]


@given(arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=NUMBERS), st.integers(1, 12))
def test_resizing_any_kernel_cuts_or_surrounds_it_by_zeros(kernel: np.ndarray, size: int) -> None:
    made = resized(kernel, size)
    assert made.shape == (size, size)
    for axis in (0, 1):  # a number that is kept keeps its distance from the middle
        kept = np.take(kernel, range(*_shared(kernel.shape[axis], size)), axis)
        kernel = np.pad(kept, [_around(kept.shape[axis], size) if a == axis else (0, 0) for a in (0, 1)])
    assert np.array_equal(made, kernel)


def _shared(old: int, size: int) -> tuple[int, int]:
    """From where to where an axis is kept: as much is cut before as after, or one more after."""
    cut = max(0, old - size)
    return cut // 2, old - (cut + 1) // 2


def _around(old: int, size: int) -> tuple[int, int]:
    """How many zeros come before and after: as many, or one more after."""
    return (size - old) // 2, (size - old + 1) // 2


def test_normalising_makes_the_sum_one_and_refuses_a_sum_of_zero() -> None:
    assert normalised(np.full((3, 3), 2.0)).sum() == pytest.approx(1)
    for kernel in (KERNELS["sobel"].make(3), np.zeros((2, 3)), np.array([[1, -1, 1e-9]])):
        with pytest.raises(Problem, match="add up to 0"):
            normalised(kernel)


@given(MATRICES)
def test_a_normalised_kernel_can_be_written_and_read_or_gets_a_sentence(kernel: np.ndarray) -> None:
    try:
        made = normalised(kernel)
    except Problem:
        return
    assert parse_matrix(compact(made)).shape == kernel.shape


def test_the_size_formula_has_its_numbers_and_says_when_it_floors() -> None:
    general, numbers = Size(28, 5).formula().split(r" \\[1em] ")
    assert general == r"\begin{aligned} OH &= \frac{H + 2P - FH}{S} + 1"
    assert numbers == r"&= \frac{28 + 2 \cdot 0 - 5}{1} + 1 = 24 \end{aligned}"
    floored = Size(6, 3, stride=2)
    assert (floored.out, floored.left_over) == (2, 1)
    for line in floored.formula("W").split(r" \\[1em] "):  # both lines say the same
        assert line.count(r"\lfloor") == line.count(r"\rfloor") == 1
    dilated = Size(7, 3, 2, 1, 2).formula("W")
    assert r"{W + 2P - D(FW-1) - 1}" in dilated
    assert r"\frac{7 + 2 \cdot 1 - 2 \cdot (3-1) - 1}{2} + 1 = 3" in dilated


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
def test_what_is_left_over_is_what_no_window_reaches(n: int, k: int, s: int, p: int, d: int) -> None:
    size = Size(n, k, s, p, d)
    try:
        out = size.out
    except Problem:
        assert n + 2 * p < size.span
    else:
        assert (out - 1) * s + size.span + size.left_over == n + 2 * p
        assert 0 <= size.left_over < s


@pytest.mark.parametrize("name", KERNELS)
def test_a_ready_made_kernel_is_recognised_in_every_size_and_angle(name: str) -> None:
    for size in KERNELS[name].sizes:
        for degrees in kernels.GABOR_ANGLES if name == "gabor" else (0,):
            assert kernels.recognised(kernels.ready_made(name, size, degrees)) == (name, degrees)


def test_a_kernel_of_ones_own_is_not_recognised() -> None:
    assert kernels.recognised(np.array([[1.0, 2], [3, 4]])) is None
    assert kernels.recognised(np.ones((1, 3))) is None


def test_the_nearest_size_is_taken_where_a_kernel_has_no_other() -> None:
    assert kernels.ready_made("sobel", 11).shape == (3, 3)
    assert kernels.ready_made("gabor", 1).shape == (5, 5)
    assert kernels.ready_made("box", 7).shape == (7, 7)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *[("left_edge", "left and right"), ("sobel", "left and right"), ("horizontal", "upper and lower")],
        *[
            ("laplacian", "add up to 0"),
            ("box", "a mean of its window"),
            ("gaussian", "a mean of its window"),
        ],
        *[("sharpen", "changes grow"), ("book", "add up to {total}")],
    ],
)
def test_what_a_kernel_does_is_told_from_its_numbers(name: str, said: str) -> None:
    assert said in kernels.effect(kernels.ready_made(name, 3))


def test_a_kernel_of_zeros_is_told_apart() -> None:
    assert "Every number" in kernels.effect(np.zeros((3, 3)))
