"""Experiments ask what their runs can answer, stay short, and what takes longer is measured as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cnn_core import claims as records
from cnn_core.__main__ import main
from cnn_core.claims import FILE, SINGLE_CHANGES, TARGET, Claim, measure, recorded, renew
from cnn_core.experiments import EXPERIMENTS, Experiment, Outcome, accuracy, asked, outcome, shifted
from cnn_core.messages import Problem
from cnn_core.models import MLP, summary
from cnn_core.presets import PRESETS
from cnn_core.recording import Recorder
from cnn_core.shuffle import pixel_order, seen
from cnn_core.spec import TrainingSpec
from cnn_core.training import Trainer
from cnn_core.worker import environment
from tests.trained import few_images, train_into

QUICK = TrainingSpec(model=MLP, optimiser="adam", learning_rate=1e-3, steps=60, train_size=600, batch_size=50)
A_MINUTE = 6.5e11  # multiply-adds forward: 60 s × 1,500 images a second of the notebook's network

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda e: e.slug)
def test_the_runs_of_an_experiment_differ_and_can_be_trained(experiment: Experiment) -> None:
    for variant in experiment.variants:
        variant.spec.check()
    assert len({v.spec.run_id for v in experiment.variants}) == len(experiment.variants) >= 2
    assert len({v.name for v in experiment.variants}) == len(experiment.variants)


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda e: e.slug)
def test_an_experiment_is_about_a_minutes_work(experiment: Experiment) -> None:
    work = sum(
        v.spec.steps * v.spec.batch_size * sum(row.multiply_adds for row in summary(v.spec.model))
        for v in experiment.variants
    )
    assert work < A_MINUTE


def test_the_guess_is_about_accuracy_or_about_loss() -> None:
    nothing = np.zeros(0, np.uint8)
    first, second = Outcome(0.9, 0.1, nothing, 1, 1), Outcome(0.8, 0.05, nothing, 1, 1)
    assert EXPERIMENTS["momentum"].winner([first, second]) == 0
    assert EXPERIMENTS["few_images"].winner([first, second]) == 1


def test_an_outcome_is_read_from_the_run_itself(tmp_path: Path) -> None:
    store, data = Recorder(tmp_path / "runs.sqlite"), few_images()
    run_id = train_into(store, QUICK, data)
    came = outcome(store, run_id)
    before, after = (store.weights(run_id, step)["fc1.weight"] for step in (0, None))
    assert came.accuracy == (came.answers == data.test_labels).mean()
    assert came.loss == store.metrics(run_id).loss[-20:].mean()
    assert came.moved == pytest.approx(np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-4)


def test_weights_that_begin_at_zero_have_moved_by_no_share_of_themselves(tmp_path: Path) -> None:
    store, data = Recorder(tmp_path / "runs.sqlite"), few_images()
    run_id = train_into(store, replace(QUICK, initialisation="zeros", steps=3), data)
    assert outcome(store, run_id).moved == 0


def test_a_network_is_shown_shuffled_digits_where_it_was_trained_on_them(tmp_path: Path) -> None:
    store, data = Recorder(tmp_path / "runs.sqlite"), few_images()
    spec = replace(QUICK, pixels="shuffled")
    run_id = train_into(store, spec, data)
    shares = asked(store.model(run_id), spec, data.test_images)
    assert (shares.argmax(axis=1) == store.evaluation(run_id)).all()
    assert accuracy(shares, data.test_labels) == store.evaluations(run_id)[-1].accuracy


def test_shuffling_moves_every_image_alike_and_loses_nothing() -> None:
    images = few_images(1, 3).test_images
    shuffled = seen(TrainingSpec(pixels="shuffled"), images)
    order = pixel_order(TrainingSpec(pixels="shuffled", seed=5), 784)
    assert (shuffled.reshape(3, -1) == images.reshape(3, -1)[:, order]).all()
    assert (np.sort(order) == np.arange(784)).all()
    assert (seen(TrainingSpec(), images) == images).all()
    assert order[:4].tolist() == [208, 672, 75, 643]  # runs that are kept rest on it


def test_shifted_digits_have_black_where_nothing_was() -> None:
    image = np.arange(784, dtype=np.uint8).reshape(1, 28, 28)
    moved = shifted(image, 3)
    assert not moved[:, :, :3].any()
    assert (moved[:, :, 3:] == image[:, :, :-3]).all()


def test_measuring_stops_where_the_target_is_passed_or_at_the_end() -> None:
    data = few_images()
    found = measure(QUICK, data, look_every=20, target=0.4)
    trainer = Trainer(QUICK, data)
    while trainer.step < found.steps:
        trainer.advance()
    assert found.passed
    assert found.steps % 20 == 0
    assert found.accuracy == trainer.evaluate().accuracy > 0.4
    assert found.run == QUICK.run_id
    never = measure(replace(QUICK, steps=5), data, look_every=20, target=1.0)
    assert (never.steps, never.passed) == (5, False)


def test_each_single_change_changes_one_thing_of_the_notebook() -> None:
    notebook = PRESETS["notebook"].spec
    for name, (_, spec) in SINGLE_CHANGES.items():
        changed = {f for f in notebook.__dataclass_fields__ if getattr(spec, f) != getattr(notebook, f)}
        assert changed - {"steps"} == ({name} - {"nothing"}), name


def test_the_record_that_ships_is_whole() -> None:
    claims = recorded()
    assert json.loads(FILE.read_text())["target"] == TARGET
    assert {name: claim.run for name, claim in claims.items()} == {
        name: spec.run_id for name, (_, spec) in SINGLE_CHANGES.items()
    }
    for name, claim in claims.items():
        assert claim.passed == (claim.accuracy > TARGET), name
        assert claim.steps <= SINGLE_CHANGES[name][1].steps
    assert not claims["nothing"].passed


def test_a_missing_record_is_told_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="python -m cnn_core experiments"):
        recorded(tmp_path / "experiments.json")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, TrainingSpec]]:
    """Two single changes that are measured within a second: the first soon passes, the other cannot."""
    changes = {"optimiser": ("Adam", QUICK), "nothing": ("nothing", replace(QUICK, steps=5))}
    monkeypatch.setattr(records, "SINGLE_CHANGES", changes)
    monkeypatch.setattr(records, "measure", partial(measure, look_every=20, target=0.4))
    return changes


def test_renewing_measures_every_single_change_and_its_record_is_what_the_pages_read(
    tiny: dict[str, tuple[str, TrainingSpec]], tmp_path: Path
) -> None:
    file, data = tmp_path / "experiments.json", few_images()
    told: dict[str, Claim] = {}
    renew(data, told.__setitem__, file)
    found = {name: measure(spec, data, 20, 0.4) for name, (_, spec) in tiny.items()}
    assert told == recorded(file) == found
    assert [claim.passed for claim in found.values()] == [True, False]
    written = json.loads(file.read_text())
    assert written["target"] == TARGET
    assert written["environment"] == environment()
    assert list(json.loads(FILE.read_text())["single_changes"]["nothing"]) == list(
        written["single_changes"]["nothing"]
    )


def test_the_command_measures_and_tells_them_one_by_one(
    tiny: dict[str, tuple[str, TrainingSpec]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cnn_core.__main__.load_mnist", few_images)
    file = tmp_path / "experiments.json"
    assert main(["experiments", "--file", str(file)]) == 0
    passed, failed = recorded(file)["optimiser"], recorded(file)["nothing"]
    assert capsys.readouterr().out.splitlines() == [
        f"optimiser: passes, {passed.accuracy:.2%} after {passed.steps} steps",
        f"nothing: does not pass, {failed.accuracy:.2%} after 5 steps",
    ]


def test_a_record_of_other_settings_than_the_code_has_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "experiments.json"
    file.write_bytes(FILE.read_bytes())
    assert recorded(file) == recorded()
    words, spec = SINGLE_CHANGES["learning_rate"]
    monkeypatch.setitem(SINGLE_CHANGES, "learning_rate", (words, replace(spec, learning_rate=0.05)))
    recorded.cache_clear()
    with pytest.raises(Problem, match=r"other settings.*python -m cnn_core experiments"):
        recorded(file)
