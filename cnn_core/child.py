"""Starting the engine as a child that ends with its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cnn_core.store_schema import home

ROOT = Path(__file__).resolve().parent.parent
LOG_BYTES = 1_000_000  # a longer log starts anew


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
