"""How fast a run goes, and how long it will take to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from cnn_core.records import EvaluationRow, Metrics, Run
from cnn_core.spec import TrainingSpec
from cnn_core.training import WATCHED, evaluation_steps

TEST_IMAGES = 10_000
RECENT = 50  # steps: the speed of now, not of the beginning
TEST_COST = 0.4  # of a training image's time: forward alone, in larger batches (measured: 0.33 to 0.5)


@dataclass(frozen=True)
class Pace:
    """The speed of the newest steps, and the seconds to the end: the tests on the way are counted in."""

    images_per_second: float
    seconds_left: float


def pace(run: Run, metrics: Metrics, evaluations: Sequence[EvaluationRow]) -> Pace | None:
    """What the run's own steps say of the time left; None before its first step."""
    if not len(metrics.step):
        return None
    speed = float(np.median(metrics.images_per_second[-RECENT:]))
    last = int(metrics.step[-1])
    tested = sum(row.count for row in evaluations)
    to_test = sum(
        TEST_IMAGES if step == run.spec.steps else WATCHED
        for step in evaluation_steps(run.spec)
        if step > last
    )
    work = images_seen(run.spec, run.spec.steps) - images_seen(run.spec, last) + TEST_COST * to_test
    steps_alone = float(np.sum(run.spec.batch_size / metrics.images_per_second))
    counted = steps_alone + TEST_COST * tested / speed
    overhead = max(1.0, run.train_seconds / counted)  # what the steps' own clock leaves out
    return Pace(speed, overhead * work / speed)


def grown(known: Metrics, newer: Metrics) -> Metrics | None:
    """What is known of a run with what came after it; ``newer`` begins with the newest step that is known.

    None where that step reads otherwise now: the run has started afresh, and nothing that is known holds.
    """
    pairs = [(getattr(known, field.name), getattr(newer, field.name)) for field in fields(Metrics)]
    if not all(np.array_equal(old[-1:], new[:1], equal_nan=True) for old, new in pairs):
        return None
    return Metrics(*(np.concatenate([old, new[1:]]) for old, new in pairs))


def images_seen(spec: TrainingSpec, step: int) -> int:
    """How many training images so many steps take; the last batch of an epoch may be smaller."""
    epochs, place = divmod(step, spec.steps_per_epoch)
    return epochs * spec.train_size + min(place * spec.batch_size, spec.train_size)
