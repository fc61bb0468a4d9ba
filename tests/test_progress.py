"""The time left is that of the work left, at the speed of now."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.progress import TEST_COST, grown, images_seen, pace
from cnn_core.records import EvaluationRow, Metrics, Run
from cnn_core.spec import TrainingSpec
from cnn_core.training import WATCHED, evaluation_steps

SPEC = TrainingSpec(steps=200, batch_size=100)
ALL = 10_000
FIELDS = ("step", "loss", "learning_rate", "images_per_second")


def run_at(spec: TrainingSpec, step: int, train_seconds: float) -> Run:
    return Run("id", spec, "", "", "running", step, 0.0, {}, None, train_seconds, None, 1)


def metrics_at(speed: float, step: int) -> Metrics:
    steps = np.arange(1, step + 1)
    flat = np.full(step, speed)
    return Metrics(steps, flat, flat, flat)


def evaluations_until(spec: TrainingSpec, step: int) -> list[EvaluationRow]:
    return [
        EvaluationRow(s, 0.5, ALL if s == spec.steps else WATCHED)
        for s in evaluation_steps(spec)
        if s <= step
    ]


def test_before_the_first_step_nothing_is_said() -> None:
    assert pace(run_at(SPEC, 0, 0), metrics_at(1000, 0), []) is None


@pytest.mark.parametrize("step", [1, 60, 199])
@pytest.mark.parametrize("overhead", [1.0, 1.5])
def test_a_steady_run_ends_when_it_was_said_to(step: int, overhead: float) -> None:
    speed = 1000.0

    def seconds_until(at: int) -> float:
        tested = sum(row.count for row in evaluations_until(SPEC, at))
        return overhead * (at * 100 + TEST_COST * tested) / speed

    now = pace(
        run_at(SPEC, step, seconds_until(step)), metrics_at(speed, step), evaluations_until(SPEC, step)
    )
    assert now is not None
    assert now.images_per_second == speed
    assert now.seconds_left == pytest.approx(seconds_until(200) - seconds_until(step))


def test_after_the_last_step_nothing_is_left() -> None:
    now = pace(run_at(SPEC, 200, 20), metrics_at(1000, 200), evaluations_until(SPEC, 200))
    assert now is not None
    assert now.seconds_left == 0


def test_the_speed_is_that_of_the_newest_steps() -> None:
    metrics = metrics_at(1000, 150)
    metrics.images_per_second[-50:] = 250
    now = pace(run_at(SPEC, 150, 30), metrics, evaluations_until(SPEC, 150))
    assert now is not None
    assert now.images_per_second == 250


@given(st.integers(1, 500), st.integers(1, 60), st.integers(0, 40))
def test_images_are_counted_with_the_last_incomplete_batch(size: int, batch: int, steps: int) -> None:
    spec = replace(SPEC, train_size=size, batch_size=batch)
    epoch = [min(batch, size - begin) for begin in range(0, size, batch)]
    batches = [epoch[i % len(epoch)] for i in range(steps)]
    assert images_seen(spec, steps) == [0, *accumulate(batches)][-1]


@given(st.integers(1, 30), st.integers(0, 30))
def test_known_steps_grow_by_what_came_after_them(known: int, more: int) -> None:
    steps = np.arange(1, known + more + 1)
    loss = np.where(steps % 3 == 0, np.nan, 1.0 / steps)
    whole = Metrics(steps, loss, 0.1 * steps, 1000.0 + steps)
    until = Metrics(steps[:known], loss[:known], 0.1 * steps[:known], 1000.0 + steps[:known])
    after = Metrics(*(getattr(whole, f)[known - 1 :] for f in FIELDS))
    both = grown(until, after)
    assert both is not None
    assert all(np.array_equal(getattr(both, f), getattr(whole, f), equal_nan=True) for f in FIELDS)


@pytest.mark.parametrize("field", ["step", "loss", "learning_rate", "images_per_second"])
def test_a_run_that_started_afresh_does_not_grow(field: str) -> None:
    known = metrics_at(1000.0, 5)
    newest = {f: getattr(known, f)[-1:] for f in FIELDS}
    assert grown(known, Metrics(**newest)) is not None
    assert grown(known, Metrics(**newest | {field: newest[field] + 1})) is None
    assert grown(known, metrics_at(1000.0, 0)) is None
