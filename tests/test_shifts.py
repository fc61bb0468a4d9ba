"""A shift moves every cell and loses none; the changes are counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.shifts import changed, changes, shifted


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_shift_moves_cells_and_loses_none(down: int, right: int) -> None:
    x = np.arange(36).reshape(6, 6)
    moved = shifted(x, down, right)
    assert moved[(2 + down) % 6, (3 + right) % 6] == x[2, 3]
    assert sorted(moved.ravel()) == list(range(36))
    assert (shifted(moved, -down, -right) == x).all()


def test_changed_cells_are_counted() -> None:
    a = np.zeros((2, 3))
    b = a.copy()
    b[0, 1] = 0.5
    assert (changes(a, b).changed, changes(a, b).cells) == (1, 6)
    assert changes(a, a).share == 0


def test_what_is_marked_is_what_is_counted_and_rounding_is_neither() -> None:
    a = np.array([[0.1 + 0.2, 1.0, 2.0]])
    b = np.array([[0.3, 1.0, 2.5]])
    assert changed(a, b).tolist() == [[False, False, True]]
    assert changes(a, b).changed == 1
