"""What a network gets wrong: which digits it confuses, which ones, and where they lie among all others."""

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.features import confusion_matrix
from cnn_core.mistakes import confusions
from ui import frame, mistakes_map, specimen
from ui.components.confusion import confusion
from ui.language import t
from ui.mistakes_gallery import FIELD, Answers, gallery, look_into, pick_kind
from ui.pictures import save_table
from ui.state import choice

page = frame.begin("mistakes", **specimen.FIELDS, confused=FIELD, colour=choice("truth", ["truth", "answer"]))
looked_at = specimen.pick(page)

with st.spinner(t("The network reads all test digits…")):
    found = mistakes_map.mapped(looked_at.run.id, looked_at.step, looked_at.steps[-1])
labels = load_mnist().test_labels
said = Answers(labels, found.shares.argmax(axis=1), found.shares.max(axis=1))
counts = confusion_matrix(labels, said.answers)

matrix, digits = st.columns(2, gap="large")
with matrix:
    at = None if page.confused == "all" else tuple(map(int, page.confused.split("-")))
    confusion("mistakes.matrix", counts, at, lambda truth, answer: page.set(confused=f"{truth}-{answer}"))
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
    shown = gallery(pick_kind(page, said), said, columns=8, rows=3)
    if len(shown):
        look_into(shown, said, ("feature_maps", "draw"))

st.subheader(t("Where all digits lie"), anchor=False)
st.markdown(
    t(
        "Digits that the last hidden layer sees alike lie near one another. Move the step to 0: before "
        "training, nothing tells them apart."
    )
)
mistakes_map.show(page, looked_at, found)

frame.end(
    "mistakes",
    page,
    f"""
from cnn_core.data import load_mnist
from cnn_core.digit_map import layout, read
from cnn_core.features import confusion_matrix
from cnn_core.runs import RunStore{looked_at.seen_import}

mnist = load_mnist()
model = RunStore().model("{looked_at.run.id}", {looked_at.step})
reading = read(model, {looked_at.seen_code("mnist.test_images")})
output = confusion_matrix(mnist.test_labels, reading.answers)  # a row for each true digit
places, share = layout(reading.hidden)  # (10000, 2): the map, and how much of the variance it shows
""",
)
