"""Where slow motion begins: a run, a step of it, and a private copy that goes on by hand."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.messages import text
from cnn_core.records import Run
from cnn_core.runs import REFERENCE
from cnn_core.slow_motion import SlowMotion, SlowStep, open_run
from ui import specimen
from ui.components.slow_steps import slow_steps
from ui.language import t
from ui.state import PageState, dial
from ui.step_slider import nearest

PHASES = {
    "forward": text("1 Forward"),
    "loss": text("2 Loss"),
    "backward": text("3 Backward"),
    "update": text("4 Update"),
}
MOST_BY_HAND = 20
_GONE = "slow_motion.gone"  # ((run, start), the most steps by hand)
ANY = -1  # an image, a filter: the one that shows most


@st.cache_resource(show_spinner=False, max_entries=16)
def private_copy(run_id: str, step: int) -> SlowMotion:
    """One for all who look at this step: it is only read, and gives each the same."""
    return specimen.whole(lambda: open_run(specimen.store(), load_mnist(), run_id, step))


@st.cache_resource(show_spinner=False, max_entries=4)
def slow_step(run_id: str, step: int, by_hand: int) -> SlowStep:
    """A step taken apart: some 40 MB of it, so few are kept."""
    return private_copy(run_id, step).at(by_hand)


def pick_start(page: PageState) -> tuple[Run, int]:
    """Show the pickers of run and step; the step is one after which training goes on."""
    with st.container(border=True, key="specimen"):
        left, right = st.columns([3, 7], vertical_alignment="bottom")
        with left:
            run, kept = specimen.pick_run(page)
            steps = _steps_before_the_last(run, kept)
            if not steps:
                st.warning(
                    t("Only this run's last step is kept, and no batch comes after it.")
                    + " "
                    + t("The reference run is shown instead.")
                )
                run = specimen.store().run(REFERENCE)
                kept = specimen.store().snapshot_steps(REFERENCE)
                steps = _steps_before_the_last(run, kept)
        ended = kept[-1] == run.spec.steps and nearest(kept, page.step) == kept[-1]
        at = steps[0] if ended else nearest(steps, page.step)
        with right:
            _step_slider(page, steps, at, run.spec.steps if kept[-1] == run.spec.steps else None)
    specimen.tell_damage(run)
    return run, at


def _steps_before_the_last(run: Run, kept: list[int]) -> list[int]:
    """The steps at which the run's weights are kept and after which a batch comes."""
    memory = specimen.store().checkpoint_steps(run.id)
    return sorted(step for step in {*kept, *memory} if step < run.spec.steps)


def _step_slider(page: PageState, steps: list[int], at: int, end: int | None) -> None:
    """The steps after which a batch comes; of a finished run it says where it ended."""
    if len(steps) < 2:
        st.markdown(t("Step {step}", step=at))
        return

    label = t("Start after this step (0 is before training)")
    if end is not None:
        label = t(
            "Start after this step. Training ended with step {end:,}: no batch comes after it.", end=end
        )
    moved = dial("widget.slow_motion.step", at, lambda step: page.set(step=step, hand=0), steps)
    st.select_slider(label, steps, **moved)


def stepper(page: PageState, run: Run, start: int) -> SlowStep:
    """Show the four phases and the steps by hand; return the step one stands in."""
    copy = private_copy(run.id, start)
    most = min(MOST_BY_HAND, copy.most - 1)
    by_hand = min(page.hand, most)
    step, gone = slow_step(run.id, start, by_hand), _gone(run.id, start, by_hand)
    phases = list(PHASES)

    def move(phase: int, hand: int) -> None:
        page.set(phase=phases[phase], hand=hand)

    slow_steps(
        "slow_motion.steps",
        [t(name) for name in PHASES.values()],
        phases.index(page.phase),
        by_hand,
        most,
        copy.losses[: gone + 1],
        start + 1,
        move,
    )
    return step


def _gone(run_id: str, start: int, by_hand: int) -> int:
    """How far this learner has gone by hand; others may have taken the copy further."""
    known, furthest = st.session_state.get(_GONE, (None, 0))
    gone = max(by_hand, furthest) if known == (run_id, start) else by_hand
    st.session_state[_GONE] = (run_id, start), gone
    return gone


def chosen_image(page: PageState, step: SlowStep) -> int:
    """The image of the address; by default the one with the largest loss."""
    if page.of == ANY:
        return int(np.nan_to_num(step.losses[: step.kept], nan=-np.inf).argmax())
    return min(page.of, step.kept - 1)


def chosen_filter(page: PageState, step: SlowStep) -> int:
    """The filter of the address; by default the one with the largest gradient."""
    gradient = step.update.gradient
    if page.filter == ANY:
        return 0 if gradient is None else int(_sizes(gradient).argmax())
    return min(page.filter, len(step.update.before) - 1)


def chosen_weight(page: PageState, step: SlowStep, number: int) -> tuple[int, int]:
    """Row and column of the address; by default the weight with the largest gradient."""
    height, width = step.window
    row, _, col = page.weight.partition("-")
    if row.isdecimal() and col.isdecimal():
        return min(int(row), height - 1), min(int(col), width - 1)
    gradient = step.update.gradient
    if gradient is None:
        return height // 2, width // 2
    largest = np.nan_to_num(np.abs(step.filters(gradient)[number])).argmax()
    return int(largest) // width, int(largest) % width


def _sizes(gradient: np.ndarray) -> np.ndarray:
    return np.nan_to_num(np.abs(gradient)).reshape(len(gradient), -1).sum(axis=1)
