"""Teach a network one digit: one step of gradient descent, and what it cost all other digits."""

import streamlit as st

from cnn_core.answer_charts import answer_bars
from cnn_core.features import predict
from ui import diverged, draw_pad, frame, specimen, teach_lesson, teach_results
from ui.language import t
from ui.pictures import drawing
from ui.refusal import refusal
from ui.state import choice, flag, integer, words

RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]

page = frame.begin(
    "teach",
    **specimen.FIELDS,
    label=integer(1, 0, 9),
    rate=choice(0.03, RATES),
    taught=words("", longest=64),
    all=flag(False),
)
looked_at = specimen.pick(page)
pixels = looked_at.seen
before = predict(looked_at.model(), pixels)
if diverged.warned(before):
    frame.end("teach", page)
    st.stop()
lesson = teach_lesson.lesson(page, looked_at)

pad, told = st.columns([5, 7], gap="large")
with pad:
    draw_pad.show(page, looked_at.image.ref)
    st.button(
        t("Take a digit that it reads wrong"),
        icon=":material/casino:",
        on_click=lambda: teach_lesson.take_a_mistake(page, looked_at, lesson),
    )
    if st.session_state.pop(teach_lesson.NO_MISTAKE, False):
        count = teach_lesson.counted(page)
        st.info(
            t("It reads all of the first {count:,} test digits correctly. Draw one yourself.", count=count)
        )
with told:
    st.segmented_control(
        t("This is a…"),
        range(10),
        wrap=True,
        required=True,
        **page.control("label"),
    )
    st.select_slider(t("Learning rate"), RATES, format_func="{:g}".format, **page.dial("rate"))
    with st.container(horizontal=True):
        st.button(
            t("Teach it: one step"),
            type="primary",
            icon=":material/school:",
            disabled=not pixels.any(),
            on_click=lambda: teach_lesson.teach(page, looked_at, lesson),
        )
        st.button(
            t("Undo"),
            icon=":material/undo:",
            disabled=not lesson.name,
            on_click=lambda: page.set(taught=lesson.before),
        )
        st.button(t("Forget the lesson"), on_click=lambda: page.set(taught=""), disabled=not lesson.name)
    if trouble := st.session_state.get(teach_lesson.TROUBLE):
        st.warning(refusal(trouble))
    if pixels.any():
        now = predict(lesson.model, pixels)
        st.markdown("#### " + teach_results.answer(lesson, page.label, before, now))
        named = {t("as trained"): before}
        if lesson.steps and not diverged.has_diverged(now):
            named |= {t("after the lesson"): now}
        alt = t("The probability of each digit, as trained and after the lesson")
        drawing(lambda width: answer_bars(named, frame.theme(), width, alt), "taught", alt, wide=520)

if lesson.steps:
    teach_results.forgetting(page, looked_at, lesson)
    teach_results.weights(looked_at, lesson)

so_far = "pupil = model"
if lesson.name:
    so_far = f"""lesson = store.artifact("{lesson.name}")
pupil = restored(model, lesson.data)  # after {lesson.steps} steps"""
frame.end(
    "teach",
    page,
    f"""
from cnn_core.features import predict
from cnn_core.runs import RunStore
from cnn_core.teach import restored, taught
from ui.specimen import load_image{looked_at.seen_import}

store = RunStore()
model = store.model("{looked_at.run.id}", {looked_at.step})
digit = {looked_at.seen_code(f'load_image("{looked_at.image.ref}").pixels')}  # (28, 28), 0 to 1
{so_far}
output = predict(pupil, digit)  # what it reads now
pupil = taught(pupil, digit, label={page.label}, rate={page.rate:g})  # one step more, on a copy
after = predict(pupil, digit)
""",
)
