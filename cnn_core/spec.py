"""TrainingSpec: everything that decides a run's weights, and the run's id with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from typing import Any

from cnn_core.messages import Problem
from cnn_core.models import NOTEBOOK, ModelSpec, summary

CODE_VERSION = 1  # rises when the training code would give other weights for the same settings
TRAINING_IMAGES = 60_000
LARGEST_BATCH = 10_000
MOST_STEPS = 1_000_000

OPTIMISERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "one_cycle")
PIXELS = ("plain", "shuffled")
INITIALISATIONS = ("torch", "kaiming", "small", "zeros")


@dataclass(frozen=True)
class TrainingSpec:
    """The settings of a run. Equal settings are one run, whatever its name; ``check`` refuses bad ones."""

    model: ModelSpec = NOTEBOOK
    optimiser: str = "adamw"  # sgd, adam, adamw
    learning_rate: float = 5e-3  # its highest value, where the schedule moves it
    momentum: float = 0.0  # of sgd
    weight_decay: float = 0.0
    schedule: str = "constant"  # constant, one_cycle (up for 30 % of the steps, then down to nothing)
    steps: int = 200
    batch_size: int = 100
    seed: int = 0
    train_size: int = TRAINING_IMAGES  # the first so many training images
    pixels: str = "plain"  # plain, shuffled (one fixed permutation of the pixels of all images)
    augmentation: bool = False  # mild rotation, scale, shear, shift and stroke width
    initialisation: str = "torch"  # torch (its own), kaiming, small, zeros
    start: str = ""  # sha256 of an artifact: the weights to start from
    frozen: tuple[str, ...] = ()  # names of layers that do not learn
    version: int = CODE_VERSION

    def to_json(self) -> str:
        """Canonical JSON: every field, keys in order."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(values | {"model": self.model.to_json()}, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> TrainingSpec:
        """The spec that ``to_json`` wrote, checked; raises :class:`Problem` for anything else."""
        try:
            values: dict[str, Any] = json.loads(text)
            model = ModelSpec.from_json(values.pop("model"))
            spec = cls(model=model, **values | {"frozen": tuple(values.pop("frozen"))})
            spec.check()
        except Problem:
            raise
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Problem("These are not the settings of a run: choose a file that this app wrote.") from None
        return spec

    @property
    def run_id(self) -> str:
        """The first 16 hex digits of the canonical JSON's sha256."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass over the training images; the last one may be smaller."""
        return -(-self.train_size // self.batch_size)

    def check(self) -> None:
        """Raise :class:`Problem`, with the remedy, for settings that cannot be trained."""
        _check_choice("optimiser", self.optimiser, OPTIMISERS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_choice("pixels", self.pixels, PIXELS)
        _check_choice("initialisation", self.initialisation, INITIALISATIONS)
        _check_range("learning_rate", self.learning_rate, 0, 100)
        _check_range("momentum", self.momentum, 0, 0.9999)
        _check_range("weight_decay", self.weight_decay, 0, 10)
        _check_whole("steps", self.steps, 1, MOST_STEPS)
        _check_whole("batch_size", self.batch_size, 1, LARGEST_BATCH)
        _check_whole("train_size", self.train_size, 1, TRAINING_IMAGES)
        _check_whole("seed", self.seed, 0, 2**31 - 1)
        if summary(self.model)[-1].shape != (10,):
            raise Problem("The network must end in ten numbers, one for each digit: end it with linear(10).")
        for name in self.frozen:
            _check_choice("frozen", name, self.model.names())


def steps_for_epochs(epochs: float, train_size: int = TRAINING_IMAGES, batch_size: int = 100) -> int:
    """How many steps so many passes over the training images take; the last batch counts."""
    return max(1, round(epochs * -(-train_size // batch_size)))


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise Problem(
            "{name} cannot be {value}: choose one of {choices}.",
            name=name,
            value=value,
            choices=", ".join(choices),
        )


def _check_range(name: str, value: object, low: float, high: float) -> None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not fits:
        raise Problem("{name} must lie between {low} and {high}.", name=name, low=low, high=high)


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Problem("{name} must be a whole number from {low} to {high}.", name=name, low=low, high=high)
