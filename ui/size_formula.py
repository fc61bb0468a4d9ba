"""The output-size formula with its numbers in place, and a sentence where it floors."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.sizes import Size
from ui.language import t


def size_formula(sizes: Sequence[Size]) -> None:
    """Show the formula for rows and columns, and what no window reaches."""
    for column, size, name in zip(st.columns(2), sizes, "HW", strict=True):
        column.latex(size.formula(name))
    rows, columns = (size.left_over for size in sizes)
    if rows or columns:
        st.markdown(
            t(
                "The division leaves a remainder, and PyTorch rounds down. Left over at the far edge of the "
                "padded input, under no window: rows **{rows}**, columns **{columns}**.",
                rows=rows,
                columns=columns,
            )
        )
