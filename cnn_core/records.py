"""What the RunStore hands out: plain, frozen records, and how they look in a database row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from cnn_core.messages import Problem, text

if TYPE_CHECKING:
    import sqlite3

    from cnn_core.spec import TrainingSpec

Weights = dict[str, np.ndarray]
MAX_NAME = 80  # characters

SNAPSHOT_DAMAGED = text("The snapshot at step {step} was damaged on the disk and is left out.")
SNAPSHOTS_DAMAGED = text("The snapshots at steps {steps} were damaged on the disk and are left out.")
OTHER_ENVIRONMENT = text(
    "It went on in another environment than it began in: "
    "its weights may differ a little from those of a run without a break."
)
STOPPED_EARLY = text("Stopped after {step} of {steps} steps.")
UNREADABLE = text("This run's settings cannot be read by this version of CNN Explorer: start it anew.")
_OF_DAMAGE = (SNAPSHOT_DAMAGED, SNAPSHOTS_DAMAGED)
LASTING = (*_OF_DAMAGE, OTHER_ENVIRONMENT)  # notes on the weights themselves; others go when the run goes on


class UnknownRun(Problem):
    """No run has this id: it was deleted, or belongs to another store."""

    @classmethod
    def named(cls, run_id: str) -> UnknownRun:
        return cls(text("There is no run called {run} here: it may have been deleted."), run=run_id[:40])


class DamagedSnapshot(Problem):
    """A snapshot that is not what was written. It is marked: nobody is offered it again."""

    @classmethod
    def at(cls, step: int) -> DamagedSnapshot:
        return cls(SNAPSHOT_DAMAGED, step=step)


class DamagedError(ValueError):
    """Bytes that are not what was written: their sha256 differs."""


@dataclass(frozen=True)
class Run:
    """One training run as it stands now."""

    id: str
    spec: TrainingSpec
    name: str
    owner: str
    state: str  # queued, running, paused, done, failed
    step: int  # of spec.steps
    created: float  # seconds since 1970
    environment: dict[str, Any]  # versions, threads, processor, device
    notes: tuple[Problem, ...]  # on it: a damaged snapshot, another environment, stopped early, a full disk
    train_seconds: float
    error: Problem | None  # why it failed
    version: int  # rises with every change
    imported: bool = False

    @property
    def is_over(self) -> bool:
        """Nothing will come of it unless someone asks."""
        return self.state in ("paused", "done", "failed")

    @property
    def is_complete(self) -> bool:
        return self.state == "done" and self.step >= self.spec.steps

    @property
    def damage(self) -> Problem | None:
        """The note on snapshots that are left out."""
        return next((note for note in self.notes if note.message in _OF_DAMAGE), None)


@dataclass(frozen=True)
class Metrics:
    """One number a step, in four arrays of one length."""

    step: np.ndarray  # int64 (n,)
    loss: np.ndarray  # float64 (n,), of the step's batch before its update
    learning_rate: np.ndarray  # float64 (n,)
    images_per_second: np.ndarray  # float64 (n,)


@dataclass(frozen=True)
class EvaluationRow:
    """How many of the first ``count`` test images were read correctly after ``step`` steps."""

    step: int
    accuracy: float
    count: int


@dataclass(frozen=True)
class Live:
    """The newest moment of a run: its first layer with weights, and what the last batch asks of them."""

    weights: np.ndarray  # (FN, C, FH, FW), or (outputs, inputs) of a linear layer
    gradient: np.ndarray  # the same shape
    loss: float
    step: int
    time: float


@dataclass(frozen=True)
class Artifact:
    """Something that a learner made: a drawing, an upload, a kernel, edited weights."""

    kind: str
    data: bytes
    meta: dict[str, Any]
    owner: str
    created: float


def run_of(row: sqlite3.Row) -> Run:
    return Run(
        id=row["id"],
        spec=_readable(row["spec"]),
        name=row["name"],
        owner=row["owner"],
        state=row["state"],
        step=row["step"],
        created=row["created"],
        environment=json.loads(row["environment"]),
        notes=load_sentences(row["note"]),
        train_seconds=row["train_seconds"],
        error=load_sentence(row["error"]),
        version=row["version"],
        imported=bool(row["imported"]),
    )


def _readable(spec: str) -> TrainingSpec:
    try:
        return parse_spec(spec)
    except Problem:
        raise Problem(UNREADABLE) from None


def metrics_of(rows: list[sqlite3.Row]) -> Metrics:
    """Rows of (step, loss, learning_rate, images_per_second); SQLite has NULL where a loss is no number."""
    table = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 4)
    return Metrics(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])


@lru_cache(maxsize=512)
def parse_spec(text: str) -> TrainingSpec:
    from cnn_core.spec import TrainingSpec

    return TrainingSpec.from_json(text)


def tidy_name(name: str) -> str:
    """A run's name in one line. Pages set it into Markdown: nothing in it becomes a picture or a link."""
    return " ".join(name.split()).replace("](", "] (")[:MAX_NAME]


def dump_sentence(sentence: Problem | None) -> str | None:
    """As JSON: the message and its values stay apart, so that a page can translate it."""
    return None if sentence is None else json.dumps(_parts(sentence))


def load_sentence(text: str | None) -> Problem | None:
    return next(iter(load_sentences(text)), None)


def dump_sentences(sentences: Sequence[Problem]) -> str | None:
    return json.dumps([_parts(sentence) for sentence in sentences]) if sentences else None


def load_sentences(text: str | None) -> tuple[Problem, ...]:
    """What either of the two above wrote."""
    found = json.loads(text) if text else []
    sentences = found if isinstance(found, list) else [found]
    return tuple(Problem(sentence["message"], **sentence["values"]) for sentence in sentences)


def with_note(sentences: Sequence[Problem], note: Problem) -> tuple[Problem, ...]:
    """The notes and one more, in the place of what said the same before."""
    same = _OF_DAMAGE if note.message in _OF_DAMAGE else (note.message,)
    return (*(sentence for sentence in sentences if sentence.message not in same), note)


def _parts(sentence: Problem) -> dict[str, object]:
    plain = (str, int, float)
    values = {k: v if isinstance(v, plain) else str(v) for k, v in sentence.values.items()}
    return {"message": sentence.message, "values": values}


def pack(weights: Weights) -> bytes:
    """Named arrays as one safetensors blob; equal arrays give equal bytes."""
    return save({name: np.asarray(array, order="C") for name, array in weights.items()})


def unpack(data: bytes, sha256: str | None = None) -> Weights:
    """The arrays of a safetensors blob. Raises :class:`DamagedError` where it is not the one promised."""
    if sha256 is not None and digest(data) != sha256:
        raise DamagedError("sha256 differs")
    try:
        return load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise DamagedError(str(error)) from None


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
