"""The engine trains what waits, and loses nothing when it or its worker is killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnn_core import connection
from cnn_core.child import start_engine
from cnn_core.engine import Engine
from cnn_core.recording import Recorder
from cnn_core.records import pack
from cnn_core.reserve import RESERVED
from cnn_core.runs import RunStore
from cnn_core.worker import train_segment
from tests.engines import SPEC, begun, final_sha256, kill, over, session, until, workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads of so small a network cost more than they give, above all on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_EXPLORER_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def expected() -> str:
    """The sha256 of the final weights when nothing interrupts the run: one segment, in this process."""
    import hashlib

    import torch

    from cnn_core.recording import Task

    threads = torch.get_num_threads()
    segment = train_segment(Task("", 1, SPEC, None), seconds=3600)
    torch.set_num_threads(threads)
    assert segment.finished
    return hashlib.sha256(segment.snapshots[-1].data).hexdigest()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    return RunStore()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunStore, int]]:
    """A home with a warm engine, for the tests that leave it whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_EXPLORER_HOME", str(tmp_path_factory.mktemp("home")))
        store = RunStore()
        engine = start_engine()
        warm = store.add(replace(SPEC, steps=1))
        until(lambda: over(store, warm))
        yield store, engine.pid
        end(engine)


def end(engine: subprocess.Popen[bytes]) -> None:
    assert engine.stdin is not None
    engine.stdin.close()
    engine.wait(30)
    until(lambda: not session(engine.pid), 30)


# With one engine that nobody kills


def test_a_warm_engine_tells_of_the_first_steps_long_before_the_last(shared: tuple[RunStore, int]) -> None:
    store, _ = shared
    run_id = store.add(replace(SPEC, seed=1, steps=5_000), owner="ada")
    until(lambda: len(store.metrics(run_id).step), every=0.005)
    assert store.run(run_id).step < 500  # half a second on an idle machine: benchmarks/ measures it
    store.request(run_id, "stop", "ada")
    until(lambda: over(store, run_id))


def test_a_worker_keeps_the_memory_that_the_next_tensor_needs(shared: tuple[RunStore, int]) -> None:
    environ = Path(f"/proc/{workers(shared[1])[0]}/environ").read_bytes()
    assert b"OMP_NUM_THREADS=1" in environ  # what Dask's nanny sets is there, but for this:
    assert b"MALLOC_TRIM_THRESHOLD_" not in environ


def test_a_run_in_many_segments_ends_as_in_one(shared: tuple[RunStore, int], expected: str) -> None:
    store, engine = shared
    run_id = store.add(SPEC)
    until(lambda: begun(store, run_id))
    worker = workers(engine)[0]
    kill(worker)
    until(lambda: over(store, run_id))
    assert workers(engine) != [worker]
    assert final_sha256(store, run_id) == expected
    assert store.metrics(run_id).step.tolist() == list(range(1, SPEC.steps + 1))
    assert store.evaluations(run_id)[-1].count == 10_000
    run = store.run(run_id)
    assert run.is_complete
    assert run.train_seconds > 0
    assert run.notes == ()


def test_the_engine_itself_never_loads_torch(shared: tuple[RunStore, int]) -> None:
    store, engine = shared
    run_id = store.add(replace(SPEC, seed=40, steps=2))
    until(lambda: over(store, run_id))
    assert "libtorch" not in Path(f"/proc/{engine}/maps").read_text()


def test_pause_holds_within_a_second_and_continue_goes_on(shared: tuple[RunStore, int]) -> None:
    store, _ = shared
    run_id = store.add(replace(SPEC, seed=2), owner="ada")
    until(lambda: begun(store, run_id))
    store.request(run_id, "pause", "ada")
    after = store.add(replace(SPEC, seed=3, steps=5))  # its worker is free for the next in the queue
    until(lambda: over(store, after))
    held = store.run(run_id)
    assert (held.state, held.step < SPEC.steps) == ("paused", True)
    store.request(run_id, "continue", "ada")
    until(lambda: store.run(run_id).step > held.step)
    store.request(run_id, "stop", "ada")


def test_runs_are_trained_in_the_order_of_the_queue(shared: tuple[RunStore, int]) -> None:
    store, _ = shared
    ids = [store.add(replace(SPEC, seed=seed, steps=20)) for seed in range(10, 14)]
    ended: list[str] = []

    def all_ended() -> bool:
        states = {run_id: store.run(run_id).state for run_id in ids}
        ended.extend(run_id for run_id in ids if states[run_id] == "done" and run_id not in ended)
        return len(ended) == len(ids)

    until(all_ended)
    assert ended == ids


def test_a_run_that_cannot_be_trained_fails_with_a_sentence_and_the_next_one_runs(
    shared: tuple[RunStore, int],
) -> None:
    store, _ = shared
    impossible = store.add(replace(SPEC, start="0" * 64))
    fine = store.add(replace(SPEC, seed=20, steps=5))
    until(lambda: over(store, fine))
    run = store.run(impossible)
    assert run.state == "failed"
    assert "no longer kept" in str(run.error)


def test_the_first_layer_is_live(shared: tuple[RunStore, int]) -> None:
    store, _ = shared
    run_id = store.add(replace(SPEC, seed=30, steps=5))
    until(lambda: over(store, run_id))
    live = store.live(run_id)
    assert live is not None
    assert live.weights.shape == live.gradient.shape == (8, 1, 5, 5)
    assert live.step == 5


# With engines that are killed


@pytest.mark.slow
def test_after_a_killed_engine_nothing_runs_and_the_next_one_goes_on(store: RunStore, expected: str) -> None:
    engine = start_engine()
    run_id = store.add(SPEC)
    until(lambda: begun(store, run_id))
    kill(engine.pid)
    engine.wait()
    until(lambda: not session(engine.pid), 30)
    step = store.run(run_id).step
    assert step < SPEC.steps
    engine = start_engine()
    until(lambda: over(store, run_id))
    assert final_sha256(store, run_id) == expected
    end(engine)


@pytest.mark.slow
def test_a_second_engine_waits_lightly_and_takes_over(store: RunStore, expected: str) -> None:
    first = start_engine()
    run_id = store.add(SPEC)
    until(lambda: begun(store, run_id))
    second = start_engine()
    until(lambda: b"cnn_core.engine" in Path(f"/proc/{second.pid}/cmdline").read_bytes())
    until(lambda: "engine.lock" in " ".join(open_files(second.pid)))
    assert "libtorch" not in Path(f"/proc/{second.pid}/maps").read_text()
    assert session(second.pid) == {second.pid}
    kill(first.pid)
    first.wait()
    until(lambda: over(store, run_id))
    assert final_sha256(store, run_id) == expected
    end(second)
    until(lambda: not session(first.pid), 30)


def open_files(pid: int) -> list[str]:
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.append(str(link.readlink()))
        except OSError:
            continue
    return names


def test_an_engine_ends_with_its_parent(store: RunStore) -> None:
    code = "from cnn_core.child import start_engine; print(start_engine().pid, flush=True); input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    engine = int(parent.stdout.readline())
    run_id = store.add(SPEC)
    until(lambda: begun(store, run_id))
    assert workers(engine)
    parent.kill()
    parent.communicate()
    until(lambda: not session(engine), 30)
    assert store.run(run_id).state == "running"  # so the next engine goes on with it


# When the store has trouble: the engine itself, with segments that run in this process


class Answered(Future):  # type: ignore[type-arg]
    """A future that tells as Dask's do whether the task itself went wrong."""

    @property
    def status(self) -> str:
        return "error" if self.exception() else "finished"


class InlineClient:
    """A client whose only worker is this thread."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self.submitted: list[Any] = []

    @property
    def status(self) -> str:
        self._rounds -= 1
        return "running" if self._rounds >= 0 else "closed"

    def scheduler_info(self) -> dict[str, Any]:
        return {"workers": {"this": {}}}

    def submit(self, function: Any, *arguments: Any, **where: Any) -> Future:
        future = Answered()
        self.submitted.append(arguments)
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def test_a_full_disk_pauses_the_run_with_a_sentence_and_it_goes_on_after(tmp_path: Path) -> None:
    store = Recorder(tmp_path / "runs.sqlite")
    spec = replace(SPEC, steps=10)
    run_id = store.add(spec)
    with store._connection() as connection:  # the only one: this thread alone uses the store
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    Engine(store, InlineClient(rounds=3)).work()  # type: ignore[arg-type]
    run = store.run(run_id)
    assert (run.state, run.step) == ("paused", 0)
    assert "disk is full" in str(*run.notes)
    with store._connection() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    store.request(run_id, "continue", "")
    Engine(store, InlineClient(rounds=30)).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete
    assert store.snapshot_steps(run_id)[-1] == 10
    assert pack(store.weights(run_id)) == train_segment_alone(spec)


def refused(name: str) -> sqlite3.OperationalError:
    """What SQLite raises, by the name of its code."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name  # type: ignore[misc]
    return error


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("SQLITE_FULL", "paused"),
        ("SQLITE_IOERR_WRITE", "paused"),  # a quota
        ("SQLITE_IOERR_SHMSIZE", "paused"),
        ("SQLITE_BUSY", "running"),
        ("SQLITE_IOERR_READ", "running"),
    ],
)
def test_what_finds_no_room_pauses_and_other_trouble_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, state: str
) -> None:
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))

    def refuse(*arguments: Any) -> bool:
        raise refused(name)

    monkeypatch.setattr(store, "record", refuse)
    Engine(store, InlineClient(rounds=3)).work()  # type: ignore[arg-type]
    run = store.run(run_id)
    assert (run.state, len(run.notes)) == (state, int(state == "paused"))


def test_the_last_room_on_the_disk_is_kept_for_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnn_core.engine.RETRY_SECONDS", 0.0)
    store, reserve = Recorder(tmp_path / "runs.sqlite"), tmp_path / "reserve"
    run_id = store.add(replace(SPEC, steps=10))
    reserve.write_bytes(b"of an engine before")

    def where_there_is_room(write: Callable[..., Any]) -> Callable[..., Any]:
        def attempt(*arguments: Any) -> Any:
            if reserve.exists():
                raise refused("SQLITE_FULL")
            return write(*arguments)

        return attempt

    for name in ("take", "record", "hold"):
        monkeypatch.setattr(store, name, where_there_is_room(getattr(store, name)))
    Engine(store, InlineClient(rounds=5)).work()  # type: ignore[arg-type]
    assert (store.run(run_id).state, len(store.run(run_id).notes)) == ("paused", 1)
    store.request(run_id, "continue", "")
    store.take(run_id)
    monkeypatch.undo()
    Engine(store, InlineClient(rounds=30)).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete
    assert reserve.stat().st_size == RESERVED


def test_a_quota_that_is_used_up_pauses_the_run(tmp_path: Path) -> None:
    import resource  # not everywhere

    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{store.path}-wal").stat().st_size + 100_000, hard))
    try:
        Engine(store, InlineClient(rounds=3)).work()  # type: ignore[arg-type]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (store.run(run_id).state, store.run(run_id).step) == ("paused", 0)
    store.request(run_id, "continue", "")
    Engine(store, InlineClient(rounds=30)).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete


def test_a_file_that_the_worker_cannot_read_fails_the_run_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> None:
        raise PermissionError(13, "Permission denied", "/data/train-images-idx3-ubyte.gz")

    monkeypatch.setattr("cnn_core.worker.load_mnist", unreadable)
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))
    client = InlineClient(rounds=5)
    Engine(store, client).work()  # type: ignore[arg-type]
    run = store.run(run_id)
    assert run.state == "failed"
    assert "/data/train-images-idx3-ubyte.gz: Permission denied" in str(run.error)
    assert len(client.submitted) == 2  # it is not tried for ever


def lose(client: InlineClient, monkeypatch: pytest.MonkeyPatch, is_lost: Callable[[Any], bool]) -> None:
    """The worker is gone with the work (a function and its arguments) of which ``is_lost`` says so."""
    submit = client.submit

    def submit_in_vain(*work: Any, **where: Any) -> Future:
        future = submit(*work, **where)
        if is_lost(work):
            monkeypatch.setattr(future, "result", raise_lost, raising=False)
        return future

    def raise_lost(timeout: float) -> None:
        raise OSError("the worker is gone")

    monkeypatch.setattr(client, "submit", submit_in_vain)


def test_a_result_that_is_lost_on_its_way_is_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnn_core.engine.RETRY_SECONDS", 0.01)
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))
    client, first = InlineClient(rounds=40), iter([True])
    lose(client, monkeypatch, lambda _: next(first, False))
    Engine(store, client).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete


def test_a_run_that_loses_every_worker_is_paused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may need more memory than there is; the queue behind it goes on."""
    monkeypatch.setattr("cnn_core.engine.MOST_LOSSES", 3)
    monkeypatch.setattr("cnn_core.engine.RETRY_SECONDS", 0.0)
    store = Recorder(tmp_path / "runs.sqlite")
    run_id, other = store.add(replace(SPEC, steps=10)), store.add(replace(SPEC, steps=10, seed=9))
    client = InlineClient(rounds=30)
    lose(client, monkeypatch, lambda work: getattr(work[1], "run_id", None) == run_id)
    Engine(store, client).work()  # type: ignore[arg-type]
    run = store.run(run_id)
    assert run.state == "paused"
    assert "gave up 3 times" in str(run.notes[-1])
    assert store.run(other).is_complete


def test_a_run_with_unreadable_settings_does_not_hold_up_the_queue(tmp_path: Path) -> None:
    store = Recorder(tmp_path / "runs.sqlite")
    with store._transaction() as connection:
        connection.execute("INSERT INTO runs (id, spec, state, created) VALUES ('odd', '{}', 'queued', 0)")
    run_id = store.add(replace(SPEC, steps=10))
    Engine(store, InlineClient(rounds=30)).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete
    assert store._rows("SELECT state FROM runs WHERE id = 'odd'")[0]["state"] == "failed"


@pytest.mark.parametrize("address", ["", "tcp://127.0.0.1:1"], ids=["its own", "a class's"])
def test_a_cluster_that_does_not_get_ready_is_closed_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    import distributed

    opened: list[Any] = []

    class Part:
        """A cluster or its client, whose workers cannot be made ready for the first two times."""

        def __init__(self, *arguments: Any, **how: Any) -> None:
            self.is_open = True
            opened.append(self)

        def scheduler_info(self) -> dict[str, Any]:
            return {"workers": {"one": {}}}

        def register_plugin(self, plugin: Any) -> None:
            if len(opened) < 5:
                raise RuntimeError("no module\nnamed cnn_core")

        def close(self, timeout: float) -> None:
            self.is_open = False

    said = []
    store = Recorder(tmp_path / "runs.sqlite")
    monkeypatch.setattr(distributed, "Client", Part)
    monkeypatch.setattr(distributed, "LocalCluster", Part)
    monkeypatch.setenv("CNN_EXPLORER_SCHEDULER", address)
    monkeypatch.setattr("time.sleep", lambda seconds: said.append(str(store.trouble())))
    assert connection.wait_for_cluster(store) is opened[-1]
    assert all("not be made ready: no module named cnn_core." in sentence for sentence in said)
    assert said
    kept = 1 if address else 2  # a client; a cluster with it where it is our own
    assert [part.is_open for part in opened] == [False] * (len(opened) - kept) + [True] * kept
    assert store.trouble() is None


def train_segment_alone(spec: Any) -> bytes:
    from cnn_core.recording import Task

    return train_segment(Task("", 1, spec, None), seconds=3600).snapshots[-1].data


def test_a_store_that_fails_does_not_end_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnn_core.engine.RETRY_SECONDS", 0.01)
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))
    fail = iter([True, True])
    record = store.record

    def record_at_the_third_try(*arguments: Any) -> bool:
        if next(fail, False):
            raise sqlite3.OperationalError("disk I/O error")
        return record(*arguments)

    monkeypatch.setattr(store, "record", record_at_the_third_try)
    Engine(store, InlineClient(rounds=30)).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete


def test_the_next_segment_is_under_way_while_one_is_written(tmp_path: Path) -> None:
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))
    client = InlineClient(rounds=30)
    given = client.submitted
    record, ahead = store.record, []

    def watched(task: Any, segment: Any) -> bool:
        ahead.append(len(given) - len(ahead) - 1)
        return record(task, segment)

    store.record = watched  # type: ignore[method-assign]
    Engine(store, client).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete
    assert set(ahead) == {1}


def test_without_a_worker_for_long_the_cluster_is_given_up_to_be_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask starts a lost worker again, but gives up where that one dies while it begins."""
    monkeypatch.setattr("cnn_core.engine.DESERTED_SECONDS", 0.0)
    monkeypatch.setattr("cnn_core.engine.LOOK_SECONDS", 0.0)
    client = InlineClient(rounds=50)
    monkeypatch.setattr(client, "scheduler_info", lambda: {"workers": {}})
    Engine(Recorder(tmp_path / "runs.sqlite"), client).work()  # type: ignore[arg-type]
    assert client.status == "running"  # its rounds were not over


def test_a_paused_run_keeps_the_step_at_which_it_stands(tmp_path: Path) -> None:
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=5_000), owner="ada")
    record = store.record

    def paused_after(task: Any, segment: Any) -> bool:
        goes_on = record(task, segment)
        if goes_on:
            store.request(run_id, "pause", "ada")
        return goes_on

    store.record = paused_after  # type: ignore[method-assign]
    Engine(store, InlineClient(rounds=30)).work()  # type: ignore[arg-type]
    run = store.run(run_id)
    assert run.state == "paused"
    assert 0 < run.step < 5_000
    assert store.checkpoint_steps(run_id)[-1] == run.step


def test_a_cluster_that_refuses_work_does_not_end_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnn_core.engine.RETRY_SECONDS", 0.01)
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = store.add(replace(SPEC, steps=10))
    client = InlineClient(rounds=40)
    submit, refuse = client.submit, iter([True, True, False, True])

    def sometimes(*work: Any, **where: Any) -> Future:
        if next(refuse, False):
            raise RuntimeError("the client is closed")
        return submit(*work, **where)

    monkeypatch.setattr(client, "submit", sometimes)
    Engine(store, client).work()  # type: ignore[arg-type]
    assert store.run(run_id).is_complete
