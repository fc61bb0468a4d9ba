"""The process that trains: takes queued runs, chains their segments on Dask, writes the store.

``python -m cnn_core.engine``: one for each home, ending when its stdin closes. It can be killed at any
moment: a run goes on from the newest checkpoint in the store, and nothing else needs to be kept.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cnn_core.connection import CONNECT_SECONDS, close, wait_for_cluster
from cnn_core.lock import hold_for_life
from cnn_core.messages import Problem, one_line, text
from cnn_core.recording import Recorder, Task
from cnn_core.reserve import Reserve
from cnn_core.store_schema import finds_no_room, home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client, Future

POLL_SECONDS = 0.05  # how long a click may wait to be seen
SEGMENT_SECONDS = (0.1, 0.2, 0.5)  # the first ones short: a click is answered at once
AT_ONCE = 2  # segments of a run: while one is written, the next one trains
RETRY_SECONDS = 2.0  # after what is not the run's own fault
LOOK_SECONDS = 1.0
MOST_LOSSES = 20  # workers in a row that a run may lose without one step forward
DESERTED_SECONDS = 15.0  # without a worker: whatever should have started one has given up
CLEAN_UP_SECONDS = 3_600.0

DISK_FULL = text("The disk is full, or takes nothing more. Make room, then continue: nothing is lost.")
LOST_AGAIN = text(
    "The computer gave up {count} times at the same step, as it does where a run needs more memory than "
    "there is. Nothing is lost: continue when other programs are closed, or start a smaller network or batch."
)
UNEXPECTED = text(
    "Training stopped with an error: {error} Start it once more; if it happens again, try other settings."
)

UNUSABLE = text(
    "Training cannot use {file}: {error}. Mend that on the computer that trains, then start the run again."
)

log = logging.getLogger("cnn_core.engine")


@dataclass
class UnderWay:
    """A run in training: a segment at work, and one that waits for it on the same worker."""

    task: Task
    start: bytes | None
    worker: str  # its address
    key: str = field(default_factory=lambda: uuid4().hex)  # under which the worker holds it
    submitted: int = 0
    futures: set[Future] = field(default_factory=set)  # of segments that have not come back yet
    is_over: bool = False  # ended or lost: what is still under way is of no use


class Engine:
    """Keeps every free worker busy with the segments of a run that waits."""

    def __init__(self, store: Recorder, client: Client) -> None:
        self._store = store
        self._client = client
        self._reserve = Reserve(store.path.parent)
        self._under_way: dict[str, UnderWay] = {}
        self._not_before: dict[str, float] = {}
        self._losses: dict[str, tuple[int, int]] = {}  # by run: a step, and how many workers it lost there
        self._results: queue.SimpleQueue[tuple[UnderWay, Future]] = queue.SimpleQueue()
        self._workers: list[str] = []
        self._looked_at = float("-inf")
        self._seen_at = time.monotonic()  # when there was a worker
        self._cleaned_up = float("-inf")

    def work(self) -> None:
        """Train what waits until the cluster is gone, or all its workers are."""
        self._reserve.keep()
        while self._client.status not in ("closing", "closed"):
            try:
                self._look_at_workers()
                if self._is_deserted():
                    return
                self._submit_waiting()
                self._clean_up_now_and_then()
                self._take_result(*self._results.get(timeout=POLL_SECONDS))
            except queue.Empty:
                continue
            except Exception as error:  # the store's trouble, or the cluster's, must not end the engine
                log.exception("something in the queue went wrong")
                if finds_no_room(error):
                    self._reserve.give_away()  # enough to take a run, which then says it
                time.sleep(RETRY_SECONDS)

    def _submit_waiting(self) -> None:
        now = time.monotonic()
        waiting = [run_id for run_id in self._store.waiting() if run_id not in self._under_way]
        waiting = [run_id for run_id in waiting if self._not_before.get(run_id, now) <= now]
        busy = {run.worker for run in self._under_way.values()}
        free = [worker for worker in self._workers if worker not in busy]
        for run_id, worker in zip(waiting, free, strict=False):
            task = self._store.take(run_id)
            if task is not None:
                self._begin(task, worker)

    def _look_at_workers(self) -> None:
        """Now and then: workers come and go. What one was training goes on from the store when it is gone."""
        if time.monotonic() < self._looked_at + LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        self._workers = list(self._client.scheduler_info()["workers"])
        self._seen_at = self._looked_at if self._workers else self._seen_at
        for run in [run for run in self._under_way.values() if run.worker not in self._workers]:
            log.warning("run %s: its worker is gone", run.task.run_id)
            del self._under_way[run.task.run_id]
            self._client.cancel(list(run.futures))
            self._lose(run)

    def _is_deserted(self) -> bool:
        return time.monotonic() > self._seen_at + DESERTED_SECONDS

    def _begin(self, task: Task, worker: str) -> None:
        self._reserve.keep()
        try:
            run = UnderWay(task, self._store.start_weights(task.spec), worker)
        except Problem as why:
            self._store.fail(task, why)
            return
        try:
            for _ in range(AT_ONCE):
                self._train(run)
        except Exception:
            run.is_over = True  # what was submitted before is of no use
            raise
        self._under_way[task.run_id] = run

    def _train(self, run: UnderWay) -> None:
        """One segment more, on the worker that has the run."""
        from cnn_core.worker import go_on, train_segment

        seconds = SEGMENT_SECONDS[min(run.submitted, len(SEGMENT_SECONDS) - 1)]
        if run.submitted:
            self._submit(run, go_on, run.key, seconds)
        else:
            self._submit(run, train_segment, run.task, seconds, run.start, run.key)
        run.submitted += 1

    def _submit(self, run: UnderWay, *work: Any) -> None:
        future = self._client.submit(*work, workers=[run.worker], pure=False)
        run.futures.add(future)
        future.add_done_callback(lambda done: self._results.put((run, done)))

    def _take_result(self, run: UnderWay, future: Future) -> None:
        """Write what a segment gave, and have one more trained where the run is still wanted.

        Where it is not, its worker lets go of it, until it holds nothing of it any more.
        """
        from cnn_core.worker import let_go

        run.futures.discard(future)
        if not run.is_over and self._goes_on(run, future):
            self._train(run)
        elif not run.is_over and not run.futures:  # nobody wants it now
            self._submit(run, let_go, run.key)
        if not run.futures and self._under_way.get(run.task.run_id) is run:
            del self._under_way[run.task.run_id]

    def _goes_on(self, run: UnderWay, future: Future) -> bool:
        """Write a segment's result. What goes wrong outside the run itself makes it be done again."""
        from distributed.scheduler import KilledWorker

        task = run.task
        try:
            segment = future.result(timeout=CONNECT_SECONDS)  # the worker may be gone with it
        except Exception as error:
            if future.status != "error" or isinstance(error, KilledWorker):
                log.warning("run %s: the segment is lost (%r)", task.run_id, error)
                self._lose(run)
                return False
            log.warning("run %s failed", task.run_id, exc_info=error)
            run.is_over = True
            with self._writing(run):
                self._store.fail(task, _in_words(error))
        else:
            if segment is None:
                run.is_over = True
            else:
                with self._writing(run):
                    return self._store.record(task, segment)
        return False

    @contextlib.contextmanager
    def _writing(self, run: UnderWay) -> Iterator[None]:
        """The store's trouble inside the block makes the run be done again; a full disk pauses it."""
        try:
            yield
        except sqlite3.Error as error:
            log.exception("run %s: the store did not take it", run.task.run_id)
            self._do_again(run)
            if finds_no_room(error):
                self._reserve.give_away()
                with contextlib.suppress(sqlite3.Error):
                    self._store.hold(run.task, Problem(DISK_FULL))

    def _lose(self, run: UnderWay) -> None:
        """Its worker is gone: another goes on, unless the run itself seems to end them. Then it is paused."""
        if run.is_over:
            return
        self._do_again(run)
        run_id = run.task.run_id
        with self._writing(run), contextlib.suppress(Problem):  # a run that is gone needs no other worker
            step = self._store.run(run_id).step
            before, count = self._losses.pop(run_id, (step, 0))
            count = count + 1 if step == before else 1
            if count >= MOST_LOSSES:
                self._store.hold(run.task, Problem(LOST_AGAIN, count=count))
            else:
                self._losses[run_id] = (step, count)

    def _do_again(self, run: UnderWay) -> None:
        """Later, from what the store has."""
        run.is_over = True
        self._not_before[run.task.run_id] = time.monotonic() + RETRY_SECONDS

    def _clean_up_now_and_then(self) -> None:
        if time.monotonic() > self._cleaned_up + CLEAN_UP_SECONDS:
            self._cleaned_up = time.monotonic()
            self._store.clean_up()


def _in_words(error: Exception) -> Problem:
    """Why a run cannot go on, with the remedy."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.filename:
        return Problem(UNUSABLE, file=error.filename, error=error.strerror or type(error).__name__)
    return Problem(UNEXPECTED, error=one_line(error))


def end_with_parent() -> None:
    """End this process when its stdin closes; Dask's workers end when they notice."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        os._exit(0)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    end_with_parent()
    store = Recorder()
    hold_for_life(home() / "engine.lock")  # here a second engine waits, before it has loaded anything
    while True:
        client = wait_for_cluster(store)
        Engine(store, client).work()
        log.warning("the cluster is opened anew")
        close(client)


if __name__ == "__main__":
    main()
