"""One step of training, taken apart: forward, loss, backward, update (chapters 4 and 5, on a CNN)."""

import streamlit as st

from cnn_core.messages import Problem
from ui import frame, specimen
from ui.language import explain, t
from ui.slow_motion_code import step_code
from ui.slow_motion_phases import backward, forward, is_finite, loss
from ui.slow_motion_start import (
    ANY,
    MOST_BY_HAND,
    PHASES,
    chosen_filter,
    chosen_weight,
    pick_start,
    private_copy,
    stepper,
)
from ui.slow_motion_update import update
from ui.small_pictures import CSS
from ui.state import choice, flag, integer, words

page = frame.begin(
    "slow_motion",
    run=specimen.FIELDS["run"],
    step=specimen.FIELDS["step"],
    phase=choice("forward", list(PHASES)),
    hand=integer(0, 0, MOST_BY_HAND),
    of=integer(ANY, 0, 9_999),  # an image of the batch
    filter=integer(ANY, 0, 9_999),
    weight=words("", longest=12),  # row-column
    slide=flag(),
)
st.html(CSS)
run, start = pick_start(page)
code = ""
try:
    step = stepper(page, run, start)
except Problem as error:
    st.error(explain(error))
else:
    if not is_finite(step):
        st.warning(t("The loss of this step is no number any more: the learning rate was too large."))
    if page.phase == "forward":
        forward(page, step)
    elif page.phase == "loss":
        loss(page, step)
    elif page.phase == "backward":
        backward(page, step)
    else:
        update(page, step, run.spec, private_copy(run.id, start).memory_known)
    number = chosen_filter(page, step)
    at = (number, *chosen_weight(page, step, number))
    code = step_code(run, start, step.step - start - 1, step, page.phase, at)
frame.end("slow_motion", page, code)
