"""Who is looking: a random id that the browser keeps, so that a run can have an owner without a log-in."""

from __future__ import annotations

import re

import streamlit as st

from ui.components import component, heard

_KEY = "learner"
_SESSION = "learner.id"
_SHAPE = re.compile(r"[0-9a-f]{32}")  # as learner.js makes it; a browser may say anything

_mount = component("learner")


def learner_id() -> str:
    """The learner's id, 32 hexadecimal digits; empty in a session's first run, before the browser told it.

    It stays with the browser (localStorage), and with the session where the browser keeps nothing.
    """
    # Mounted at every run, known or not: what follows it on the page must not change its place.
    _mount(key=_KEY, on_id_change=lambda: None)  # without a callback Streamlit keeps no value
    told = heard(_KEY, "id")
    if _SESSION not in st.session_state and isinstance(told, str) and _SHAPE.fullmatch(told):
        st.session_state[_SESSION] = told
    return str(st.session_state.get(_SESSION, ""))
