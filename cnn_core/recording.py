"""The engine's half of the RunStore: what is to be trained, and what came of it."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnn_core.messages import Problem, text
from cnn_core.reading import add_note
from cnn_core.records import OTHER_ENVIRONMENT, UNREADABLE, digest, dump_sentence, parse_spec
from cnn_core.runs import UNDO_SECONDS, RunStore

if TYPE_CHECKING:
    from cnn_core.spec import TrainingSpec

KEPT_CHECKPOINTS = 2

START_GONE = text(
    "The weights that this run begins with are no longer kept here: branch off again where they came from."
)


@dataclass(frozen=True)
class Blob:
    """Bytes and their sha256, taken where the bytes were made."""

    step: int
    data: bytes
    sha256: str


@dataclass(frozen=True)
class Segment:
    """What a worker brings back from about half a second of training."""

    metrics: list[tuple[int, float, float, float]]  # step, loss, learning rate, images per second
    evaluations: list[tuple[int, int, bytes]]  # step, correct, predictions
    snapshots: list[Blob]
    checkpoint: Blob | None  # now and then, and at the end: it is large
    seconds: float
    environment: dict[str, Any]
    live: bytes  # weights and gradient of the first layer, packed; empty where no layer learns
    finished: bool

    @property
    def begins(self) -> int:
        """The step that it went on from."""
        return self.metrics[0][0] - 1 if self.metrics else 0

    @property
    def ends(self) -> int:
        """The last step that it made."""
        return self.metrics[-1][0] if self.metrics else 0

    def seconds_after(self, step: int) -> float:
        """How long the steps after this one took: what is done again is not counted again."""
        return self.seconds * sum(row[0] > step for row in self.metrics) / max(1, len(self.metrics))


@dataclass(frozen=True)
class Task:
    """A run that is to go on, and from where."""

    run_id: str
    attempt: int
    spec: TrainingSpec
    checkpoint: Blob | None  # None: from the beginning


class Recorder(RunStore):
    """A RunStore that can also take runs from the queue and write what they give."""

    def waiting(self) -> list[str]:
        """Runs that want to be trained: first those that were begun, then the queue in its order."""
        rows = self._rows(
            "SELECT id FROM runs WHERE state IN ('running', 'queued') AND deleted IS NULL"
            " ORDER BY state = 'queued', place"
        )
        return [row["id"] for row in rows]

    def take(self, run_id: str) -> Task | None:
        """Begin with the run, or go on from its newest whole checkpoint.

        None: nobody wants it now, or its settings cannot be read, for which it fails.
        """
        with self._transaction() as connection:
            row = connection.execute(
                "UPDATE runs SET state = 'running' WHERE id = ? AND state IN ('queued', 'running')"
                " AND deleted IS NULL RETURNING spec, attempt",
                (run_id,),
            ).fetchone()
            if row is None:
                return None
            try:
                spec = parse_spec(row["spec"])
            except Problem:
                _fail(connection, run_id, row["attempt"], Problem(UNREADABLE))
                return None
            checkpoint = _newest_whole(connection, run_id)
        return Task(run_id, row["attempt"], spec, checkpoint)

    def start_weights(self, spec: TrainingSpec) -> bytes | None:
        """The weights that the spec starts from; None where it starts from none. Raises Problem."""
        try:
            return self.artifact(spec.start).data if spec.start else None
        except Problem:
            raise Problem(START_GONE) from None

    def record(self, task: Task, segment: Segment) -> bool:
        """Write all that a segment gave in one transaction, and tell whether the run is to go on.

        What comes too late is left out, and what would leave a gap: a segment that was lost with its worker
        and done again may have ended at another step.
        """
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT state, step, environment FROM runs WHERE id = ? AND attempt = ? AND step >= ?"
                " AND state IN ('queued', 'running', 'paused')",
                (task.run_id, task.attempt, segment.begins),
            ).fetchone()
            if row is None:
                return False
            _insert(connection, task.run_id, segment)
            if segment.checkpoint is not None:
                _keep(
                    connection, task.run_id, segment.checkpoint, 1 if segment.finished else KEPT_CHECKPOINTS
                )
            seconds = segment.seconds_after(row["step"])
            environment = json.dumps(segment.environment, sort_keys=True)
            if row["environment"] not in ("{}", environment):
                add_note(connection, task.run_id, Problem(OTHER_ENVIRONMENT))
            connection.execute(
                "UPDATE runs SET step = max(step, ?), train_seconds = train_seconds + ?, environment = ?,"
                " state = iif(?, 'done', state) WHERE id = ?",
                (segment.ends, seconds, environment, segment.finished, task.run_id),
            )
            return row["state"] == "running" and not segment.finished

    def fail(self, task: Task, why: Problem) -> None:
        """The run itself cannot go on."""
        with self._transaction() as connection:
            _fail(connection, task.run_id, task.attempt, why)

    def hold(self, task: Task, why: Problem) -> None:
        """The run could go on, but not now: pause it with a sentence."""
        with self._transaction() as connection:
            held = connection.execute(
                "UPDATE runs SET state = 'paused' WHERE id = ? AND attempt = ?"
                " AND state IN ('queued', 'running')",
                (task.run_id, task.attempt),
            )
            if held.rowcount:
                add_note(connection, task.run_id, why)

    def say_trouble(self, why: Problem | None) -> None:
        """Why nothing can be trained now, for all pages to say; None: it can again."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM engine")
            if why is not None:
                connection.execute("INSERT INTO engine VALUES (1, ?)", (dump_sentence(why),))

    def clean_up(self) -> None:
        """Let go of what was deleted long ago and of what nobody used for long."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM runs WHERE deleted < ?", (time.time() - UNDO_SECONDS,))
        self.expire_artifacts()


def _fail(connection: sqlite3.Connection, run_id: str, attempt: int, why: Problem) -> None:
    connection.execute(
        "UPDATE runs SET state = 'failed', error = ? WHERE id = ? AND attempt = ?",
        (dump_sentence(why), run_id, attempt),
    )


def _newest_whole(connection: sqlite3.Connection, run_id: str) -> Blob | None:
    """The newest checkpoint whose sha256 holds; those that are damaged are thrown away."""
    while row := connection.execute(
        "SELECT step, data, sha256 FROM checkpoints WHERE run = ? ORDER BY step DESC LIMIT 1", (run_id,)
    ).fetchone():
        if digest(row["data"]) == row["sha256"]:
            return Blob(row["step"], row["data"], row["sha256"])
        connection.execute("DELETE FROM checkpoints WHERE run = ? AND step = ?", (run_id, row["step"]))
    return None


def _insert(connection: sqlite3.Connection, run_id: str, segment: Segment) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?)", [(run_id, *row) for row in segment.metrics]
    )
    connection.executemany(
        "INSERT OR REPLACE INTO evaluations VALUES (?, ?, ?, ?)",
        [(run_id, *row) for row in segment.evaluations],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO snapshots (run, step, data, sha256) VALUES (?, ?, ?, ?)",
        [(run_id, blob.step, blob.data, blob.sha256) for blob in segment.snapshots],
    )
    if segment.live:
        loss = segment.metrics[-1][1] if segment.metrics else None
        connection.execute(
            "INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?, ?)",
            (run_id, segment.ends, time.time(), loss, segment.live),
        )


def _keep(connection: sqlite3.Connection, run_id: str, checkpoint: Blob, count: int) -> None:
    """Of a run's checkpoints the new one, and of the others as many as make up the count."""
    connection.execute(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)",
        (run_id, checkpoint.step, checkpoint.data, checkpoint.sha256),
    )
    connection.execute(
        "DELETE FROM checkpoints WHERE run = ? AND step NOT IN"
        " (SELECT step FROM checkpoints WHERE run = ? ORDER BY step DESC LIMIT ?)",
        (run_id, run_id, count),
    )
