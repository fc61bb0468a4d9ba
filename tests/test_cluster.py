"""A class's cluster: real processes, TLS between them, and the weights that a run has without it."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from cnn_core import cluster, worker
from cnn_core.child import start_engine
from cnn_core.engine import Engine
from cnn_core.messages import Problem
from cnn_core.recording import Recorder, Task
from cnn_core.runs import RunStore
from cnn_core.worker import train_segment
from tests.browser_tools import free_port
from tests.engines import SPEC, final_sha256, kill, over, session, until

LONG = 500.0  # seconds that a loaded machine may take

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of the cluster's commands in a session of its own, which ends with the block."""
    process = subprocess.Popen([sys.executable, "-m", "cnn_core", *arguments], start_new_session=True)
    try:
        yield process
    finally:
        for pid in session(process.pid):
            kill(pid)
        process.wait()


@contextmanager
def engine() -> Iterator[subprocess.Popen[bytes]]:
    process = start_engine()
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    return RunStore()


def locally(spec: object) -> str:
    threads = torch.get_num_threads()
    segment = train_segment(Task("", 1, spec, None), seconds=3600)  # type: ignore[arg-type]
    torch.set_num_threads(threads)
    return hashlib.sha256(segment.snapshots[-1].data).hexdigest()


@pytest.mark.slow
def test_two_workers_train_as_one_and_one_goes_on_for_a_lost_one(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"tls://127.0.0.1:{free_port()}"
    monkeypatch.setenv("CNN_EXPLORER_SCHEDULER", address)
    cluster.make_certificates(cluster.folder())
    specs = [replace(SPEC, seed=seed, steps=3_000) for seed in (1, 2)]
    with engine():
        ids = [store.add(spec) for spec in specs]
        until(lambda: "cannot be reached" in str(store.trouble()))
        with command("scheduler", address), command("worker", address) as lost, command("worker", address):
            until(lambda: at_work(store, ids) == 2, LONG)  # as many at once as there are workers
            assert store.trouble() is None
            for pid in session(lost.pid):
                kill(pid)
            until(lambda: all(over(store, run_id) for run_id in ids), LONG)
    assert [final_sha256(store, run_id) for run_id in ids] == [locally(spec) for spec in specs]
    assert not any(store.run(run_id).notes for run_id in ids)


def at_work(store: RunStore, run_ids: list[str]) -> int:
    """How many of the runs are training at this moment."""
    runs = [store.run(run_id) for run_id in run_ids]
    return sum(run.state == "running" and run.step > 0 for run in runs)


class TwoWorkers:
    """A client whose two workers never come to an end."""

    status = "running"

    def __init__(self) -> None:
        self.given: list[tuple[str, ...]] = []

    def scheduler_info(self) -> dict[str, dict[str, dict[str, str]]]:
        return {"workers": {"one": {}, "two": {}}}

    def submit(self, function: Any, *arguments: object, workers: list[str], **how: object) -> Future:
        self.given.append((function.__name__, *workers))
        return Future()


def test_as_many_runs_train_at_once_as_there_are_workers(tmp_path: Path) -> None:
    recorder, client = Recorder(tmp_path / "runs.sqlite"), TwoWorkers()
    ids = [recorder.add(replace(SPEC, seed=seed)) for seed in range(4)]
    engine = Engine(recorder, client)  # type: ignore[arg-type]
    engine._look_at_workers()
    engine._submit_waiting()
    engine._submit_waiting()
    ready = ("train_segment", "go_on")  # one segment at work, and the next one behind it
    assert client.given == [(what, worker) for worker in ("one", "two") for what in ready]
    assert [recorder.queue_place(run_id) for run_id in ids] == [None, None, 1, 2]


def test_only_whoever_has_the_key_is_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_EXPLORER_CERTIFICATES", str(tmp_path / "mine"))
    assert cluster.security("tcp://127.0.0.1:1") is None
    with pytest.raises(Problem, match="python -m cnn_core certificates"):
        cluster.security("tls://127.0.0.1:1")
    cluster.make_certificates(tmp_path / "mine")
    found = cluster.security("tls://127.0.0.1:1")
    assert found is not None
    assert found.require_encryption
    assert stat.S_IMODE(os.stat(tmp_path / "mine" / cluster.KEY).st_mode) == 0o600
    with pytest.raises(Problem, match="has certificates already"):
        cluster.make_certificates(tmp_path / "mine")


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_a_worker_trains_on_the_best_that_it_has(
    cuda: bool, mps: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", torch.backends.cudnn.deterministic)
    assert worker.device() == expected
