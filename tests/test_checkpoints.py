"""A checkpoint is taken back only where it belongs, and only whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from cnn_core.data import Mnist
from cnn_core.events import Checkpoint
from cnn_core.messages import Problem
from cnn_core.models import FLATTEN, ModelSpec, linear
from cnn_core.training import Trainer, TrainingSpec

SPEC = TrainingSpec(model=ModelSpec((FLATTEN, linear(10))), steps=5, batch_size=4, train_size=8)
NOISE = np.random.default_rng(0)
DATA = Mnist(
    *(NOISE.integers(0, 256, (8, 28, 28), np.uint8), NOISE.integers(0, 10, 8, np.uint8)) * 2,
)


@pytest.fixture(scope="module")
def kept() -> Checkpoint:
    trainer = Trainer(SPEC, DATA)
    while trainer.step < 2:
        trainer.advance()
    return trainer.checkpoint()


def changed(kept: Checkpoint, change: Callable[[dict[str, torch.Tensor]], object]) -> Checkpoint:
    tensors = load(kept.data)
    change(tensors)
    return Checkpoint(kept.step, save(tensors, {"step": str(kept.step), "run": SPEC.run_id}))


def test_it_holds_weights_and_optimiser_as_safetensors(kept: Checkpoint) -> None:
    weights = {"model.fc1.weight", "model.fc1.bias"}
    remembered = {
        f"optimiser.fc1.{n}.{k}" for n in ("weight", "bias") for k in ("step", "exp_avg", "exp_avg_sq")
    }
    assert load(kept.data).keys() == weights | remembered


def test_it_is_taken_back_as_it_was(kept: Checkpoint) -> None:
    for checkpoint in (kept, changed(kept, lambda tensors: None)):
        again, tensors = Trainer(SPEC, DATA, checkpoint).checkpoint(), load(kept.data)
        assert again.step == kept.step
        assert load(again.data).keys() == tensors.keys()
        assert all(torch.equal(value, tensors[name]) for name, value in load(again.data).items())


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"optimiser": "sgd"},
        {"learning_rate": 0.1},
        {"model": ModelSpec((FLATTEN, linear(5), linear(10)))},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_run_does_not_go_on_from_it(kept: Checkpoint, other: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(Problem, match="does not belong to this run"):
        Trainer(replace(SPEC, **other), DATA, kept)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("model.fc1.bias"),
        lambda t: t.pop("optimiser.fc1.bias.exp_avg"),
        lambda t: t.update({"model.more": torch.zeros(1)}),
        lambda t: t.update({"model.fc1.bias": torch.zeros(11)}),
        lambda t: t.update({"model.fc1.bias": torch.zeros(10, dtype=torch.float64)}),
        lambda t: t.update({"optimiser.fc1.weight.exp_avg": torch.zeros(784, 10)}),
    ],
    ids=["no weights", "no optimiser", "one too many", "shape", "dtype", "optimiser's shape"],
)
def test_what_does_not_fit_is_refused(kept: Checkpoint, change: Callable[..., object]) -> None:
    with pytest.raises(Problem, match="does not belong to this run"):
        Trainer(SPEC, DATA, changed(kept, change))


@pytest.mark.parametrize("step", [0, 1, 3, 6])
def test_it_stands_for_its_own_step_only(kept: Checkpoint, step: int) -> None:
    with pytest.raises(Problem, match="does not belong to this run"):
        Trainer(SPEC, DATA, Checkpoint(step, kept.data))


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_half_of_one_is_refused(kept: Checkpoint, length: int) -> None:
    with pytest.raises(Problem, match="is damaged"):
        Trainer(SPEC, DATA, Checkpoint(kept.step, kept.data[:length]))


def test_bytes_without_a_run_are_refused(kept: Checkpoint) -> None:
    with pytest.raises(Problem, match="does not belong to this run"):
        Trainer(SPEC, DATA, Checkpoint(kept.step, save(load(kept.data))))
