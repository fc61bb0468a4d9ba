"""What flattening does to an image is drawn as NumPy does it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.colours import palette, rgb
from cnn_core.flattening import FACTOR, MARKS, image_with_marks, position, strip_with_marks

IMAGE = np.arange(28 * 28).reshape(28, 28)
VIOLET = rgb(palette("light").pointer)


@given(st.integers(0, 27), st.integers(0, 27))
def test_position_is_where_numpy_puts_the_pixel(row: int, col: int) -> None:
    assert IMAGE.reshape(-1)[position(row, col)] == IMAGE[row, col]


def test_the_framed_cell_keeps_its_shade_inside() -> None:
    picture = image_with_marks(np.eye(28), [(3, 3)])
    cell = picture[3 * FACTOR : 4 * FACTOR, 3 * FACTOR : 4 * FACTOR]
    assert tuple(cell[0, 0]) == VIOLET
    assert tuple(cell[FACTOR // 2, FACTOR // 2]) == (255, 255, 255)
    assert not (picture[: 3 * FACTOR] == VIOLET).all(axis=-1).any()


def test_the_strip_marks_the_cell_where_it_lands() -> None:
    strip = strip_with_marks(IMAGE, [(1, 0)])
    assert strip.shape[1] == 2 * IMAGE.size
    marked = np.flatnonzero((strip[MARKS + 5] == VIOLET).all(axis=-1))
    assert marked.tolist() == [56, 57]
    unmarked = strip[MARKS + 5, 2 * 783]
    assert tuple(unmarked) == (255, 255, 255)
