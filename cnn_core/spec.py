"""TrainingSpec: everything that decides a run's weights, and the run's id with it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, fields
from typing import Any

from cnn_core.checks import check_choice, check_range, check_whole
from cnn_core.messages import Problem
from cnn_core.models import NOTEBOOK, LayerSummary, ModelSpec, summary
from cnn_core.own_kernels import check_kernels

CODE_VERSION = 1  # rises when the training code would give other weights for the same settings
TRAINING_IMAGES = 60_000
LARGEST_BATCH = 10_000
MOST_STEPS = 1_000_000
MOST_PARAMETERS = (
    10_000_000  # the notebook's network has 123,222: far beyond it a class's machine stands still
)

EVALUATED_AT_ONCE = 250  # images
MOST_NUMBERS = 600_000_000  # of all layers, for a batch: 2.4 GB

OPTIMISERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "one_cycle")
PIXELS = ("plain", "shuffled")
INITIALISATIONS = ("torch", "kaiming", "small", "zeros")
_LATER: dict[str, Any] = {"kernels": "", "kernels_held": False}  # fields that came after the first runs


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
    kernels: str = ""  # the first filters of the first layer, made by hand: see own_kernels
    kernels_held: bool = False  # they do not learn
    version: int = CODE_VERSION

    def to_json(self) -> str:
        """Canonical JSON, keys in order; equal settings give the same text (1 is 1.0).

        Every field is in it, but for those of ``_LATER`` that stand at their default: older ids stay.
        """
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, default in _LATER.items():
            if values[name] == default:
                del values[name]
        for name in ("learning_rate", "momentum", "weight_decay"):
            values[name] += 0.0  # 1 -> 1.0, and -0.0 -> 0.0
        values |= {"model": self.model.to_json(), "frozen": sorted(set(self.frozen))}
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

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
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
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

    @property
    def held_filters(self) -> int:
        """How many filters of the first layer, its first ones, are kernels that do not learn."""
        return self.kernels.count("|") + 1 if self.kernels_held else 0

    def check(self) -> None:
        """Raise :class:`Problem`, with the remedy, for settings that cannot be trained."""
        check_choice("optimiser", self.optimiser, OPTIMISERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("pixels", self.pixels, PIXELS)
        check_choice("initialisation", self.initialisation, INITIALISATIONS)
        check_range("learning_rate", self.learning_rate, 0, 100)
        check_range("momentum", self.momentum, 0, 0.9999)
        check_range("weight_decay", self.weight_decay, 0, 10)
        check_whole("steps", self.steps, 1, MOST_STEPS)
        check_whole("batch_size", self.batch_size, 1, LARGEST_BATCH)
        check_whole("train_size", self.train_size, 1, TRAINING_IMAGES)
        check_whole("seed", self.seed, 0, 2**31 - 1)
        check_whole("version", self.version, 1, 2**31 - 1)
        if not isinstance(self.augmentation, bool):
            raise Problem("augmentation is either on or off: give true or false.")
        if not isinstance(self.start, str):
            raise Problem("start is the name of kept weights, or empty: choose weights that are listed.")
        self._check_model()

    def _check_model(self) -> None:
        rows = summary(self.model)
        if not rows or rows[-1].shape != (10,):
            raise Problem("The network must end in ten numbers, one for each digit: end it with linear(10).")
        if (count := sum(row.parameters for row in rows)) > MOST_PARAMETERS:
            raise Problem(
                "The network would have {count} parameters, and {most} are the most: make a layer smaller.",
                count=f"{count:,}",
                most=f"{MOST_PARAMETERS:,}",
            )
        batch = max(self.batch_size, EVALUATED_AT_ONCE)
        if (count := batch * sum(math.prod(row.shape) for row in rows)) > MOST_NUMBERS:
            raise Problem(
                "A batch would fill {count} numbers in the network's layers, and {most} are the most: use a "
                "smaller batch, fewer channels or more pooling.",
                count=f"{count:,}",
                most=f"{MOST_NUMBERS:,}",
            )
        smallest_batch = self.train_size % self.batch_size or self.batch_size
        for row in rows:
            if row.layer.kind == "batch_norm" and math.prod(row.shape[1:]) * smallest_batch == 1:
                raise Problem(
                    "{name} needs two images a batch, but the last batch of an epoch would have one: "
                    "choose another batch size.",
                    name=row.name,
                )
        for name in self.frozen:
            check_choice("frozen", name, self.model.names())
        self._check_kernels(next(row for row in rows if row.layer.kind in ("conv", "linear")))

    def _check_kernels(self, first: LayerSummary) -> None:
        if not isinstance(self.kernels, str) or not isinstance(self.kernels_held, bool):
            raise Problem("kernels is a text, and kernels_held true or false: choose a kernel on the page.")
        if self.kernels:
            check_kernels(self.kernels, first.layer.kind, first.layer.out, first.layer.kernel)
        elif self.kernels_held:
            raise Problem("There is no kernel to hold: choose one on the convolution page first.")


def steps_for_epochs(epochs: float, train_size: int = TRAINING_IMAGES, batch_size: int = 100) -> int:
    """How many steps so many passes over the training images take; the last batch counts."""
    return max(1, round(epochs * -(-train_size // batch_size)))
