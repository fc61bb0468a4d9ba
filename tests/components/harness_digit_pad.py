"""A page with one digit_pad, for its tests: it shows what Python knows of the drawing."""

import streamlit as st

from cnn_core.colours import css_variables
from cnn_core.strokes import from_json, raster
from ui.components.digit_pad import digit_pad, drawn

st.set_page_config(layout="wide")
st.html(f"<style>{css_variables('dark' if st.context.theme.type == 'dark' else 'light')}</style>")
version = st.session_state.setdefault("version", 0)
if st.button("Load a line"):
    st.session_state["version"] = version = version + 1
if st.button("Rerun"):
    st.session_state["reruns"] = st.session_state.get("reruns", 0) + 1
line = '{"strokes":[{"p":[[0.2,0.5],[0.8,0.5]],"w":0.1,"e":0}]}'
digit_pad("pad", line if version else "", version)
json, done = drawn("pad") or ('{"strokes":[]}', True)
strokes = from_json(json)
st.text(f"strokes {len(strokes)}, points {sum(len(s.points) for s in strokes)}, done {done}")
st.text(f"ink {int(raster(strokes).sum() / 255)}, reruns {st.session_state.get('reruns', 0)}")
