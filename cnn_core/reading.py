"""The reading half of the RunStore: what pages look at."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.artifacts import Artifacts
from cnn_core.events import Checkpoint
from cnn_core.messages import Problem, text
from cnn_core.records import (
    DamagedError,
    EvaluationRow,
    Live,
    Metrics,
    Run,
    UnknownRun,
    Weights,
    digest,
    dump_sentence,
    load_sentence,
    metrics_of,
    run_of,
    unpack,
)

if TYPE_CHECKING:
    from torch import nn

REFERENCE = "reference"
SNAPSHOT_DAMAGED = text("The snapshot at step {step} was damaged on the disk and is left out.")


class RunReader(Artifacts):
    """Everything that can be asked about runs; it changes nothing but the mark on a damaged snapshot."""

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
        sql = "SELECT step FROM snapshots WHERE run = ? AND NOT damaged ORDER BY step"
        return [row["step"] for row in self._of(run_id)._rows(sql, run_id)]

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
        """All weights by name, at the nearest snapshot at or before the step (None: the newest).

        A damaged snapshot is marked, noted on the run and passed over. Raises Problem where none is left.
        """
        sql = (
            "SELECT step, data, sha256 FROM snapshots"
            " WHERE run = ? AND step <= ? AND NOT damaged ORDER BY step DESC LIMIT 1"
        )
        store = self._of(run_id)
        while row := store._row(sql, run_id, _at(step)):
            try:
                return unpack(row["data"], row["sha256"])
            except DamagedError:
                store._mark_damaged(run_id, row["step"])
                step = row["step"] - 1
        self.run(run_id)
        raise Problem("This run has no weights to show yet: wait until it has begun.")

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
        note = dump_sentence(Problem(SNAPSHOT_DAMAGED, step=step))
        with (
            contextlib.suppress(sqlite3.Error),
            self._transaction() as connection,
        ):  # it is passed over anyway
            connection.execute("UPDATE snapshots SET damaged = 1 WHERE run = ? AND step = ?", (run_id, step))
            connection.execute("UPDATE runs SET note = ? WHERE id = ?", (note, run_id))


def _at(step: int | None) -> int:
    return step if step is not None else 2**62
