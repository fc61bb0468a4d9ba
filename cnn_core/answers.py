"""How every channel of every layer answers to many images, asked in one pass (7.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from cnn_core.excite import TopPatches, mean_by_class, strongest_patches
from cnn_core.models import ModelSpec
from cnn_core.walk import as_batch, layer_row, spec_of, walk


@dataclass(frozen=True)
class Answers:
    """The strongest value of each channel in each image, and where it stands on the channel's map."""

    spec: ModelSpec
    images: np.ndarray  # (N, 28, 28), as they were given
    labels: np.ndarray  # (N,)
    peaks: dict[str, np.ndarray]  # layer -> float32 (N, C)
    places: dict[str, np.ndarray]  # layer -> (N, C): row times the map's width, and column

    def patches(self, layer: str, channel: int, k: int = 9) -> TopPatches:
        """The images that excite a channel most, as ``excite.top_patches``."""
        width = self._width(layer)
        places = np.stack(np.divmod(self.places[layer][:, channel].astype(np.int64), width), axis=1)
        peaks = self.peaks[layer][:, channel]
        return strongest_patches(self.spec, self.images, layer, channel, peaks, places, k)

    def response(self, layer: str, channel: int) -> np.ndarray:
        """How strongly a channel answers to each digit, (10,), as ``excite.class_response``."""
        return mean_by_class(self.peaks[layer][:, channel], self.labels)

    def by_class(self, layer: str) -> np.ndarray:
        """How much of each channel's answers the digit decides, (C,): 0 nothing, 1 everything.

        The share of their variance that lies between the classes (η², the correlation ratio); 0 for a channel
        that always answers the same.
        """
        peaks = self.peaks[layer].astype(np.float64)
        mean = peaks.mean(axis=0)
        classes = [peaks[self.labels == c] for c in np.unique(self.labels)]
        between = sum((len(of_class) * (of_class.mean(axis=0) - mean) ** 2 for of_class in classes), 0 * mean)
        whole = ((peaks - mean) ** 2).sum(axis=0)
        return np.divide(between, whole, out=np.zeros_like(whole), where=whole > 1e-12)

    def _width(self, layer: str) -> int:
        shape = layer_row(self.spec, layer)[1].shape
        return shape[2] if len(shape) == 3 else 1


def ask(model: nn.Module, images: ArrayLike, labels: ArrayLike, batch_size: int = 100) -> Answers:
    """Let a network see (N, 28, 28) images, of the digits (N,), and note each channel's strongest answers."""
    array = np.asarray(images)
    peaks: dict[str, list[np.ndarray]] = {}
    places: dict[str, list[np.ndarray]] = {}
    with torch.no_grad():
        for begin in range(0, len(array), batch_size):
            for visit in walk(model, as_batch(model, array[begin : begin + batch_size])):
                best, place = visit.output.reshape(*visit.output.shape[:2], -1).max(dim=2)
                peaks.setdefault(visit.name, []).append(best.cpu().numpy())
                places.setdefault(visit.name, []).append(place.cpu().numpy().astype(np.int32))
    return Answers(
        spec_of(model),
        array,
        np.asarray(labels),
        {name: np.concatenate(parts) for name, parts in peaks.items()},
        {name: np.concatenate(parts) for name, parts in places.items()},
    )


def ranges(model: nn.Module, images: ArrayLike, batch_size: int = 100) -> dict[str, tuple[float, float]]:
    """The smallest and the largest number that each layer puts out for any of (N, 28, 28) images.

    A layer whose numbers are not all finite is left out.
    """
    array = np.asarray(images)
    found: dict[str, tuple[float, float]] = {}
    with torch.no_grad():
        for begin in range(0, len(array), batch_size):
            for visit in walk(model, as_batch(model, array[begin : begin + batch_size])):
                low, high = (float(end) for end in visit.output.aminmax())
                before = found.get(visit.name, (low, high))
                found[visit.name] = float(np.minimum(low, before[0])), float(np.maximum(high, before[1]))
    return {name: ends for name, ends in found.items() if np.isfinite(ends).all()}
