"""What a small shift of the input changes, before pooling and after it (7.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDING = 1e-9  # a mean that takes its window's cells in another order may differ by less


def shifted(x: np.ndarray, down: int, right: int) -> np.ndarray:
    """The input moved by whole cells; what leaves at one edge comes in at the other, so nothing is lost."""
    return np.roll(x, (down, right), axis=(-2, -1))


@dataclass(frozen=True)
class Changes:
    """How many cells differ between two arrays of one shape, and how many there are."""

    changed: int
    cells: int

    @property
    def share(self) -> float:
        return self.changed / self.cells


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Which cells differ between two arrays of one shape, by more than rounding: bool of that shape."""
    return np.abs(before - after) > ROUNDING


def changes(before: np.ndarray, after: np.ndarray) -> Changes:
    """How many cells differ, by the same rule."""
    return Changes(int(changed(before, after).sum()), before.size)
