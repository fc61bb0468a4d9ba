"""A run as one safetensors file: any safetensors reader opens its weights, and nothing in it can run.

Tensors: ``snapshots/<step>/<name>``, ``evaluations/<step>`` (predictions, uint8), ``metrics/<column>``.
Metadata: ``format``, and ``run``, a JSON text with the spec, the name and the sha256 of all tensors.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save

from cnn_core.messages import Problem
from cnn_core.models import ModelSpec, parameter_count, summary
from cnn_core.records import (
    LASTING,
    STOPPED_EARLY,
    DamagedError,
    EvaluationRow,
    Metrics,
    Weights,
    digest,
    dump_sentences,
    load_sentences,
    pack,
    parse_spec,
    tidy_name,
    unpack,
)

if TYPE_CHECKING:
    from cnn_core.runs import RunStore
    from cnn_core.spec import TrainingSpec

FORMAT = "cnn-explorer-run 1"
COLUMNS = ("step", "loss", "learning_rate", "images_per_second")

MAX_FILE = 500_000_000  # bytes
MAX_PARAMETERS = 20_000_000
MAX_LAYERS = 100
MAX_SNAPSHOTS = 500
MAX_STEPS = 10_000_000
MAX_NOTES = 10
MAX_HEAD = 10_000_000  # bytes of JSON, before it is read
MAX_SECONDS = 1e11
NOTES = (*LASTING, STOPPED_EARLY)


@dataclass(frozen=True)
class Archive:
    """An export, read and checked."""

    spec: TrainingSpec
    about: dict[str, Any]
    snapshots: dict[int, Weights]
    evaluations: dict[int, np.ndarray]
    metrics: Metrics


def export_run(store: RunStore, run_id: str, steps: list[int] | None = None) -> bytes:
    """The run's spec, metrics, evaluations and snapshots (steps: only these) as one file.

    A snapshot that is damaged is left out, and a note says so. Raises Problem where no other is kept.
    """
    kept = {step: weights for step, weights in store.snapshots(run_id) if steps is None or step in steps}
    run = store.run(run_id)
    if not kept:
        raise Problem("This run keeps no weights yet that a file could hold: wait until it has begun.")
    evaluations = store.evaluations(run_id)
    metrics = store.metrics(run_id)
    tensors: Weights = {f"metrics/{column}": getattr(metrics, column) for column in COLUMNS}
    for row in evaluations:
        predictions = store.evaluation(run_id, row.step)
        assert predictions is not None
        tensors[f"evaluations/{row.step}"] = predictions
    for step, weights in kept.items():
        tensors |= {f"snapshots/{step}/{name}": array for name, array in weights.items()}
    about = {
        "spec": run.spec.to_json(),
        "name": run.name,
        "created": run.created,
        "step": run.step,
        "train_seconds": run.train_seconds,
        "environment": run.environment,
        "note": dump_sentences(run.notes),
        "correct": {row.step: _correct(row) for row in evaluations},
        "sha256": digest(pack(tensors)),
    }
    return save(
        {name: np.asarray(array, order="C") for name, array in tensors.items()},
        {"format": FORMAT, "run": json.dumps(about)},
    )


def _correct(row: EvaluationRow) -> int:
    return round(row.accuracy * row.count)


def read_archive(data: bytes) -> Archive:
    """Check every part of an exported run. Raises Problem where anything is not as the app writes it."""
    if len(data) > MAX_FILE:
        raise Problem("This file is too large: at most {limit} MB.", limit=MAX_FILE // 1_000_000)
    try:
        about = _about(data)
        tensors = unpack(data)
        _require(digest(pack(tensors)) == about["sha256"])
        spec = parse_spec(about["spec"])
        _require(0 < spec.steps <= MAX_STEPS and 0 <= about["step"] <= spec.steps)
        expected = expected_weights(spec.model)
        snapshots, evaluations, metrics = _sorted_out(tensors, spec.steps)
        _require(0 < len(snapshots) <= MAX_SNAPSHOTS)
        for weights in snapshots.values():
            _require({n: (a.shape, a.dtype.name) for n, a in weights.items()} == expected)
        for step, predictions in evaluations.items():
            _require(predictions.dtype == np.uint8 and predictions.ndim == 1 and predictions.max() < 10)
            _require(0 <= about["correct"][str(step)] <= len(predictions) <= 10_000)
        _check_metrics(metrics, spec.steps)
    except Problem:
        raise
    except (DamagedError, ValueError, TypeError, KeyError, OverflowError, AttributeError, RecursionError):
        raise Problem(
            "This is not a whole run of CNN Explorer: export it once more and import that file."
        ) from None
    return Archive(spec, about, snapshots, evaluations, metrics)


def import_run(store: RunStore, data: bytes, alias: str | None = None, owner: str = "") -> str:
    """Keep an exported run under an id of its own: it never passes for one that was trained here."""
    archive = read_archive(data)
    run_id = alias or f"import-{digest(data)[:16]}"
    about = archive.about
    with store._transaction() as connection:
        if connection.execute(
            "UPDATE runs SET owner = iif(deleted IS NULL, owner, ?), deleted = NULL WHERE id = ?",
            (owner, run_id),
        ).rowcount:
            return run_id  # the same file was imported before: it stays whose it is
        connection.execute(
            "INSERT INTO runs (id, spec, name, owner, state, step, created, imported, environment, note,"
            " train_seconds) VALUES (?, ?, ?, ?, 'done', ?, ?, 1, ?, ?, ?)",
            (
                run_id,
                archive.spec.to_json(),
                tidy_name(str(about["name"])),
                owner,
                about["step"],
                float(about["created"]) if alias else time.time(),
                json.dumps(about["environment"]),
                about["note"],
                float(about["train_seconds"]),
            ),
        )
        columns = (getattr(archive.metrics, column).tolist() for column in COLUMNS)
        connection.executemany(
            "INSERT INTO metrics VALUES (?, ?, ?, ?, ?)",
            [(run_id, *values) for values in zip(*columns, strict=True)],
        )
        connection.executemany(
            "INSERT INTO evaluations VALUES (?, ?, ?, ?)",
            [(run_id, s, about["correct"][str(s)], p.tobytes()) for s, p in archive.evaluations.items()],
        )
        packed = [(step, pack(weights)) for step, weights in archive.snapshots.items()]
        connection.executemany(
            "INSERT INTO snapshots (run, step, data, sha256) VALUES (?, ?, ?, ?)",
            [(run_id, step, blob, digest(blob)) for step, blob in packed],
        )
    return run_id


def _about(data: bytes) -> dict[str, Any]:
    """The metadata from the head of a safetensors file: its length in 8 bytes, then JSON."""
    length = int.from_bytes(data[:8], "little")
    _require(length < min(len(data), MAX_HEAD))
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    _require(metadata["format"] == FORMAT)
    about = json.loads(metadata["run"])
    _require(isinstance(about["environment"], dict) and len(json.dumps(about["environment"])) < 10_000)
    _require(isinstance(about["step"], int) and isinstance(about["name"], str))
    _require(0 <= float(about["train_seconds"]) < MAX_SECONDS and 0 <= float(about["created"]) < MAX_SECONDS)
    return about | {"note": _own_notes(about["note"])}


def _own_notes(written: str | None) -> str | None:
    """Of a file's notes those that this app would write of its weights: nobody else's words are shown."""
    found = json.loads(written) if written else []
    sentences = found if isinstance(found, list) else [found]
    known = [sentence for sentence in sentences if sentence["message"] in NOTES]
    for sentence in known:
        _require(all(re.fullmatch(r"[\d, ]{1,200}", str(value)) for value in sentence["values"].values()))
    return dump_sentences(load_sentences(json.dumps(known[:MAX_NOTES])))


def expected_weights(model: ModelSpec) -> dict[str, tuple[tuple[int, ...], str]]:
    """Name, shape and dtype of all that such a network keeps; without torch, for the first page's sake."""
    _require(len(model.layers) <= MAX_LAYERS and parameter_count(model) <= MAX_PARAMETERS)
    expected: dict[str, tuple[tuple[int, ...], str]] = {}
    for row in summary(model):
        out, kernel = row.layer.out, row.layer.kernel
        shapes: dict[str, tuple[int, ...]] = {}
        if row.layer.kind == "conv":
            shapes = {"weight": (out, row.inputs, kernel, kernel), "bias": (out,)}
        elif row.layer.kind == "linear":
            shapes = {"weight": (out, row.inputs), "bias": (out,)}
        elif row.layer.kind == "batch_norm":
            shapes = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (row.inputs,))
        expected.update({f"{row.name}.{name}": (shape, "float32") for name, shape in shapes.items()})
        if row.layer.kind == "batch_norm":
            expected[f"{row.name}.num_batches_tracked"] = ((), "int64")
    return expected


def _sorted_out(tensors: Weights, last: int) -> tuple[dict[int, Weights], dict[int, np.ndarray], Metrics]:
    snapshots: dict[int, Weights] = {}
    evaluations: dict[int, np.ndarray] = {}
    columns: Weights = {}
    for path, array in tensors.items():
        kind, _, rest = path.partition("/")
        if kind == "metrics":
            columns[rest] = array
            continue
        number, _, name = rest.partition("/")
        step = int(number)
        _require(0 <= step <= last and str(step) == number)
        if kind == "snapshots":
            snapshots.setdefault(step, {})[name] = array
        else:
            _require(kind == "evaluations" and not name)
            evaluations[step] = array
    return snapshots, evaluations, Metrics(**columns)


def _check_metrics(metrics: Metrics, last: int) -> None:
    columns = [getattr(metrics, column) for column in COLUMNS]
    _require(all(c.ndim == 1 and len(c) == len(metrics.step) for c in columns))
    _require([c.dtype.name for c in columns] == ["int64", "float64", "float64", "float64"])
    _require(bool(np.isfinite(metrics.learning_rate).all() and np.isfinite(metrics.images_per_second).all()))
    steps = metrics.step
    _require(not len(steps) or bool(steps[0] >= 1 and steps[-1] <= last and (np.diff(steps) > 0).all()))


def _require(fact: bool) -> None:
    if not fact:
        raise DamagedError("not as the app writes it")
