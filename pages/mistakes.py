"""What a network gets wrong: which digits it confuses, which ones, and where they lie among all others."""

from functools import partial

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.digit_map import alike_by_chance
from cnn_core.features import confusion_matrix
from cnn_core.mistakes import confusions
from ui import diverged, frame, live, mistakes_map, specimen
from ui.components.confusion import confusion
from ui.instrument import instrument
from ui.language import t
from ui.mistakes_gallery import FIELD, Answers, gallery, look_into, pick_kind, pick_sheet
from ui.pictures import save_table
from ui.state import choice, integer

COLUMNS, ROWS = 8, 3  # of the digits on a sheet

page = frame.begin(
    "mistakes",
    **specimen.FIELDS,
    confused=FIELD,
    sheet=integer(1, 1, 9999),
    colour=choice("truth", ["truth", "answer"]),
    plane=mistakes_map.plane_field(),
)
looked_at = specimen.pick(page, ask=live.address("mistakes"))

with st.spinner(t("The network reads all test digits…")):
    mapped = mistakes_map.mapped(looked_at.run.id, looked_at.step, looked_at.steps[-1], page.plane)
if mapped is None:
    st.warning(diverged.in_words())
    frame.end("mistakes", page)
    st.stop()
found = mapped
live.offer("mistakes", partial(mistakes_map.moved_to, looked_at, page.plane))
labels = load_mnist().test_labels
said = Answers(labels, found.answers, found.shares.max(axis=1))
counts = confusion_matrix(labels, said.answers)

matrix, digits = st.columns(2, gap="large")
with matrix:
    truth, _, answer = page.confused.partition("-")
    at = None if page.confused == "all" else (int(truth), int(answer))
    confusion(
        mistakes_map.MATRIX,
        counts,
        at,
        lambda truth, answer: page.set(confused=f"{truth}-{answer}", sheet=1),
    )
    header = [t("the true digit"), *map(str, range(10))]
    save_table("confusion-matrix", header, [[digit, *row] for digit, row in enumerate(counts.tolist())])
with digits:
    right = int(np.trace(counts))
    st.markdown(
        t(
            "At step {step:,} the network reads **{right:,} of {count:,}** test images: **{accuracy:.2%}**.",
            step=looked_at.step,
            right=right,
            count=len(labels),
            accuracy=right / len(labels),
        )
    )
    if worst := confusions(labels, said.answers):
        truth, answer, count = worst[0]
        st.markdown(
            t(
                "Its most frequent mistake: {count} times it took a **{truth}** for a **{answer}**.",
                count=count,
                truth=truth,
                answer=answer,
            )
        )
    of_kind = pick_kind(page, said, after=lambda: page.set(sheet=1))
    begin = pick_sheet(page, len(of_kind), COLUMNS * ROWS)
    shown = gallery(of_kind, said, COLUMNS, ROWS, begin)
    if len(shown):
        look_into(shown, said, ("feature_maps", "draw"))

st.subheader(t("Where all digits lie"), anchor=False)
st.markdown(
    t(
        "Digits that the last hidden layer sees alike lie near one another. At step {step:,} the nearest one "
        "on the map is the same digit **{alike:.0%}** of the time; by chance it would be about {chance:.0%}. "
        "Compare step 0 with the last one.",
        step=looked_at.step,
        alike=found.alike,
        chance=alike_by_chance(labels),
    )
)


@instrument(page)
def digits_map() -> None:
    """All test digits, to be pointed at."""
    mistakes_map.show(page, looked_at, found)


digits_map()

by_umap = (
    """
places = umap_layout(reading.hidden[:MOST_BY_UMAP], places[:MOST_BY_UMAP])  # (2000, 2)"""
    if page.plane == "umap"
    else ""
)
frame.end(
    "mistakes",
    page,
    f"""
from cnn_core.data import load_mnist
from cnn_core.digit_map import {"MOST_BY_UMAP, layout, read, umap_layout" if by_umap else "layout, read"}
from cnn_core.features import confusion_matrix
from cnn_core.runs import RunStore{looked_at.seen_import}

mnist = load_mnist()
model = RunStore().model("{looked_at.run.id}", {looked_at.step})
reading = read(model, {looked_at.seen_code("mnist.test_images")})
output = confusion_matrix(mnist.test_labels, reading.answers)  # a row for each true digit
places, share = layout(reading.hidden)  # (10000, 2): the map, and how much of the variance it shows{by_umap}
""",
)
