"""A page whose chart grows by itself, for its tests: the case is in the address."""

import numpy as np
import streamlit as st

from cnn_core.colours import css_variables
from ui.components.live_chart import Panel, Series, live_chart

st.set_page_config(layout="wide")
st.html(f"<style>{css_variables('dark' if st.context.theme.type == 'dark' else 'light')}</style>")
case = st.query_params.get("case", "growing")
PANELS = [Panel("Loss", smooth=15, log=True), Panel("Accuracy", percent=True)]


def run(name: str, steps: int, seed: int) -> Series:
    """What a run looks like: noise around a falling curve, and an evaluation every 25 steps."""
    x = np.arange(1, steps + 1)
    noise = np.random.default_rng(seed).lognormal(0, 0.3, 20_000)[:steps]
    at = np.arange(0, steps + 1, 25)
    loss = (0.08 + 2.2 * np.exp(-x / (25 + 12 * seed))) * noise
    return Series(name, [(x, loss), (at, 0.981 - 0.88 * np.exp(-at / (30 + 10 * seed)))])


@st.fragment(run_every=0.5 if case == "growing" else None)
def chart() -> None:
    if case == "growing":
        steps = st.session_state["steps"] = min(200, st.session_state.get("steps", 90) + 10)
        series = [run("fast, seed 0", steps, 0)]
    elif case == "compared":
        steps = 200
        series = [run("fast", 200, 0), run("book", 160, 1), run("=notebook", 200, 2)]
    elif case == "young":
        steps = 3
        series = [run("fast, seed 0", steps, 0)]
    elif case == "long":
        steps = 20_000
        series = [run("long", steps, 1)]
        series[0].lines[0][1][7_776] = 9.25  # one peak, far above the rest
    elif case == "gaps":
        steps = 60
        series = [run("diverges", steps, 0)]
        series[0].lines[0][1][20:30] = np.nan
        series[0].lines[0][1][50:] = np.inf
    else:
        steps = 0
        series = [Series("fast, seed 0", [([], []), ([], [])])]
    live_chart(PANELS, series, "chart", "Step", x_max=None if case == "long" else 200)
    st.text(f"steps {steps}")


chart()
if st.button("Rerun"):
    st.session_state["reruns"] = st.session_state.get("reruns", 0) + 1
st.text(f"reruns {st.session_state.get('reruns', 0)}")
