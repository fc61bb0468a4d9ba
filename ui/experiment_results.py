"""An experiment whose runs are over: the guess, the numbers, the explanation, and where to look further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from cnn_core.claims import SINGLE_CHANGES, TARGET, Claim, recorded
from cnn_core.data import load_mnist
from cnn_core.experiments import Experiment, Outcome, outcome
from cnn_core.figures import grid
from cnn_core.messages import Problem
from cnn_core.records import Run
from cnn_core.shuffle import seen
from ui import frame, overfitting
from ui.experiment_words import explanation
from ui.language import explain, t
from ui.pictures import picture, save_table
from ui.site import PAGES
from ui.specimen import store


@st.cache_resource(show_spinner=False, max_entries=64)
def _outcome(run_id: str, version: int) -> Outcome:
    return outcome(store(), run_id)


def show(experiment: Experiment, runs: Sequence[Run], guess: int) -> None:
    """What came out, and why."""
    outcomes = [_outcome(run.id, run.version) for run in runs]
    names = [t(variant.name) for variant in experiment.variants]
    st.subheader(t("What came out, and why"), anchor=False)
    for name, run in zip(names, runs, strict=True):
        if run.damage:
            st.info(f"{name}: {explain(run.damage)}")
    words, numbers = st.columns([55, 45], gap="large")
    with words:
        _verdict(names, experiment.winner(outcomes), guess)
        for paragraph in explanation(experiment, outcomes, runs):
            st.markdown(paragraph)
        st.page_link(
            PAGES["compare"].file,
            label=t("Compare these runs: filters, answers, mistakes"),
            icon=PAGES["compare"].icon,
            query_params={"runs": ",".join(run.id for run in runs)},
        )
    with numbers:
        _table(names, outcomes)
        if experiment.slug == "shuffled":
            _shuffled_digits(runs)
    if experiment.slug == "learning_rate":
        _single_changes()
    if experiment.slug in ("few_images", "augmentation"):
        overfitting.show(dict(zip(names, runs, strict=True)))


def _verdict(names: Sequence[str], winner: int, guess: int) -> None:
    if guess == winner:
        st.success(t("You guessed right: {name}.", name=names[winner]))
    elif 0 <= guess < len(names):
        st.info(t("You guessed {guess}; it was {name}.", guess=names[guess], name=names[winner]))


def _table(names: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    header = [t("Run"), t("Test digits read"), t("Loss at the end"), t("Seconds")]
    rows = [
        [name, f"{o.accuracy:.2%}", f"{o.loss:.4f}", f"{o.seconds:.0f}"]
        for name, o in zip(names, outcomes, strict=True)
    ]
    st.dataframe(dict(zip(header, zip(*rows, strict=True), strict=True)), hide_index=True)
    save_table("experiment", header, rows)


def _shuffled_digits(runs: Sequence[Run]) -> None:
    """Test digits in place, and below them as the networks with shuffled pixels get them."""
    images = load_mnist().test_images[:5]
    said = t("Five test digits, and below them what the shuffled runs see of them")
    tiles = [*images, *seen(runs[1].spec, images)]
    picture(grid(tiles, 5, scale=(0, 255), tile_size=56, theme=frame.theme()), "shuffled", said, said)


def _single_changes() -> None:
    """Which single change to the notebook first passes what it prints: recorded, as it takes long."""
    st.subheader(t("Which single change first passes the notebook's 90.79%?"), anchor=False)
    try:
        claims = recorded()
    except Problem as error:
        st.warning(explain(error))
        return
    order = sorted(
        claims, key=lambda name: (not claims[name].passed, claims[name].steps, -claims[name].accuracy)
    )
    st.markdown(_first_change(claims, order))
    st.dataframe(
        {
            t("What is changed"): [t(SINGLE_CHANGES[name][0]) for name in order],
            t("Passes {target:.2%} after", target=TARGET): [
                t("{steps:,} steps", steps=claims[name].steps)
                if claims[name].passed
                else t("not in {steps:,} steps", steps=claims[name].steps)
                for name in order
            ],
            t("Test digits read then"): [f"{claims[name].accuracy:.2%}" for name in order],
        },
        hide_index=True,
    )
    st.caption(
        t(
            "Looked at every 100 steps, the changed ones for up to two epochs. This takes longer than a "
            "lesson has: it was recorded with `python -m cnn_core experiments`, which measures it again. On "
            "another computer the numbers differ a little."
        )
    )


def _first_change(claims: Mapping[str, Claim], order: Sequence[str]) -> str:
    """Which change came first; where none passed, two at once or the notebook itself, nothing of that."""
    passed, own = [claims[name] for name in order if claims[name].passed], claims["nothing"]
    if own.passed or not passed or [claim.steps for claim in passed].count(passed[0].steps) > 1:
        return t(
            "These runs came out otherwise than they usually do: the table tells how far each of them came."
        )
    return t(
        "With its own settings it does not get there: after all its ten epochs ({steps:,} steps) it "
        "reads **{own:.2%}**. First of the single changes comes **{change}**, after {first:,} steps.",
        steps=own.steps,
        own=own.accuracy,
        change=t(SINGLE_CHANGES[order[0]][0]),
        first=passed[0].steps,
    )


def code(experiment: Experiment) -> str:
    """The same runs without a browser: lines that a test executes with fewer steps."""
    return f"""
from cnn_core.data import load_mnist
from cnn_core.experiments import EXPERIMENTS
from cnn_core.training import Evaluation, fit

accuracy = {{}}
for variant in EXPERIMENTS["{experiment.slug}"].variants:
    for event in fit(variant.spec, load_mnist()):
        if isinstance(event, Evaluation):
            accuracy[variant.name] = event.accuracy
"""
