"""The flattening experiment: one order shuffles the pixels of all images; who still learns? (7.2.1)."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.figures import enlarge, grey
from cnn_core.messages import Problem
from cnn_core.models import MLP, NOTEBOOK
from cnn_core.records import Run
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from ui.components.learner import learner_id
from ui.components.live_chart import Panel, Series, live_chart
from ui.engine_process import ensure_engine
from ui.language import t
from ui.pictures import beside, picture
from ui.specimen import store
from ui.training_runs import attempt

STEPS = 100
POLL_SECONDS = 0.7

SPECS = {  # (network, pixels): the same settings but for these two
    (network, pixels): TrainingSpec(
        model=model, weight_decay=0.01, schedule="one_cycle", steps=STEPS, pixels=pixels
    )
    for pixels in ("plain", "shuffled")
    for network, model in (("mlp", MLP), ("cnn", NOTEBOOK))
}


def _names() -> dict[tuple[str, str], str]:
    return {
        ("mlp", "plain"): t("fully connected, images as they are"),
        ("cnn", "plain"): t("CNN, images as they are"),
        ("mlp", "shuffled"): t("fully connected, pixels shuffled"),
        ("cnn", "shuffled"): t("CNN, pixels shuffled"),
    }


def flattening_experiment(image: np.ndarray) -> None:
    """Start the four runs, watch them in one chart, say what came of them; ``image`` is uint8 (28, 28)."""
    learner = learner_id()
    shown, words = st.columns([2, 3], gap="large", vertical_alignment="center")
    with shown:
        shuffled = seen(SPECS["cnn", "shuffled"], image[None])[0]
        pair = [np.repeat(enlarge(grey(one), 7)[..., None], 3, axis=-1) for one in (image, shuffled)]
        picture(
            beside(pair, gap=16),
            "digit-shuffled",
            t("The test digit, and the same digit with its pixels shuffled"),
            t("The same 784 numbers in another order, one order for all images"),
        )
    with words:
        st.markdown(
            t(
                "If it did not matter which pixels are neighbours, one could shuffle those of all images in "
                "the same order. Which of the two networks will not mind? Guess, then train a fully "
                "connected network and a CNN, each on both: {steps} steps with the same settings.",
                steps=STEPS,
            )
        )

        def start() -> None:
            for which, spec in SPECS.items():
                attempt(lambda spec=spec, which=which: store().add(spec, _names()[which], learner))  # type: ignore[misc]

        st.button(
            t("Train all four"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=start,
            disabled=not learner,
        )
    _watch()


def _runs() -> dict[tuple[str, str], Run]:
    found = {}
    for which, spec in SPECS.items():
        try:
            found[which] = store().run(spec.run_id)
        except Problem:
            continue  # not begun, or deleted
    return found


def _watch() -> None:
    """The chart, which grows while a run goes on; nothing before the first was started."""
    active = {which for which, run in _runs().items() if not run.is_over}

    def look() -> None:
        runs = _runs()
        if {which for which, run in runs.items() if not run.is_over} != active:
            st.rerun()
        if active:
            ensure_engine()
        if runs:
            _curves(runs)
            _verdict(runs)

    st.fragment(look, run_every=POLL_SECONDS if active else None)()


def _curves(runs: dict[tuple[str, str], Run]) -> None:
    panels = [Panel(t("Loss (thick: smoothed)"), smooth=8), Panel(t("Accuracy"), percent=True)]
    live_chart(
        panels,
        [_series(run, _names()[which]) for which, run in runs.items()],
        key="structure.chart",
        x_label=t("step"),
        x_max=STEPS,
        height=420,
        file_name="flattening",
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _history(run_id: str, version: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Loss and accuracy by step; read once a version, however many pages look."""
    metrics, tests = store().metrics(run_id), store().evaluations(run_id)
    loss = np.where(np.isfinite(metrics.loss), metrics.loss, np.nan)
    return [
        (metrics.step, loss),
        (np.array([row.step for row in tests]), np.array([row.accuracy for row in tests])),
    ]


def _series(run: Run, name: str) -> Series:
    return Series(name, _history(run.id, run.version))


def _verdict(runs: dict[tuple[str, str], Run]) -> None:
    """What shuffling cost each network, once its two runs are done."""
    read = {which: store().evaluations(run.id)[-1].accuracy for which, run in runs.items() if run.is_complete}
    if len(read) < len(SPECS):
        waiting = len(SPECS) - len(read)
        st.markdown(t("{done} of {all} runs are done.", done=len(read), all=waiting + len(read)))
        return
    st.markdown(
        t(
            "Test digits read correctly: the fully connected network **{mlp:.1%}**, with shuffled pixels "
            "**{mlp_shuffled:.1%}**; the CNN **{cnn:.1%}**, with shuffled pixels **{cnn_shuffled:.1%}**. To "
            "the fully connected network any order of the inputs is as good as another: it never knew which "
            "were neighbours. The CNN's windows look at neighbours, and shuffling takes them away.",
            mlp=read["mlp", "plain"],
            mlp_shuffled=read["mlp", "shuffled"],
            cnn=read["cnn", "plain"],
            cnn_shuffled=read["cnn", "shuffled"],
        )
    )
