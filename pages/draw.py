"""Draw a digit: what does the network see, and what does it answer? (the notebook's network at work)"""

from functools import partial

import streamlit as st

from cnn_core.features import predict
from ui import diverged, draw_answer, draw_break, draw_pad, draw_replay, frame, live, specimen
from ui.components.network_view import Unit, network_view
from ui.components.told import told
from ui.instrument import instrument
from ui.language import t
from ui.site import PAGES
from ui.state import flag

OPENED = "draw.opened"  # the map that was clicked

page = frame.begin(
    "draw",
    **specimen.FIELDS,
    **draw_break.FIELDS,
    replay=flag(False),
)
looked_at = specimen.pick(page)


@instrument(page)
def drawing_board() -> None:
    """The pad, what the network gets of it, makes of it and answers."""
    follow_click()
    image, _ = specimen.chosen_image(page)
    show = partial(draw_answer.shown, looked_at, frame.theme())
    shown = show(image.pixels)
    pad, left, right = st.columns([5, 3, 6], gap="medium")
    with pad:
        ask = live.offer("draw", lambda drawing: show(specimen.prepared_drawing(str(drawing))))
        draw_pad.show(page, image.ref, ask)
    with left:
        told("draw.prepared", shown["draw.prepared"])
    with right:
        told("draw.answer", shown["draw.answer"])
    st.subheader(t("What each layer makes of it"), anchor=False)
    network_view("draw.network", shown["draw.network"], click)


def click(unit: Unit) -> None:
    """Remember the map: a callback cannot leave the page, the fragment's next run can."""
    st.session_state[OPENED] = unit


def follow_click() -> None:
    """To the page that opens the map that was clicked, with the same network and image."""
    unit: Unit | None = st.session_state.pop(OPENED, None)
    if unit is not None:
        place = {name: str(value) for name, value in vars(unit).items()}
        st.switch_page(PAGES["feature_maps"].file, query_params=page.link() | place)


@instrument(page)
def breaking() -> None:
    """The digit changed more and more, until it is read as another one."""
    draw_break.show(page, looked_at, looked_at.image.pixels)


drawing_board()
if looked_at.image.pixels.any() and not diverged.has_diverged(predict(looked_at.model(), looked_at.seen)):
    draw_answer.save(looked_at, frame.theme())
    draw_replay.show(page, looked_at.image.ref, looked_at.run.id, looked_at.step)
    breaking()

frame.end(
    "draw",
    page,
    f"""
from cnn_core.distort import Distortion, distort
from cnn_core.features import predict
from cnn_core.runs import RunStore
from ui.specimen import load_image{looked_at.seen_import}

digit = load_image("{looked_at.image.ref}").pixels  # (28, 28), 0 to 1: prepared as MNIST was
model = RunStore().model("{looked_at.run.id}", {looked_at.step})
output = predict(model, {looked_at.seen_code("digit")})  # ten probabilities
changed = predict(model, {looked_at.seen_code(f"distort(digit, {draw_break.chosen(page)})")})
""",
)
