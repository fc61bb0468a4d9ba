"""Back to a step of a run and on from there with other settings; and the family tree that branches make."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnn_core.family import Member, branch, family, relatives
from cnn_core.family_drawing import family_tree
from cnn_core.models import summary
from cnn_core.records import Run
from cnn_core.spec import OPTIMISERS, SCHEDULES
from ui import frame
from ui.language import language, t
from ui.pictures import drawing
from ui.site import PAGES
from ui.specimen import run_name, store
from ui.state import PageState, dial
from ui.step_slider import LAST, nearest
from ui.training_controls import NUMBERS
from ui.training_runs import attempt
from ui.training_settings import MOST_STEPS, labels, options


def rewind(page: PageState, run: Run, learner: str, shown: int) -> None:
    """Choose a step of the run and what is to be otherwise from there on, and start that run.

    ``shown`` is the step that the page shows, and so the one to begin from; LAST while the run goes on: then
    it is chosen here.
    """
    steps = store().snapshot_steps(run.id)
    if not steps:
        return
    with st.expander(t("Go back to a step, and train on from there with other settings"), key="branching"):
        at = _pick_step(page, steps) if shown == LAST else shown
        st.page_link(
            PAGES["slow_motion"].file,
            label=t("Take the next step from here in slow motion"),
            icon=PAGES["slow_motion"].icon,
            query_params={"lang": language(), "run": run.id, "step": str(at)},
        )
        changed = _settings(run)
        st.button(
            t("Start the branch at step {step:,}", step=at),
            icon=":material/call_split:",
            type="primary",
            on_click=_start,
            args=(page, run, at, changed, learner),
        )
        st.caption(
            t(
                "The branch begins with a copy of the weights of that step. It is a run of its own: it stays "
                "when this one is deleted."
            )
        )


def _pick_step(page: PageState, steps: list[int]) -> int:
    at = nearest(steps, page.step)

    def take(step: int) -> None:
        page.set(step=LAST if step == steps[-1] else step)

    if len(steps) > 1:
        st.select_slider(t("Step (0 is before training)"), steps, **dial("branch.step", at, take, steps))
    return at


def _settings(run: Run) -> dict[str, Any]:
    """What can be changed at a branch, as it is in the run until somebody changes it."""
    spec, names, words = run.spec, labels(), options()

    def key(name: str) -> str:
        return f"branch.{run.id}.{name}"

    def pick(name: str, values: tuple[str, ...]) -> str:
        at = values.index(getattr(spec, name))
        return str(st.selectbox(names[name], values, at, words[name].__getitem__, key=key(name)))

    def whole(name: str, value: int) -> int:
        low, high, _, _ = NUMBERS[name]
        return st.number_input(names[name], int(low), int(high), value, key=key(name))

    def real(name: str, value: float, disabled: bool = False) -> float:
        low, high, step, written = NUMBERS[name]
        return st.number_input(
            names[name], low, high, float(value), step, written, key(name), disabled=disabled
        )

    left, middle, right = st.columns(3)
    with left:
        rate = real("learning_rate", spec.learning_rate)
        steps = whole("steps", min(spec.steps, MOST_STEPS))
        seed = whole("seed", spec.seed)
    with middle:
        optimiser = pick("optimiser", OPTIMISERS)
        momentum = real("momentum", spec.momentum, disabled=optimiser != "sgd")
        schedule = pick("schedule", SCHEDULES)
    with right:
        batch_size = whole("batch_size", spec.batch_size)
        train_size = whole("train_size", spec.train_size)
        learned = [row.name for row in summary(spec.model) if row.parameters]
        frozen = st.multiselect(
            t("Layers that stay as they are"),
            learned,
            spec.frozen,
            key=key("frozen"),
            placeholder=t("Choose layers"),
        )
    augmentation = st.toggle(names["augmentation"], spec.augmentation, key=key("augmentation"))
    return {
        "learning_rate": rate,
        "steps": steps,
        "batch_size": batch_size,
        "train_size": train_size,
        "optimiser": optimiser,
        "momentum": momentum if optimiser == "sgd" else 0.0,  # the others have none
        "schedule": schedule,
        "seed": seed,
        "frozen": tuple(frozen),
        "augmentation": augmentation,
    }


def _start(page: PageState, run: Run, step: int, changed: dict[str, Any], learner: str) -> None:
    """Start the branch and watch it, the curve of the run it came from beside it."""
    name = t("{name}, from step {step:,}", name=run_name(run), step=step)

    def begin() -> None:
        spec = branch(store(), run.id, step, learner, **changed)
        run_id = store().add(spec, name, learner)
        page.set(run=run_id, step=LAST, compare=run.id)

    attempt(begin)


def tree(run: Run) -> None:
    """The run's family as a drawing, and a link to each of its members."""
    members = relatives(family(store()), run.id)
    if len(members) < 2:
        return
    st.subheader(t("The family of this run"), anchor=False)
    names = {member.run.id: _described(member) for member in members}
    drawing(
        lambda width: family_tree(
            members,
            names,
            run.id,
            frame.theme(),
            width,
            t("Who branched from whom, at which step"),
            t("steps, with those of the runs before"),
        ),
        "family",
        "; ".join(names.values()),
    )
    with st.container(horizontal=True):
        for member in members:
            if member.run.id != run.id:
                st.page_link(
                    "pages/training.py",
                    label=run_name(member.run),
                    icon=":material/call_split:" if member.parent else ":material/trip_origin:",
                    query_params={"run": member.run.id},
                )


def _described(member: Member) -> str:
    name = run_name(member.run)
    tests = store().evaluations(member.run.id)
    return f"{name} · {tests[-1].accuracy:.2%}" if tests else name
