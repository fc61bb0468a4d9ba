"""A worker trains a run segment by segment: quickly where it made the one before, correctly in any case."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from distributed import Client, LocalCluster

from cnn_core import worker
from cnn_core.recording import Segment, Task
from cnn_core.training import Trainer
from cnn_core.worker import go_on, let_go, train_segment
from tests.engines import SPEC

TASK = Task("run", 1, replace(SPEC, steps=6), None)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    worker._held.clear()
    yield
    worker._held.clear()


def step_by_step() -> list[Segment]:
    """All segments, one step each."""
    segments = [train_segment(TASK, 0.0, key="run")]
    while more := go_on("run", 0.0):
        segments.append(more)
    return segments


def final(segments: list[Segment]) -> bytes:
    return segments[-1].snapshots[-1].data


@pytest.fixture
def whole() -> bytes:
    return final([train_segment(TASK, 3600.0)])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps at which a trainer was made anew."""
    steps: list[int] = []

    def counted(self: Trainer, *arguments: object, **named: object) -> None:
        init(self, *arguments, **named)  # type: ignore[arg-type]
        steps.append(self.step)

    init = Trainer.__init__
    monkeypatch.setattr(Trainer, "__init__", counted)
    return steps


def test_a_trainer_is_made_once_a_run_and_not_for_every_segment(whole: bytes, made: list[int]) -> None:
    segments = step_by_step()
    assert [(s.begins, s.ends) for s in segments] == [(n, n + 1) for n in range(6)]
    assert made == [0]
    assert final(segments) == whole


def test_checkpoints_come_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [s.checkpoint is not None for s in step_by_step()] == [False] * 5 + [True]
    monkeypatch.setattr(worker, "CHECKPOINT_SECONDS", 0.0)
    assert [s.checkpoint and s.checkpoint.step for s in step_by_step()] == [1, 2, 3, 4, 5, 6]


def test_another_worker_goes_on_from_the_checkpoint_and_ends_with_the_same_bits(
    whole: bytes, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CHECKPOINT_SECONDS", 0.0)
    segment = train_segment(TASK, 0.0)
    while not segment.finished:
        worker._held.clear()  # as in a worker that has just begun
        segment = train_segment(replace(TASK, checkpoint=segment.checkpoint), 0.0)
    assert made == [0, 1, 2, 3, 4, 5]
    assert final([segment]) == whole


def test_a_worker_goes_on_with_each_run_that_it_holds_and_with_no_other() -> None:
    first, second = train_segment(TASK, 0.0, key="first"), train_segment(TASK, 0.0, key="second")
    assert go_on("another", 0.0) is None
    for _ in range(2):  # two engines that share a worker take turns
        for key in ("first", "second"):
            before = {"first": first, "second": second}[key]
            after = go_on(key, 0.0)
            assert after is not None
            assert after.begins == before.ends
            first, second = (after, second) if key == "first" else (first, after)


def test_after_the_last_segment_nothing_is_held() -> None:
    assert train_segment(TASK, 3600.0, key="run").finished
    assert go_on("run", 3600.0) is None
    assert let_go("run") is None


def test_who_lets_go_of_a_run_keeps_the_step_where_it_stands(whole: bytes) -> None:
    train_segment(TASK, 0.0, key="run")
    go_on("run", 0.0)
    left = let_go("run")
    assert left is not None
    assert (left.metrics, left.finished) == ([], False)
    assert left.checkpoint is not None
    assert left.checkpoint.step == 2
    assert final([train_segment(replace(TASK, checkpoint=left.checkpoint), 3600.0)]) == whole
    assert go_on("run", 0.0) is None


def test_only_a_few_runs_are_held() -> None:
    keys = [str(number) for number in range(worker.MOST_HELD + 1)]
    for key in keys:
        train_segment(TASK, 0.0, key=key)
    assert go_on(keys[0], 0.0) is None
    assert go_on(keys[-1], 0.0) is not None


def test_a_worker_trains_on_the_device_that_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def on_the_cpu(
        self: Trainer, spec: object, data: object, checkpoint: object, start: object, device: str = "cpu"
    ) -> None:
        given.append(device)
        init(self, spec, data, checkpoint, start)  # type: ignore[arg-type]

    init = Trainer.__init__
    monkeypatch.setattr(Trainer, "__init__", on_the_cpu)
    monkeypatch.setattr(worker, "device", lambda: "another device")
    segment = train_segment(TASK, 0.0)
    assert given == ["another device"]
    assert segment.environment["device"] == "another device"


def test_a_worker_is_warmed_up_in_the_thread_that_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more thread that has used torch makes each later step slower: see _warm_up."""
    warmed: list[int] = []

    def remembered(*task: object) -> None:
        warmed.append(threading.get_ident())

    monkeypatch.setattr(worker, "train_segment", remembered)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(worker.Warm())
        assert warmed == [client.submit(threading.get_ident).result()]
