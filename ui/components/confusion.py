"""The confusion matrix as a table of buttons: a press on a cell chooses it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ui.components import component, heard
from ui.language import t

_mount = component("confusion", uses=("dom",))


def confusion(
    key: str, counts: np.ndarray, at: tuple[int, int] | None, on_choose: Callable[[int, int], None]
) -> None:
    """Show counts (10, 10), a row for each true digit; ``on_choose`` gets the row and column of a cell."""

    def chosen() -> None:
        cell = heard(key, "cell")
        if cell:
            on_choose(*map(int, cell))

    _mount(
        key=key,
        data={
            "counts": counts.tolist(),
            "at": at,
            "labels": {
                "caption": t("Rows: the true digit. Columns: its answer. Press a cell to see its digits."),
                "cell": t("{truth} read as {answer}: {count}"),
            },
        },
        on_cell_change=chosen,
    )
