"""The cells of a kernel, each to be changed on the spot, or all pasted from a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ui.components import component, heard
from ui.language import t

_mount = component("kernel_cells", uses=("dom", "ask"))


def kernel_cells(key: str, kernel: np.ndarray, on_edit: Callable[[str], None], ask: str = "") -> None:
    """Show the kernel (FH, FW); ``on_edit`` gets the text of all its cells when one has changed.

    The fields take the kernel of each call, except for what is typed while an edit is on its way. Each
    keystroke is an edit; where there is an address to ``ask`` (ui.live), it is asked there, and ``on_edit``
    waits until the hand rests.
    """

    def edited() -> None:
        edit = heard(key, "edit")
        if edit:
            for text in filter(None, (edit.get("before"), edit["text"])):
                on_edit(str(text))

    last = heard(key, "edit")
    _mount(
        key=key,
        data={
            "rows": kernel.tolist(),
            "ask": ask,
            "seen": last["number"] if last else None,
            "limit": float(np.abs(kernel).max()),
            "labels": {"kernel": t("Kernel"), "cell": t("row {row}, column {col}")},
        },
        on_edit_change=edited,
    )
