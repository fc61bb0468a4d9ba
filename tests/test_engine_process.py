"""A server has one engine, whoever asks for it and however often."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cnn_core import child
from cnn_core.child import EngineProcess, start_engine
from tests.engines import until
from ui import engine_process


def sleeper() -> subprocess.Popen[bytes]:
    """A child that lives until its stdin closes, as an engine does."""
    return subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def quitter() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)


class Counting:
    """Starts children and remembers them."""

    def __init__(self, start: object) -> None:
        self._start = start
        self.children: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> subprocess.Popen[bytes]:
        self.children.append(self._start())  # type: ignore[operator]
        return self.children[-1]


def test_many_sessions_start_one_child() -> None:
    start = Counting(sleeper)
    process = EngineProcess(start)
    threads = [threading.Thread(target=process.ensure) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(start.children) == 1
    process.end()
    assert start.children[0].returncode is not None


def test_a_dead_child_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "FIRST_WAIT", 0.01)
    start = Counting(sleeper)
    process = EngineProcess(start)
    process.ensure()
    start.children[0].kill()
    start.children[0].wait()
    until(lambda: process.ensure() or len(start.children) == 2, 10)
    process.end()


def test_a_child_that_keeps_dying_is_started_ever_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    start = Counting(quitter)
    process = EngineProcess(start)
    started = []
    for _ in range(400):
        before = len(start.children)
        process.ensure()
        if len(start.children) > before:
            started.append(now[0] - 100)
            start.children[-1].communicate()
        now[0] += 0.5
    assert started[:6] == [0, 1, 3, 7, 15, 31]
    assert max(b - a for a, b in itertools.pairwise(started)) <= child.LONGEST_WAIT


def test_a_test_of_pages_can_do_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Counting(sleeper)
    monkeypatch.setattr(engine_process, "_engine", EngineProcess(start))
    monkeypatch.setenv("CNN_EXPLORER_NO_ENGINE", "1")
    engine_process.ensure_engine()
    assert start.children == []


def test_the_engine_starts_from_any_folder_and_ends_with_its_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    engine = start_engine()
    until(lambda: (tmp_path / "home" / "engine.lock").exists() or engine.poll() is not None, 30)
    assert engine.poll() is None, (tmp_path / "home" / "engine.log").read_text()
    assert engine.stdin is not None
    engine.stdin.close()
    assert engine.wait(30) == 0
