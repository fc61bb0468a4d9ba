"""What a network has learned and what it makes of an image: filters, feature maps, probabilities, mistakes.

One unit opened is in ``explain``, what excites a unit in ``excite``; both can be imported from here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from torch import Tensor, nn

from cnn_core.excite import (
    Orientation,
    TopPatches,
    class_response,
    maximise_unit,
    orientation,
    ranked_channels,
    top_patches,
)
from cnn_core.explain import Term, UnitExplanation, explain_unit
from cnn_core.messages import Problem
from cnn_core.models import CLASSES
from cnn_core.walk import ReceptiveField, as_batch, no_such_layer, receptive_field, run, spec_of, walk

__all__ = [
    "Orientation",
    "ReceptiveField",
    "Term",
    "TopPatches",
    "UnitExplanation",
    "class_response",
    "confusion_matrix",
    "explain_unit",
    "feature_maps",
    "filters",
    "logits",
    "maximise_unit",
    "mean_loss",
    "orientation",
    "predict",
    "predict_batch",
    "ranked_channels",
    "receptive_field",
    "spec_of",
    "top_patches",
]


def filters(model: nn.Module, layer: str = "conv1") -> np.ndarray:
    """A copy of a convolution's weights, (FN, C, FH, FW), float32 (7.6.1).

    Raises :class:`Problem` where the layer is not there or is no convolution.
    """
    module = dict(model.named_children()).get(layer)
    if module is None:
        raise no_such_layer(layer)
    if not isinstance(module, nn.Conv2d):
        raise Problem("{layer} has no filters: choose a convolution.", layer=layer)
    return module.weight.detach().cpu().numpy().copy()


def feature_maps(model: nn.Module, image: ArrayLike) -> dict[str, np.ndarray]:
    """What comes out of every layer for one (28, 28) image, 0 to 1: name -> (C, H, W), or (n,) of a vector.

    The first is "input", (1, 28, 28).
    """
    x = as_batch(model, image)[:1]
    maps = {"input": x[0].cpu().numpy().copy()}
    with torch.no_grad():
        for visit in walk(model, x):
            maps[visit.name] = visit.output[0].cpu().numpy().copy()
    return maps


def probabilities(maps: dict[str, np.ndarray]) -> np.ndarray:
    """The probability of each digit, from what ``feature_maps`` gave: float32 (10,), as ``predict``."""
    scores = next(reversed(maps.values()))
    return torch.from_numpy(scores).softmax(dim=0).numpy()


def logits(model: nn.Module, image: ArrayLike) -> np.ndarray:
    """The ten scores of one image before softmax, float32 (10,)."""
    with torch.no_grad():
        return run(model, as_batch(model, image)[:1])[0].cpu().numpy()


def predict(model: nn.Module, image: ArrayLike) -> np.ndarray:
    """The probability of each digit for one (28, 28) image, float32 (10,)."""
    with torch.no_grad():
        return run(model, as_batch(model, image)[:1])[0].softmax(dim=0).cpu().numpy()


def predict_batch(model: nn.Module, images: ArrayLike, batch_size: int = 500) -> np.ndarray:
    """The probability of each digit for (N, 28, 28) images: float32 (N, 10)."""
    with torch.no_grad():
        parts = [run(model, x).softmax(dim=1).cpu() for x in _batches(model, images, batch_size)]
    return torch.cat(parts).numpy() if parts else np.zeros((0, CLASSES), np.float32)


def mean_loss(model: nn.Module, images: ArrayLike, labels: ArrayLike) -> float:
    """The mean of −ln(probability of the right digit) over (N, 28, 28) images and their (N,) labels."""
    with torch.no_grad():
        scores = torch.cat([run(model, x) for x in _batches(model, images, 500)])
        return float(F.cross_entropy(scores, torch.from_numpy(np.asarray(labels, np.int64))))


def _batches(model: nn.Module, images: ArrayLike, batch_size: int) -> Iterator[Tensor]:
    array = np.asarray(images)
    if array.ndim == 2:
        array = array[None]
    for begin in range(0, len(array), batch_size):
        yield as_batch(model, array[begin : begin + batch_size])


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike) -> np.ndarray:
    """How often each digit (row) was read as each digit (column): int64 (10, 10)."""
    pairs = np.asarray(labels, np.int64) * CLASSES + np.asarray(predictions, np.int64)
    return np.bincount(pairs, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
