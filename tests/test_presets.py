"""The presets give what their sentences say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnn_core.claims import recorded
from cnn_core.data import load_mnist
from cnn_core.presets import PRESETS
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.spec import TrainingSpec, steps_for_epochs
from cnn_core.training import Evaluation, evaluation_steps, fit, snapshot_steps


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_can_be_trained_and_has_about_forty_snapshots(name: str) -> None:
    spec = PRESETS[name].spec
    spec.check()
    assert 25 <= len(snapshot_steps(spec)) <= 41
    assert snapshot_steps(spec)[0] == 0
    assert snapshot_steps(spec)[-1] == evaluation_steps(spec)[-1] == spec.steps


def test_the_notebooks_settings_are_the_notebooks() -> None:
    spec = PRESETS["notebook"].spec
    assert (spec.optimiser, spec.learning_rate, spec.momentum, spec.batch_size) == ("sgd", 0.0002, 0.0, 100)
    assert spec.steps == steps_for_epochs(10) == 6000
    assert (spec.initialisation, spec.augmentation, spec.schedule) == ("torch", False, "constant")


def final_accuracy(spec: TrainingSpec) -> float:
    last = [e for e in fit(spec, load_mnist()) if isinstance(e, Evaluation)][-1]
    assert len(last.predictions) == 10_000
    return last.accuracy


@pytest.mark.slow
def test_fast_reads_about_98_of_100_digits() -> None:
    assert final_accuracy(PRESETS["fast"].spec) >= 0.975


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_fast_does_so_with_other_seeds(seed: int) -> None:
    assert final_accuracy(replace(PRESETS["fast"].spec, seed=seed)) >= 0.975


@pytest.mark.slow
def test_accurate_reads_more_than_99_2_of_100_digits() -> None:
    assert final_accuracy(PRESETS["accurate"].spec) >= 0.992


@pytest.mark.slow
def test_book_reads_about_98_of_100_digits() -> None:
    assert final_accuracy(PRESETS["book"].spec) >= 0.975


@pytest.mark.slow
def test_notebook_stays_near_chance() -> None:
    assert 0.08 <= final_accuracy(PRESETS["notebook"].spec) <= 0.2


def test_what_is_said_of_the_notebook_is_what_was_recorded() -> None:
    recorded_share = round(100 * recorded()["nothing"].accuracy)
    assert f"about {recorded_share} of 100 test digits" in PRESETS["notebook"].expect


def test_the_reference_run_is_accurate_with_seed_0_and_reads_what_the_readme_says() -> None:
    store = RunStore()
    assert store.run(REFERENCE).spec == PRESETS["accurate"].spec
    last = store.evaluations(REFERENCE)[-1]
    assert (last.step, last.count) == (PRESETS["accurate"].spec.steps, 10_000)
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert f"{last.accuracy:.2%}".replace("%", " %") + " of the 10,000 test images" in readme
