"""A page with one conv_grid, for its tests: the case is in the address, two buttons rerun it."""

import numpy as np
import streamlit as st

from cnn_core.colours import css_variables
from cnn_core.messages import Problem
from tests.components.cases_conv_grid import CASES
from ui.components.conv_grid import conv_grid

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
st.html(f"<style>{css_variables('dark' if st.context.theme.type == 'dark' else 'light')}</style>")

case = dict(CASES[st.query_params.get("case", "book")])
if st.button("Other values"):
    st.session_state["other"] = True
st.button("Same values")  # runs the page again
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
if st.session_state.get("other"):
    case["x"] = np.asarray(case["x"]) + 1
st.text(f"Shown: {'other' if st.session_state.get('other') else 'first'} values")
try:
    hidden = conv_grid(**case, key="grid")
    st.text(f"Runs: {st.session_state['runs']}")
    st.text(f"Hidden: {hidden or 'nothing'}")
except Problem as problem:
    st.text(f"Problem: {problem}")
