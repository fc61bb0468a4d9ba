"""A network whose training diverged: every page says so with the same sentence."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from ui.language import t


def has_diverged(numbers: ArrayLike) -> bool:
    """Whether one of the numbers that a network computes is none: NaN, or infinity."""
    return not bool(np.isfinite(np.asarray(numbers)).all())


def in_words() -> str:
    """What happened, and what to do."""
    return t(
        "The training of this network diverged: what it computes at this step is no number any more (NaN). "
        "Choose an earlier step, or another run."
    )


def warned(numbers: ArrayLike) -> bool:
    """Whether the network has diverged; then the page says so here."""
    found = has_diverged(numbers)
    if found:
        st.warning(in_words())
    return found
