"""Train the notebook's CNN, live; stop, go on, look at other runs (the notebook)."""

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.features import confusion_matrix
from cnn_core.figures import confusion_figure
from cnn_core.messages import Problem
from cnn_core.runs import REFERENCE
from cnn_core.script import training_script
from ui import frame, specimen, training_settings
from ui.components.learner import learner_id
from ui.language import explain, t
from ui.pictures import save, save_table
from ui.site import PAGES
from ui.training_view import watch

page = frame.begin(
    "training", **training_settings.FIELDS, run=specimen.FIELDS["run"], step=specimen.FIELDS["step"]
)
store = specimen.store()
learner = learner_id()


def start(another_seed: bool = False) -> None:
    """Have the chosen settings trained, or join the run that has them already."""
    if another_seed:
        page.set(seed=int(np.random.default_rng().integers(1, 100_000)))
    spec = training_settings.chosen_spec(page)
    name = t("{preset}, seed {seed}", preset=training_settings.preset_names()[page.preset], seed=spec.seed)
    try:
        known = {run.id for run in store.runs()}
        run_id = store.add(spec, name, learner)
        page.set(run=run_id, step=specimen.LAST)
        if run_id in known:
            st.toast(t("These settings have been trained already: here is that run."))
    except Problem as error:
        st.toast(explain(error), icon=":material/error:")


run_view, settings = st.columns([7, 3], gap="large")
with settings:
    spec = training_settings.choose(page)
    st.button(t("Start"), type="primary", icon=":material/play_arrow:", on_click=start, width="stretch")
    st.button(t("Start with another seed"), on_click=start, args=(True,), width="stretch")
    st.caption(
        t(
            "The same settings are trained once: whoever starts them second watches the first run. It goes "
            "on when you close the page, and its address brings you back to it."
        )
    )
with run_view:
    try:
        run = store.run(page.run)
    except Problem as error:
        st.warning(explain(error) + " " + t("The reference run is shown instead."))
        run = store.run(REFERENCE)
    watch(run, learner)

evaluations = store.evaluations(run.id)
if run.is_over and evaluations:
    last = evaluations[-1]
    st.subheader(t("What it reads, and what it confuses"), anchor=False)
    answers = store.evaluation(run.id)
    matrix = confusion_matrix(load_mnist().test_labels[: len(answers)], answers)
    words, figure = st.columns([2, 3], gap="large")
    with words:
        st.markdown(
            t(
                "At step {step:,} the network reads **{right:,} of {count:,}** test images: "
                "**{accuracy:.2%}**.",
                step=last.step,
                right=int(np.trace(matrix)),
                count=last.count,
                accuracy=last.accuracy,
            )
        )
        mistakes = matrix - np.diag(np.diag(matrix))
        if mistakes.any():
            truth, answer = np.unravel_index(mistakes.argmax(), mistakes.shape)
            st.markdown(
                t(
                    "Its most frequent mistake: {count} times it took a **{truth}** for a **{answer}**.",
                    count=int(mistakes.max()),
                    truth=int(truth),
                    answer=int(answer),
                )
            )
        for slug in ("filters", "feature_maps", "draw"):
            st.page_link(PAGES[slug].file, label=t(PAGES[slug].question), icon=PAGES[slug].icon)
    with figure:
        st.plotly_chart(
            confusion_figure(matrix, frame.theme(), "", t("its answer"), t("the true digit")),
            key="training.confusion",
            config={"displayModeBar": False},
        )
        header = [t("the true digit"), *map(str, range(10))]
        save_table("confusion-matrix", header, [[digit, *row] for digit, row in enumerate(matrix.tolist())])

st.subheader(t("All runs"), anchor=False)
runs = store.runs()
states = {
    "queued": t("waiting"),
    "running": t("running"),
    "paused": t("paused"),
    "done": t("done"),
    "failed": t("failed"),
}
accuracies = [rows[-1].accuracy if (rows := store.evaluations(r.id)) else None for r in runs]
listed = st.dataframe(
    {
        t("Name"): [specimen.run_name(r) for r in runs],
        t("State"): [states[r.state] for r in runs],
        t("Step"): [f"{r.step:,} / {r.spec.steps:,}" for r in runs],
        t("Accuracy"): [None if a is None else 100 * a for a in accuracies],
        t("Yours"): ["✓" if r.owner == learner and learner else "" for r in runs],
    },
    hide_index=True,
    on_select="rerun",
    selection_mode="single-row",
    key=f"training.runs.{page.epoch}.{run.id}",
    column_config={t("Accuracy"): st.column_config.NumberColumn(format="%.2f %%")},
)
picked = listed.selection.rows
if picked and picked[0] < len(runs) and runs[picked[0]].id != page.run:
    page.set(run=runs[picked[0]].id, step=specimen.LAST)
    st.rerun()

with st.expander(t("This run: name, file, delete")):
    if run.owner == learner and learner and run.id != REFERENCE:
        named = st.text_input(t("Name"), run.name, max_chars=60, key=f"training.name.{run.id}")
        if named != run.name:
            store.rename(run.id, named, learner)
            st.rerun()
        if st.button(t("Delete this run"), icon=":material/delete:"):
            store.delete(run.id, learner)
            st.session_state["training.deleted"] = run.id
            page.set(run=REFERENCE, step=specimen.LAST)
            st.rerun()
    save(
        f"run-{run.id}.safetensors",
        lambda: store.export_run(run.id),
        "application/octet-stream",
        t("Save this run as a file"),
    )
    upload = st.file_uploader(t("Take in a run from a file"), ["safetensors"], key="training.import")
    if upload is not None and st.session_state.get("training.imported") != upload.file_id:
        st.session_state["training.imported"] = upload.file_id
        try:
            page.set(run=store.import_run(upload.getvalue(), owner=learner), step=specimen.LAST)
            st.rerun()
        except Problem as error:
            st.error(explain(error))
deleted = st.session_state.get("training.deleted")
if deleted and st.button(t("Undo: bring the deleted run back"), icon=":material/undo:"):
    store.restore(deleted, learner)
    st.session_state.pop("training.deleted")
    page.set(run=deleted)
    st.rerun()

frame.end("training", page, training_script(spec))
