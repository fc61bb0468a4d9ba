"""The flattening experiment: one order shuffles the pixels of all images; who still learns? (7.2.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cnn_core.figures import enlarge, grey
from cnn_core.flattening import is_changed
from cnn_core.models import MLP, NOTEBOOK
from cnn_core.numerals import numeral
from cnn_core.records import Run
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from ui.compare_curves import curves
from ui.components.learner import learner_id
from ui.language import t
from ui.pictures import beside, picture
from ui.run_watch import watch_runs
from ui.specimen import store
from ui.training_runs import attempt

STEPS = 100

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
        shuffled = seen(SPECS["cnn", "shuffled"], image)
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
    watch_runs([spec.run_id for spec in SPECS.values()], _show)


def _show(found: Sequence[Run | None]) -> None:
    """The chart and what came of it; nothing before the first run was started."""
    runs = {which: run for which, run in zip(SPECS, found, strict=True) if run is not None}
    if runs:
        named = {_names()[which]: (run.spec, run) for which, run in runs.items()}
        curves(named, "steps", "structure.chart", 420, "flattening")
        _verdict(runs)


def _verdict(runs: dict[tuple[str, str], Run]) -> None:
    """What shuffling cost each network, once its two runs are done."""
    read = {which: store().evaluations(run.id)[-1].accuracy for which, run in runs.items() if run.is_complete}
    if len(read) < len(SPECS):
        waiting = len(SPECS) - len(read)
        st.markdown(t("{done} of {all} runs are done.", done=len(read), all=waiting + len(read)))
        return
    st.markdown(" ".join(verdict(read)))


def verdict(read: Mapping[tuple[str, str], float]) -> list[str]:
    """What the four accuracies say, in sentences that hold for these numbers."""
    fell = {network: read[network, "shuffled"] - read[network, "plain"] for network in ("mlp", "cnn")}
    points = {network: numeral(100 * change, "+.1f") for network, change in fell.items()}
    said = [
        t(
            "Test digits read correctly: the fully connected network **{mlp:.1%}**, with shuffled pixels "
            "**{mlp_shuffled:.1%}**; the CNN **{cnn:.1%}**, with shuffled pixels **{cnn_shuffled:.1%}**.",
            **{network: read[network, "plain"] for network in fell},
            **{f"{network}_shuffled": read[network, "shuffled"] for network in fell},
        )
    ]
    if is_changed(read["mlp", "plain"], read["mlp", "shuffled"]):
        said.append(
            t(
                "This time shuffling changed the fully connected network too, by {points} points.",
                points=points["mlp"],
            )
        )
    else:
        said.append(
            t(
                "To the fully connected network any order of the inputs is as good as another: it never "
                "knew which were neighbours."
            )
        )
    if is_changed(read["cnn", "plain"], read["cnn", "shuffled"]) and fell["cnn"] < 0:
        said.append(
            t(
                "The CNN changed by **{points} points**: its windows look at neighbours, and shuffling takes "
                "them away.",
                points=points["cnn"],
            )
        )
    else:
        said.append(
            t("This time shuffling cost the CNN next to nothing: {points} points.", points=points["cnn"])
        )
    return said
