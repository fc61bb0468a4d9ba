"""One digit taught to a network by hand: a step of gradient descent on a private copy of its weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn
from torch.nn import functional as F

from cnn_core.messages import Problem
from cnn_core.records import DamagedError, Weights, pack, unpack
from cnn_core.walk import as_batch, run

KIND = "weights"  # of the artifact that keeps what was taught


@dataclass(frozen=True)
class Moved:
    """How far the weights of one layer, as one long vector, moved, and how long they were before."""

    layer: str
    count: int
    change: float
    size: float

    @property
    def share(self) -> float:
        """The change against the size before; 0 where there was nothing."""
        return self.change / self.size if self.size else 0.0


def taught(model: nn.Module, image: ArrayLike, label: int, rate: float) -> nn.Module:
    """A copy after one step: each weight minus ``rate`` times its gradient of the cross-entropy (6.1.2).

    ``image`` is (28, 28), 0 to 1. As in evaluation: nothing is dropped, and batch norm keeps its statistics.
    Raises :class:`Problem` where the step was so large that a weight or an answer is no number any more.
    """
    pupil = copy.deepcopy(model).requires_grad_(True)
    named = dict(pupil.named_parameters())
    loss = F.cross_entropy(run(pupil, as_batch(pupil, image)[:1]), torch.tensor([label]))
    gradients = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    with torch.no_grad():
        for weight, gradient in zip(named.values(), gradients, strict=True):
            if gradient is not None:
                weight.sub_(rate * gradient)
        made = (run(pupil, as_batch(pupil, image)[:1]), *named.values())
    if not all(bool(numbers.isfinite().all()) for numbers in made):
        raise Problem("With so large a step the weights are no numbers: use a smaller learning rate.")
    return pupil.eval().requires_grad_(False)


def weights_of(model: nn.Module) -> Weights:
    """A copy of everything that the network keeps, by name."""
    return {name: value.detach().cpu().numpy().copy() for name, value in model.state_dict().items()}


def kept(model: nn.Module) -> bytes:
    """The network's weights as safetensors: what an artifact of this KIND holds."""
    return pack(weights_of(model))


def restored(model: nn.Module, data: bytes) -> nn.Module:
    """A copy of the network with :func:`kept` weights. Raises :class:`Problem` where they do not fit."""
    try:
        weights = unpack(data)
    except DamagedError:
        raise _do_not_fit() from None
    own = weights_of(model)
    shapes = {name: (a.shape, a.dtype) for name, a in weights.items()}
    if shapes != {name: (a.shape, a.dtype) for name, a in own.items()}:
        raise _do_not_fit()
    if not all(np.isfinite(a).all() for a in weights.values()):
        raise _do_not_fit()
    pupil = copy.deepcopy(model)
    pupil.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in weights.items()})
    return pupil.eval().requires_grad_(False)


def _do_not_fit() -> Problem:
    return Problem("What was taught does not fit this network, so the network is shown as it was trained.")


def moved(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[Moved]:
    """For each layer with weights, in order, how far they moved: Euclidean lengths, biases included."""
    layers: dict[str, list[str]] = {}
    for name in before:
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    found = []
    for layer, names in layers.items():
        was, now = (np.concatenate([w[n].ravel().astype(float) for n in names]) for w in (before, after))
        found.append(Moved(layer, was.size, float(np.linalg.norm(now - was)), float(np.linalg.norm(was))))
    return found
