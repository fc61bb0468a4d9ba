"""The command line: the same runs, the same store and the same engine as the pages."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core import cluster
from cnn_core.claims import FILE as RECORDED_FILE
from cnn_core.claims import Claim, renew
from cnn_core.data import load_mnist
from cnn_core.exports import export_run
from cnn_core.logs import event_file, event_file_name, metrics_csv
from cnn_core.messages import Problem
from cnn_core.models import NETWORKS
from cnn_core.presets import PRESETS
from cnn_core.runs import REFERENCE_FILE, Run, RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.store_schema import home
from cnn_core.terminal import INTERRUPTED, OWNER, watch
from cnn_core.upkeep import remove, seconds, size_in_bytes, stale

REFERENCE_SNAPSHOTS = 10
REFERENCE_FIRST = 5  # the first kept step after 0, about
STORE_REFUSES = (
    "The runs in {folder} cannot be read or written now ({error}): make room on the disk, or set "
    "CNN_EXPLORER_HOME to another folder."
)

SETTINGS = (
    *("steps", "batch_size", "learning_rate", "momentum", "weight_decay", "optimiser", "schedule"),
    *("train_size", "pixels", "augmentation", "initialisation"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'The file system'}: {error.strerror}.", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(STORE_REFUSES.format(folder=home(), error=error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnn_core", description="CNN Explorer without a browser.")
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="train a network, or go on where it was interrupted")
    train.add_argument("--preset", choices=list(PRESETS), default="fast", help="settings to begin from")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--network", choices=list(NETWORKS), help="instead of the preset's")
    for setting in SETTINGS:
        flag, default = f"--{setting.replace('_', '-')}", getattr(TrainingSpec(), setting)
        if isinstance(default, bool):
            train.add_argument(flag, action=argparse.BooleanOptionalAction)
        else:
            train.add_argument(flag, type=type(default))
    train.add_argument("--name", default="", help="what the run is called on the pages")
    train.add_argument("--again", action="store_true", help="start afresh, even if it is trained already")
    train.add_argument("--json", action="store_true", help="end with one line of JSON on stdout")
    train.set_defaults(run=_train)

    runs = commands.add_parser("runs", help="list the runs")
    runs.set_defaults(run=_runs)

    export = commands.add_parser("export", help="write a run to a file")
    export.add_argument("run_id", help="its id, or the beginning of it")
    export.add_argument(
        "file", type=Path, help="*.csv: its numbers; a folder: TensorBoard's event file; else all of it"
    )
    export.set_defaults(run=_export)

    take_in = commands.add_parser("import", help="take in a run from a file")
    take_in.add_argument("file", type=Path)
    take_in.set_defaults(run=_import)

    clean = commands.add_parser("clean", help="remove runs by age and size; never one that waits or trains")
    clean.add_argument("--older-than", type=str, help="such as 12h, 30d, 4w: since its last news")
    clean.add_argument("--keep", type=str, help="such as 500MB, 2GB: of all runs, the last used first")
    clean.add_argument("--list", action="store_true", help="only say what would go")
    clean.set_defaults(run=_clean)

    scheduler = commands.add_parser("scheduler", help="run a class's scheduler; its workers connect to it")
    scheduler.add_argument("address", nargs="?", default=f"tls://0.0.0.0:{cluster.PORT}")
    scheduler.set_defaults(run=_scheduler)

    worker = commands.add_parser(
        "worker", help="train for a class's scheduler, on this computer's GPU or cores"
    )
    worker.add_argument("address", help="such as tls://192.168.0.10:8786")
    worker.set_defaults(run=_worker)

    certificates = commands.add_parser(
        "certificates", help="make the files that let computers into a cluster"
    )
    certificates.add_argument("folder", nargs="?", type=Path, help="by default where this app looks for them")
    certificates.set_defaults(run=_certificates)

    reference = commands.add_parser("reference", help="make the reference run that ships with the project")
    reference.add_argument("--file", type=Path, default=REFERENCE_FILE)
    reference.set_defaults(run=_reference)

    experiments = commands.add_parser(
        "experiments", help="measure which single change first passes the notebook's accuracy: half an hour"
    )
    experiments.add_argument("--file", type=Path, default=RECORDED_FILE)
    experiments.set_defaults(run=_experiments)
    return parser


def _train(options: argparse.Namespace) -> int:
    spec = PRESETS[options.preset].spec
    chosen = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    if options.network:
        chosen["model"] = NETWORKS[options.network]
    store = RunStore()
    spec = replace(spec, seed=options.seed, **chosen)
    run_id = store.add(spec, options.name or options.preset, OWNER, options.again)
    code = watch(store, run_id)
    if code == 0:
        result = _result(store, store.run(run_id))
        print(json.dumps(result) if options.json else _sentence(result), flush=True)
    return code


def _result(store: RunStore, run: Run) -> dict[str, Any]:
    """What the run came to; images per second are those of the steps alone, without the tests between."""
    rates = store.metrics(run.id).images_per_second
    return {
        "run_id": run.id,
        "test_accuracy": store.evaluations(run.id)[-1].accuracy,
        "train_seconds": round(run.train_seconds, 3),
        "images_per_second": round(float(len(rates) / np.sum(1 / rates)), 1),
    }


def _sentence(result: dict[str, Any]) -> str:
    return (
        f"Run {result['run_id']}: {result['test_accuracy']:.2%} of the test images after "
        f"{result['train_seconds']:.0f} s, {result['images_per_second']:,.0f} images a second."
    )


def _runs(options: argparse.Namespace) -> int:
    store = RunStore()
    for run in store.runs():
        evaluations = store.evaluations(run.id)
        accuracy = f"{evaluations[-1].accuracy:.2%}" if evaluations else "–"
        print(f"{run.id:<24}{run.state:<9}{run.step:>6}/{run.spec.steps:<6}{accuracy:>8}  {run.name}")
    return 0


def _export(options: argparse.Namespace) -> int:
    store = RunStore()
    run = store.run(_find(store, options.run_id))
    if options.file.is_dir():
        (options.file / event_file_name(run.id, run.created)).write_bytes(event_file(store, run.id))
    elif options.file.suffix == ".csv":
        options.file.write_text(metrics_csv(store, run.id), encoding="utf-8", newline="")
    else:
        options.file.write_bytes(store.export_run(run.id))
    return 0


def _clean(options: argparse.Namespace) -> int:
    if options.older_than is None and options.keep is None:
        raise Problem("Say what is to go: --older-than 30d, --keep 2GB, or both.")
    store = RunStore()
    going = stale(
        store,
        seconds(options.older_than) if options.older_than else None,
        size_in_bytes(options.keep) if options.keep else None,
    )
    for entry in going:
        print(f"{entry.run.id:<24}{entry.size / 1e6:>8.1f} MB  {entry.run.name}")
    if not options.list:
        remove(store, [entry.run.id for entry in going])
    count, are = ("1 run", "is") if len(going) == 1 else (f"{len(going)} runs", "are")
    said = "would go" if options.list else f"{are} gone"
    print(f"{count}, {sum(entry.size for entry in going) / 1e6:.1f} MB, {said}.", file=sys.stderr)
    return 0


def _import(options: argparse.Namespace) -> int:
    print(RunStore().import_run(options.file.read_bytes(), owner=OWNER))
    return 0


def _scheduler(options: argparse.Namespace) -> int:
    cluster.run_scheduler(options.address)
    return 0


def _worker(options: argparse.Namespace) -> int:
    cluster.run_worker(options.address)
    return 0


def _certificates(options: argparse.Namespace) -> int:
    into = options.folder or cluster.folder()
    cluster.make_certificates(into)
    print(f"{into}: copy both files to every computer of the cluster, and to nobody else.")
    return 0


def _find(store: RunStore, beginning: str) -> str:
    found = [run.id for run in store.runs() if run.id.startswith(beginning)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Problem("Several runs begin with {text}: give more of the id.", text=beginning)
    raise Problem("No run begins with {text}: python -m cnn_core runs lists them.", text=beginning)


def _reference(options: argparse.Namespace) -> int:
    """Train `accurate` with seed 0, and keep ten snapshots: most of them early, where most changes."""
    store = RunStore()
    run_id = store.add(PRESETS["accurate"].spec, "accurate", OWNER)
    code = watch(store, run_id)
    if code == 0:
        steps = store.snapshot_steps(run_id)
        wished = [0, *np.geomspace(REFERENCE_FIRST, steps[-1], REFERENCE_SNAPSHOTS - 1)]
        chosen = [min(steps, key=lambda step: abs(step - wish)) for wish in wished]
        options.file.parent.mkdir(parents=True, exist_ok=True)
        options.file.write_bytes(export_run(store, run_id, chosen))
    return code


def _experiments(options: argparse.Namespace) -> int:
    def tell(name: str, claim: Claim) -> None:
        passed = "passes" if claim.passed else "does not pass"
        print(f"{name}: {passed}, {claim.accuracy:.2%} after {claim.steps} steps", flush=True)

    renew(load_mnist(), tell, options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
