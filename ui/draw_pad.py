"""The pad of the draw page: what the hand draws becomes the image of the address, and the other way round."""

from __future__ import annotations

import random

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from ui import specimen
from ui.components.digit_pad import digit_pad, drawn
from ui.language import t
from ui.refusal import REFUSALS, refusal
from ui.state import PageState

_PAD = "draw.pad"
_ANY = "draw.any"
_NOT_KEPT = "draw.not_kept"
_SHOWN = "draw.shown"  # the image that the pad holds
_VERSION = "draw.version"  # rises when another image is to be put on the pad


def show(page: PageState, image: str, ask: str = "") -> None:
    """The pad with the image on it, and ten buttons that put a test digit there.

    ``ask``: where the browser may ask what a stroke does while it is drawn (ui.live).
    """
    session = st.session_state
    if session.get(_SHOWN) != image:
        session[_SHOWN] = image
        session[_VERSION] = session.get(_VERSION, 0) + 1

    def pen_moved() -> None:
        """Keep the drawing when the pen goes up: its name in the address is its link."""
        drawing = drawn(_PAD)
        if drawing is None:
            return
        session[_NOT_KEPT] = None
        try:
            session[_SHOWN] = specimen.keep_drawing(drawing)
            page.set(image=session[_SHOWN])
        except REFUSALS as error:
            session[_NOT_KEPT] = error

    def any_digit() -> None:
        if session[_ANY] is not None:
            found = np.flatnonzero(load_mnist().test_labels == session[_ANY])
            page.set(image=f"test-{random.choice(found)}")
            session[_ANY] = None

    digit_pad(_PAD, specimen.drawing_of(image), session[_VERSION], pen_moved, ask)
    if session.get(_NOT_KEPT):
        st.warning(refusal(session[_NOT_KEPT]))
    st.pills(
        t("Or put a test digit on the pad, and change it:"),
        range(10),
        key=_ANY,
        on_change=any_digit,
        wrap=True,
    )
