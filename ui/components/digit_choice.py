"""The choice of a test digit: by its number, or any one of a class."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import streamlit as st

from ui.components import component
from ui.language import t

_mount = component("digit_choice", uses=("dom", "ask"))


def digit_choice(
    key: str, number: int, labels: np.ndarray, on_choose: Callable[[int], None], ask: str = ""
) -> None:
    """Choose one of the images whose classes are ``labels`` (n,) uint8; ``number`` is the one on screen.

    ``on_choose`` gets the number once the hand rests; ``{"image": "test-…"}`` is asked at once at the address
    ``ask`` (ui.live), where there is one.
    """

    def chosen() -> None:
        said = st.session_state[key].get("chosen")
        if isinstance(said, int) and 0 <= said < len(labels):
            on_choose(said)

    _mount(
        key=key,
        data={
            "number": number,
            "classes": base64.b64encode(labels.astype(np.uint8).tobytes()).decode(),
            "ask": ask,
            "labels": {
                "number": t("Number of the test digit (0 to 9999)"),
                "any": t("Any…"),
                "anyOf": t("Any {digit}"),
            },
        },
        on_chosen_change=chosen,
    )
