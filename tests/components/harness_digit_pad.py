"""A page with one digit_pad, for its tests: it shows what Python knows of the drawing."""

import numpy as np
import streamlit as st

from cnn_core.colours import css_variables
from cnn_core.strokes import Drawing, from_json, on_digit, raster, to_json
from ui.components.digit_pad import digit_pad, drawn

st.set_page_config(layout="wide")
st.html(f"<style>{css_variables('dark' if st.context.theme.type == 'dark' else 'light')}</style>")
version = st.session_state.setdefault("version", 0)
if st.button("Load a line"):
    st.session_state["version"] = version = version + 1
if st.button("Rerun"):
    st.session_state["reruns"] = st.session_state.get("reruns", 0) + 1
if st.button("Load a digit"):
    st.session_state["version"] = version = version + 1
    st.session_state["digit"] = True
line = '{"strokes":[{"p":[[0.2,0.5],[0.8,0.5]],"w":0.1,"e":0}]}'
square = np.pad(np.full((14, 14), 0.6), 7)
loaded = to_json(on_digit(square)) if st.session_state.get("digit") else line if version else ""
digit_pad("pad", loaded, version)
json = drawn("pad") or to_json(Drawing())
drawing = from_json(json)
points = sum(len(s.points) for s in drawing.strokes)
times = [t for s in drawing.strokes for t in s.times]
st.text(f"strokes {len(drawing.strokes)}, points {points}, base {bool(drawing.base)}")
st.text(f"ink {int(raster(drawing).sum() / 255)}, reruns {st.session_state.get('reruns', 0)}")
st.text(f"times {len(times)}, in order {times == sorted(times)}, last {times[-1] if times else 0}")
st.code(json, language=None)
