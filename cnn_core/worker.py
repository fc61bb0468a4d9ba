"""What runs in a Dask worker: one segment of one run, and the warming up before the first."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from distributed import WorkerPlugin

from cnn_core.data import load_mnist
from cnn_core.messages import Problem
from cnn_core.recording import Blob, Segment, Task
from cnn_core.records import digest, pack
from cnn_core.spec import TrainingSpec

if TYPE_CHECKING:
    from cnn_core.training import Event, Trainer

CHECKPOINT_SECONDS = 2.0  # at most so much training is done again when a worker is lost
MOST_HELD = 4  # runs: several engines may share a cluster

# The engine imports this module too, to name its functions; only a worker calls them, and loads torch.


def train_segment(task: Task, seconds: float, start: bytes | None = None, key: str = "") -> Segment:
    """Train for about so many seconds from the task's checkpoint, and bring back all that came of it.

    Under the ``key`` this worker keeps where it stands, for ``go_on``.
    """
    from cnn_core.training import Checkpoint, Trainer

    newest = Checkpoint(task.checkpoint.step, task.checkpoint.data) if task.checkpoint else None
    trainer = Trainer(task.spec, load_mnist(), newest, start, device())
    return _segment(key, Held(trainer, time.perf_counter()), seconds)


def go_on(key: str, seconds: float) -> Segment | None:
    """Train on from where the last segment under this key ended.

    None where the worker does not hold it: the run is over, or the worker has begun anew.
    """
    held = _held.pop(key, None)
    return None if held is None else _segment(key, held, seconds)


def let_go(key: str) -> Segment | None:
    """Hold the key's run no longer: a segment of no step, with the checkpoint where it stands."""
    held = _held.pop(key, None)
    if held is None or held.trainer.step == 0:
        return None
    return Segment([], [], [], held.checkpoint(), 0.0, environment(), b"", False)


@dataclass
class Held:
    """A run's trainer between two segments: the next one need not make it anew."""

    trainer: Trainer
    kept: float  # when its last checkpoint was taken, as perf_counter tells

    def checkpoint(self) -> Blob:
        """Where the trainer stands."""
        self.kept = time.perf_counter()
        point = self.trainer.checkpoint()
        return _blob(point.step, point.data)

    @property
    def is_due(self) -> bool:
        """Whether it is time to keep that."""
        return time.perf_counter() - self.kept > CHECKPOINT_SECONDS


_held: dict[str, Held] = {}  # of runs whose next segment is to come here


def _segment(key: str, held: Held, seconds: float) -> Segment:
    from cnn_core.training import Evaluation, Finished, Snapshot, Step

    _use_all_cores()
    begun = time.perf_counter()
    trainer = held.trainer
    events, step_seconds = _train(trainer, begun + seconds)
    rate = trainer.spec.batch_size / step_seconds
    live = [pack({"weights": e.weight, "gradient": e.gradient}) for e in trainer.live()]
    finished = any(isinstance(e, Finished) for e in events)
    if not finished:
        _held[key] = held
        while len(_held) > MOST_HELD:
            del _held[next(iter(_held))]
    return Segment(
        metrics=[(e.step, e.loss, e.learning_rate, rate) for e in events if isinstance(e, Step)],
        evaluations=[
            (e.step, e.correct, e.predictions.tobytes()) for e in events if isinstance(e, Evaluation)
        ],
        snapshots=[_blob(e.step, pack(e.weights)) for e in events if isinstance(e, Snapshot)],
        checkpoint=held.checkpoint() if finished or held.is_due else None,
        seconds=time.perf_counter() - begun,
        environment=environment(),
        live=live[0] if live else b"",
        finished=finished,
    )


def _train(trainer: Trainer, end: float) -> tuple[list[Event], float]:
    """One step at least, and more until the clock says so: their events, and how long one step took.

    A step that brings a snapshot or a test is not counted into that time where another one can be.
    """
    from cnn_core.training import Step

    events: list[Event] = []
    plain: list[float] = []
    others: list[float] = []
    before = time.perf_counter()
    while more := trainer.advance():
        now = time.perf_counter()
        if isinstance(more[0], Step):
            (plain if len(more) == 1 else others).append(now - before)
        events += more
        before = now
        if now > end and trainer.step > 0:
            break
    timed = plain or others or [1.0]
    return events, sum(timed) / len(timed)


def _blob(step: int, data: bytes) -> Blob:
    return Blob(step, data, digest(data))


def environment() -> dict[str, Any]:
    """What decides the last bits of the weights besides the spec."""
    import torch

    return {
        "torch": str(torch.__version__),  # a plain text: its own class would load torch in the engine
        "numpy": np.__version__,
        "threads": torch.get_num_threads(),
        "processor": platform.machine(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "device": device(),
    }


def device() -> str:
    """What this worker trains on: cuda or mps where the machine has it, else the cpu."""
    import torch

    if torch.cuda.is_available():
        torch.backends.cudnn.deterministic = True  # or the same steps would give other bits
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _use_all_cores() -> None:
    """Dask's nanny leaves OMP_NUM_THREADS=1 behind, and torch would obey it."""
    import torch

    torch.set_num_threads(thread_count())


def thread_count() -> int:
    """How many threads train: ``CNN_EXPLORER_THREADS``, else one for each core that this process may use."""
    if chosen := os.environ.get("CNN_EXPLORER_THREADS", ""):
        return max(1, int(chosen))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Warm(WorkerPlugin):
    """Makes a worker ready before its first segment: torch, MNIST and one step; again after a restart."""

    name = "cnn-explorer-warm"

    def __init__(self, nice: int = 0) -> None:
        self._nice = nice  # how far it stands back behind the page server

    async def setup(self, worker: Any) -> None:
        if hasattr(os, "nice"):
            os.nice(self._nice)
        await worker.loop.run_in_executor(worker.executors["default"], _warm_up)


def _warm_up() -> None:
    """One step, in the thread that will train.

    In another one torch would leave a second team of threads behind; OpenMP then counts more threads than
    cores, lets them sleep at once where they wait for each other, and each step takes a tenth longer.
    """
    with contextlib.suppress(Problem, OSError):  # MNIST is missing, or not to be read: each run says so
        train_segment(Task("warm", 0, TrainingSpec(steps=1), None), 0.0)
