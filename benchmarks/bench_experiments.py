"""How long each ready-made experiment takes: from its first run in the queue to its last one's end.

python -m benchmarks.bench_experiments prints one JSON line: seconds by experiment, and how many threads the
engine had. The store is empty at first: runs that two experiments share are counted where they come first.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from tempfile import TemporaryDirectory

from cnn_core.child import start_engine
from cnn_core.experiments import EXPERIMENTS, Experiment
from cnn_core.presets import PRESETS
from cnn_core.runs import RunStore


def seconds(store: RunStore, experiment: Experiment) -> float:
    begun = time.perf_counter()
    waiting = {store.add(variant.spec) for variant in experiment.variants}
    while waiting:
        waiting = {run_id for run_id in waiting if not store.run(run_id).is_over}
        time.sleep(0.1)
    return time.perf_counter() - begun


def main() -> None:
    with TemporaryDirectory() as folder:
        os.environ["CNN_EXPLORER_HOME"] = folder
        store, engine = RunStore(), start_engine()
        warm = store.add(replace(PRESETS["fast"].spec, steps=1))
        while not store.run(warm).is_over:
            time.sleep(0.1)
        taken = {name: round(seconds(store, experiment), 1) for name, experiment in EXPERIMENTS.items()}
        assert engine.stdin is not None
        engine.stdin.close()
        engine.wait()
    print(json.dumps({"threads": os.cpu_count(), "seconds": taken}))


if __name__ == "__main__":
    main()
