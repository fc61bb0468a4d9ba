"""What training tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
    """What the network answers: on the first test images while it trains, on all of them at the end."""

    step: int
    predictions: np.ndarray  # uint8 (n,), for the first n test images
    correct: int

    @property
    def accuracy(self) -> float:
        return self.correct / len(self.predictions)


@dataclass(frozen=True)
class Checkpoint:
    """Where training can go on from, to bit-identical weights: weights and optimiser, as safetensors."""

    step: int
    data: bytes


@dataclass(frozen=True)
class Live:
    """The newest weights of the first layer, and the gradient that the last step saw."""

    step: int
    weight: np.ndarray
    gradient: np.ndarray


@dataclass(frozen=True)
class Finished:
    step: int


Event = Step | Snapshot | Evaluation | Checkpoint | Live | Finished
