"""A lock between processes that no crash leaves behind: the system drops it with the process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO

_held: list[IO[bytes]] = []  # an open file keeps its lock


def hold_for_life(path: Path) -> None:
    """Wait until no other process holds the lock of this file, then hold it as long as this process lives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")  # not inherited by children
    _lock(file)
    _held.append(file)


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
                return
            except OSError:
                time.sleep(0.5)
    else:
        fcntl.flock(file, fcntl.LOCK_EX)
