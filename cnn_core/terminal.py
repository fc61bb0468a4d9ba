"""A run watched in a terminal: one line that is drawn again and again, until the run is over or Ctrl-C."""

from __future__ import annotations

import sys
import time

from cnn_core.child import EngineProcess
from cnn_core.messages import Problem
from cnn_core.records import LASTING
from cnn_core.runs import Run, RunStore

OWNER = "command line"
POLL_SECONDS = 0.1
BAR_WIDTH = 30
INTERRUPTED = 130  # what shells expect after Ctrl-C


def watch(store: RunStore, run_id: str) -> int:
    """See a run to its end, with an engine of our own in case no server has one. Returns the exit code."""
    engine = EngineProcess()
    seen = -1
    try:
        while not (run := store.run(run_id)).is_over:
            engine.ensure()
            if run.version != seen:
                seen = run.version
                _draw(store, run)
            time.sleep(POLL_SECONDS)
        _draw(store, run)
        sys.stderr.write("\n")
    except KeyboardInterrupt:
        return _leave(store, run_id)
    finally:
        engine.end()
    if run.is_complete:
        return 0
    print(_why_it_ended(run), file=sys.stderr)
    return 1


def _why_it_ended(run: Run) -> Problem:
    """Of a run that is over before its last step."""
    passing = [note for note in run.notes if note.message not in LASTING]
    if run.error or passing:
        return run.error or passing[-1]
    if run.owner != OWNER:
        return Problem(
            "Whoever started this run has paused it: wait until they let it go on, or give another --seed."
        )
    return Problem("The run was paused: the same command goes on from there.")


def _leave(store: RunStore, run_id: str) -> int:
    run = store.run(run_id)
    if run.owner == OWNER:
        store.request(run_id, "pause", OWNER)
        paused = f"Paused after {run.step} of {run.spec.steps} steps"
        said = f"{paused}: the same command, without --again, goes on from there."
    else:
        said = "You left; the run belongs to someone else and goes on."
    print(f"\n{said}", file=sys.stderr)
    return INTERRUPTED


def _draw(store: RunStore, run: Run) -> None:
    """One line on stderr, drawn over the last one."""
    done = run.step / run.spec.steps
    bar = "█" * round(done * BAR_WIDTH)
    newest = store.metrics(run.id, after_step=run.step - 1)
    numbers = (
        f"loss {newest.loss[-1]:.3f}  {newest.images_per_second[-1]:,.0f} images/s"
        if len(newest.step)
        else _waiting(store, run)
    )
    line = f"{bar:·<{BAR_WIDTH}} {run.step}/{run.spec.steps}  {numbers}"
    sys.stderr.write(f"\r{line:<78}")
    sys.stderr.flush()


def _waiting(store: RunStore, run: Run) -> str:
    place = store.queue_place(run.id)
    return f"number {place} in the queue" if place and place > 1 else "starting"
