"""Training: the same settings give the same bits, with and without a break, and reach what is promised."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Checkpoint, Evaluation, Event, Finished, Live, Snapshot, Step
from cnn_core.messages import Problem
from cnn_core.models import BATCH_NORM, FLATTEN, RELU, ModelSpec, conv, dropout, linear, max_pool
from cnn_core.training import (
    CODE_VERSION,
    WATCHED,
    Trainer,
    TrainingSpec,
    evaluation_steps,
    fit,
    run_segment,
    snapshot_steps,
)

TINY = ModelSpec((conv(2, 5), RELU, max_pool(4), FLATTEN, dropout(0.5), linear(10)))
SPEC = TrainingSpec(model=TINY, steps=9, batch_size=8, train_size=20, initialisation="kaiming")

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def few() -> Mnist:
    """MNIST with so few images that a step takes a millisecond."""
    whole = load_mnist()
    return Mnist(
        whole.train_images[:50], whole.train_labels[:50], whole.test_images[:40], whole.test_labels[:40]
    )


def last_weights(events: list[Event]) -> dict[str, np.ndarray]:
    return [e for e in events if isinstance(e, Snapshot)][-1].weights


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(a[n].tobytes() == b[n].tobytes() for n in a)


def test_the_events_of_a_run_come_in_order(few: Mnist) -> None:
    events = list(fit(SPEC, few))
    assert [e.step for e in events if isinstance(e, Step)] == list(range(1, 10))
    assert [e.step for e in events if isinstance(e, Snapshot)] == snapshot_steps(SPEC)
    assert [e.step for e in events if isinstance(e, Evaluation)] == evaluation_steps(SPEC)
    assert events[0].step == 0
    assert isinstance(events[0], Snapshot)
    assert [e.step for e in events if isinstance(e, Finished)] == [9]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(few: Mnist) -> None:
    weights = last_weights(list(fit(SPEC, few)))
    assert same(weights, last_weights(list(fit(SPEC, few))))
    assert not same(weights, last_weights(list(fit(replace(SPEC, seed=1), few))))


def test_training_leaves_torchs_own_random_numbers_alone(few: Mnist) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    list(fit(SPEC, few))
    assert torch.equal(torch.rand(3), expected)


def inside(checkpoint: Checkpoint) -> tuple[int, dict[str, bytes]]:
    """Step and tensors, bit by bit: safetensors writes what it notes beside them in any order."""
    return checkpoint.step, {name: array.tobytes() for name, array in load(checkpoint.data).items()}


def trained(spec: TrainingSpec, data: Mnist, until: int, checkpoint: Checkpoint | None = None) -> Checkpoint:
    """What training from the checkpoint to that step leaves: weights, buffers and optimiser as bytes."""
    trainer = Trainer(spec, data, checkpoint)
    while trainer.step < until:
        trainer.advance()
    return trainer.checkpoint()


@settings(max_examples=40, deadline=None)
@given(
    optimiser=st.sampled_from([("sgd", 0.0), ("sgd", 0.9), ("adam", 0.0), ("adamw", 0.0)]),
    schedule=st.sampled_from(["constant", "one_cycle"]),
    augmentation=st.booleans(),
    norm=st.booleans(),
    frozen=st.sampled_from([(), ("conv1",)]),
    breaks=st.sets(st.integers(0, 12), min_size=1, max_size=4),  # an epoch has three steps
)
def test_a_run_with_breaks_anywhere_ends_with_the_same_bits(
    few: Mnist,
    optimiser: tuple[str, float],
    schedule: str,
    augmentation: bool,
    norm: bool,
    frozen: tuple[str, ...],
    breaks: set[int],
) -> None:
    layers = (conv(2, 5), *((BATCH_NORM,) if norm else ()), RELU, max_pool(4), FLATTEN, dropout(0.5))
    spec = replace(
        SPEC,
        model=ModelSpec((*layers, linear(10))),
        optimiser=optimiser[0],
        momentum=optimiser[1],
        weight_decay=0.01,
        schedule=schedule,
        augmentation=augmentation,
        frozen=frozen,
        steps=12,
    )
    checkpoint = None
    for step in sorted(breaks):
        checkpoint = trained(spec, few, step, checkpoint)
    assert inside(trained(spec, few, 12, checkpoint)) == inside(trained(spec, few, 12))


def test_any_checkpoint_of_fit_is_a_place_to_go_on_from(few: Mnist) -> None:
    events = list(fit(SPEC, few))
    for checkpoint in [e for e in events if isinstance(e, Checkpoint)]:
        assert inside(checkpoint) == inside(trained(SPEC, few, checkpoint.step))
        rest = list(fit(SPEC, few, checkpoint))
        after = [e for e in events if isinstance(e, Step) and e.step > checkpoint.step]
        assert [e for e in rest if isinstance(e, Step)] == after


def test_a_chain_of_segments_tells_what_one_fit_tells(few: Mnist) -> None:
    def steps_and_answers(events: list[Event]) -> list[object]:
        told = [(e.step, e.predictions.tobytes()) for e in events if isinstance(e, Evaluation)]
        return [*(e for e in events if isinstance(e, Step | Finished)), *told]

    checkpoint, events = None, []
    while not any(isinstance(e, Finished) for e in events):
        segment = run_segment(SPEC, few, checkpoint, seconds=0.0)
        assert isinstance(segment[-1], Checkpoint)
        checkpoint = segment[-1]
        events += segment
    assert steps_and_answers(events) == steps_and_answers(list(fit(SPEC, few)))


def test_a_segment_trains_for_about_as_long_as_it_may(few: Mnist) -> None:
    begun = time.perf_counter()
    events = run_segment(replace(SPEC, steps=1_000_000), few, seconds=0.2)
    assert 0.2 <= time.perf_counter() - begun < 5
    assert len([e for e in events if isinstance(e, Step)]) > 1


def test_live_shows_the_first_layer_as_it_stands(few: Mnist) -> None:
    live = next(e for e in run_segment(SPEC, few, seconds=0.0) if isinstance(e, Live))
    weights = last_weights(list(fit(replace(SPEC, steps=live.step), few)))
    assert live.weight.tobytes() == weights["conv1.weight"].tobytes()
    assert live.gradient.shape == (2, 1, 5, 5)
    assert (live.gradient != 0).any()


def test_live_shows_no_other_layer_in_place_of_a_frozen_one(few: Mnist) -> None:
    events = run_segment(replace(SPEC, frozen=("conv1",)), few, seconds=0.0)
    assert not [e for e in events if isinstance(e, Live)]


def test_the_last_incomplete_batch_counts(few: Mnist) -> None:
    spec = replace(SPEC, batch_size=8, train_size=20)
    assert spec.steps_per_epoch == 3
    seen: list[int] = []
    trainer = Trainer(spec, few)
    for step in (1, 2, 3):
        trainer.step = step
        seen.append(len(trainer._batch()[1]))
    assert seen == [8, 8, 4]


def test_an_epoch_shows_every_image_once_and_the_next_in_another_order(few: Mnist) -> None:
    trainer = Trainer(replace(SPEC, batch_size=10, train_size=50), few)
    epochs = []
    for first in (1, 6):
        labels = []
        for step in range(first, first + 5):
            trainer.step = step
            labels += trainer._batch()[0].flatten(1).sum(dim=1).tolist()
        epochs.append(labels)
    assert sorted(epochs[0]) == sorted(epochs[1])
    assert epochs[0] != epochs[1]


def test_the_evaluation_at_the_end_asks_all_test_images(few: Mnist) -> None:
    last = [e for e in fit(SPEC, few) if isinstance(e, Evaluation)][-1]
    assert len(last.predictions) == len(few.test_labels)
    assert last.correct == (last.predictions == few.test_labels).sum()
    assert last.accuracy == last.correct / 40


def test_evaluations_on_the_way_ask_the_first_thousand_test_images_and_the_last_asks_all() -> None:
    whole = load_mnist()
    data = Mnist(
        whole.train_images[:50], whole.train_labels[:50], whole.test_images[:1200], whole.test_labels[:1200]
    )
    *on_the_way, last = (e for e in fit(SPEC, data) if isinstance(e, Evaluation))
    assert WATCHED == 1000
    assert [len(e.predictions) for e in on_the_way] == [1000, 1000, 1000]
    assert len(last.predictions) == 1200
    middle = on_the_way[1]
    trainer = Trainer(SPEC, data)
    while trainer.step < middle.step:
        trainer.advance()
    answers = trainer.evaluate().predictions
    assert not np.array_equal(answers[:1000], answers[200:])  # or another thousand would do
    np.testing.assert_array_equal(middle.predictions, answers[:1000])
    assert middle.correct == (answers[:1000] == data.test_labels[:1000]).sum()


def test_network_and_batches_are_placed_on_the_device_that_is_named(few: Mnist) -> None:
    trainer = Trainer(SPEC, few, device="meta")  # torch's device without numbers: every machine has it
    trainer.step = 1
    placed = [*trainer.model.parameters(), *trainer._batch()]
    assert {tensor.device.type for tensor in placed} == {"meta"}


def test_a_frozen_layer_does_not_move(few: Mnist) -> None:
    events = list(fit(replace(SPEC, frozen=("conv1",)), few))
    first = next(e for e in events if isinstance(e, Snapshot)).weights
    last = last_weights(events)
    assert (first["conv1.weight"] == last["conv1.weight"]).all()
    assert (first["fc1.weight"] != last["fc1.weight"]).any()


def test_it_can_start_from_given_weights(few: Mnist) -> None:
    trained = last_weights(list(fit(SPEC, few)))
    begun = next(fit(replace(SPEC, start="abc"), few, start=save(trained)))
    assert isinstance(begun, Snapshot)
    assert same(begun.weights, trained)


@pytest.mark.parametrize(
    "wrong",
    [
        save({"conv1.weight": np.zeros((3, 1, 5, 5), np.float32)}),
        save({"conv1.weight": np.zeros((2, 1, 5, 5), np.float64)}),
        save({"conv9.weight": np.zeros((2, 1, 5, 5), np.float32)}),
        b"no safetensors",
    ],
    ids=["shape", "dtype", "name", "bytes"],
)
def test_weights_of_another_network_are_refused(few: Mnist, wrong: bytes) -> None:
    with pytest.raises(Problem, match="do not fit this network"):
        next(fit(replace(SPEC, start="abc"), few, start=wrong))


def test_a_network_of_zeros_cannot_tell_its_filters_apart(few: Mnist) -> None:
    weights = last_weights(list(fit(replace(SPEC, initialisation="zeros"), few)))
    assert (weights["conv1.weight"][0] == weights["conv1.weight"][1]).all()
    assert (weights["fc1.bias"] != 0).any()


def test_all_layers_can_be_frozen(few: Mnist) -> None:
    events = list(fit(replace(SPEC, frozen=TINY.names()), few))
    first = next(e for e in events if isinstance(e, Snapshot)).weights
    assert same(first, last_weights(events))


def test_a_frozen_batch_norm_keeps_its_running_mean(few: Mnist) -> None:
    model = ModelSpec((conv(2, 5), BATCH_NORM, RELU, max_pool(4), FLATTEN, linear(10)))
    for frozen, moves in ((("norm1",), False), ((), True)):
        weights = last_weights(list(fit(replace(SPEC, model=model, frozen=frozen), few)))
        assert bool((weights["norm1.running_mean"] != 0).any()) is moves


def test_shuffled_pixels_are_one_permutation_for_every_image_and_every_seed(few: Mnist) -> None:
    images = few.test_images
    plain = Trainer(SPEC, few)._inputs(images).flatten(1)
    shuffled = Trainer(replace(SPEC, pixels="shuffled"), few)._inputs(images).flatten(1)
    assert torch.equal(plain, torch.from_numpy(images.reshape(40, -1) / np.float32(255)))
    assert not torch.equal(plain, shuffled)
    columns = sorted(column.tobytes() for column in plain.numpy().T)
    assert sorted(column.tobytes() for column in shuffled.numpy().T) == columns
    other_seed = Trainer(replace(SPEC, pixels="shuffled", seed=7), few)
    assert torch.equal(other_seed._inputs(images).flatten(1), shuffled)


def test_weights_are_kept_in_their_plain_order(few: Mnist) -> None:
    weights = last_weights(list(fit(SPEC, few)))
    assert all(value.flags.c_contiguous for value in weights.values())
    assert weights["conv1.weight"].shape == (2, 1, 5, 5)


def test_what_cannot_be_trained_is_said_before_the_first_step(few: Mnist) -> None:
    for wrong, sentence in [
        (replace(SPEC, version=CODE_VERSION + 1), "Another version of this app"),
        (replace(SPEC, train_size=51), "train_size must be a whole number from 1 to 50"),
        (replace(SPEC, start="abc"), "do not fit this network"),
        (replace(SPEC, steps=0), "steps must be"),
    ]:
        with pytest.raises(Problem, match=sentence):
            next(fit(wrong, few))


def test_weights_that_the_settings_do_not_name_are_no_silent_start(few: Mnist) -> None:
    with pytest.raises(ValueError, match=r"spec\.start"):
        next(fit(SPEC, few, start=b"some weights"))
