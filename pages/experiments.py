"""Why one network learns and another does not: experiments, each of them one click (7.2.1, 7.3, 7.5)."""

from functools import partial

import streamlit as st

from cnn_core.experiments import EXPERIMENTS
from ui import experiment_results, experiment_watch, frame, specimen
from ui.components.learner import learner_id
from ui.language import t
from ui.state import choice, control, flag, integer
from ui.training_runs import attempt

NO_GUESS = -1
page = frame.begin(
    "experiments",
    experiment=choice("learning_rate", list(EXPERIMENTS)),
    guess=integer(NO_GUESS, 0, 3),
    shown=flag(),
)
learner = learner_id()
store = specimen.store()
experiment = EXPERIMENTS[page.experiment]
names = [t(variant.name) for variant in experiment.variants]
runs = experiment_watch.runs_of(experiment)
complete = all(run and run.is_complete for run in runs)


def start() -> None:
    """Have all runs trained that are not yet; whoever asks second joins the first."""
    page.set(shown=True)
    for name, variant in zip(names, experiment.variants, strict=True):
        called = t("{experiment}: {variant}", experiment=t(experiment.name), variant=name)
        if not attempt(partial(store.add, variant.spec, called, learner)):
            return


st.pills(
    t("Experiment"),
    list(EXPERIMENTS),
    format_func=lambda slug: t(EXPERIMENTS[slug].name),
    required=True,
    label_visibility="collapsed",
    **page.control("experiment", after=lambda: page.set(guess=NO_GUESS, shown=False)),
)
st.markdown(f"**{t(experiment.question)}**")
guessing, starting = st.columns([7, 3], vertical_alignment="bottom")
guess = page.guess if page.guess < len(names) else NO_GUESS
guessing.pills(
    t("Your guess"),
    range(len(names)),
    format_func=names.__getitem__,
    **control(
        f"experiments.guess.{experiment.slug}",
        None if guess == NO_GUESS else guess,
        lambda chosen: page.set(guess=NO_GUESS if chosen is None else chosen),
    ),
)
starting.button(
    t("Show what came out") if complete else t("Start the experiment"),
    type="primary",
    icon=":material/visibility:" if complete else ":material/play_arrow:",
    on_click=start,
    disabled=not learner or (page.shown and (complete or all(run and not run.is_over for run in runs))),
    width="stretch",
)

if page.shown:
    experiment_watch.watch(experiment)
    if complete:
        experiment_results.show(experiment, [run for run in runs if run], guess)
else:
    experiment_watch.plan(experiment, complete)

frame.end("experiments", page, experiment_results.code(experiment))
