"""A filter's weights on the surgery page, to be changed by hand."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.edit import Edit
from ui.components.kernel_cells import kernel_cells
from ui.language import t
from ui.refusal import refusal
from ui.state import PageState, dial
from ui.surgery_edits import kernel_of, put_edit, set_kernel, type_kernel, typing_problem


def kernel_editor(page: PageState, layer: str, weights: np.ndarray, edit: Edit) -> tuple[str, int, int]:
    """Choose a kernel of the layer's filters (FN, C, FH, FW), and change its cells; returns its place."""
    place = (layer, min(page.filter, len(weights) - 1), min(page.channel, weights.shape[1] - 1))
    chosen, over = st.columns(2)
    with chosen:
        _number(page, "filter", t("Filter (from 0)"), place[1], len(weights))
    if weights.shape[1] > 1:
        with over:
            _number(page, "channel", t("Its input channel (from 0)"), place[2], weights.shape[1])
    trained = weights[place[1], place[2]]
    now = kernel_of(edit, place, trained)
    kernel_cells(
        "surgery.cells." + ".".join(map(str, place)),
        now.astype(float),
        lambda raw: type_kernel(page, edit, place, trained, raw),
    )
    problem = typing_problem()
    if problem is not None:
        st.error(refusal(problem))

    def put(rows: np.ndarray) -> None:
        put_edit(page, set_kernel(edit, place, trained, rows))

    with st.container(horizontal=True):
        st.button(t("Rotate by 90°"), on_click=put, args=(np.rot90(now, -1),), key="surgery.rotate")
        st.button(t("Change the sign"), on_click=put, args=(-now,), key="surgery.sign")
        st.button(t("All 0"), on_click=put, args=(np.zeros_like(now),), key="surgery.zero")
        st.button(
            t("As trained"),
            key="surgery.trained",
            on_click=put,
            args=(trained,),
            disabled=np.array_equal(now, trained),
        )
    return place


def _number(page: PageState, name: str, label: str, value: int, count: int) -> None:
    st.number_input(
        label, 0, count - 1, **dial(f"widget.surgery.{name}", value, lambda n: page.set(**{name: n}))
    )
