"""The store keeps what it is given, and refuses what it must not show."""

from __future__ import annotations

import itertools
import json
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from cnn_core import artifacts, exports
from cnn_core.messages import Problem
from cnn_core.models import LENET5, MLP, NETWORKS, ModelSpec, conv, linear
from cnn_core.reading import REFERENCE
from cnn_core.recording import Blob, Recorder, Segment
from cnn_core.records import OTHER_ENVIRONMENT, SNAPSHOT_DAMAGED, digest, pack
from cnn_core.runs import HALT_SECONDS, RunStore, UnknownRun
from cnn_core.spec import TrainingSpec
from cnn_core.store_schema import MIGRATIONS, Database

SPEC = TrainingSpec(model=ModelSpec((*MLP.layers[:1], linear(10))), steps=100, train_size=1000)


@pytest.fixture
def store(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "runs.sqlite")


def weights_at(step: int) -> dict[str, np.ndarray]:
    return {
        "fc1.weight": np.full((10, 784), step, np.float32),
        "fc1.bias": np.arange(10, dtype=np.float32) * step,
    }


def blob(step: int) -> Blob:
    data = pack(weights_at(step))
    return Blob(step, data, digest(data))


def segment(first: int, last: int, snapshots: tuple[int, ...] = (), finished: bool = False) -> Segment:
    return Segment(
        metrics=[(step, 1 / step, 0.01, 500.0) for step in range(first, last + 1)],
        evaluations=[(last, 30, bytes([step % 10 for step in range(100)]))],
        snapshots=[blob(step) for step in snapshots],
        checkpoint=blob(last),
        seconds=0.5,
        environment={"torch": "2"},
        live=pack({"weights": np.ones((1, 784), np.float32), "gradient": np.zeros((1, 784), np.float32)}),
        finished=finished,
    )


def trained(store: Recorder, spec: TrainingSpec = SPEC, owner: str = "") -> str:
    """A run with snapshots at 0, 50 and 100."""
    run_id = store.add(spec, owner=owner)
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 50, (0, 50)))
    store.record(task, segment(51, 100, (100,), finished=True))
    return run_id


def damage(store: Database, table: str, run_id: str, step: int) -> None:
    """Flip one bit in the middle of a blob, as a bad disk would."""
    with store._transaction() as connection:
        where = f"FROM {table} WHERE run = ? AND step = ?"
        data = bytearray(connection.execute(f"SELECT data {where}", (run_id, step)).fetchone()["data"])
        data[len(data) // 2] ^= 1
        connection.execute(
            f"UPDATE {table} SET data = ? WHERE run = ? AND step = ?", (bytes(data), run_id, step)
        )


# Runs, the queue and their owners


def test_the_same_settings_are_one_run_and_keep_their_first_owner(store: Recorder) -> None:
    first = store.add(SPEC, "mine", owner="ada")
    assert store.add(SPEC, "theirs", owner="bob") == first == SPEC.run_id
    assert [(run.name, run.owner) for run in store.runs() if run.id != REFERENCE] == [("mine", "ada")]
    assert store.add(replace(SPEC, seed=1)) != first


def test_runs_come_newest_first_and_survive_reopening(store: Recorder) -> None:
    ids = [store.add(replace(SPEC, seed=seed)) for seed in range(3)]
    reopened = RunStore(store.path)
    assert [run.id for run in reopened.runs() if run.id != REFERENCE] == ids[::-1]
    assert reopened.run(ids[0]).spec == replace(SPEC, seed=0)


def test_the_queue_keeps_its_order_and_says_the_place(store: Recorder) -> None:
    a, b, c = (store.add(replace(SPEC, seed=seed), owner="ada") for seed in range(3))
    assert [store.queue_place(run) for run in (a, b, c)] == [1, 2, 3]
    store.take(a)
    assert [store.queue_place(run) for run in (a, b, c)] == [None, 1, 2]
    store.request(b, "pause", "ada")
    store.request(b, "continue", "ada")
    assert [store.queue_place(run) for run in (b, c)] == [2, 1]
    assert store.waiting() == [a, c, b]


def test_only_the_owner_may_change_a_run(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    for change in (
        lambda: store.request(run_id, "pause", "bob"),
        lambda: store.request(run_id, "stop", "bob"),
        lambda: store.rename(run_id, "x", "bob"),
        lambda: store.delete(run_id, "bob"),
        lambda: store.add(SPEC, owner="bob", again=True),
    ):
        with pytest.raises(Problem, match="belongs to"):
            change()
    assert store.run(run_id).state == "queued"
    store.rename(run_id, "  My run ", "ada")
    assert store.run(run_id).name == "My run"


def test_a_name_is_one_line_in_which_nothing_is_fetched(store: Recorder) -> None:
    spelt = "Mine:\n\n![x](http://127.0.0.1/x.png) " + "x" * 100
    run_id = trained(store, owner="ada")
    store.rename(run_id, spelt, "ada")
    renamed = store.run(run_id).name
    assert renamed.startswith("Mine: ![x] (http")
    assert len(renamed) == 80
    assert store.run(store.add(replace(SPEC, seed=1), spelt)).name == renamed
    forged = with_about(store.export_run(run_id), name=spelt)
    assert store.run(store.import_run(forged)).name == renamed


def test_pause_continue_and_stop_change_the_state_at_once(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    task = store.take(run_id)
    assert task is not None
    store.request(run_id, "pause", "ada")
    assert store.run(run_id).state == "paused"
    assert store.take(run_id) is None
    store.record(task, segment(1, 10, (0,)))  # what was under way is kept
    assert (store.run(run_id).state, store.run(run_id).step) == ("paused", 10)
    store.request(run_id, "continue", "ada")
    assert store.run(run_id).state == "queued"
    store.request(run_id, "stop", "ada")
    run = store.run(run_id)
    assert (run.state, *map(str, run.notes)) == ("done", "Stopped after 10 of 100 steps.")
    assert not run.is_complete


@pytest.mark.parametrize(("wish", "state"), [("pause", "paused"), ("stop", "done")])
def test_a_run_that_its_owner_halted_goes_on_for_the_owner_alone(
    store: Recorder, wish: str, state: str
) -> None:
    run_id = store.add(SPEC, owner="ada")
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 10, (0,)))
    store.request(run_id, wish, "ada")
    assert store.add(SPEC, owner="bob") == run_id
    assert (store.run(run_id).state, store.run(run_id).owner) == (state, "ada")
    store.add(SPEC, owner="ada")
    assert (store.run(run_id).state, store.run(run_id).owner) == ("queued", "ada")


def test_after_a_lesson_anyone_lets_a_halted_run_go_on(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    store.request(run_id, "pause", "ada")
    with store._transaction() as connection:
        connection.execute("UPDATE runs SET halted = halted - ?", (HALT_SECONDS,))
    store.add(SPEC, owner="bob")
    assert (store.run(run_id).state, store.run(run_id).owner) == ("queued", "ada")


def test_what_no_owner_halted_goes_on_for_whoever_asks(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    task = store.take(run_id)
    assert task is not None
    for halt in (store.hold, store.fail):
        halt(task, Problem("The disk is full."))
        store.add(SPEC, owner="bob")
        assert (store.run(run_id).state, store.run(run_id).error) == ("queued", None)
        store.take(run_id)


def test_going_on_keeps_the_notes_on_the_weights_and_no_other(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 10, (0, 10)))
    store.record(task, replace(segment(11, 20, (20,)), environment={"torch": "3"}))
    for step in (10, 20):
        damage(store, "snapshots", run_id, step)
    assert [step for step, _ in store.snapshots(run_id)] == [0]
    store.hold(task, Problem("The disk is full."))
    lasting = ["another environment", "steps 10, 20 were damaged"]
    assert all(part in str(n) for part, n in zip([*lasting, "disk"], store.run(run_id).notes, strict=True))
    store.request(run_id, "continue", "ada")
    assert all(part in str(n) for part, n in zip(lasting, store.run(run_id).notes, strict=True))
    store.add(SPEC, owner="ada", again=True)
    assert store.run(run_id).notes == ()


def test_a_finished_run_is_not_trained_twice(store: Recorder) -> None:
    run_id = trained(store)
    store.add(SPEC)
    assert store.run(run_id).state == "done"
    assert store.waiting() == []


def test_whoever_joined_a_waiting_run_leaves_it_to_the_others(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    store.add(SPEC, owner="bob")
    store.leave(run_id, "bob")
    assert (store.run(run_id).owner, store.queue_place(run_id)) == ("ada", 1)


def test_an_owner_who_leaves_the_queue_hands_the_run_on(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    for person in ("bob", "cem", "bob"):
        store.add(SPEC, owner=person)
    store.leave(run_id, "ada")
    assert (store.run(run_id).owner, store.queue_place(run_id)) == ("bob", 1)
    store.leave(run_id, "bob")
    assert (store.run(run_id).owner, store.queue_place(run_id)) == ("cem", 1)
    store.leave(run_id, "cem")
    assert store.waiting() == []
    with pytest.raises(UnknownRun):
        store.run(run_id)
    store.restore(run_id, "cem")
    assert store.run(run_id).state == "paused"


def test_a_run_that_had_begun_is_paused_when_its_last_person_leaves_the_queue(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 10, (0,)))
    with pytest.raises(Problem, match="waits no longer"):
        store.leave(run_id, "ada")
    store.request(run_id, "pause", "ada")
    store.request(run_id, "continue", "ada")
    store.leave(run_id, "ada")
    assert (store.run(run_id).state, store.run(run_id).step) == ("paused", 10)


def test_the_engines_trouble_is_said_until_it_is_over(store: Recorder) -> None:
    assert store.trouble() is None
    store.say_trouble(Problem("The cluster at {address} is gone.", address="tcp://x:1"))
    assert str(RunStore(store.path).trouble()) == "The cluster at tcp://x:1 is gone."
    store.say_trouble(None)
    assert store.trouble() is None


def test_again_starts_afresh_and_takes_nothing_from_before(store: Recorder) -> None:
    run_id = store.add(SPEC, owner="ada")
    late = store.take(run_id)
    assert late is not None
    store.record(late, segment(1, 50, (0, 50)))
    store.add(SPEC, owner="ada", again=True)
    store.record(late, segment(51, 60))
    run = store.run(run_id)
    assert (run.state, run.step, store.snapshot_steps(run_id)) == ("queued", 0, [])
    fresh = store.take(run_id)
    assert fresh is not None
    assert fresh.checkpoint is None


def test_a_deleted_run_is_gone_until_it_is_restored(store: Recorder) -> None:
    run_id = trained(store, owner="ada")
    store.delete(run_id, "ada")
    with pytest.raises(UnknownRun):
        store.run(run_id)
    assert run_id not in [run.id for run in store.runs()]
    store.restore(run_id, "ada")
    assert store.snapshot_steps(run_id) == [0, 50, 100]


def test_a_run_deleted_long_ago_leaves_nothing_behind(store: Recorder) -> None:
    run_id = trained(store, owner="ada")
    store.delete(run_id, "ada")
    with store._transaction() as connection:
        connection.execute("UPDATE runs SET deleted = deleted - 1e6")
    store.clean_up()
    for table in ("runs", "metrics", "evaluations", "snapshots", "checkpoints", "live"):
        assert not store._rows(f"SELECT 1 FROM {table}"), table


def test_a_network_that_cannot_be_built_is_refused_before_it_queues(store: Recorder) -> None:
    with pytest.raises(Problem, match="conv1"):
        store.add(replace(SPEC, model=ModelSpec((conv(4, 31),))))
    assert store.waiting() == []


def test_an_unknown_run_is_named_in_the_sentence(store: Recorder) -> None:
    for ask in (store.run, store.weights, store.model, store.version):
        with pytest.raises(UnknownRun, match="nowhere"):
            ask("nowhere")


def test_the_version_rises_with_every_change_and_only_then(store: Recorder) -> None:
    run_id, other = store.add(SPEC, owner="ada"), store.add(replace(SPEC, seed=1))
    seen = [store.version(run_id)]
    for change in (
        lambda: store.rename(run_id, "x", "ada"),
        lambda: store.request(run_id, "pause", "ada"),
        lambda: store.request(run_id, "continue", "ada"),
    ):
        change()
        seen.append(store.version(run_id))
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 5))
    seen.append(store.version(run_id))
    assert all(before < after for before, after in itertools.pairwise(seen))
    mine = store.version(run_id)
    everything = store.version()
    store.rename(other, "y", "")
    assert store.version(run_id) == mine
    assert store.version() > everything


# What a run has shown


def test_metrics_come_back_in_order_and_only_the_newer_ones(store: Recorder) -> None:
    run_id = trained(store)
    metrics = store.metrics(run_id)
    assert metrics.step.tolist() == list(range(1, 101))
    np.testing.assert_array_equal(metrics.loss, 1 / np.arange(1, 101))
    assert store.metrics(run_id, after_step=97).step.tolist() == [98, 99, 100]
    assert store.metrics(run_id, after_step=100).loss.shape == (0,)


def test_a_loss_that_is_no_number_stays_none(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    store.record(task, replace(segment(1, 1), metrics=[(1, float("nan"), 0.1, 1.0)]))
    assert np.isnan(store.metrics(run_id).loss).tolist() == [True]
    live = store.live(run_id)
    assert live is not None
    assert np.isnan(live.loss)


def test_evaluations_hold_accuracy_and_predictions(store: Recorder) -> None:
    run_id = trained(store)
    assert [(row.step, row.accuracy, row.count) for row in store.evaluations(run_id)] == [
        (50, 0.3, 100),
        (100, 0.3, 100),
    ]
    np.testing.assert_array_equal(store.evaluation(run_id), np.arange(100) % 10)
    assert store.evaluation(run_id, 49) is None


def test_weights_are_those_of_the_step_and_of_no_other(store: Recorder) -> None:
    run_id = trained(store)
    for step, expected in ((0, 0), (50, 50), (100, 100), (None, 100)):
        assert store.weights(run_id, step)["fc1.weight"][0, 0] == expected
    for step in (49, 99, 101):
        with pytest.raises(Problem, match=f"step {step} are not kept"):
            store.weights(run_id, step)


def test_a_run_without_snapshots_says_so(store: Recorder) -> None:
    with pytest.raises(Problem, match="wait until it has begun"):
        store.weights(store.add(SPEC))


def test_of_a_damaged_snapshot_no_weights_are_shown_but_a_note(store: Recorder) -> None:
    run_id = trained(store)
    damage(store, "snapshots", run_id, 50)
    version = store.version(run_id)
    for read in (store.weights, store.model):
        with pytest.raises(Problem, match=r"step 50 (was damaged|are not kept)"):
            read(run_id, 50)
    assert store.snapshot_steps(run_id) == [0, 100]
    assert "step 50 was damaged" in str(store.run(run_id).damage)
    assert store.version(run_id) > version


def test_the_newest_weights_are_the_newest_whole_ones(store: Recorder) -> None:
    run_id = trained(store)
    damage(store, "snapshots", run_id, 100)
    assert store.newest_weights(run_id)[0] == 50
    assert store.weights(run_id)["fc1.weight"][0, 0] == 50


def test_damage_that_the_disk_does_not_take_a_note_of_is_left_out_all_the_same(store: Recorder) -> None:
    run_id = trained(store)
    damage(store, "snapshots", run_id, 100)
    with store._connection() as connection:
        connection.execute("PRAGMA query_only = ON")
    assert store.newest_weights(run_id)[0] == 50
    assert store.snapshot_steps(run_id) == [0, 50]


def test_a_damaged_checkpoint_falls_back_to_the_one_before(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    for first, last in ((1, 10), (11, 20), (21, 30)):
        store.record(task, segment(first, last))
    assert [row["step"] for row in store._rows("SELECT step FROM checkpoints ORDER BY step")] == [20, 30]
    damage(store, "checkpoints", run_id, 30)
    again = store.take(run_id)
    assert again is not None
    assert again.checkpoint is not None
    assert again.checkpoint.step == 20


def test_a_segment_that_would_leave_a_gap_is_left_out(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    assert store.record(task, segment(1, 10))
    assert not store.record(task, segment(12, 20))
    assert store.record(task, replace(segment(6, 15), checkpoint=None))  # done again, and further
    assert store.record(task, replace(segment(11, 12), checkpoint=None))
    assert store.metrics(run_id).step.tolist() == list(range(1, 16))
    assert store.run(run_id).step == 15  # what was reached once stays reached
    assert store.checkpoint_steps(run_id) == [10]


def test_the_seconds_of_steps_that_are_done_again_count_once(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 10))
    store.record(task, segment(1, 10))
    assert store.run(run_id).train_seconds == 0.5
    store.record(task, segment(6, 15))
    assert store.run(run_id).train_seconds == 0.75


def test_a_run_with_settings_that_cannot_be_read_fails_with_a_sentence(store: Recorder) -> None:
    with store._transaction() as connection:
        connection.execute("INSERT INTO runs (id, spec, state, created) VALUES ('odd', '{}', 'queued', 0)")
    assert store.waiting() == ["odd"]
    assert store.take("odd") is None
    assert store.waiting() == []
    assert "cannot be read" in store._rows("SELECT error FROM runs WHERE id = 'odd'")[0]["error"]
    with pytest.raises(Problem, match="cannot be read"):
        store.run("odd")


def test_recording_tells_whether_the_run_goes_on(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    assert store.record(task, segment(1, 10))
    store.request(run_id, "pause", "")
    assert not store.record(task, segment(11, 20))
    assert store.run(run_id).step == 20  # what was under way is kept all the same
    store.request(run_id, "continue", "")
    store.take(run_id)
    assert not store.record(task, segment(21, 100, finished=True))


def test_the_model_is_fresh_at_every_call_and_asks_for_no_gradient(store: Recorder) -> None:
    import torch

    run_id = trained(store)
    model, other = store.model(run_id, 50), store.model(run_id, 50)
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    with torch.no_grad():
        model.fc1.weight.zero_()
    np.testing.assert_array_equal(other.fc1.weight.numpy(), weights_at(50)["fc1.weight"])


def test_making_a_model_leaves_the_random_numbers_alone(store: Recorder) -> None:
    import torch

    run_id = trained(store)
    state = torch.get_rng_state()
    store.model(run_id)
    assert torch.equal(state, torch.get_rng_state())


def test_another_environment_leaves_a_note(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 10))
    assert store.run(run_id).notes == ()
    store.record(task, replace(segment(11, 20), environment={"torch": "3"}))
    assert "another environment" in str(*store.run(run_id).notes)


# Several at once


def test_many_threads_and_a_second_process_write_one_store(store: Recorder, tmp_path: Path) -> None:
    code = (
        "import sys; from dataclasses import replace; from cnn_core.runs import RunStore;"
        "from tests.test_runs import SPEC\n"
        "for seed in range(100, 120): RunStore(sys.argv[1]).add(replace(SPEC, seed=seed))"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(store.path)])
    errors: list[BaseException] = []

    def add(first: int) -> None:
        try:
            for seed in range(first, first + 5):
                store.add(replace(SPEC, seed=seed))
                store.runs()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(5 * i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait(60) == 0
    assert not errors
    assert len(store.waiting()) == 60
    assert sorted(filter(None, map(store.queue_place, store.waiting()))) == list(range(1, 61))


def test_processes_that_open_a_new_home_at_once_make_one_schema(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.sqlite"
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(Recorder, [path] * 16))) == 16
    assert Recorder(path)._rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_store_of_an_earlier_version_keeps_its_runs(tmp_path: Path, version: int) -> None:
    note = '{"message": "Stopped after {step} of {steps} steps.", "values": {"step": 1, "steps": 100}}'
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.executescript("".join(MIGRATIONS[:version]))
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(
            "INSERT INTO runs (id, spec, state, created, note) VALUES ('old', ?, 'done', 0, ?)",
            (SPEC.to_json(), note),
        )
    store = Recorder(tmp_path / "runs.sqlite")
    run = store.run("old")
    assert (run.spec, *map(str, run.notes)) == (SPEC, "Stopped after 1 of 100 steps.")
    store.request("old", "continue", "")
    assert store.waiting() == ["old"]


def test_a_store_of_a_newer_version_is_not_touched(store: Recorder) -> None:
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Problem, match="newer"):
        RunStore(store.path)


# Artifacts


def test_an_artifact_is_named_by_its_sha256_and_kept_once(store: Recorder) -> None:
    sha256 = store.put_artifact("drawing", b"[[1, 2]]", "ada", {"pen": 3})
    assert store.put_artifact("drawing", b"[[1, 2]]") == sha256 == digest(b"[[1, 2]]")
    kept = store.artifact(sha256)
    assert (kept.kind, kept.data, kept.meta, kept.owner) == ("drawing", b"[[1, 2]]", {"pen": 3}, "ada")


def test_an_unknown_artifact_and_one_that_is_too_large_get_a_sentence(
    store: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match="no longer kept"):
        store.artifact("00")
    monkeypatch.setattr(artifacts, "MAX_BYTES", 10)
    with pytest.raises(Problem, match="too large"):
        store.put_artifact("upload", bytes(11))


def test_artifacts_expire_by_age_and_by_size(store: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [store.put_artifact("upload", bytes([i]) * 1000) for i in range(5)]
    with store._transaction() as connection:
        for i, name in enumerate(names):
            connection.execute("UPDATE artifacts SET used = ? WHERE sha256 = ?", (time.time() - i, name))
        connection.execute("UPDATE artifacts SET used = 0 WHERE sha256 = ?", (names[1],))
    monkeypatch.setattr(artifacts, "MAX_TOTAL", 2500)
    store.expire_artifacts()
    assert {row["sha256"] for row in store._rows("SELECT sha256 FROM artifacts")} == {names[0], names[2]}


def test_what_a_run_begins_with_stays_as_long_as_the_run(
    store: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, other = store.put_artifact("snapshot", b"weights"), store.put_artifact("upload", b"a photo")
    run_id = store.add(replace(SPEC, start=start), owner="ada")
    with store._transaction() as connection:
        connection.execute("UPDATE artifacts SET used = 0")
        connection.execute("INSERT INTO runs (id, spec, state, created) VALUES ('odd', '{', 'done', 0)")
    store.expire_artifacts()
    assert store.artifact(start).data == b"weights"
    with pytest.raises(Problem, match="no longer kept"):
        store.artifact(other)
    monkeypatch.setattr(artifacts, "MAX_TOTAL", 0)
    store.expire_artifacts()
    assert store.artifact(start).data == b"weights"
    store.delete(run_id, "ada")
    with store._transaction() as connection:
        connection.execute("UPDATE runs SET deleted = 0 WHERE id = ?", (run_id,))
    store.clean_up()
    with pytest.raises(Problem, match="no longer kept"):
        store.artifact(start)


def test_a_damaged_artifact_is_whole_again_once_it_is_made_again(store: Recorder) -> None:
    sha256 = store.put_artifact("drawing", b"a line")
    with store._transaction() as connection:
        connection.execute("UPDATE artifacts SET data = x'00'")
    with pytest.raises(Problem, match="make it again"):
        store.artifact(sha256)
    assert store.put_artifact("drawing", b"a line") == sha256
    assert store.artifact(sha256).data == b"a line"


# Exports


def test_an_export_comes_back_the_same(store: Recorder, tmp_path: Path) -> None:
    run_id = trained(store)
    data = store.export_run(run_id)
    other = Recorder(tmp_path / "other.sqlite")
    imported = other.import_run(data, owner="ada")
    assert imported != run_id  # it never passes for one that was trained here
    assert other.import_run(data) == imported
    assert other.run(imported).spec == SPEC
    assert other.snapshot_steps(imported) == store.snapshot_steps(run_id)
    for step in store.snapshot_steps(run_id):
        assert pack(other.weights(imported, step)) == pack(store.weights(run_id, step))
    assert other.evaluations(imported) == store.evaluations(run_id)
    np.testing.assert_array_equal(other.metrics(imported).loss, store.metrics(run_id).loss)
    assert other.waiting() == []


def test_an_export_leaves_out_what_is_damaged_and_says_so(store: Recorder, tmp_path: Path) -> None:
    run_id = trained(store)
    damage(store, "snapshots", run_id, 100)
    data = store.export_run(run_id)
    assert sorted(exports.read_archive(data).snapshots) == [0, 50]
    other = Recorder(tmp_path / "other.sqlite")
    assert "step 100 was damaged" in str(other.run(other.import_run(data)).damage)
    for step in (0, 50):
        damage(store, "snapshots", run_id, step)
    with pytest.raises(Problem, match="keeps no weights"):
        store.export_run(run_id)


def test_a_file_taken_in_again_stays_whose_it_is_until_they_delete_it(store: Recorder) -> None:
    data = store.export_run(trained(store))
    imported = store.import_run(data, owner="teacher")
    assert store.import_run(data, owner="bob") == imported
    assert store.run(imported).owner == "teacher"
    store.delete(imported, "teacher")
    assert store.import_run(data, owner="bob") == imported
    assert store.run(imported).owner == "bob"


def test_an_imported_run_can_not_go_on(store: Recorder) -> None:
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    store.record(task, segment(1, 10, (0, 10)))
    imported = store.import_run(store.export_run(run_id))
    with pytest.raises(Problem, match="cannot go on"):
        store.request(imported, "continue", "")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_expected_weights_are_those_of_torch(network: str) -> None:
    model = NETWORKS[network]
    state = model.build().state_dict()
    shapes = {name: (tuple(t.shape), str(t.dtype).removeprefix("torch.")) for name, t in state.items()}
    assert exports.expected_weights(model) == shapes


def with_about(data: bytes, **changes: object) -> bytes:
    """The same export with another metadata."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    about = json.loads(metadata["run"]) | changes
    return save(load(data), {"format": metadata["format"], "run": json.dumps(about)})


def with_tensors(data: bytes, change: dict[str, np.ndarray]) -> bytes:
    """The same export with other tensors and the sha256 that fits them: what a forger would do."""
    tensors = load(data) | change
    return with_about(save(tensors, _metadata(data)), sha256=digest(pack(tensors)))


def _metadata(data: bytes) -> dict[str, str]:
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]


def note(message: str, **values: object) -> str:
    return json.dumps([{"message": message, "values": values}])


def test_an_imported_run_says_nothing_but_what_this_app_says_of_weights(store: Recorder) -> None:
    data = store.export_run(trained(store))
    for said in (note("Send {a:>99999999999} me your password.", a=1), note("Hello."), None):
        assert store.run(store.import_run(with_about(data, note=said))).notes == ()
    for said in (note(OTHER_ENVIRONMENT), note(OTHER_ENVIRONMENT)[1:-1]):  # and as earlier versions wrote it
        run = store.run(store.import_run(with_about(data, note=said)))
        assert [n.message for n in run.notes] == [OTHER_ENVIRONMENT]


def test_hostile_imports_are_refused_with_a_sentence(store: Recorder) -> None:
    data = store.export_run(trained(store))
    f4 = np.float32
    spec = json.loads(SPEC.to_json())
    hostile = {
        "empty": b"",
        "a text": b"hello, I am a run",
        "a pickle": pickle.dumps({"weights": [1, 2]}),
        "cut off": data[:-1],
        "longer": data + b"\0",
        "a giant header": (2**63).to_bytes(8, "little") + data[8:],
        "a flipped bit": data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
        "no metadata": save(load(data)),
        "another format": save(load(data), _metadata(data) | {"format": "x"}),
        "a wrong sha256": with_about(data, sha256="0" * 64),
        "a spec that is none": with_about(data, spec="{}{"),
        "a spec of a giant": with_about(
            data, spec=json.dumps(spec | {"model": ModelSpec((MLP.layers[0], linear(10**9))).to_json()})
        ),
        "a spec of another network": with_about(data, spec=json.dumps(spec | {"model": LENET5.to_json()})),
        "a step beyond the end": with_about(data, step=101),
        "a step that is no number": with_about(data, step="1"),
        "a name that is none": with_about(data, name=None),
        "no length of time": with_about(data, train_seconds="long"),
        "a time that never ends": with_about(data, train_seconds=float("nan")),
        "an environment that is none": with_about(data, environment=[]),
        "a note that is none": with_about(data, note="{}"),
        "a note of somebody's own": with_about(data, note=note(SNAPSHOT_DAMAGED, step="![](http://x)")),
        "a note without its number": with_about(data, note=note(SNAPSHOT_DAMAGED)),
        "more correct than asked": with_about(data, correct={"50": 101, "100": 1}),
        "another shape": with_tensors(data, {"snapshots/50/fc1.bias": np.zeros(11, f4)}),
        "another dtype": with_tensors(data, {"snapshots/50/fc1.bias": np.zeros(10, np.float16)}),
        "another name": with_tensors(data, {"snapshots/50/fc9.bias": np.zeros(10, f4)}),
        "a snapshot too late": with_tensors(
            data, {f"snapshots/101/{n}": a for n, a in weights_at(101).items()}
        ),
        "half a snapshot": with_tensors(data, {"snapshots/7/fc1.bias": np.zeros(10, f4)}),
        "a step with a sign": with_tensors(data, {"evaluations/+50": np.zeros(3, np.uint8)}),
        "a digit of eleven": with_tensors(data, {"evaluations/50": np.full(100, 11, np.uint8)}),
        "no predictions": with_tensors(data, {"evaluations/50": np.zeros(0, np.uint8)}),
        "a column more": with_tensors(data, {"metrics/x": np.zeros(100)}),
        "steps in disorder": with_tensors(data, {"metrics/step": np.arange(100)[::-1] + 1}),
        "columns of two lengths": with_tensors(data, {"metrics/loss": np.zeros(99)}),
    }
    before = len(store.runs())
    for name, forged in hostile.items():
        with pytest.raises(Problem):
            print(name, store.import_run(forged))  # shown where the import is not refused
    assert len(store.runs()) == before


# The reference run


def test_the_reference_run_reads_like_any_other_and_stays_as_it_is(store: Recorder) -> None:
    run = store.run(REFERENCE)
    assert store.runs()[-1] == run
    assert run.is_complete
    steps = store.snapshot_steps(REFERENCE)
    assert (steps[0], steps[-1]) == (0, run.spec.steps)
    assert store.evaluations(REFERENCE)[-1].count == 10_000
    assert len(store.metrics(REFERENCE).step) == run.spec.steps
    for change in (
        lambda: store.request(REFERENCE, "stop", ""),
        lambda: store.delete(REFERENCE, ""),
        lambda: store.rename(REFERENCE, "x", ""),
    ):
        with pytest.raises(Problem, match="stays as it is"):
            change()


def test_reading_the_reference_run_does_not_load_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from cnn_core.runs import RunStore, REFERENCE;"
        "RunStore(sys.argv[1]).weights(REFERENCE); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "runs.sqlite")], check=True, timeout=60)
