"""What a small shift of the input changes, before pooling and after it (7.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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


def changes(before: np.ndarray, after: np.ndarray, tolerance: float = 1e-9) -> Changes:
    """Cells that differ by more than the tolerance."""
    return Changes(int((np.abs(before - after) > tolerance).sum()), before.size)
