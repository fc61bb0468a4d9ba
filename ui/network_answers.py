"""What a run's network answers to the first test digits: asked once for each step, for all sessions."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from cnn_core.answers import Answers, ask, ranges
from cnn_core.data import load_mnist
from cnn_core.models import ModelSpec, summary
from ui import specimen
from ui.language import t
from ui.specimen import Specimen

ASKED = 2_000  # test digits that are asked which of them excites a channel most
MEASURED = 500  # test digits that are asked for a scale


@st.cache_resource(show_spinner=False, max_entries=12)
def _answers(run_id: str, step: int) -> Answers:
    mnist = load_mnist()
    model = specimen.shared_model(run_id, step)
    images = specimen.seen_by(run_id, mnist.test_images[:ASKED])
    return ask(model, images, mnist.test_labels[:ASKED])


def answers(looked_at: Specimen) -> Answers:
    """Every channel's answers to the first test digits, asked once for each run and step."""
    with st.spinner(t("{count:,} test digits pass through the network …", count=ASKED)):
        return _answers(looked_at.run.id, looked_at.step)


class Held(NamedTuple):
    """One scale for all steps and images of a run: each layer's ends, and the step that they come from."""

    step: int
    ends: dict[str, tuple[float, float]]


def held_scale(looked_at: Specimen) -> Held:
    """The range of each layer at the run's newest step at which its numbers are finite."""
    return _held(looked_at.run.id, tuple(looked_at.steps))


@st.cache_resource(show_spinner=False, max_entries=48)
def _held(run_id: str, steps: tuple[int, ...]) -> Held:
    images = specimen.seen_by(run_id, load_mnist().test_images[:MEASURED])
    for step in reversed(steps):
        model = specimen.shared_model(run_id, step)
        layers = len(list(model.children()))
        if len(ranges(model, images[:1])) == layers and len(ends := ranges(model, images)) == layers:
            return Held(step, ends)
    return Held(steps[-1], {})


def story_layers(spec: ModelSpec) -> list[str]:
    """The layers whose answers tell the story: behind each convolution and each fully connected layer."""
    rows = summary(spec)
    told = []
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if row.layer.kind in ("conv", "linear"):
            is_active = after is not None and after.layer.kind in ("relu", "tanh", "sigmoid")
            told.append(after.name if after is not None and is_active else row.name)
    return told
