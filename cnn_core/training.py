"""Training as a generator of events: it knows no thread, no store and no page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from cnn_core.data import Mnist
from cnn_core.models import NOTEBOOK, ModelSpec

CODE_VERSION = 1  # rises when this module would give other weights for the same settings


@dataclass(frozen=True)
class TrainingSpec:
    """Everything that decides a run's weights. Its hash is the run's id."""

    model: ModelSpec = NOTEBOOK
    optimiser: str = "adamw"  # sgd (with momentum, where it is not 0), adam, adamw
    learning_rate: float = 5e-3
    momentum: float = 0.0
    weight_decay: float = 0.0
    schedule: str = "constant"  # constant, one_cycle
    steps: int = 200
    batch_size: int = 100
    seed: int = 0
    train_size: int = 60_000  # the first so many training images
    pixels: str = "plain"  # plain, shuffled (one fixed permutation of all images' pixels)
    augmentation: bool = False  # mild rotation, scale, shear and shift
    initialisation: str = "torch"  # torch, kaiming, zeros, small
    start: str = ""  # sha256 of an artifact with the weights to start from
    frozen: tuple[str, ...] = ()  # layers that do not learn
    version: int = field(default=CODE_VERSION)

    def to_json(self) -> str:
        raise NotImplementedError

    @classmethod
    def from_json(cls, text: str) -> TrainingSpec:
        raise NotImplementedError

    @property
    def run_id(self) -> str:
        """The first 16 hex digits of the sha256 of the canonical JSON."""
        raise NotImplementedError


@dataclass(frozen=True)
class Step:
    """One step of the optimiser: the loss of its batch before the update."""

    step: int  # 1 is the first
    loss: float
    learning_rate: float


@dataclass(frozen=True)
class Snapshot:
    """All weights after so many steps; step 0 is before training."""

    step: int
    weights: dict[str, np.ndarray]


@dataclass(frozen=True)
class Evaluation:
    """What the network answers: on a fixed part of the test images while it trains, on all at the end."""

    step: int
    predictions: np.ndarray  # uint8 (n,), for the first n test images
    correct: int

    @property
    def accuracy(self) -> float:
        return self.correct / len(self.predictions)


@dataclass(frozen=True)
class Checkpoint:
    """Where training can go on from, to bit-identical weights: weights, optimiser, step."""

    step: int
    data: bytes


@dataclass(frozen=True)
class Finished:
    step: int


Event = Step | Snapshot | Evaluation | Checkpoint | Finished


def fit(spec: TrainingSpec, data: Mnist, checkpoint: Checkpoint | None = None) -> Iterator[Event]:
    """Train from the start, or from a checkpoint."""
    raise NotImplementedError


PRESETS: dict[str, Any] = {}  # notebook, book, fast, accurate: TrainingSpec and a sentence on what to expect
_ = (hashlib, json, asdict, replace)
