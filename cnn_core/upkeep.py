"""Cleaning up: which runs go for good when a store has grown too old or too large, and seeing them go."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnn_core.messages import Problem
from cnn_core.records import Run

if TYPE_CHECKING:
    from cnn_core.runs import RunStore

_AGES = {"h": 3_600, "d": 86_400, "w": 7 * 86_400}
_SIZES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE_OF = """
    SELECT id, coalesce((SELECT time FROM live WHERE run = id), created) AS used,
      coalesce((SELECT sum(length(data)) FROM snapshots WHERE run = id), 0)
      + coalesce((SELECT sum(length(data)) FROM checkpoints WHERE run = id), 0)
      + coalesce((SELECT length(data) FROM live WHERE run = id), 0)
      + coalesce((SELECT sum(length(predictions)) FROM evaluations WHERE run = id), 0)
      + coalesce((SELECT 40 * count(*) FROM metrics WHERE run = id), 0) AS size
    FROM runs WHERE deleted IS NULL
"""


@dataclass(frozen=True)
class Stored:
    """A run with the room that it takes."""

    run: Run
    size: int  # bytes
    used: float  # when it last had news, in seconds since 1970


def stored(store: RunStore) -> list[Stored]:
    """Every run of this store, the last used first. The reference run is none of them."""
    rows = {row["id"]: row for row in store._rows(_SIZE_OF)}
    found = [Stored(r, rows[r.id]["size"], rows[r.id]["used"]) for r in store.runs() if r.id in rows]
    return sorted(found, key=lambda s: (-s.used, s.run.id))


def stale(
    store: RunStore, older_than: float | None = None, keep: int | None = None, owner: str | None = None
) -> list[Stored]:
    """What would go: runs that are over and had no news for so many seconds, and what goes beyond ``keep``
    bytes, the longest unused first. Never one that waits or trains; owner: only this person's.
    """
    now, total, found = time.time(), 0, []
    for entry in stored(store):
        if owner is not None and entry.run.owner != owner:
            continue
        old = older_than is not None and entry.used < now - older_than
        large = keep is not None and total + entry.size > keep
        if entry.run.is_over and (old or large):
            found.append(entry)
        else:
            total += entry.size
    return found


def remove(store: RunStore, run_ids: Sequence[str]) -> None:
    """For good: all that these runs have shown. One that trains again meanwhile stays."""
    with store._transaction() as connection:
        connection.executemany(
            "DELETE FROM runs WHERE id = ? AND state IN ('done', 'paused', 'failed')", [(i,) for i in run_ids]
        )
    with contextlib.suppress(sqlite3.Error):  # what follows would use the room anyway
        store.give_back()


def seconds(text: str) -> float:
    """An age as typed: 12h, 30d, 4w. Raises Problem."""
    return _number(text, _AGES, "{text} is no age: give hours, days or weeks, such as 12h, 30d or 4w.")


def size_in_bytes(text: str) -> int:
    """A size as typed: 500MB, 2GB. Raises Problem."""
    return round(
        _number(text, _SIZES, "{text} is no size: give megabytes or gigabytes, such as 500MB or 2GB.")
    )


def _number(text: str, units: dict[str, int], otherwise: str) -> float:
    found = re.fullmatch(rf"(\d+(?:\.\d+)?)\s*({'|'.join(units)})", text.strip(), re.IGNORECASE)
    if found is None:
        raise Problem(otherwise, text=text)
    return float(found[1]) * next(n for unit, n in units.items() if unit.lower() == found[2].lower())
