"""A box for numbers, typed or pasted: bad input gets one sentence, and what stood there before goes on."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.kernels import compact, format_matrix, parse_matrix
from cnn_core.messages import Problem
from ui.language import explain, t
from ui.state import PageState


def matrix_box(page: PageState, name: str, label: str, largest: int = 12) -> None:
    """A text area for the matrix that the choice ``name`` holds in its compact form."""
    key, error_key = f"box.{name}", f"box.{name}.error"
    if error_key not in st.session_state:
        st.session_state[key] = format_matrix(read_matrix(page, name, largest))

    def changed() -> None:
        try:
            page.set(**{name: compact(parse_matrix(st.session_state[key], largest))})
            st.session_state.pop(error_key, None)
        except Problem as error:
            st.session_state[error_key] = error

    st.text_area(
        label, key=key, on_change=changed, height=130, help=t("One row a line; paste from a spreadsheet.")
    )
    if error_key in st.session_state:
        st.error(explain(st.session_state[error_key]))


def read_matrix(page: PageState, name: str, largest: int = 12) -> np.ndarray:
    """The matrix of a choice; the choice's default, with a sentence, where an address garbled it."""
    try:
        return parse_matrix(getattr(page, name), largest)
    except Problem as error:
        st.warning(explain(error))
        default = page.default(name)
        page.set(**{name: default})
        return parse_matrix(default, largest)


def kernel_editor(page: PageState, name: str) -> None:
    """The kernel's cells, each to be changed on the spot."""
    base_key, edited_key = f"cells.{name}.base", f"cells.{name}.edited"
    if st.session_state.get(edited_key) != getattr(page, name):
        st.session_state[base_key] = getattr(page, name)
    base = parse_matrix(st.session_state[base_key])
    key = f"cells.{name}.{st.session_state[base_key]}"

    def changed() -> None:
        kernel = base.copy()
        for row, cells in st.session_state[key]["edited_rows"].items():
            for column, value in cells.items():
                kernel[int(row), int(column)] = 0.0 if value is None else value
        page.set(**{name: compact(kernel)})
        st.session_state[edited_key] = getattr(page, name)

    st.data_editor(
        [{str(c): float(value) for c, value in enumerate(row)} for row in base],
        key=key,
        on_change=changed,
        hide_index=True,
        num_rows="fixed",
        column_config={
            str(c): st.column_config.NumberColumn("\u200b" * (c + 1), width=64) for c in range(base.shape[1])
        },
        row_height=36,
    )
