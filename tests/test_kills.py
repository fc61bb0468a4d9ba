"""Killed again and again at random moments, a run ends with the weights of one that nobody touched."""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cnn_core.child import start_engine
from cnn_core.recording import Task
from cnn_core.runs import RunStore
from cnn_core.worker import train_segment
from tests.browser_tools import chromium, new_page, streamlit_server
from tests.engines import SPEC, descendants, final_sha256, kill, over, processes, session, until, workers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    return RunStore()


@pytest.fixture(scope="module")
def expected() -> str:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_EXPLORER_THREADS", "1")
        segment = train_segment(Task("", 1, SPEC, None), seconds=3600)
    torch.set_num_threads(threads)
    return hashlib.sha256(segment.snapshots[-1].data).hexdigest()


class Interrupted:
    """A run that is trained over and over; whole, each time, however it was interrupted."""

    def __init__(self, store: RunStore, expected: str) -> None:
        self.store, self._expected = store, expected
        self.run_id = store.add(SPEC)
        self.finished = 0

    def check(self) -> None:
        """Once it is over: all of it is there. Then it starts afresh."""
        if over(self.store, self.run_id):
            self.finish()
            self.store.add(SPEC, again=True)

    def finish(self) -> None:
        until(lambda: over(self.store, self.run_id))
        assert final_sha256(self.store, self.run_id) == self._expected
        assert self.store.metrics(self.run_id).step.tolist() == list(range(1, SPEC.steps + 1))
        assert self.store.evaluations(self.run_id)[-1].count == 10_000
        assert self.store.run(self.run_id).notes == ()
        self.finished += 1

    def waits_for_news(self) -> Callable[[], bool]:
        """True as soon as the run has gone on from where it stands now."""
        before = self.store.version(self.run_id)
        return lambda: self.store.version(self.run_id) != before


def test_fifty_kills_of_the_worker_lose_nothing(store: RunStore, expected: str) -> None:
    moments = random.Random(50)
    engine = start_engine()
    run = Interrupted(store, expected)
    for number in range(50):
        if number % 5 == 0:
            until(run.waits_for_news())  # now and then it is let go on, or it would never end
        run.check()
        time.sleep(moments.uniform(0, 0.8))
        for pid in until(lambda: workers(engine.pid)):
            kill(pid)
    run.finish()
    assert engine.poll() is None
    assert engine.stdin is not None
    engine.stdin.close()
    engine.wait(30)


def test_twenty_kills_of_the_engine_lose_nothing(store: RunStore, expected: str) -> None:
    moments = random.Random(20)
    run = Interrupted(store, expected)
    for number in range(20):
        engine = start_engine()
        if number % 2 == 0:
            until(run.waits_for_news())
        time.sleep(moments.uniform(0, 2.0))
        kill(engine.pid)
        engine.wait()
        until(lambda pid=engine.pid: not session(pid))  # type: ignore[misc]
        run.check()
    engine = start_engine()
    run.finish()
    assert engine.stdin is not None
    engine.stdin.close()
    engine.wait(30)


def test_twenty_kills_of_the_server_lose_nothing(store: RunStore, expected: str, tmp_path: Path) -> None:
    """The engine is the server's child and ends with it; whoever opens a page of the next server goes on."""
    moments = random.Random(2020)
    run = Interrupted(store, expected)
    with chromium() as browser:
        page = new_page(browser)
        for number in range(20):
            with streamlit_server(home=tmp_path) as server:
                page.goto(f"{server.url}/training?lang=en&run={run.run_id}")
                if number % 2 == 0:
                    until(run.waits_for_news())
                time.sleep(moments.uniform(0, 3.0))
                below = descendants(server.pid)
                kill(server.pid)
                until(lambda below=below: not below & processes().keys())  # type: ignore[misc]
            run.check()
        with streamlit_server(home=tmp_path) as server:
            page.goto(f"{server.url}/training?lang=en&run={run.run_id}")
            run.finish()
