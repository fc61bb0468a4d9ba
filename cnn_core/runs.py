"""The RunStore: the only thing between training and those who watch it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from cnn_core.data import DATA
from cnn_core.messages import Problem
from cnn_core.reading import REFERENCE, RunReader, add_note
from cnn_core.records import (
    LASTING,
    STOPPED_EARLY,
    Artifact,
    EvaluationRow,
    Live,
    Metrics,
    Run,
    UnknownRun,
    dump_sentences,
    load_sentences,
    run_of,
    tidy_name,
)
from cnn_core.store_schema import IN_MEMORY, home

if TYPE_CHECKING:
    from cnn_core.spec import TrainingSpec

__all__ = [
    "REFERENCE",
    "Artifact",
    "EvaluationRow",
    "Live",
    "Metrics",
    "Run",
    "RunStore",
    "UnknownRun",
    "home",
    "reference_store",
]

REFERENCE_FILE = DATA / "reference" / "accurate.safetensors"
UNDO_SECONDS = 86_400.0  # how long a deleted run can be restored
HALT_SECONDS = 3_600.0  # a lesson: so long nobody but the owner lets a run go on that the owner has halted


class RunStore(RunReader):
    """Runs, their metrics, evaluations and snapshots; artifacts. Any thread and any process may use it.

    What asks for a run that is not there raises :class:`UnknownRun`; its metrics, evaluations and steps are
    empty. The reference run can be read like any other, and not be changed.
    """

    # What people ask for

    def add(self, spec: TrainingSpec, name: str = "", owner: str = "", again: bool = False) -> str:
        """Have these settings trained, and return the run's id. Whoever asks second joins the first.

        A run that was deleted, that failed or that a full disk paused goes on; one that its owner has paused
        or stopped does so for the owner alone: others find it halted, until ``HALT_SECONDS`` later.
        again: the owner's run starts afresh. Raises Problem for settings that cannot be trained.
        """
        spec.check()
        run_id = spec.run_id
        with self._transaction() as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None:
                connection.execute(
                    "INSERT INTO runs (id, spec, name, owner, state, created, place)"
                    " VALUES (?, ?, ?, ?, 'queued', ?, (SELECT coalesce(max(place), 0) + 1 FROM runs))",
                    (run_id, spec.to_json(), tidy_name(name), owner, time.time()),
                )
                return run_id
            run = run_of(row)
            if row["deleted"] is not None:
                connection.execute("UPDATE runs SET deleted = NULL, owner = ? WHERE id = ?", (owner, run_id))
            elif again:
                _check_owner(run, owner)
            elif owner not in ("", run.owner):
                connection.execute("INSERT OR IGNORE INTO joined VALUES (?, ?)", (run_id, owner))
            if again:
                _forget(connection, run_id)
            if again or (run.is_over and not run.is_complete and not _is_halted_for(row, owner)):
                _enqueue(connection, run_id)
        return run_id

    def request(self, run_id: str, wish: str, owner: str) -> None:
        """The owner's "pause", "continue" or "stop": the state tells at once, training follows soon."""
        with self._owned(run_id, owner) as (connection, run):
            if wish == "pause" and not run.is_over:
                _halt(connection, run_id, "paused")
            elif wish == "stop" and run.state not in ("done", "failed"):
                _halt(connection, run_id, "done" if run.step else "paused")
                add_note(connection, run_id, Problem(STOPPED_EARLY, step=run.step, steps=run.spec.steps))
            elif wish == "continue" and run.is_over and not run.is_complete:
                if run.imported:
                    raise Problem("An imported run cannot go on: start one with the same settings.")
                _enqueue(connection, run_id)
            elif wish not in ("pause", "stop", "continue"):
                raise ValueError(f"no such request: {wish}")

    def leave(self, run_id: str, person: str) -> None:
        """Wait for it no longer. Its owner's place passes to whoever joined next; without one it is deleted.

        Raises Problem where it does not wait any more.
        """
        with self._transaction() as connection:
            if not connection.execute(
                "SELECT 1 FROM runs WHERE id = ? AND state = 'queued'", (run_id,)
            ).fetchone():
                raise Problem("This run waits no longer: whoever started it can pause or stop it.")
            connection.execute("DELETE FROM joined WHERE run = ? AND person = ?", (run_id, person))
            heir = connection.execute(
                "SELECT person FROM joined WHERE run = ? ORDER BY rowid LIMIT 1", (run_id,)
            ).fetchone()
            mine = (run_id, person)
            if heir is None:
                connection.execute(
                    "UPDATE runs SET state = 'paused', deleted = iif(step, NULL, ?)"
                    " WHERE id = ? AND owner = ?",
                    (time.time(), *mine),
                )
            else:
                connection.execute(
                    "UPDATE runs SET owner = ? WHERE id = ? AND owner = ?", (heir["person"], *mine)
                )
                connection.execute("DELETE FROM joined AS j WHERE run = ? AND person ="
                                   " (SELECT owner FROM runs WHERE id = j.run)", (run_id,))  # fmt: skip

    def rename(self, run_id: str, name: str, owner: str) -> None:
        with self._owned(run_id, owner) as (connection, _):
            connection.execute("UPDATE runs SET name = ? WHERE id = ?", (tidy_name(name), run_id))

    def delete(self, run_id: str, owner: str) -> None:
        """Out of sight, and for a day it can be restored."""
        with self._owned(run_id, owner) as (connection, run):
            connection.execute("UPDATE runs SET deleted = ? WHERE id = ?", (time.time(), run_id))
            if not run.is_over:
                _halt(connection, run_id, "paused")

    def restore(self, run_id: str, owner: str) -> None:
        """Undo a deletion."""
        with self._owned(run_id, owner, deleted=True) as (connection, _):
            connection.execute("UPDATE runs SET deleted = NULL WHERE id = ?", (run_id,))

    # Runs as files

    def export_run(self, run_id: str) -> bytes:
        """The whole run as one safetensors file: see :mod:`cnn_core.exports`."""
        from cnn_core import exports

        return exports.export_run(self, run_id)

    def import_run(self, data: bytes, alias: str | None = None, owner: str = "") -> str:
        """Take in an exported run after checking all of it, and return its id here. Raises Problem."""
        from cnn_core import exports

        return exports.import_run(self, data, alias, owner)

    # Below

    @contextlib.contextmanager
    def _owned(
        self, run_id: str, owner: str, deleted: bool = False
    ) -> Iterator[tuple[sqlite3.Connection, Run]]:
        """A transaction on a run that this person may change. Raises Problem for anyone else."""
        if run_id == REFERENCE:
            raise Problem("The reference run comes with the app and stays as it is.")
        with self._transaction() as connection:
            sql = f"SELECT * FROM runs WHERE id = ? AND deleted IS {'NOT ' if deleted else ''}NULL"
            row = connection.execute(sql, (run_id,)).fetchone()
            if row is None:
                raise UnknownRun.named(run_id)
            run = run_of(row)
            _check_owner(run, owner)
            yield connection, run


def _check_owner(run: Run, owner: str) -> None:
    if run.owner != owner:
        raise Problem(
            "This run belongs to the person who started it, and only they can change it. "
            "Start one of your own with another seed."
        )


def _halt(connection: sqlite3.Connection, run_id: str, state: str) -> None:
    connection.execute("UPDATE runs SET state = ?, halted = ? WHERE id = ?", (state, time.time(), run_id))


def _is_halted_for(row: sqlite3.Row, person: str) -> bool:
    """Its owner has paused or stopped it lately, and this is somebody else."""
    lately = row["halted"] is not None and time.time() < row["halted"] + HALT_SECONDS
    return lately and row["deleted"] is None and row["owner"] != person


def _enqueue(connection: sqlite3.Connection, run_id: str) -> None:
    """Behind all others; of its notes those on its weights stay."""
    row = connection.execute("SELECT note FROM runs WHERE id = ?", (run_id,)).fetchone()
    notes = [note for note in load_sentences(row["note"]) if note.message in LASTING]
    connection.execute(
        "UPDATE runs SET state = 'queued', note = ?, error = NULL, halted = NULL,"
        " place = (SELECT max(place) + 1 FROM runs) WHERE id = ?",
        (dump_sentences(notes), run_id),
    )


def _forget(connection: sqlite3.Connection, run_id: str) -> None:
    """All that the run has shown; what a worker still computes of it will not be taken."""
    for table in ("metrics", "evaluations", "snapshots", "checkpoints", "live"):
        connection.execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))
    connection.execute(
        "UPDATE runs SET attempt = attempt + 1, step = 0, train_seconds = 0, environment = '{}', note = NULL"
        " WHERE id = ?",
        (run_id,),
    )


_opening = threading.Lock()


def reference_store() -> RunStore:
    """The run that ships with the project, read once per process into a store in memory."""
    with _opening:
        return _reference_store()


@lru_cache(maxsize=1)
def _reference_store() -> RunStore:
    if not REFERENCE_FILE.is_file():
        raise Problem(
            "The reference run {file} is missing: fetch the project again, or make it with "
            "python -m cnn_core reference.",
            file=REFERENCE_FILE.name,
        )
    store = RunStore(IN_MEMORY)
    store.import_run(REFERENCE_FILE.read_bytes(), alias=REFERENCE)
    return store
