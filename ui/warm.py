"""torch, imported once and early on a thread of its own: two sessions that import it at once can fail."""

from __future__ import annotations

import gc
import threading

import streamlit as st


@st.cache_resource(show_spinner=False)
def _importing() -> threading.Thread:
    def load() -> None:
        import torch

        import cnn_core.features  # noqa: F401  # what the network pages need of it

        torch.set_num_threads(1)  # a page answers many learners; training has a process of its own
        gc.freeze()  # what is imported stays: no search for garbage in it, which holds up a page for 0.2 s

    thread = threading.Thread(target=load, name="import-torch", daemon=True)
    thread.start()
    return thread


def in_background() -> None:
    """Begin to import torch, if nothing has yet."""
    _importing()


def wait() -> None:
    """Return when torch is there."""
    _importing().join()
