"""Wrong answers are found, counted, and stand out in the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core.colours import palette, rgb
from cnn_core.features import confusion_matrix
from cnn_core.mistakes import FRAME, GAP, confusions, digit_wall, mistakes_picture, wrong_answers

LABELS = np.array([3, 5, 5, 5, 9, 0])
ANSWERS = np.array([3, 3, 3, 5, 4, 6])
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28)).astype(np.uint8)
SIDE = 28 + 2 * FRAME


def tile(wall: np.ndarray, i: int, columns: int) -> np.ndarray:
    top, left = (i // columns) * (SIDE + GAP), (i % columns) * (SIDE + GAP)
    return wall[top : top + SIDE, left : left + SIDE]


def test_mistakes_are_counted_the_most_frequent_first() -> None:
    assert wrong_answers(LABELS, ANSWERS).tolist() == [1, 2, 4, 5]
    assert confusions(LABELS, ANSWERS) == [(5, 3, 2), (0, 6, 1), (9, 4, 1)]


def test_the_counts_are_the_confusion_matrix_off_its_diagonal() -> None:
    rng = np.random.default_rng(1)
    labels, answers = rng.integers(0, 10, (2, 500))
    matrix = confusion_matrix(labels, answers)
    assert all(matrix[truth, answer] == n for truth, answer, n in confusions(labels, answers))
    assert sum(n for *_, n in confusions(labels, answers)) == matrix.sum() - np.trace(matrix)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_right_digit_is_grey_and_a_wrong_one_orange_in_a_frame(theme: str) -> None:
    wall = digit_wall(IMAGES, LABELS != ANSWERS, 4, theme)
    assert wall.shape == (2 * SIDE + GAP, 4 * SIDE + 3 * GAP, 3)
    right, wrong = tile(wall, 0, 4), tile(wall, 4, 4)
    inside = slice(FRAME, -FRAME)
    assert np.array_equal(right[inside, inside], np.repeat(IMAGES[0][..., None], 3, axis=2))
    orange = np.array(rgb(palette(theme).negative))
    assert (wrong[0] == orange).all()
    assert np.array_equal(
        wrong[inside, inside], (IMAGES[4][..., None] / np.float32(255) * orange).astype(np.uint8)
    )


def test_a_mistake_stands_with_its_label_below_it() -> None:
    picture = mistakes_picture(IMAGES[:2], LABELS[:2], ANSWERS[:2], 2)
    same = mistakes_picture(IMAGES[:2], LABELS[:2], LABELS[:2], 2)
    digits = picture[:56]
    assert np.array_equal(digits[::2, :56:2, 0], IMAGES[0])
    assert np.array_equal(digits, same[:56])
    assert np.array_equal(picture[:, :56], same[:, :56])  # 3 read as 3
    assert not np.array_equal(picture[56:, 58:], same[56:, 58:])  # 5 read as 3, not as 5


def test_how_sure_it_was_stands_in_a_line_of_its_own() -> None:
    plain = mistakes_picture(IMAGES[:1], LABELS[:1], ANSWERS[:1], 1)
    sure = mistakes_picture(IMAGES[:1], LABELS[:1], ANSWERS[:1], 1, sure=[0.97])
    other = mistakes_picture(IMAGES[:1], LABELS[:1], ANSWERS[:1], 1, sure=[0.42])
    assert np.array_equal(sure[: len(plain)], plain)
    assert len(sure) > len(plain)
    assert not np.array_equal(sure, other)


def test_a_digit_alone_is_as_large_as_one_of_many() -> None:
    full = mistakes_picture(IMAGES, LABELS, ANSWERS, 3)
    alone = mistakes_picture(IMAGES[:1], LABELS[:1], ANSWERS[:1], 3)
    assert alone.shape[1] == full.shape[1]
    assert np.array_equal(alone[:, :56], full[: len(alone), :56])
    assert (alone[:, 56:] == rgb(palette("light").paper)).all()


def test_no_digits_make_an_empty_picture() -> None:
    assert digit_wall(IMAGES[:0], [], 4).size < 4000
