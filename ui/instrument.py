"""An instrument: a part of a page that runs alone while a hand is at it; when it rests, the page follows.

Menu, explanations and code take longer to run than a picture does, so they wait until nothing has changed
for a moment. Until then the address waits too. What must follow a hand faster still is asked of ui.live.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import count
from time import sleep
from typing import TypeVar

import streamlit as st

from ui.components.rest import rest
from ui.state import PageState

SENT = 0.03  # seconds: until what was shown has left the server
_RESTS = "instrument.rests"  # whether the hand has come to rest since the last run

Shown = TypeVar("Shown")


def instrument(page: PageState) -> Callable[[Callable[[], Shown]], Callable[[], Shown]]:
    """Make a function that shows a part of the page an instrument; the page gets what it returns."""

    def decorate(part: Callable[[], Shown]) -> Callable[[], Shown]:
        runs = count()
        whole: dict[str, str] = {}  # the view of the whole page, which comes first

        @st.fragment
        @wraps(part)
        def alone() -> Shown:
            if st.session_state.pop(_RESTS, False):
                st.rerun()
            shown, run = part(), next(runs)
            if run == 0:
                whole.update(page.link())
            rest(f"instrument.rest.{part.__name__}", run if page.link() != whole else 0, _remember)
            # If the hand's next move waits already, Streamlit drops what is not sent yet, and tells the
            # browser all the same that this run is complete: it would take the instrument out of the page.
            sleep(SENT)
            return shown

        return alone

    return decorate


def _remember() -> None:
    st.session_state[_RESTS] = True
