"""Teach a network one digit: one step of gradient descent, and what it cost all other digits."""

import streamlit as st

from cnn_core.answer_charts import answer_bars
from cnn_core.data import load_mnist
from cnn_core.features import predict
from cnn_core.mistakes import wrong_answers
from ui import draw_pad, frame, specimen, teach_lesson, teach_results
from ui.language import explain, t
from ui.pictures import drawing
from ui.state import choice, integer, words

RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]

page = frame.begin(
    "teach",
    **specimen.FIELDS,
    label=integer(1, 0, 9),
    rate=choice(0.03, RATES),
    taught=words("", longest=64),
)
looked_at = specimen.pick(page)
lesson = teach_lesson.lesson(page, looked_at)
pixels = looked_at.seen


def take_a_mistake() -> None:
    """Put a digit on the pad that the run read wrong, with the label that it should have."""
    answers, labels = specimen.store().evaluation(looked_at.run.id, looked_at.step), load_mnist().test_labels
    wrong = [] if answers is None else wrong_answers(labels[: len(answers)], answers).tolist()
    if wrong:
        after = [index for index in wrong if f"test-{index}" > looked_at.image.ref] or wrong
        page.set(image=f"test-{after[0]}", label=int(labels[after[0]]), taught="")


pad, told = st.columns([5, 7], gap="large")
with pad:
    draw_pad.show(page, looked_at.image.ref)
    st.button(t("Take a digit that it reads wrong"), on_click=take_a_mistake, icon=":material/casino:")
with told:
    st.segmented_control(
        t("This is a…"),
        range(10),
        wrap=True,
        required=True,
        **page.widget("label"),
    )
    st.select_slider(t("Learning rate"), RATES, format_func="{:g}".format, **page.widget("rate"))
    with st.container(horizontal=True):
        st.button(
            t("Teach it: one step"),
            type="primary",
            icon=":material/school:",
            disabled=not pixels.any(),
            on_click=lambda: teach_lesson.teach(page, looked_at, lesson),
        )
        undo = {"disabled": not lesson.name, "icon": ":material/undo:"}
        st.button(t("Undo"), on_click=lambda: page.set(taught=lesson.before), **undo)
        st.button(t("Forget the lesson"), on_click=lambda: page.set(taught=""), disabled=not lesson.name)
    if trouble := st.session_state.get(teach_lesson.TROUBLE):
        st.warning(explain(trouble))
    if pixels.any():
        before, now = (predict(model, pixels) for model in (looked_at.model(), lesson.model))
        was, reads = int(before.argmax()), int(now.argmax())
        if lesson.steps:
            said = t(
                "Steps of teaching: {steps}. Now it reads a **{digit}** ({share:.1%}); as trained it read a "
                "{was} ({then:.1%}).",
                steps=lesson.steps,
                digit=reads,
                share=float(now[reads]),
                was=was,
                then=float(before[was]),
            )
        elif was == page.label:
            said = t(
                "It already reads a **{digit}** ({share:.1%}), so a step changes almost nothing. Draw a "
                "digit that it misreads, or tell it something wrong.",
                digit=was,
                share=float(before[was]),
            )
        else:
            said = t(
                "It reads a **{digit}** ({share:.1%}), and you say it is a {label}. Teach it one step.",
                digit=was,
                share=float(before[was]),
                label=page.label,
            )
        st.markdown("#### " + said)
        named = {t("as trained"): before} | ({t("after the lesson"): now} if lesson.steps else {})
        alt = t("The probability of each digit, as trained and after the lesson")
        drawing(lambda width: answer_bars(named, frame.theme(), width, alt), "taught", alt, wide=520)

if lesson.steps:
    teach_results.forgetting(looked_at, lesson)
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
