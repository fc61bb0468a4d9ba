"""Two to four runs side by side: their curves, filters, answers and mistakes (7.5, 7.6)."""

import streamlit as st

from ui import compare_answers, compare_runs, frame, specimen
from ui.compare_curves import CLOCKS, clock_names, watch
from ui.language import t
from ui.site import PAGES
from ui.small_pictures import CSS
from ui.state import choice, integer, words
from ui.step_slider import LAST

page = frame.begin(
    "compare",
    runs=words("", longest=200),
    clock=choice("steps", CLOCKS),
    at=integer(LAST, 0, 10_000_000),
    image=specimen.FIELDS["image"],
    pair=compare_answers.PAIR,
    who=compare_answers.WHO,
)
st.html(CSS)
compared = compare_runs.pick(page)
named = compare_runs.named(compared)

chart, moment = st.columns([55, 45], gap="large")
with chart:
    watch(named, page.clock, "compare.chart", 360)
    st.segmented_control(
        t("One clock for all:"),
        CLOCKS,
        format_func=clock_names().__getitem__,
        required=True,
        **page.control("clock"),
    )
with moment:
    step = compare_runs.pick_step(page, compared)
    compare_runs.filters(named, step)

st.subheader(t("The same digit through each"), anchor=False)
picture = compare_answers.one_digit(page, named, step)

if len(compared) > 1:
    compare_answers.pairwise(page, named, step)
else:
    st.info(t("There is only one run to look at. Take an experiment, and come back with its runs."))
    away = PAGES["experiments"]
    st.page_link(away.file, label=t(away.question), icon=away.icon)

frame.end("compare", page, compare_answers.code(compared, step, picture))
