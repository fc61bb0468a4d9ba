"""Distortions of a digit: each does what its name says, and nothing at its neutral value."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core.data import load_mnist
from cnn_core.distort import RANGES, Distortion, distort, holds, neutral, sweep

DIGIT = load_mnist().test_images[0].astype(np.float32) / 255


def test_nothing_changes_nothing() -> None:
    assert np.array_equal(distort(DIGIT, Distortion()), DIGIT)


@pytest.mark.parametrize(("right", "down"), [(3, 0), (-2, 4), (0, -5)])
def test_whole_pixels_move_it_exactly(right: int, down: int) -> None:
    wide = np.pad(DIGIT, 12)
    expected = wide[12 - down : 40 - down, 12 - right : 40 - right]
    assert np.allclose(distort(DIGIT, Distortion(right=right, down=down)), expected, atol=1e-5)


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (180, 2), (-90, 1)])
def test_positive_degrees_turn_clockwise(degrees: int, turns: int) -> None:
    assert np.allclose(distort(DIGIT, Distortion(degrees=degrees)), np.rot90(DIGIT, turns), atol=1e-4)


def test_scaling_changes_the_ink_by_its_square_and_keeps_the_middle() -> None:
    square = np.pad(np.ones((8, 8), np.float32), 10)
    larger = distort(square, Distortion(size=1.5))
    assert larger.sum() == pytest.approx(square.sum() * 1.5**2, rel=0.02)
    assert np.allclose(larger, larger[::-1, ::-1], atol=1e-4)


def test_thickening_by_one_pixel_is_the_largest_of_the_neighbours() -> None:
    dot = np.zeros((28, 28), np.float32)
    dot[10, 10] = 1
    assert distort(dot, Distortion(thicken=1)).sum() == 9
    assert distort(dot, Distortion(thicken=2)).sum() == 25
    assert distort(dot, Distortion(thicken=0.5))[9, 9] == pytest.approx(0.5)
    assert distort(dot, Distortion(thicken=-1)).sum() == 0


def test_noise_is_the_same_each_time_and_stays_between_paper_and_ink() -> None:
    first, again = (distort(DIGIT, Distortion(noise=0.5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert 0 <= first.min() <= first.max() <= 1
    assert not np.array_equal(first, DIGIT)


@pytest.mark.parametrize("name", list(RANGES))
def test_a_sweep_passes_through_the_undistorted_digit(name: str) -> None:
    values, digits = sweep(DIGIT, Distortion(), name)
    at = int(np.abs(values - neutral(name)).argmin())
    assert values[at] == pytest.approx(neutral(name))
    assert np.allclose(digits[at], DIGIT, atol=1e-5)
    assert (values[0], values[-1]) == RANGES[name][:2]


def test_the_stretch_of_one_answer_ends_where_it_flips() -> None:
    values = [-2, -1, 0, 1, 2, 3]
    assert holds(values, [7, 1, 7, 7, 2, 7], 0) == (2, 3)
    assert holds(values, [7] * 6, 3) == (0, 5)
