"""Branches: a run that begins with the weights another run had at some step, and the tree that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save

from cnn_core.records import Run
from cnn_core.spec import TrainingSpec

if TYPE_CHECKING:
    from cnn_core.reading import RunReader

KIND = "snapshot"  # of the artifact that a branch begins with


@dataclass(frozen=True)
class Member:
    """A run in its family. A run that is gone leaves its branches where they were."""

    run: Run
    parent: str  # the id of the run that it branched from; empty where it began by itself
    step: int  # of the parent, at which it branched
    begun: int  # the steps that all its ancestors had trained by then: where it stands on the family's axis

    @property
    def end(self) -> int:
        """Where the run stands now on the family's axis."""
        return self.begun + self.run.step


def branch(store: RunReader, run_id: str, step: int, owner: str = "", **settings: Any) -> TrainingSpec:
    """The settings of a run that begins with a copy of a run's weights at a step that was kept.

    The copy is kept as an artifact with its origin: the branch stands by itself, whatever becomes of the run.
    ``settings`` change the run's own. Raises :class:`Problem` where there are no such weights.
    """
    origin = {"run": run_id, "step": str(step)}
    weights = {name: np.asarray(array, order="C") for name, array in store.weights(run_id, step).items()}
    data = save(weights, {"origin": f"{run_id} {step}"})  # one entry: several come in any order, other bytes
    start = store.put_artifact(KIND, data, owner, origin)
    spec = replace(store.run(run_id).spec, initialisation="torch", **settings, start=start)
    return spec if spec.kernels_held else replace(spec, kernels="")  # else they would be put back


def family(store: RunReader) -> list[Member]:
    """All runs, each followed by its branches in the order of their steps; the newest family first."""
    runs = {run.id: run for run in store.runs()}
    origins = {run.id: _origin(store, run) for run in runs.values()}
    children: dict[str, list[str]] = {}
    for run_id, (parent, _) in origins.items():
        if parent in runs:
            children.setdefault(parent, []).append(run_id)
    members: list[Member] = []

    def visit(run_id: str, begun: int) -> None:
        parent, step = origins[run_id]
        members.append(Member(runs[run_id], parent, step, begun))
        for child in sorted(children.get(run_id, []), key=lambda i: (origins[i][1], runs[i].created)):
            visit(child, begun + origins[child][1])

    for run_id, (parent, step) in origins.items():
        if parent not in runs:
            visit(run_id, step)
    return members


def relatives(members: Sequence[Member], run_id: str) -> list[Member]:
    """The members of one run's family, in the same order."""
    roots: dict[str, str] = {}
    for member in members:  # a parent stands before its branches
        roots[member.run.id] = roots.get(member.parent, member.run.id)
    return [member for member in members if roots[member.run.id] == roots.get(run_id)]


def _origin(store: RunReader, run: Run) -> tuple[str, int]:
    """The run and the step that a run branched from; ("", 0) where it did not."""
    about = store.artifact_meta(run.spec.start) if run.spec.start else {}
    return str(about.get("run", "")), int(about.get("step", 0))
