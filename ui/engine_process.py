"""One engine child for this server, whichever page is opened first."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable

from cnn_core.child import start_engine

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds before a dead engine is started again


class EngineProcess:
    """Keeps one child running; what dies soon after its start is started again ever more slowly."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]] = start_engine) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = FIRST_WAIT

    def ensure(self) -> None:
        """Start the child where none runs. Cheap, and safe to call from any session's thread."""
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


_engine = EngineProcess()  # the server's child must outlive every session, so a module holds it


def ensure_engine() -> None:
    """Have an engine running for this server; ``CNN_EXPLORER_NO_ENGINE`` forbids it (tests of pages)."""
    if not os.environ.get("CNN_EXPLORER_NO_ENGINE"):
        _engine.ensure()
