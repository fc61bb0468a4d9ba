"""Training: the same settings give the same bits, with and without a break, and reach what is promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Checkpoint, Evaluation, Event, Finished, Live, Snapshot, Step
from cnn_core.messages import Problem
from cnn_core.models import BATCH_NORM, FLATTEN, RELU, ModelSpec, conv, dropout, linear, max_pool
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.training import (
    PRESETS,
    TrainingSpec,
    evaluation_steps,
    fit,
    learning_rate,
    run_segment,
    snapshot_steps,
    steps_for_epochs,
)

TINY = ModelSpec((conv(2, 5), RELU, max_pool(4), FLATTEN, dropout(0.5), linear(10)))
SPEC = TrainingSpec(model=TINY, steps=9, batch_size=8, train_size=20, initialisation="kaiming")


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


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["sgd", "adam", "adamw"]),
    st.sampled_from(["constant", "one_cycle"]),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 8), max_size=3, unique=True),
)
def test_a_run_with_breaks_ends_with_the_same_bits(
    few: Mnist, optimiser: str, schedule: str, augmentation: bool, norm: bool, breaks: list[int]
) -> None:
    layers = (
        conv(2, 5),
        *((BATCH_NORM,) if norm else ()),
        RELU,
        max_pool(4),
        FLATTEN,
        dropout(0.5),
        linear(10),
    )
    spec = replace(
        SPEC,
        model=ModelSpec(layers),
        optimiser=optimiser,
        momentum=0.9,
        weight_decay=0.01,
        schedule=schedule,
        augmentation=augmentation,
        steps=12,
    )
    whole = last_weights(list(fit(spec, few)))
    checkpoint: Checkpoint | None = None
    events: list[Event] = []
    for _ in breaks:
        events = run_segment(spec, few, checkpoint, seconds=0.0)
        checkpoint = [e for e in events if isinstance(e, Checkpoint)][-1]
        assert checkpoint.step < spec.steps
    assert same(last_weights(list(fit(spec, few, checkpoint))), whole)


def test_a_chain_of_segments_tells_what_one_fit_tells(few: Mnist) -> None:
    def told(events: list[Event]) -> list[tuple[object, ...]]:
        steps = [(e.step, e.loss, e.learning_rate) for e in events if isinstance(e, Step)]
        return steps + [(e.step, e.correct) for e in events if isinstance(e, Evaluation)]

    checkpoint, events = None, []
    while not any(isinstance(e, Finished) for e in events):
        segment = run_segment(SPEC, few, checkpoint, seconds=0.0)
        assert isinstance(segment[-1], Checkpoint)
        checkpoint = segment[-1]
        events += segment
    steps = told([e for e in events if isinstance(e, Step)])
    assert steps == told([e for e in fit(SPEC, few) if isinstance(e, Step)])
    lives = [e for e in events if isinstance(e, Live)]
    assert lives[-1].weight.shape == lives[-1].gradient.shape == (2, 1, 5, 5)


def test_the_last_incomplete_batch_counts(few: Mnist) -> None:
    spec = replace(SPEC, batch_size=8, train_size=20)
    assert spec.steps_per_epoch == 3
    seen: list[int] = []
    from cnn_core.training import Trainer

    trainer = Trainer(spec, few)
    for step in (1, 2, 3):
        trainer.step = step
        seen.append(len(trainer._batch()[1]))
    assert seen == [8, 8, 4]


def test_an_epoch_shows_every_image_once_and_the_next_in_another_order(few: Mnist) -> None:
    from cnn_core.training import Trainer

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


def test_a_frozen_layer_does_not_move(few: Mnist) -> None:
    events = list(fit(replace(SPEC, frozen=("conv1",)), few))
    first = next(e for e in events if isinstance(e, Snapshot)).weights
    last = last_weights(events)
    assert (first["conv1.weight"] == last["conv1.weight"]).all()
    assert (first["fc1.weight"] != last["fc1.weight"]).any()


def test_it_can_start_from_given_weights(few: Mnist) -> None:
    from safetensors.numpy import save

    trained = last_weights(list(fit(SPEC, few)))
    begun = next(fit(replace(SPEC, start="abc"), few, start=save(trained)))
    assert isinstance(begun, Snapshot)
    assert same(begun.weights, trained)


def test_weights_of_another_network_are_refused(few: Mnist) -> None:
    from safetensors.numpy import save

    wrong = save({"conv1.weight": np.zeros((3, 1, 5, 5), np.float32)})
    with pytest.raises(Problem, match="do not fit this network"):
        next(fit(replace(SPEC, start="abc"), few, start=wrong))


def test_a_network_of_zeros_cannot_tell_its_filters_apart(few: Mnist) -> None:
    weights = last_weights(list(fit(replace(SPEC, initialisation="zeros"), few)))
    assert (weights["conv1.weight"][0] == weights["conv1.weight"][1]).all()


def test_shuffled_pixels_are_the_same_permutation_in_training_and_test(few: Mnist) -> None:
    from cnn_core.training import Trainer

    plain, shuffled = Trainer(SPEC, few), Trainer(replace(SPEC, pixels="shuffled"), few)
    for name in ("_images", "_test_images"):
        a, b = getattr(plain, name).flatten(1), getattr(shuffled, name).flatten(1)
        assert not torch.equal(a, b)
        assert torch.equal(a.sort(dim=1).values, b.sort(dim=1).values)
    by_seed = Trainer(replace(SPEC, pixels="shuffled", seed=7), few)
    assert torch.equal(by_seed._test_images, shuffled._test_images)


def test_one_cycle_rises_to_the_rate_and_falls_to_almost_nothing() -> None:
    spec = replace(SPEC, schedule="one_cycle", learning_rate=1.0, steps=100)
    rates = [learning_rate(spec, step) for step in range(1, 101)]
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) == 29
    assert rates[-1] == pytest.approx(1e-4)
    assert rates[0] < 0.1


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_can_be_trained_and_has_about_forty_snapshots(name: str) -> None:
    spec = PRESETS[name].spec
    spec.check()
    assert 25 <= len(snapshot_steps(spec)) <= 41
    assert snapshot_steps(spec)[0] == 0
    assert snapshot_steps(spec)[-1] == evaluation_steps(spec)[-1] == spec.steps


def test_the_notebooks_settings_are_the_notebooks() -> None:
    spec = PRESETS["notebook"].spec
    assert (spec.optimiser, spec.learning_rate, spec.momentum, spec.batch_size) == ("sgd", 0.0002, 0.0, 100)
    assert spec.steps == steps_for_epochs(10) == 6000
    assert (spec.initialisation, spec.augmentation, spec.schedule) == ("torch", False, "constant")


def final_accuracy(spec: TrainingSpec) -> float:
    last = [e for e in fit(spec, load_mnist()) if isinstance(e, Evaluation)][-1]
    assert len(last.predictions) == 10_000
    return last.accuracy


def test_fast_reads_about_98_of_100_digits() -> None:
    assert final_accuracy(PRESETS["fast"].spec) >= 0.975


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_fast_does_so_with_other_seeds(seed: int) -> None:
    assert final_accuracy(replace(PRESETS["fast"].spec, seed=seed)) >= 0.975


@pytest.mark.slow
def test_accurate_reads_more_than_99_2_of_100_digits() -> None:
    assert final_accuracy(PRESETS["accurate"].spec) >= 0.992


@pytest.mark.slow
def test_book_reads_about_98_of_100_digits() -> None:
    assert final_accuracy(PRESETS["book"].spec) >= 0.975


@pytest.mark.slow
def test_notebook_stays_near_chance() -> None:
    assert 0.08 <= final_accuracy(PRESETS["notebook"].spec) <= 0.2


def test_the_reference_run_is_accurate_with_seed_0_and_reads_what_the_readme_says() -> None:
    store = RunStore()
    assert store.run(REFERENCE).spec == PRESETS["accurate"].spec
    last = store.evaluations(REFERENCE)[-1]
    assert (last.step, last.count) == (PRESETS["accurate"].spec.steps, 10_000)
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert f"{last.accuracy:.2%}".replace("%", " %") + " of the 10,000 test images" in readme
