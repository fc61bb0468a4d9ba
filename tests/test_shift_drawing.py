"""The drawing of the shift experiment frames exactly the cells that changed, and stays within its width."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnn_core.colours import palette
from cnn_core.kernels import BOOK_SHIFT_INPUT
from cnn_core.shift_drawing import shift_drawing
from cnn_core.shifts import shifted


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [340, 980])
def test_changed_cells_are_framed_and_nothing_is_cut_off(theme: str, width: int) -> None:
    moved = shifted(BOOK_SHIFT_INPUT, 0, 1)
    changed = moved != BOOK_SHIFT_INPUT
    none = np.zeros((6, 6), bool)
    svg = shift_drawing([("a", BOOK_SHIFT_INPUT, none), ("<옮긴 입력>", moved, changed)], theme, width)
    assert svg.count(palette(theme).pointer) == changed.sum()
    numbers = [int(n) for n in re.findall(r'font-size="15">(\d+)</text>', svg)]
    assert numbers == [*BOOK_SHIFT_INPUT.ravel(), *moved.ravel()]
    assert int(re.search(r'width="(\d+)"', svg)[1]) <= width + 4  # type: ignore[index]
    assert "&lt;옮긴 입력&gt;" in svg


def test_twelve_columns_fit_a_phone() -> None:
    wide = np.arange(144.0).reshape(12, 12)
    svg = shift_drawing([("a", wide, wide > 100)], width=340)
    assert int(re.search(r'width="(\d+)"', svg)[1]) <= 344  # type: ignore[index]
