"""An instrument: a part of a page that runs alone while a hand is at it; when it rests, the page follows.

Menu, explanations and code take longer to run than a picture does, so they wait until nothing has changed
for a moment. Until then the address waits too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import streamlit as st

from ui.components.rest import rest
from ui.state import PageState

_RESTS = "instrument.rests"  # whether the hand has come to rest since the last run

Shown = TypeVar("Shown")


def instrument(page: PageState) -> Callable[[Callable[[], Shown]], Callable[[], Shown]]:
    """Make a function that shows a part of the page an instrument; the page gets what it returns."""

    def decorate(part: Callable[[], Shown]) -> Callable[[], Shown]:
        whole: list[dict[str, str]] = []  # the view that the whole page shows

        @st.fragment
        @wraps(part)
        def alone() -> Shown:
            if st.session_state.pop(_RESTS, False):
                st.rerun()
            shown = part()
            view = page.link()
            whole.append(view)
            rest("instrument.rest", view if view != whole[0] else None, _remember)
            return shown

        return alone

    return decorate


def _remember() -> None:
    st.session_state[_RESTS] = True
