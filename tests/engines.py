"""What the tests of the engine, its child and the command line share: a small run, and waiting for things."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cnn_core.models import FLATTEN, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.records import pack
from cnn_core.runs import RunStore
from cnn_core.spec import TrainingSpec

T = TypeVar("T")

SPEC = TrainingSpec(
    model=ModelSpec((conv(8, 5), RELU, max_pool(2), FLATTEN, linear(10))), steps=400, train_size=2000
)


def until(condition: Callable[[], T], seconds: float = 180.0, every: float = 0.02) -> T:
    """What the condition gives as soon as it is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(every)
    return found


def begun(store: RunStore, run_id: str) -> bool:
    return bool(store.run(run_id).step)


def over(store: RunStore, run_id: str) -> bool:
    run = store.run(run_id)
    assert run.state != "failed", run.error
    return run.is_over


def final_sha256(store: RunStore, run_id: str) -> str:
    return hashlib.sha256(pack(store.weights(run_id))).hexdigest()


def session(leader: int) -> set[int]:
    """The processes of the session that the leader began, the leader among them."""
    members = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit():
                state, _, _, number = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(number) == leader and state != "Z":
                    members.add(int(folder.name))
        except (OSError, ValueError):  # it ended meanwhile
            continue
    return members


def workers(engine: int) -> list[int]:
    """The Dask workers of an engine."""
    return [
        pid for pid in session(engine) if b"spawn_main" in (Path("/proc") / str(pid) / "cmdline").read_bytes()
    ]


def processes() -> dict[int, int]:
    """Every living process with its parent's id."""
    parents = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile
            if folder.name.isdigit():
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
    return parents


def descendants(pid: int) -> set[int]:
    """All living processes below one, however deep, and the sessions that they began."""
    found: set[int] = set()
    grown = {pid}
    while grown:
        grown = {child for child, parent in processes().items() if parent in grown} - found
        found |= grown
    return found.union(*map(session, found)) if found else found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
