"""A page that shows the learner's id, for its tests."""

import streamlit as st

from ui.components.learner import learner_id

st.text("before")
who = learner_id()
st.text(f"learner {who or 'unknown'}")
if st.button("Rerun"):
    st.session_state["reruns"] = st.session_state.get("reruns", 0) + 1
st.text(f"reruns {st.session_state.get('reruns', 0)}")
