"""What turns gradients into steps: the optimisers, and the learning rate of each step."""

from __future__ import annotations

import math

import torch
from torch import nn

from cnn_core.spec import TrainingSpec


def optimiser(spec: TrainingSpec, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """SGD, Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019), as the spec names it."""
    parameters = parameters or [nn.Parameter(torch.zeros(1))]  # all layers are frozen
    if spec.optimiser == "sgd":
        return torch.optim.SGD(
            parameters, spec.learning_rate, momentum=spec.momentum, weight_decay=spec.weight_decay
        )
    kind = torch.optim.Adam if spec.optimiser == "adam" else torch.optim.AdamW
    return kind(parameters, spec.learning_rate, weight_decay=spec.weight_decay)


def state_names(spec: TrainingSpec) -> tuple[str, ...]:
    """What the optimiser remembers of each parameter after its first step."""
    if spec.optimiser == "sgd":
        return ("momentum_buffer",) if spec.momentum else ()
    return ("step", "exp_avg", "exp_avg_sq")


def learning_rate(spec: TrainingSpec, step: int) -> float:
    """The rate of a step. ``one_cycle``: a cosine up for 30 % of the steps, then down (Smith 2018)."""
    if spec.schedule == "constant":
        return spec.learning_rate
    rising = max(1.0, 0.3 * spec.steps)
    if step <= rising:
        low, share = spec.learning_rate / 25, 1 - step / rising
    else:
        low, share = spec.learning_rate / 1e4, (step - rising) / max(1.0, spec.steps - rising)
    return low + (spec.learning_rate - low) * (1 + math.cos(math.pi * share)) / 2
