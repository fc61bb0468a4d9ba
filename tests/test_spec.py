"""A run's settings: one id for equal settings, and a plain sentence for those that cannot be trained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnn_core.messages import Problem
from cnn_core.models import MLP, ModelSpec, linear
from cnn_core.spec import TrainingSpec, steps_for_epochs

OTHERS: dict[str, Any] = {
    "model": MLP,
    "optimiser": "sgd",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "weight_decay": 0.1,
    "schedule": "one_cycle",
    "steps": 201,
    "batch_size": 99,
    "seed": 1,
    "train_size": 600,
    "pixels": "shuffled",
    "augmentation": True,
    "initialisation": "zeros",
    "start": "abc",
    "frozen": ("conv1",),
    "version": 99,
}


def test_every_field_has_its_part_in_the_id() -> None:
    ids = {TrainingSpec().run_id} | {replace(TrainingSpec(), **{n: v}).run_id for n, v in OTHERS.items()}
    assert OTHERS.keys() == TrainingSpec.__dataclass_fields__.keys()
    assert len(ids) == len(OTHERS) + 1


@pytest.mark.parametrize("name", OTHERS)
def test_json_brings_back_the_same_settings(name: str) -> None:
    spec = replace(TrainingSpec(), **{name: OTHERS[name]})
    assert TrainingSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("optimiser", "magic"), ("schedule", "x"), ("pixels", ""), ("initialisation", "ones")],
        *[("learning_rate", float("nan")), ("learning_rate", -1), ("learning_rate", "fast"), ("momentum", 1)],
        *[("steps", 0), ("steps", 1.5), ("steps", True), ("batch_size", 0), ("train_size", 60_001)],
        *[("seed", -1), ("frozen", ("conv9",)), ("model", ModelSpec((linear(10),)))],
    ],
)
def test_what_cannot_be_trained_gets_a_sentence(name: str, value: Any) -> None:
    with pytest.raises(Problem):
        replace(TrainingSpec(), **{name: value}).check()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": []}', "null", '{"model": [{"kind": "x"}]}'])
def test_what_is_no_spec_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Problem):
        TrainingSpec.from_json(text)


def test_epochs_count_the_last_incomplete_batch() -> None:
    assert steps_for_epochs(1, 250, 100) == 3
    assert steps_for_epochs(10) == 6000
    assert steps_for_epochs(0.001, 250, 100) == 1
