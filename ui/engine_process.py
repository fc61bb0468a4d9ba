"""One engine child for this server, whichever page is opened first."""

from __future__ import annotations

import os

from cnn_core.child import EngineProcess

_engine = EngineProcess()  # the server's child outlives every session, so a module holds it


def ensure_engine() -> None:
    """Have an engine running for this server; ``CNN_EXPLORER_NO_ENGINE`` forbids it (tests of pages)."""
    if not os.environ.get("CNN_EXPLORER_NO_ENGINE"):
        _engine.ensure()
