"""Train the notebook's CNN, live; stop, go on, compare runs (the notebook)."""

from functools import partial

import numpy as np
import streamlit as st

from cnn_core.messages import Problem
from cnn_core.presets import PRESETS
from cnn_core.runs import REFERENCE
from ui import (
    branching,
    frame,
    specimen,
    training_controls,
    training_results,
    training_runs,
    training_settings,
    training_upkeep,
)
from ui.components.learner import learner_id
from ui.instrument import instrument
from ui.language import explain, t
from ui.run_history import history_at
from ui.small_pictures import CSS
from ui.state import flag, words
from ui.step_slider import LAST
from ui.training_view import watch

page = frame.begin(
    "training",
    **training_settings.FIELDS,
    run=specimen.FIELDS["run"],
    step=specimen.FIELDS["step"],
    image=specimen.FIELDS["image"],
    compare=words("", longest=200),
    more=flag(),
    confused=training_results.FIELD,
)
store = specimen.store()
learner = learner_id()
SAID = "training.said"  # (run, sentence): what became of the last press on Start


def start(another_seed: bool = False) -> None:
    """Have the chosen settings trained, or join the run that has them already."""
    if another_seed:
        page.set(seed=int(np.random.default_rng().integers(1, 100_000)))
    spec = training_settings.chosen_spec(page)
    before = next((run for run in store.runs() if run.id == spec.run_id), None)
    if not training_runs.attempt(lambda: store.add(spec, training_settings.name_of(page), learner)):
        return
    page.set(run=spec.run_id, step=LAST)
    said = None
    if before and before.is_complete:
        said = t("These settings have been trained already: here is that run.")
    elif before and before.is_over and store.run(spec.run_id).is_over:
        said = t(
            "Whoever started this run has paused or stopped it at step {step:,}: only they can let it go on "
            "now. Start one of your own with another seed.",
            step=before.step,
        )
    elif before and before.is_over:
        said = t("These settings were begun before: the run goes on from step {step:,}.", step=before.step)
    elif before:
        said = t("These settings are being trained already: you are watching that run.")
    st.session_state[SAID] = (spec.run_id, said)


preset, go, again, change = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
with preset:
    training_controls.preset_picker(page)
wrong = training_settings.problem(page)
waits = wrong is not None or not learner  # until the browser has said who starts it: a run is its starter's
go.button(
    t("Start"),
    type="primary",
    icon=":material/play_arrow:",
    on_click=start,
    width="stretch",
    disabled=waits,
)
again.button(t("Start with another seed"), on_click=start, args=(True,), width="stretch", disabled=waits)
with change.popover(
    t("Change the settings"), icon=":material/tune:", key="training.settings", width="stretch"
):
    training_controls.controls(page)
if wrong is None:
    st.markdown(t(PRESETS[page.preset].expect))
else:
    st.warning(explain(wrong))

try:
    run = store.run(page.run)
except Problem as error:
    st.warning(explain(error) + " " + t("The reference run is shown instead."))
    run = store.run(REFERENCE)
about, said = st.session_state.get(SAID, ("", None))
if said and about == run.id:
    st.info(said)

st.html(CSS)
compared = training_runs.compared(page, run)
digit, _ = specimen.chosen_image(page)
leave = partial(training_runs.leave, page, learner)


@instrument(page)
def as_it_was() -> int:
    """The run as it trains; once it is over, as it was at any step. Returns the step."""
    kept, at = store.snapshot_steps(run.id), LAST
    with st.container():  # always there: the chart below keeps its place, and so its zoom, when the run ends
        if run.is_over and len(kept) > 1:
            at = specimen.pick_step(page, run.id, kept)
    watch(run, compared, learner, page.more, digit, leave, at)
    return at


at = as_it_was()
with_image, with_others, with_more = st.columns([3, 4, 3], vertical_alignment="bottom")
with with_image:
    specimen.pick_image(page)
with with_others:
    training_runs.pick_compared(page, run, compared)
with with_more:
    st.toggle(t("Learning rate and speed, too"), **page.dial("more"))
branching.rewind(page, run, learner, at)
if run.is_over:
    training_results.show(page, run, history_at(run, at))

st.subheader(t("All runs"), anchor=False)
st.caption(
    t(
        "The same settings are trained once: whoever starts them second watches the first run. It goes "
        "on when you close the page, and its address brings you back to it."
    )
)
training_runs.table(page, run, learner)
branching.tree(run)
training_runs.keep(page, run, learner)
training_upkeep.clean_up(learner)

frame.end("training", page, training_settings.code(page))
