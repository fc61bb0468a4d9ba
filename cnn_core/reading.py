"""The reading half of the RunStore: what pages look at."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.artifacts import Artifacts
from cnn_core.events import Checkpoint
from cnn_core.messages import Problem
from cnn_core.records import (
    SNAPSHOT_DAMAGED,
    SNAPSHOTS_DAMAGED,
    DamagedError,
    DamagedSnapshot,
    EvaluationRow,
    Live,
    Metrics,
    Run,
    UnknownRun,
    Weights,
    digest,
    dump_sentences,
    load_sentence,
    load_sentences,
    metrics_of,
    run_of,
    unpack,
    with_note,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

REFERENCE = "reference"


class RunReader(Artifacts):
    """Everything that can be asked about runs; it changes nothing but the mark on a damaged snapshot."""

    def __init__(self, path: Path | str | None = None) -> None:
        super().__init__(path)
        self._unmarked: set[tuple[str, int]] = set()  # damaged snapshots that could not be marked

    # What runs there are

    def run(self, run_id: str) -> Run:
        row = self._of(run_id)._row("SELECT * FROM runs WHERE id = ? AND deleted IS NULL", run_id)
        if row is None:
            raise UnknownRun.named(run_id)
        return run_of(row)

    def runs(self) -> list[Run]:
        """All runs, the newest first, the reference run last."""
        rows = self._rows("SELECT * FROM runs WHERE deleted IS NULL ORDER BY created DESC, id")
        runs = []
        for row in rows:
            with contextlib.suppress(Problem):  # settings of another version hide one run, not all
                runs.append(run_of(row))
        with contextlib.suppress(Problem):  # a checkout without it still has runs
            runs += [] if self._in_memory else [self.run(REFERENCE)]
        return runs

    def deleted(self, owner: str) -> list[Run]:
        """A person's deleted runs that can still be brought back, the one deleted last first."""
        rows = self._rows(
            "SELECT * FROM runs WHERE owner = ? AND deleted IS NOT NULL ORDER BY deleted DESC", owner
        )
        runs = []
        for row in rows:
            with contextlib.suppress(Problem):
                runs.append(run_of(row))
        return runs

    def queue_place(self, run_id: str) -> int | None:
        """1: next; None: it does not wait."""
        row = self._row(
            "SELECT (SELECT count(*) FROM runs AS other"
            " WHERE other.state = 'queued' AND other.place <= runs.place) AS place"
            " FROM runs WHERE id = ? AND state = 'queued'",
            run_id,
        )
        return row["place"] if row else None

    def trouble(self) -> Problem | None:
        """Why nothing can be trained now, as the engine said last; None: it can."""
        row = self._row("SELECT trouble FROM engine")
        return load_sentence(row["trouble"]) if row else None

    def version(self, run_id: str | None = None) -> int:
        """A number that rises with every change of the run (of any run): the cheapest thing to poll."""
        if run_id is None:
            return self._rows("SELECT tick FROM clock")[0]["tick"]
        row = self._of(run_id)._row("SELECT version FROM runs WHERE id = ? AND deleted IS NULL", run_id)
        return row["version"] if row else self.run(run_id).version

    # What one run has shown so far

    def metrics(self, run_id: str, after_step: int = 0) -> Metrics:
        """One entry a step; after_step: only what is newer, for those who poll."""
        sql = (
            "SELECT step, loss, learning_rate, images_per_second FROM metrics"
            " WHERE run = ? AND step > ? ORDER BY step"
        )
        return metrics_of(self._of(run_id)._rows(sql, run_id, after_step))

    def evaluations(self, run_id: str) -> list[EvaluationRow]:
        """Accuracies on the test images, in order of their steps."""
        sql = "SELECT step, correct, length(predictions) AS n FROM evaluations WHERE run = ? ORDER BY step"
        rows = self._of(run_id)._rows(sql, run_id)
        return [EvaluationRow(row["step"], row["correct"] / row["n"], row["n"]) for row in rows]

    def evaluation(self, run_id: str, step: int | None = None) -> np.ndarray | None:
        """The predictions for the first n test images, uint8 (n,): the last ones at or before the step."""
        sql = "SELECT predictions FROM evaluations WHERE run = ? AND step <= ? ORDER BY step DESC LIMIT 1"
        row = self._of(run_id)._row(sql, run_id, _at(step))
        return np.frombuffer(row["predictions"], dtype=np.uint8) if row else None

    def snapshot_steps(self, run_id: str) -> list[int]:
        """The steps at which all weights are kept, in order; 0 is before training."""
        store = self._of(run_id)
        rows = store._rows("SELECT step FROM snapshots WHERE run = ? AND NOT damaged ORDER BY step", run_id)
        return [row["step"] for row in rows if (run_id, row["step"]) not in store._unmarked]

    def snapshot_sha256(self, run_id: str, step: int) -> str:
        """What the weights of a step are known by, also after the run was trained again; empty: not kept."""
        sql = "SELECT sha256 FROM snapshots WHERE run = ? AND step = ?"
        row = self._of(run_id)._row(sql, run_id, step)
        return row["sha256"] if row else ""

    def checkpoint_steps(self, run_id: str) -> list[int]:
        """The newest steps at which the optimiser's memory is kept beside the weights, in order."""
        sql = "SELECT step FROM checkpoints WHERE run = ? ORDER BY step"
        return [row["step"] for row in self._of(run_id)._rows(sql, run_id)]

    def checkpoint(self, run_id: str, step: int) -> Checkpoint | None:
        """Weights and optimiser after the step; None where they are not kept, or damaged."""
        sql = "SELECT data, sha256 FROM checkpoints WHERE run = ? AND step = ?"
        row = self._of(run_id)._row(sql, run_id, step)
        whole = row is not None and digest(row["data"]) == row["sha256"]
        return Checkpoint(step, row["data"]) if row is not None and whole else None

    def weights(self, run_id: str, step: int | None = None) -> Weights:
        """All weights by name, exactly those after the step (None: the newest that are whole).

        Raises :class:`DamagedSnapshot` where they are not what was written, and marks them: no other step's
        weights stand in for them. Raises Problem for a step that is not kept.
        """
        if step is None:
            return self.newest_weights(run_id)[1]
        store, sql = self._of(run_id), "SELECT data, sha256 FROM snapshots WHERE run = ? AND step = ?"
        row = store._row(sql + " AND NOT damaged", run_id, step)
        if row is None:
            self.run(run_id)
            raise Problem("The weights of step {step} are not kept: choose another step.", step=step)
        try:
            return unpack(row["data"], row["sha256"])
        except DamagedError:
            store._mark_damaged(run_id, step)
            raise DamagedSnapshot.at(step) from None

    def newest_weights(self, run_id: str) -> tuple[int, Weights]:
        """The last step that is kept whole, and its weights. Raises Problem where there is none."""
        for step in reversed(self.snapshot_steps(run_id)):
            with contextlib.suppress(DamagedSnapshot):
                return step, self.weights(run_id, step)
        self.run(run_id)
        raise Problem("This run has no weights to show yet: wait until it has begun.")

    def snapshots(self, run_id: str) -> Iterator[tuple[int, Weights]]:
        """Each step that is kept and its weights, in order, without those that prove to be damaged."""
        for step in self.snapshot_steps(run_id):
            with contextlib.suppress(DamagedSnapshot):
                yield step, self.weights(run_id, step)

    def model(self, run_id: str, step: int | None = None) -> nn.Module:
        """The network with those weights: a fresh one at every call, in eval mode, without gradients."""
        import torch

        weights = self.weights(run_id, step)
        with torch.device("meta"):  # neither memory nor random numbers for an initialisation
            model = self.run(run_id).spec.model.build()
        tensors = {name: torch.from_numpy(array.copy()) for name, array in weights.items()}
        model.load_state_dict(tensors, assign=True)
        return model.eval().requires_grad_(False)

    def live(self, run_id: str) -> Live | None:
        """The run's newest moment; None before its first."""
        row = self._of(run_id)._row("SELECT step, time, loss, data FROM live WHERE run = ?", run_id)
        if row is None:
            return None
        loss = float("nan") if row["loss"] is None else row["loss"]
        arrays = unpack(row["data"])
        return Live(arrays["weights"], arrays["gradient"], loss, row["step"], row["time"])

    def _of(self, run_id: str) -> RunReader:
        """The store that holds the run: this one, or the reference run's in memory."""
        from cnn_core.runs import reference_store

        return reference_store() if run_id == REFERENCE and not self._in_memory else self

    def _mark_damaged(self, run_id: str, step: int) -> None:
        """For good, with a note on the run; as long as this store lives, where the disk takes neither."""
        try:
            with self._transaction() as connection:
                connection.execute(
                    "UPDATE snapshots SET damaged = 1 WHERE run = ? AND step = ?", (run_id, step)
                )
                rows = connection.execute(
                    "SELECT step FROM snapshots WHERE run = ? AND damaged ORDER BY step", (run_id,)
                )
                add_note(connection, run_id, _damage([row["step"] for row in rows]))
        except sqlite3.Error:
            self._unmarked.add((run_id, step))


def add_note(connection: sqlite3.Connection, run_id: str, note: Problem) -> None:
    """Put one more note on the run."""
    row = connection.execute("SELECT note FROM runs WHERE id = ?", (run_id,)).fetchone()
    notes = dump_sentences(with_note(load_sentences(row["note"]), note)) if row else None
    connection.execute("UPDATE runs SET note = ? WHERE id = ?", (notes, run_id))


def _damage(steps: list[int]) -> Problem:
    if len(steps) == 1:
        return Problem(SNAPSHOT_DAMAGED, step=steps[0])
    return Problem(SNAPSHOTS_DAMAGED, steps=", ".join(map(str, steps)))


def _at(step: int | None) -> int:
    return step if step is not None else 2**62
