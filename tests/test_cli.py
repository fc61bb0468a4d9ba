"""The command line trains the same runs, can be interrupted, and says what went wrong."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_core.__main__ import main
from cnn_core.child import ROOT
from cnn_core.logs import event_file, metrics_csv
from cnn_core.reading import REFERENCE
from cnn_core.recording import Task
from cnn_core.runs import RunStore
from cnn_core.terminal import OWNER
from cnn_core.worker import train_segment
from tests.engines import begun, final_sha256, until

SMALL = ["train", "--preset", "fast", "--network", "mlp", "--train-size", "2000", "--batch-size", "20"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    return RunStore()


def cli(*arguments: str) -> subprocess.Popen[str]:
    """The command line in a process that Ctrl-C reaches, even where the tests run in a shell's background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "cnn_core", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ.copy(),
    )


def test_train_ends_with_one_line_of_json(store: RunStore) -> None:
    command = cli(*SMALL, "--steps", "30", "--name", "mine", "--json")
    out, err = command.communicate(timeout=120)
    assert command.returncode == 0, err
    result = json.loads(out)
    assert out.count("\n") == 1
    assert set(result) == {"run_id", "test_accuracy", "train_seconds", "images_per_second"}
    assert 0 <= result["test_accuracy"] <= 1
    assert result["train_seconds"] > 0
    assert result["images_per_second"] > 0
    assert "30/30" in err
    run = store.run(result["run_id"])
    assert (run.name, run.owner, run.state) == ("mine", OWNER, "done")
    assert store.evaluations(run.id)[-1].accuracy == result["test_accuracy"]


@pytest.mark.slow
def test_what_is_trained_already_is_told_at_once_and_again_trains_it_afresh(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [*SMALL, "--steps", "20", "--json"]
    assert main(settings) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(settings) == 0
    assert json.loads(capsys.readouterr().out) == first
    sha256, version = final_sha256(store, first["run_id"]), store.version(first["run_id"])
    assert main([*settings, "--again"]) == 0
    assert json.loads(capsys.readouterr().out)["test_accuracy"] == first["test_accuracy"]
    assert store.version(first["run_id"]) > version
    assert final_sha256(store, first["run_id"]) == sha256


@pytest.mark.slow
def test_ctrl_c_pauses_and_the_same_command_goes_on_to_identical_weights(store: RunStore) -> None:
    settings = [*SMALL, "--steps", "800", "--json"]
    command = cli(*settings)
    run = until(lambda: next((run for run in store.runs() if run.id != REFERENCE), None))
    assert run is not None
    until(lambda: begun(store, run.id))
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert command.returncode == 130, err
    assert out == ""
    assert "goes on from there" in err
    held = store.run(run.id)
    assert held.state == "paused"
    assert 0 < held.step < 800
    assert main(settings) == 0
    in_one_piece = train_segment(Task("", 1, run.spec, None), seconds=3600)
    assert final_sha256(store, run.id) == in_one_piece.snapshots[-1].sha256


def test_export_and_import_carry_a_run(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.safetensors"
    assert main(["export", REFERENCE, str(file)]) == 0
    assert main(["import", str(file)]) == 0
    imported = capsys.readouterr().out.strip()
    assert final_sha256(store, imported) == final_sha256(store, REFERENCE)
    assert main(["runs"]) == 0
    assert imported in capsys.readouterr().out


def test_a_run_leaves_as_a_table_and_for_tensorboard(store: RunStore, tmp_path: Path) -> None:
    assert main(["export", REFERENCE, str(tmp_path / "numbers.csv")]) == 0
    assert (tmp_path / "numbers.csv").read_bytes() == metrics_csv(store, REFERENCE).encode()
    assert main(["export", REFERENCE, str(tmp_path)]) == 0
    assert [f.read_bytes() for f in tmp_path.glob("events.out.tfevents.*")] == [event_file(store, REFERENCE)]


def test_clean_removes_what_it_lists(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    imported = store.import_run(store.export_run(REFERENCE))
    assert main(["clean", "--older-than", "1d", "--keep", "1GB"]) == 0
    assert imported in [run.id for run in store.runs()]
    assert main(["clean", "--keep", "1MB", "--list"]) == 0
    assert imported in [run.id for run in store.runs()]
    capsys.readouterr()
    assert main(["clean", "--keep", "1MB"]) == 0
    shown = capsys.readouterr()
    assert imported in shown.out
    assert shown.err.startswith("1 run, ")
    assert shown.err.endswith(" MB, is gone.\n")
    assert [run.id for run in store.runs()] == [REFERENCE]


def test_a_run_that_somebody_else_paused_is_told_with_a_way_on(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--steps", "1"]) == 0
    (run,) = (run for run in store.runs() if run.id != REFERENCE)
    theirs = replace(run.spec, seed=7)
    store.add(theirs, owner="ada")
    store.request(theirs.run_id, "pause", "ada")
    capsys.readouterr()
    assert main([*SMALL, "--steps", "1", "--seed", "7"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith("or give another --seed.")
    assert store.run(theirs.run_id).state == "paused"


def test_certificates_are_made_where_the_app_looks_for_them_and_never_over_others(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CNN_EXPLORER_CERTIFICATES", raising=False)
    for arguments, into in (
        ([], tmp_path / "home" / "certificates"),
        ([str(tmp_path / "there")], tmp_path / "there"),
    ):
        assert main(["certificates", *arguments]) == 0
        assert capsys.readouterr().out.startswith(f"{into}: copy both files")
        assert sorted(file.name for file in into.iterdir()) == ["cluster.crt", "cluster.key"]
        ssl.create_default_context().load_cert_chain(into / "cluster.crt", into / "cluster.key")
        kept = (into / "cluster.key").read_bytes()
        assert main(["certificates", *arguments]) == 1
        assert "has certificates already" in capsys.readouterr().err
        assert (into / "cluster.key").read_bytes() == kept


def test_a_store_that_cannot_be_read_gets_one_sentence(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.close()
    for file in store.path.parent.glob("runs.sqlite*"):
        file.unlink()
    store.path.write_bytes(b"no database" * 1000)
    assert main(["runs"]) == 1
    err = capsys.readouterr().err
    assert "cannot be read or written now" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["export", "nothing", "x"], "No run begins with nothing"),
        (["clean"], "Say what is to go"),
        (["clean", "--keep", "much"], "much is no size"),
        (["import", "/nowhere/at-all"], "No such file"),
        ([*SMALL, "--learning-rate", "-1"], "learning_rate must lie between"),
        ([*SMALL, "--optimiser", "magic"], "optimiser cannot be magic"),
    ],
)
def test_a_mistake_gets_one_sentence(
    store: RunStore, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
