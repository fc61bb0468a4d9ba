"""Two pages that show the learner's id, for its tests."""

import streamlit as st

from ui.components.learner import learner_id


def shown(where: str) -> None:
    st.text("before")
    who = learner_id()
    st.text(f"learner {who or 'unknown'}")
    st.text(f"on the {where} page")
    if st.button("Rerun"):
        st.session_state["reruns"] = st.session_state.get("reruns", 0) + 1
    st.text(f"reruns {st.session_state.get('reruns', 0)}")


first = st.Page(lambda: shown("first"), title="first", url_path="first", default=True)
second = st.Page(lambda: shown("second"), title="second", url_path="second")
here = st.navigation([first, second], position="hidden")
here.run()
st.page_link(first)
st.page_link(second)
