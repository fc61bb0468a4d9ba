"""An experiment's explanation is only given where the runs bear out everything that it says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from cnn_core.experiments import EXPERIMENTS, Outcome
from cnn_core.records import Run
from ui import experiment_words
from ui.experiment_words import explanation
from ui.language import speaking

MIXED, ONE_DIGIT = np.arange(100, dtype=np.uint8) % 10, np.full(100, 3, np.uint8)


def came(accuracy: float, loss: float = 0.3, moved: float = 0.5, seconds: float = 5.0) -> Outcome:
    return Outcome(accuracy, loss, MIXED, moved, seconds)


# Results as the runs usually have them; then what is asked of the runs themselves: see `told`.
USUAL: dict[str, list[Outcome]] = {
    "learning_rate": [came(0.1, 2.3, 0.001), came(0.3, 2.2, 0.02), came(0.93, 0.3, 0.5)],
    "momentum": [came(0.3, 2.2, 0.02), came(0.9, 0.4, 0.3)],
    "initialisation": [
        replace(came(0.11, 2.3, 0.0), answers=ONE_DIGIT),
        came(0.11, 2.3),
        came(0.9),
        came(0.94),
    ],
    "pooling": [came(0.97, seconds=5), came(0.975, seconds=15)],
    "shuffled": [came(0.97), came(0.92), came(0.93), came(0.932)],
    "few_images": [came(0.88, loss=0.01), came(0.97, loss=0.1)],
    "batch": [came(0.94, seconds=14), came(0.6, seconds=1), came(0.2, seconds=1)],
    "augmentation": [came(0.88, loss=0.01), came(0.92, loss=0.3)],
}
MEASURED: dict[str, dict[str, list[float]]] = {  # by the function that asks a run, of each run
    "initialisation": {"_spread": [0.0, 1e-6, 0.2, 3.0]},
    "few_images": {"_on_training_images": [1.0, 0.96]},
    "batch": {"_jumps": [0.5, 0.1, 0.05]},
    "pooling": {"_when_shifted": [0.7, 0.69]},
}
CONTRADICTIONS: list[tuple[str, str, dict[int, dict[str, Any]]]] = [  # what is denied, and by which runs
    ("learning_rate", "0.0002 still guesses", {0: {"accuracy": 0.5}}),
    ("learning_rate", "0.1 reads digits", {2: {"accuracy": 0.15}}),
    ("learning_rate", "0.1 reads more than 0.01", {1: {"accuracy": 0.95}}),
    ("learning_rate", "0.0002 moved the weights less", {0: {"moved": 0.6}}),
    ("momentum", "more is read with it", {1: {"accuracy": 0.35}}),
    ("momentum", "it is over the flat beginning", {1: {"loss": 2.25}}),
    ("momentum", "the weights moved further", {1: {"moved": 0.01}}),
    ("initialisation", "zeros read nothing", {0: {"accuracy": 0.5}}),
    ("initialisation", "only the last biases learn from zero", {0: {"moved": float("inf")}}),
    ("initialisation", "every filter computes the same", {0: {"answers": MIXED}}),
    ("initialisation", "very small ones read nothing", {1: {"accuracy": 0.5}}),
    ("initialisation", "PyTorch's own learn", {2: {"accuracy": 0.15}}),
    ("initialisation", "Kaiming's are ahead", {3: {"accuracy": 0.85}}),
    ("initialisation", "hardly anything arrives", {1: {"_spread": 0.19}}),
    ("initialisation", "a signal does not fade", {3: {"_spread": 1e-6}}),
    ("pooling", "it hardly decides", {1: {"accuracy": 0.93}}),
    ("shuffled", "the CNN loses more", {1: {"accuracy": 0.968}}),
    ("shuffled", "the CNN loses anything", {1: {"accuracy": 0.99}}),
    ("shuffled", "the fully connected one misses nothing", {3: {"accuracy": 0.90}}),
    ("shuffled", "the fully connected one gains nothing", {3: {"accuracy": 0.96}}),
    ("few_images", "its loss is the smaller one", {0: {"loss": 0.2}}),
    ("few_images", "it reads fewer test digits", {0: {"accuracy": 0.98}}),
    ("few_images", "it knows its images by heart", {0: {"_on_training_images": 0.97}}),
    ("few_images", "the other run knows them less", {1: {"_on_training_images": 1.0}}),
    (
        "few_images",
        "it reads fewer digits than images that it knows",
        {0: {"accuracy": 0.985}, 1: {"accuracy": 0.99}},
    ),
    ("learning_rate", "anything came out", {place: {"moved": float("nan")} for place in range(3)}),
    ("batch", "batches of one read most", {0: {"accuracy": 0.5}}),
    ("batch", "batches of 1,000 read least", {2: {"accuracy": 0.7}}),
    ("batch", "it takes time", {0: {"seconds": 0.5}}),
    ("batch", "its loss jumps", {0: {"_jumps": 0.09}}),
    ("batch", "no other loss jumps so", {2: {"_jumps": 0.6}}),
    ("augmentation", "varied images help", {1: {"accuracy": 0.87}}),
    ("augmentation", "the loss in training is higher", {1: {"loss": 0.005}}),
]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """What the runs themselves say when they are asked, which a test may change."""
    values: dict[str, list[float]] = {}
    for slug, asked in MEASURED.items():
        for name, numbers in asked.items():
            values[name] = list(numbers)
            monkeypatch.setattr(experiment_words, name, partial(_answer, values[name]))
        assert slug in EXPERIMENTS
    return values


def _answer(values: list[float], run: Run | str, version: int = 0, *_: object) -> float:
    """The runs of these tests have their places as versions."""
    return values[run.version if isinstance(run, Run) else version]


def runs_of(slug: str) -> list[Run]:
    return [
        Run(v.spec.run_id, v.spec, v.name, "", "done", v.spec.steps, 0.0, {}, (), 5.0, None, version=place)
        for place, v in enumerate(EXPERIMENTS[slug].variants)
    ]


def told(slug: str, outcomes: list[Outcome]) -> str:
    with speaking("en"):
        return "\n".join(explanation(EXPERIMENTS[slug], outcomes, runs_of(slug)))


def test_results_and_contradictions_are_of_every_experiment() -> None:
    assert list(USUAL) == list(EXPERIMENTS)
    assert {slug for slug, *_ in CONTRADICTIONS} == set(EXPERIMENTS)


@pytest.mark.parametrize("slug", EXPERIMENTS)
def test_usual_results_are_explained_with_their_numbers(slug: str, measured: dict[str, list[float]]) -> None:
    said = told(slug, USUAL[slug])
    assert "came out otherwise" not in said
    best = max(outcome.accuracy for outcome in USUAL[slug])
    assert f"{best:.2%}" in said


@pytest.mark.parametrize(
    ("slug", "changes"),
    [pytest.param(slug, changes, id=f"{slug}: {denied}") for slug, denied, changes in CONTRADICTIONS],
)
def test_results_that_contradict_a_claim_are_not_explained_as_usual(
    slug: str, changes: dict[int, dict[str, Any]], measured: dict[str, list[float]]
) -> None:
    outcomes = list(USUAL[slug])
    for place, change in changes.items():
        for name, value in change.items():
            if name.startswith("_"):
                measured[name][place] = value
            else:
                outcomes[place] = replace(outcomes[place], **{name: value})
    said = told(slug, outcomes)
    assert said.startswith("These runs came out otherwise than they usually do")
    assert "\n" not in said


ALONE = "one pooling of 2×2 does not make a network forgive a shift"


@pytest.mark.parametrize(
    ("moved", "is_said"),
    [
        pytest.param([0.7, 0.69], True, id="both lose much"),
        pytest.param([0.96, 0.96], False, id="both forgive it"),
        pytest.param([0.9, 0.7], False, id="pooling forgives more"),
    ],
)
def test_pooling_alone_is_only_said_to_forgive_nothing_where_it_does(
    moved: list[float], is_said: bool, measured: dict[str, list[float]]
) -> None:
    measured["_when_shifted"][:] = moved
    said = told("pooling", USUAL["pooling"])
    assert (ALONE in said) is is_said
    assert f"{moved[0]:.2%} with pooling" in said


def test_pooling_is_said_to_save_time_only_where_it_did(measured: dict[str, list[float]]) -> None:
    with_it, without = USUAL["pooling"]
    assert "took 5 s with it and 15 s without" in told("pooling", [with_it, without])
    on_a_busy_computer = told("pooling", [replace(with_it, seconds=16.0), without])
    assert "it costs less" in on_a_busy_computer
    assert "Here training took" not in on_a_busy_computer
