"""All runs: opened, compared, named, kept as files, deleted and brought back."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import streamlit as st

from cnn_core.logs import event_file, event_file_name, metrics_csv
from cnn_core.records import Run
from cnn_core.runs import REFERENCE
from cnn_core.script import training_notebook, training_script
from ui import training_settings
from ui.language import t
from ui.pictures import save
from ui.refusal import REFUSALS, refusal
from ui.specimen import run_name, store
from ui.state import PageState, control
from ui.step_slider import LAST

MOST_COMPARED = 3  # beside the run itself: more curves cannot be told apart
_IMPORTED = "training.imported"


def attempt(action: Callable[[], object]) -> bool:
    """Do what changes the store; where it refuses, say why. True: it is done."""
    try:
        action()
    except REFUSALS as error:
        st.toast(refusal(error), icon=":material/error:", duration="infinite")
    else:
        return True
    return False


def compared(page: PageState, run: Run) -> list[Run]:
    """The runs that the address asks to show with this one; those that are gone are left out."""
    wanted = [i for i in page.compare.split(",") if i and i != run.id][:MOST_COMPARED]
    known = {r.id: r for r in store().runs()}
    return [known[i] for i in wanted if i in known]


def pick_compared(page: PageState, run: Run, chosen: list[Run]) -> None:
    """Choose runs whose curves stand with this one's."""
    others = {r.id: r for r in store().runs() if r.id != run.id}
    st.multiselect(
        t("Compare with"),
        list(others),
        format_func=lambda i: run_name(others[i]),
        max_selections=MOST_COMPARED,
        placeholder=t("Choose up to three runs"),
        **control("training.compare", [r.id for r in chosen], lambda ids: page.set(compare=",".join(ids))),
    )


def table(page: PageState, run: Run, learner: str) -> None:
    """Every run in a row; picking one opens it."""
    runs = store().runs()
    tests = {r.id: store().evaluations(r.id) for r in runs}
    states = {
        "queued": t("waiting"),
        "running": t("running"),
        "paused": t("paused"),
        "done": t("done"),
        "failed": t("failed"),
    }
    listed = st.dataframe(
        {
            t("Name"): [run_name(r) for r in runs],
            t("State"): [states[r.state] for r in runs],
            t("Step"): [f"{r.step:,} / {r.spec.steps:,}" for r in runs],
            t("Accuracy"): [100 * tests[r.id][-1].accuracy if tests[r.id] else None for r in runs],
            t("Yours"): ["✓" if learner and r.owner == learner else "" for r in runs],
            t("Settings"): [training_settings.in_words(r.spec) for r in runs],
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"training.runs.{page.epoch}.{run.id}",
        column_config={t("Accuracy"): st.column_config.NumberColumn(format="%.2f%%")},
    )
    picked = listed.selection.rows
    if picked and picked[0] < len(runs) and runs[picked[0]].id != page.run:
        page.set(run=runs[picked[0]].id, step=LAST)
        st.rerun()


def keep(page: PageState, run: Run, learner: str) -> None:
    """This run's name, settings and files; deleting it, and taking that back."""
    with st.expander(t("This run: name, file, delete"), key="training.keep"):
        st.caption(training_settings.in_words(run.spec))
        if run.owner == learner and learner and run.id != REFERENCE:
            _rename(run, learner)
            st.button(
                t("Delete this run"), icon=":material/delete:", on_click=_delete, args=(page, run.id, learner)
            )
        if choices := training_settings.choices_for(run.spec):
            st.button(
                t("Begin from this run's settings"),
                icon=":material/tune:",
                on_click=lambda: page.set(**choices),
            )
        _files(run)
        _import(page, learner)
    _bring_back(page, learner)


def leave(page: PageState, learner: str, run: Run) -> None:
    """Wait no longer for a run, and look at the reference run again."""
    if attempt(partial(store().leave, run.id, learner)):
        page.set(run=REFERENCE, step=LAST)


def _rename(run: Run, learner: str) -> None:
    key = f"training.name.{run.id}"
    st.session_state[key] = run.name

    def renamed() -> None:
        attempt(partial(store().rename, run.id, st.session_state[key], learner))

    st.text_input(t("Name"), max_chars=60, key=key, on_change=renamed)


def _delete(page: PageState, run_id: str, learner: str) -> None:
    if attempt(partial(store().delete, run_id, learner)):
        page.set(run=REFERENCE, step=LAST)


def _bring_back(page: PageState, learner: str) -> None:
    """A button for each run that the learner has deleted, as long as the store keeps it."""
    if not (deleted := store().deleted(learner) if learner else []):
        return
    st.caption(t("Deleted, and kept for a day. Bring back:"))
    with st.container(horizontal=True, key="training-deleted"):
        for run in deleted:
            st.button(
                t("{name}, step {step:,}", name=run_name(run), step=run.step),
                icon=":material/undo:",
                key=f"training.back.{run.id}",
                on_click=_restore,
                args=(page, run.id, learner),
            )


def _restore(page: PageState, run_id: str, learner: str) -> None:
    if attempt(partial(store().restore, run_id, learner)):
        page.set(run=run_id, step=LAST)


def _files(run: Run) -> None:
    """The run itself, its numbers, and the program that trains it: as a script and as a notebook."""
    with st.container(horizontal=True):
        save(
            f"run-{run.id}.safetensors",
            partial(store().export_run, run.id),
            "application/octet-stream",
            t("Save this run as a file"),
        )
        save(
            f"metrics-{run.id}.csv",
            partial(metrics_csv, store(), run.id),
            "text/csv",
            t("Save its numbers as CSV"),
        )
        save(
            event_file_name(run.id, run.created),
            partial(event_file, store(), run.id),
            "application/octet-stream",
            t("Save for TensorBoard"),
        )
        save(
            f"train-{run.id}.py",
            partial(training_script, run.spec),
            "text/x-python",
            t("Save as a Python script"),
        )
        save(
            f"train-{run.id}.ipynb",
            lambda: json.dumps(training_notebook(run.spec)),
            "application/x-ipynb+json",
            t("Save as a notebook"),
        )


def _import(page: PageState, learner: str) -> None:
    upload = st.file_uploader(t("Take in a run from a file"), ["safetensors"], key="training.import")
    if upload is None or st.session_state.get(_IMPORTED) == upload.file_id:
        return
    st.session_state[_IMPORTED] = upload.file_id
    try:
        page.set(run=store().import_run(upload.getvalue(), owner=learner), step=LAST)
    except REFUSALS as error:
        st.error(refusal(error))
        return
    st.rerun()
