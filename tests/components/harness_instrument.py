"""A page with one instrument, which says how often the whole page has run; with ?slow it takes its time."""

from time import sleep

import streamlit as st

from ui.instrument import instrument
from ui.state import PageState, integer

if st.session_state.setdefault("slow", "slow" in st.query_params):
    sleep(0.4)
page = PageState("demo", {"n": integer(0, 0, 99)})
st.session_state["runs"] = st.session_state.get("runs", 0) + 1


@instrument(page)
def slider() -> int:
    st.slider("n", 0, 99, **page.dial("n"))
    st.text(f"The instrument shows {page.n}.")
    return int(page.n)


st.text(f"The page shows {slider()}, after {st.session_state['runs']} runs.")
page.write_address()
