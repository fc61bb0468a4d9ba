"""Cut and change: what each part does for the answer, seen by taking it away (7.6)."""

import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.edit import muting
from cnn_core.features import feature_maps, predict
from cnn_core.models import summary
from ui import diverged, frame, specimen
from ui.language import t
from ui.state import choice, control, integer, words
from ui.surgery_edits import put_edit, read_edit, undo_buttons
from ui.surgery_kernel import kernel_editor
from ui.surgery_trial import TESTED, measure, shared_ranking, shared_trial
from ui.surgery_view import answer, board, bulk_buttons, filter_at_work, flipped_digits, in_words

page = frame.begin(
    "surgery",
    **specimen.FIELDS,
    edit=words(""),
    layer=words("", longest=20),
    order=choice("number", ["number", "rank"]),
    filter=integer(0, 0, 9999),
    channel=integer(0, 0, 9999),
)
looked_at = specimen.pick(page)
model = looked_at.model()
spec = looked_at.run.spec.model
edit = read_edit(page, spec)
rows = {row.name: row for row in summary(spec)}
seats = dict(muting(spec))
layer = page.layer if page.layer in seats else next(iter(seats), "")
trial = shared_trial(looked_at.run.id, looked_at.step)
healthy = not diverged.warned(trial.logits)

if healthy and not layer:
    st.info(t("This network has one layer with weights alone: there is no part to mute. Choose another run."))
elif healthy:
    edited = edit.apply(model)
    maps = feature_maps(edited, looked_at.seen)
    answers, before = trial.answers_with(edit), trial.accuracy(trial.answers)
    ranking = shared_ranking(looked_at.run.id, looked_at.step, layer, rows[layer].shape[0])

    parts, effect = st.columns([7, 5], gap="medium")
    with parts:
        which, order = st.columns([4, 3])
        which.segmented_control(
            t("Mute a unit of"),
            list(seats),
            required=True,
            **control("surgery.layer", layer, lambda chosen: page.set(layer=chosen)),
        )
        order.segmented_control(
            t("Order"),
            ["number", "rank"],
            format_func={"number": t("by number"), "rank": t("by what matters")}.__getitem__,
            required=True,
            **page.control("order"),
        )
        board(
            layer,
            maps[seats[layer]],
            edit,
            ranking,
            before,
            page.order == "rank",
            lambda unit: put_edit(page, edit.toggled(layer, unit)),
        )
        progress = st.empty()
        with st.container(horizontal=True):
            bulk_buttons(layer, ranking.units, edit, ranking, lambda changed: put_edit(page, changed))
    with effect:
        answer(predict(model, looked_at.seen), predict(edited, looked_at.seen), edit, looked_at.image.label)
        undo_buttons(page)
        in_words(trial, answers)

    if edit:
        flipped_digits(load_mnist().test_images[:TESTED], trial, answers)

    st.subheader(t("Change a filter's weights by hand"), anchor=False)
    if rows[layer].layer.kind == "conv":
        weights = specimen.weights(looked_at.run.id, looked_at.step)
        cells, at_work = st.columns([5, 5], gap="medium")
        with cells:
            place = kernel_editor(page, layer, weights[f"{layer}.weight"], edit)
        with at_work:
            as_trained = feature_maps(model, looked_at.seen)
            filter_at_work(place, as_trained[layer][place[1]], maps[layer][place[1]])
    else:
        st.markdown(
            t(
                "The units of {layer} are not filters: each has a weight for every number before it. "
                "Choose a convolution above, where this network has one.",
                layer=layer,
            )
        )

frame.end(
    "surgery",
    page,
    f"""
import numpy as np

from cnn_core.data import load_mnist
from cnn_core.edit import Edit
from cnn_core.runs import RunStore
from cnn_core.surgery import Trial{looked_at.seen_import}

store = RunStore()
run = "{looked_at.run.id}"
model = store.model(run, {looked_at.step})
kept = lambda sha256: store.artifact(sha256).data
edit = Edit.from_text("{page.edit if edit else ""}", store.run(run).spec.model, kept)
mnist = load_mnist()
trial = Trial(model, {looked_at.seen_code(f"mnist.test_images[:{TESTED}]")}, mnist.test_labels[:{TESTED}])
answers = trial.answers_with(edit)
output = trial.accuracy(answers)  # as trained: trial.accuracy(trial.answers)
flipped = np.flatnonzero(answers != trial.answers)
""",
)

if healthy and layer and not ranking.complete:  # last: all else is there already, and can be used
    bar = progress.progress(0.0)
    for done in measure(ranking, trial, layer):
        bar.progress(
            done / ranking.units,
            t(
                "How much does each unit matter? {done} of {units} measured",
                done=done,
                units=ranking.units,
            ),
        )
    st.rerun()
