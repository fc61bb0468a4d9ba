"""An experiment while its runs train: how far each is, and their curves together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from cnn_core.experiments import EXPERIMENTS, Experiment
from cnn_core.models import parameter_count
from cnn_core.records import Run
from ui.compare_curves import curves
from ui.language import explain, t
from ui.run_history import history
from ui.run_watch import find_run, watch_runs
from ui.specimen import run_name, store
from ui.training_settings import in_words

HEIGHT = 300  # CSS pixels of the curves


def runs_of(experiment: Experiment) -> list[Run | None]:
    """The run of each variant, None where nobody has asked for it yet."""
    return [find_run(variant.spec.run_id) for variant in experiment.variants]


def plan(experiment: Experiment, complete: bool) -> None:
    """Before anything is shown: what will be trained, and how long that takes."""
    st.table(
        {
            t("Run"): [t(variant.name) for variant in experiment.variants],
            t("Settings"): [in_words(variant.spec) for variant in experiment.variants],
            t("Parameters"): [f"{parameter_count(variant.spec.model):,}" for variant in experiment.variants],
        },
        hide_index=True,
    )
    if complete:
        st.caption(t("All of these runs are trained already. Guess first, then look."))
    else:
        st.caption(t("Real runs, one after another: together a minute at most on a laptop with two cores."))


def watch(experiment: Experiment) -> None:
    """Show how far the runs are, while they go on."""
    watch_runs([variant.spec.run_id for variant in experiment.variants], partial(_show, experiment.slug))


def _show(slug: str, runs: Sequence[Run | None]) -> None:
    experiment = EXPERIMENTS[slug]
    named = {
        t(variant.name): (variant.spec, run) for variant, run in zip(experiment.variants, runs, strict=True)
    }
    st.markdown(t(experiment.look))
    curves(named, experiment.clock, f"experiments.chart.{slug}", HEIGHT)
    for column, (name, (spec, run)) in zip(st.columns(len(named)), named.items(), strict=True):
        with column:
            st.progress(run.step / spec.steps if run else 0.0, text=_state(name, run))
    for run in runs:
        if run and run.error:
            st.error(explain(run.error))
        elif run and run.is_over and not run.is_complete:
            st.info(
                t(
                    "{name} is paused or stopped: whoever started it can let it go on, on the training page.",
                    name=run_name(run),
                )
            )


def _state(name: str, run: Run | None) -> str:
    """A run's name and what it is doing, in one line."""
    if run is None:
        said = t("not started")
    elif run.is_complete:
        said = t("{accuracy:.2%} of all test digits", accuracy=store().evaluations(run.id)[-1].accuracy)
    elif run.state == "running":
        said = t("step {step:,} of {total:,}", step=run.step, total=run.spec.steps)
        if pace := history(run.id, run.version).pace:
            said += " · " + t("{left:.0f} s left", left=pace.seconds_left)
    else:
        states = {"queued": t("waiting"), "paused": t("paused"), "done": t("done"), "failed": t("failed")}
        said = states[run.state]
    return f"**{name}**: {said}"
