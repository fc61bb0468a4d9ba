"""The engine as a child process that ends with its parent."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cnn_core.store_schema import home

ROOT = Path(__file__).resolve().parent.parent
LOG_BYTES = 1_000_000  # a longer log starts anew
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds before a dead engine is started again


def start_engine() -> subprocess.Popen[bytes]:
    """A new engine process. It ends when its stdin closes: when the parent closes it, or is gone itself.

    While another engine holds this home, the new one waits and takes over when that one ends. What it has to
    say goes to ``engine.log`` in the home.
    """
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "engine.log"
    too_long = log.is_file() and log.stat().st_size > LOG_BYTES
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with log.open("wb" if too_long else "ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "cnn_core.engine"],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C in the terminal is for the parent
        )


class EngineProcess:
    """Keeps one child running; what dies soon after its start is started again ever more slowly."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]] = start_engine) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = FIRST_WAIT

    def ensure(self) -> None:
        """Start the child where none runs. Cheap, and safe to call from any thread."""
        with self._lock:
            if self._child is not None:
                if self._child.poll() is None:
                    return
                if time.monotonic() < self._started + self._wait:
                    return
                long_lived = time.monotonic() > self._started + LONGEST_WAIT
                self._wait = FIRST_WAIT if long_lived else min(self._wait * 2, LONGEST_WAIT)
            self._started = time.monotonic()
            with contextlib.suppress(OSError):  # the store says what is wrong with the home; pages still work
                self._child = self._start()

    def end(self) -> None:
        """Close the child's stdin and see it go."""
        with self._lock:
            if self._child is not None and self._child.stdin is not None:
                with contextlib.suppress(OSError):
                    self._child.stdin.close()
                self._child.wait()
                self._child = None
