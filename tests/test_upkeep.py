"""Cleaning up takes the oldest and what is too much, and never the reference or a run that trains."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_core import store_schema
from cnn_core.messages import Problem
from cnn_core.reading import REFERENCE
from cnn_core.recording import Recorder
from cnn_core.upkeep import remove, seconds, size_in_bytes, stale, stored
from tests.test_runs import SPEC, segment, trained


@pytest.fixture
def store(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "runs.sqlite")


def aged(store: Recorder, seed: int, days: float, owner: str = "ada") -> str:
    """A finished run that had its last news so many days ago."""
    run_id = trained(store, replace(SPEC, seed=seed), owner)
    with store._transaction() as connection:
        connection.execute("UPDATE live SET time = ? WHERE run = ?", (time.time() - days * 86_400, run_id))
    return run_id


def ids(entries: list) -> list[str]:
    return [entry.run.id for entry in entries]


def test_a_runs_size_is_what_its_blobs_take(store: Recorder) -> None:
    run_id = trained(store)
    (entry,) = stored(store)
    assert entry.run.id == run_id
    assert 3 * 31_400 < entry.size < 10 * 31_400
    assert abs(entry.used - time.time()) < 60


def test_whoever_opens_the_store_waits_for_no_writer(
    store: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_schema, "BUSY_SECONDS", 0.0)
    with store._transaction() as connection:
        connection.execute("UPDATE clock SET tick = tick + 1")
        assert Recorder(store.path).runs()  # the reference run, and no sentence about a busy store


def test_what_is_old_goes(store: Recorder) -> None:
    old, new = aged(store, 1, 31), aged(store, 2, 29)
    assert ids(stale(store, older_than=seconds("30d"))) == [old]
    assert stale(store) == []
    remove(store, [old])
    assert ids(stored(store)) == [new]
    assert not store._rows("SELECT 1 FROM snapshots WHERE run = ?", old)


def test_what_goes_beyond_the_size_goes_the_longest_unused_first(store: Recorder) -> None:
    first, second, third = (aged(store, seed, days) for seed, days in ((1, 3), (2, 2), (3, 1)))
    one = stored(store)[0].size
    assert ids(stale(store, keep=round(1.5 * one))) == [second, first]
    assert ids(stale(store, keep=0)) == [third, second, first]


def test_a_run_that_waits_or_trains_never_goes(store: Recorder) -> None:
    waits = store.add(replace(SPEC, seed=1))
    trains = store.add(replace(SPEC, seed=2))
    task = store.take(trains)
    assert task is not None
    store.record(task, segment(1, 10, (0,)))
    assert stale(store, older_than=-1, keep=0) == []
    remove(store, [waits, trains])
    assert {run.id for run in store.runs()} == {waits, trains, REFERENCE}


def test_the_reference_run_never_goes(store: Recorder) -> None:
    assert stale(store, older_than=0, keep=0) == []
    remove(store, [REFERENCE])
    assert store.run(REFERENCE).is_complete


def test_a_learner_cleans_only_what_is_theirs(store: Recorder) -> None:
    mine, _ = aged(store, 1, 9), aged(store, 2, 9, "bob")
    assert ids(stale(store, older_than=0, owner="ada")) == [mine]


def test_the_room_goes_back_to_the_disk_while_others_write(
    store: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_schema, "PAGES_AT_ONCE", 50)
    gone = [trained(store, replace(SPEC, seed=seed)) for seed in range(20)]
    other, free = Recorder(store.path), []
    size = on_disk(store)

    def write(statement: str) -> None:
        if "incremental_vacuum" in statement:  # one piece begins: the one before it has ended
            other.put_artifact("note", str(len(free)).encode())
            free.append(other._rows("PRAGMA freelist_count")[0][0])

    with store._connection() as connection:
        connection.set_trace_callback(write)
    remove(store, gone)
    assert len(free) > 5
    assert free == sorted(free, reverse=True)
    assert on_disk(store) < size / 4


def test_the_file_of_an_earlier_version_gives_back_its_room_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("DROP TABLE t")
    store = Recorder(tmp_path / "old.sqlite")
    gone = [trained(store, replace(SPEC, seed=seed)) for seed in range(20)]
    size = on_disk(store)
    remove(store, gone)
    assert on_disk(store) < size / 4


def on_disk(store: Recorder) -> int:
    """Bytes of the file and its write-ahead log."""
    return store.path.stat().st_size + Path(f"{store.path}-wal").stat().st_size


@pytest.mark.parametrize(
    ("text", "value"), [("30d", 2_592_000), ("12h", 43_200), ("1.5w", 907_200), (" 2 D ", 172_800)]
)
def test_an_age_is_typed_with_its_unit(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(("text", "value"), [("2GB", 2 * 10**9), ("500 mb", 5 * 10**8)])
def test_a_size_is_typed_with_its_unit(text: str, value: int) -> None:
    assert size_in_bytes(text) == value


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "2GB", "soon"])
def test_what_is_no_age_gets_a_sentence(text: str) -> None:
    with pytest.raises(Problem, match="no age"):
        seconds(text)
