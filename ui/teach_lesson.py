"""What was taught so far: each step keeps its weights as an artifact that knows the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from torch import nn

from cnn_core.data import load_mnist
from cnn_core.features import predict_batch
from cnn_core.messages import Problem
from cnn_core.mistakes import wrong_answers
from cnn_core.surgery import answers_of
from cnn_core.teach import KIND, kept, restored, taught
from ui.language import explain
from ui.refusal import REFUSALS
from ui.specimen import Specimen, seen_by, shared_model, store
from ui.state import PageState

TESTED = 1_000  # the first test digits: on these forgetting is counted, where nobody asks for all
TROUBLE = "teach.trouble"
NO_MISTAKE = "teach.no_mistake"  # whether the last one that was asked for is not to be had


@dataclass(frozen=True)
class Lesson:
    """The network after some steps of teaching; ``name`` is its artifact, empty before the first step."""

    name: str
    before: str  # the artifact one step earlier
    steps: int
    model: nn.Module
    digits: tuple[int, ...] = ()  # the test digits among what was taught


def lesson(page: PageState, looked_at: Specimen) -> Lesson:
    """The lesson of the address; the network as it was trained, with a sentence, where there is none."""
    start = Lesson("", "", 0, looked_at.model())
    if not page.taught:
        return start
    try:
        model, about = _restored(looked_at.run.id, looked_at.step, page.taught)
        digits = tuple(map(int, about.get("digits", ())))
        return Lesson(page.taught, str(about.get("before", "")), int(about.get("steps", 1)), model, digits)
    except Problem as error:
        st.warning(explain(error))
        return start


@st.cache_resource(show_spinner=False, max_entries=64)
def _restored(run: str, step: int, name: str) -> tuple[nn.Module, dict[str, Any]]:
    artifact = store().artifact(name)
    fits = artifact.kind == KIND and (artifact.meta.get("run"), artifact.meta.get("step")) == (run, step)
    return restored(shared_model(run, step), artifact.data if fits else b""), artifact.meta


def teach(page: PageState, looked_at: Specimen, so_far: Lesson) -> None:
    """Take one more step and keep it; for a button's callback."""
    st.session_state[TROUBLE] = None
    try:
        pupil = taught(so_far.model, looked_at.seen, page.label, page.rate)
        about = {
            "run": looked_at.run.id,
            "step": looked_at.step,
            "before": so_far.name,
            "steps": so_far.steps + 1,
            "image": looked_at.image.ref,
            "label": page.label,
            "rate": page.rate,
            "digits": sorted({*so_far.digits, *test_digit(looked_at)}),
        }
        page.set(taught=store().put_artifact(KIND, kept(pupil), meta=about))
    except REFUSALS as error:
        st.session_state[TROUBLE] = error


def test_digit(looked_at: Specimen) -> tuple[int, ...]:
    """The number of the test digit under the microscope; none, where it is none."""
    kind, _, rest = looked_at.image.ref.partition("-")
    return (int(rest),) if kind == "test" else ()


def take_a_mistake(page: PageState, looked_at: Specimen, so_far: Lesson) -> None:
    """Put the next digit on the pad that is read wrong now, with its label; for a button's callback."""
    labels = load_mnist().test_labels[: counted(page)]
    found = answers(looked_at.run.id, looked_at.step, so_far.name, len(labels))
    wrong = wrong_answers(labels, found)
    st.session_state[NO_MISTAKE] = not len(wrong)
    if len(wrong):
        behind = wrong[wrong > max(test_digit(looked_at), default=-1)]
        index = int(behind[0] if len(behind) else wrong[0])
        page.set(image=f"test-{index}", label=int(labels[index]))


def counted(page: PageState) -> int:
    """On how many test digits, the first ones, forgetting is counted."""
    return len(load_mnist().test_labels) if page.all else TESTED


@st.cache_data(show_spinner=False, max_entries=200)
def answers(run: str, step: int, name: str, count: int) -> np.ndarray:
    """How the lesson's network reads the first test digits: int64 (count,); -1 for what it cannot read."""
    model = _restored(run, step, name)[0] if name else shared_model(run, step)
    return answers_of(predict_batch(model, seen_by(run, load_mnist().test_images[:count])))
