"""Room on the disk that is kept for one last sentence: that the disk is full."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

RESERVED = 500_000  # bytes: more than SQLite needs to pause a run


class Reserve:
    """A file of no use but the room that it takes; given away when the store finds none for a sentence."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "reserve"

    def keep(self) -> None:
        """Take the room where there is room. Cheap where it is taken already."""
        with contextlib.suppress(OSError):
            if not self._file.is_file() or self._file.stat().st_size < RESERVED:
                self._file.write_bytes(os.urandom(RESERVED))  # zeros take none where the disk compresses

    def give_away(self) -> None:
        """Leave the room to whoever writes next."""
        with contextlib.suppress(OSError):
            self._file.unlink()
