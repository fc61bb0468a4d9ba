"""A run's settings: one id for equal settings, and a plain sentence for those that cannot be trained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnn_core.messages import Problem
from cnn_core.models import BATCH_NORM, FLATTEN, MLP, ModelSpec, conv, dropout, linear, max_pool
from cnn_core.presets import PRESETS
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
    "kernels": "1,0;0,-1",
    "kernels_held": True,
    "version": 99,
}


def test_every_field_has_its_part_in_the_id() -> None:
    ids = {TrainingSpec().run_id} | {replace(TrainingSpec(), **{n: v}).run_id for n, v in OTHERS.items()}
    assert OTHERS.keys() == TrainingSpec.__dataclass_fields__.keys()
    assert len(ids) == len(OTHERS) + 1


@pytest.mark.parametrize("name", OTHERS)
def test_json_brings_back_the_same_settings(name: str) -> None:
    needed = {"kernels": OTHERS["kernels"]} if name == "kernels_held" else {}
    spec = replace(TrainingSpec(), **{name: OTHERS[name]} | needed)
    assert TrainingSpec.from_json(spec.to_json()) == spec


def test_the_ids_of_runs_made_long_ago_stay() -> None:
    assert PRESETS["fast"].spec.run_id == "841a34348ccf33fc"
    assert TrainingSpec().run_id == "7e9d123de9e31e99"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"learning_rate": 1}, {"learning_rate": 1.0}),
        ({"momentum": 0}, {"momentum": -0.0}),
        ({"weight_decay": 1}, {"weight_decay": 1.0}),
        ({"frozen": ("fc1", "conv1")}, {"frozen": ("conv1", "fc1", "conv1")}),
        (
            {"model": ModelSpec((FLATTEN, dropout(0), linear(10)))},
            {"model": ModelSpec((FLATTEN, dropout(0.0), linear(10)))},
        ),
    ],
)
def test_equal_settings_are_one_run_however_they_are_written(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert TrainingSpec(**a).run_id == TrainingSpec(**b).run_id


def test_a_presets_name_has_no_part_in_the_id_which_stays() -> None:
    assert PRESETS["fast"].spec.run_id == "841a34348ccf33fc"  # links and stores hold it: it must not change
    assert TrainingSpec.from_json(PRESETS["fast"].spec.to_json()).run_id == "841a34348ccf33fc"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *[(n, "magic", f"{n} cannot be magic: choose one of") for n in ("optimiser", "schedule", "pixels")],
        ("initialisation", "ones", "initialisation cannot be ones"),
        *[("learning_rate", v, "learning_rate must lie between") for v in (float("nan"), -1, "fast", True)],
        ("momentum", 1, "momentum must lie between"),
        ("weight_decay", float("inf"), "weight_decay must lie between"),
        *[("steps", v, "steps must be a whole number from 1") for v in (0, 1.5, True, "9", 10**9)],
        *[("batch_size", v, "batch_size must be a whole number") for v in (0, 10_001)],
        *[("train_size", v, "train_size must be a whole number") for v in (0, 60_001)],
        *[("seed", -1, "seed must be"), ("version", "1", "version must be")],
        ("frozen", ("conv9",), "frozen cannot be conv9: choose one of conv1"),
        *[("augmentation", 1, "augmentation is either on or off"), ("start", 5, "start is the name")],
        *[("model", ModelSpec(layers), "must end in ten numbers") for layers in ((), (conv(10, 28),))],
        ("model", ModelSpec((FLATTEN, *(linear(4096),) * 2, linear(10))), "would have 20,037,642 parameters"),
    ],
)
def test_what_cannot_be_trained_gets_a_sentence(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        replace(TrainingSpec(), **{name: value}).check()


WIDE = ModelSpec((*(conv(256, 5, padding=2),) * 4, FLATTEN, linear(10)))
VAST = ModelSpec((conv(4096, 1, padding=28), max_pool(84), FLATTEN, linear(10)))  # and few parameters


def test_a_batch_that_would_fill_the_memory_gets_a_sentence() -> None:
    TrainingSpec(batch_size=10_000).check()
    TrainingSpec(model=WIDE, batch_size=100).check()
    with pytest.raises(Problem, match=r"A batch would fill 1,003,530,000 numbers .* use a smaller batch"):
        TrainingSpec(model=WIDE, batch_size=1_000).check()
    with pytest.raises(Problem, match="fewer channels or more pooling"):  # as it is asked, 250 at a time
        TrainingSpec(model=VAST, batch_size=1).check()


def test_batch_norm_needs_two_images_in_the_last_batch_too() -> None:
    model = ModelSpec((FLATTEN, linear(8), BATCH_NORM, linear(10)))
    TrainingSpec(model=model, train_size=202).check()
    with pytest.raises(Problem, match="norm1 needs two images a batch"):
        TrainingSpec(model=model, train_size=201).check()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"model": []}', "null", "[" * 9_999, '{"model": [{"kind": "x"}]}']
)
def test_what_is_no_spec_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Problem):
        TrainingSpec.from_json(text)


def test_epochs_count_the_last_incomplete_batch() -> None:
    assert steps_for_epochs(1, 250, 100) == 3
    assert steps_for_epochs(10) == 6000
    assert steps_for_epochs(0.001, 250, 100) == 1
