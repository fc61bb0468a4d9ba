"""Why the store did not take something, in a sentence with its remedy."""

from __future__ import annotations

import sqlite3

from cnn_core.messages import Problem
from cnn_core.store_schema import finds_no_room, is_busy
from ui.language import explain, t

REFUSALS = (Problem, sqlite3.Error)  # what the store raises


def refusal(error: Exception) -> str:
    """What a learner reads: a full disk wants room, a busy store wants a moment."""
    if isinstance(error, Problem):
        return explain(error)
    if is_busy(error):
        return t("Others are writing just now: try again in a moment.")
    if finds_no_room(error):
        return t("This cannot be kept, for the disk is full: make room on it, then try again.")
    return t(
        "This cannot be kept now ({error}): see that the disk can be written, then try again.", error=error
    )
