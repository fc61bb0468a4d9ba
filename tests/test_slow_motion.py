"""Slow motion: the sums are torch's gradients, the steps are the Trainer's, to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import load
from safetensors.torch import save

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Checkpoint, Snapshot
from cnn_core.messages import Problem
from cnn_core.models import (
    BATCH_NORM,
    FLATTEN,
    NETWORKS,
    RELU,
    ModelSpec,
    avg_pool,
    conv,
    dropout,
    linear,
    max_pool,
)
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.slow_motion import SlowMotion, SlowStep, filter_gradient, open_run
from cnn_core.training import Trainer, TrainingSpec

TINY = ModelSpec((conv(3, 5), BATCH_NORM, RELU, max_pool(4), FLATTEN, dropout(0.5), linear(10)))
SPEC = TrainingSpec(model=TINY, steps=6, batch_size=8, train_size=20, initialisation="kaiming")
ADAM_W = replace(SPEC, optimiser="adamw", weight_decay=0.05, schedule="one_cycle")
MOMENTUM = replace(SPEC, optimiser="sgd", momentum=0.9, learning_rate=0.05, augmentation=True)
SHUFFLED = replace(SPEC, optimiser="sgd", learning_rate=0.1, pixels="shuffled")
STRIDED = ModelSpec((conv(4, 3, stride=2, padding=1), RELU, FLATTEN, linear(10)))
POOLED = ModelSpec((avg_pool(2), FLATTEN, linear(6), RELU, linear(10)))

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data() -> Mnist:
    return load_mnist()


def trained(spec: TrainingSpec, data: Mnist, steps: int, start: bytes | None = None) -> Checkpoint:
    """The run's own checkpoint after so many steps."""
    trainer = Trainer(spec, data, start=start)
    trainer.advance()
    for _ in range(steps):
        trainer.advance()
    return trainer.checkpoint()


def same_bits(one: Checkpoint, other: Checkpoint) -> bool:
    """The order in a header's metadata is free; the tensors' bytes are not."""
    first, second = load(one.data), load(other.data)
    return one.step == other.step and {n: a.tobytes() for n, a in first.items()} == {
        n: a.tobytes() for n, a in second.items()
    }


def start(spec: TrainingSpec, data: Mnist) -> dict[str, np.ndarray]:
    first = Trainer(spec, data).advance()[0]
    assert isinstance(first, Snapshot)
    return first.weights


@pytest.mark.parametrize("spec", [ADAM_W, MOMENTUM, SHUFFLED, replace(ADAM_W, optimiser="adam")])
def test_steps_by_hand_from_a_checkpoint_are_the_runs_own_bits(spec: TrainingSpec, data: Mnist) -> None:
    copy = SlowMotion(spec, data, 2, checkpoint=trained(spec, data, 2))
    assert copy.memory_known
    for by_hand in (0, 1, 2, 3):
        assert same_bits(copy.checkpoint(by_hand), trained(spec, data, 3 + by_hand))


def test_held_kernels_of_a_branch_keep_the_biases_that_it_began_with(data: Mnist) -> None:
    random = replace(MOMENTUM, initialisation="torch")  # its first biases are not 0
    begun = Trainer(replace(random, seed=5), data).model.state_dict()
    held = replace(random, kernels="1,0,-1;2,0,-2;1,0,-1", kernels_held=True, start="abc", seed=6)
    copy = SlowMotion(held, data, 2, checkpoint=trained(held, data, 2, save(begun)))
    assert same_bits(copy.checkpoint(1), trained(held, data, 4, save(begun)))
    step = copy.at(1)
    assert np.array_equal(step.update.before[0], step.update.after[0])
    assert not np.array_equal(step.update.before[1], step.update.after[1])


def test_step_zero_needs_no_checkpoint(data: Mnist) -> None:
    copy = SlowMotion(ADAM_W, data, 0, start(ADAM_W, data))
    assert copy.memory_known
    assert same_bits(copy.checkpoint(2), trained(ADAM_W, data, 3))


def test_what_is_told_of_a_step_is_what_the_trainer_did(data: Mnist) -> None:
    point, after = trained(MOMENTUM, data, 2), load(trained(MOMENTUM, data, 3).data)
    step = SlowMotion(MOMENTUM, data, 2, checkpoint=point).at(0)
    assert (step.step, step.learning_rate) == (3, 0.05)
    assert np.array_equal(step.update.before, load(point.data)["model.conv1.weight"])
    assert np.array_equal(step.update.after, after["model.conv1.weight"])
    velocity = step.update.memory_after["momentum_buffer"]
    assert np.array_equal(velocity, after["optimiser.conv1.weight.momentum_buffer"])
    trainer = Trainer(MOMENTUM, data, point)
    event = trainer.advance()[0]
    assert step.loss == event.loss  # type: ignore[union-attr]
    assert step.update.gradient is not None
    assert np.array_equal(step.update.gradient, trainer.live()[0].gradient)


def test_the_losses_of_the_images_have_the_steps_loss_as_their_mean(data: Mnist) -> None:
    step = SlowMotion(ADAM_W, data, 0, start(ADAM_W, data)).at(0)
    assert step.losses.mean() == pytest.approx(step.loss, rel=1e-6)
    right = step.probabilities[np.arange(len(step.labels)), step.labels]
    assert np.allclose(-np.log(right), step.losses, atol=1e-6)


@pytest.mark.parametrize("model", [*NETWORKS.values(), TINY, STRIDED, POOLED])
@pytest.mark.parametrize("seed", [1, 2])
def test_input_times_output_gradient_summed_is_torchs_gradient(
    model: ModelSpec, seed: int, data: Mnist
) -> None:
    spec = replace(SPEC, model=model, seed=seed, optimiser="sgd")
    step = SlowMotion(spec, data, 0, start(spec, data)).at(0)
    assert step.update.gradient is not None
    wanted = step.filters(step.update.gradient)
    for number in range(min(4, len(wanted))):
        found = filter_gradient(step, number)
        assert found is not None
        scale = float(np.abs(wanted[number]).max()) or 1.0
        assert np.allclose(found.total, wanted[number], rtol=1e-4, atol=2e-6 * scale)
        row, col = (n // 2 for n in step.window)
        products = found.patch(3, row, col).astype(float) * found.output_gradient[3]
        assert products.sum() == pytest.approx(found.shares[3, row, col], rel=1e-6, abs=1e-12)


def test_every_layers_gradient_is_what_autograd_gives(data: Mnist) -> None:
    spec = replace(SPEC, model=NETWORKS["book"])
    copy = SlowMotion(spec, data, 0, start(spec, data))
    step, (model, _) = copy.at(0), copy.before(0)
    x, kept = torch.from_numpy(step.images)[:, None], []
    for layer in model.children():
        x = layer(x)
        x.retain_grad()
        kept.append(x)
    F.cross_entropy(x, torch.from_numpy(step.labels)).backward()
    for passage, output in zip(step.passages, kept, strict=True):
        assert output.grad is not None
        assert passage.gradient is not None
        assert np.allclose(passage.output, output.detach().numpy(), atol=1e-5)
        assert np.allclose(passage.gradient, output.grad.numpy(), atol=1e-7)
        assert passage.gradient_size == pytest.approx(float(output.grad.square().mean().sqrt()), rel=1e-4)


def test_a_frozen_first_layer_has_no_gradient_and_does_not_move(data: Mnist) -> None:
    spec = replace(SPEC, frozen=("conv1",))
    step = SlowMotion(spec, data, 0, start(spec, data)).at(0)
    assert step.update.gradient is None
    assert filter_gradient(step, 0) is None
    assert np.array_equal(step.update.before, step.update.after)
    everything = replace(SPEC, frozen=TINY.names())
    assert SlowMotion(everything, data, 0, start(everything, data)).at(0).passages[-1].gradient is None


def test_after_the_last_step_there_is_none(data: Mnist) -> None:
    end = SlowMotion(SPEC, data, 6, checkpoint=trained(SPEC, data, 6))
    assert end.most == 0
    with pytest.raises(Problem, match="no batch comes after"):
        end.at(0)
    near = SlowMotion(SPEC, data, 4, checkpoint=trained(SPEC, data, 4))
    near.at(1)
    with pytest.raises(Problem, match="no batch comes after"):
        near.at(2)


def test_a_diverged_run_is_told_without_an_error(data: Mnist) -> None:
    spec = replace(SPEC, optimiser="sgd", learning_rate=100.0, momentum=0.9)
    weights = {name: np.full_like(w, np.nan) for name, w in start(spec, data).items()}
    step: SlowStep = SlowMotion(spec, data, 3, weights).at(0)
    assert np.isnan(step.loss)
    assert (step.answers == -1).all()
    found = filter_gradient(step, 0)
    assert found is not None
    assert np.isnan(found.total).any()


def test_a_snapshot_says_that_the_memory_is_not_known(data: Mnist, tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    steps = store.snapshot_steps(REFERENCE)
    assert not open_run(store, data, REFERENCE, steps[5]).memory_known
    assert open_run(store, data, REFERENCE, 0).memory_known
    with pytest.raises(Problem, match="not kept"):
        open_run(store, data, REFERENCE, steps[-1] - 1)


def test_back_and_forth_gives_the_same_step(data: Mnist) -> None:
    copy = SlowMotion(ADAM_W, data, 0, start(ADAM_W, data))
    first, third, again = copy.at(0), copy.at(2), copy.at(0)
    assert np.array_equal(first.update.after, again.update.after)
    assert np.array_equal(first.logits, again.logits)
    assert third.step == 3
    assert len(copy.losses) == 3
    assert copy.losses[0] == first.loss
