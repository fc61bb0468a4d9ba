"""What a unit looks for: the patches that excite it most, its digits, the best input of all (7.6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.gratings import Orientation, orientation
from cnn_core.models import CLASSES, INPUT_SHAPE, ModelSpec
from cnn_core.walk import ReceptiveField, as_batch, check_unit, layer_row, receptive_field, run, spec_of

__all__ = [
    "Maximised",
    "Orientation",
    "TopPatches",
    "class_response",
    "maximise_unit",
    "orientation",
    "ranked_channels",
    "top_patches",
]

INK, ROUGHNESS = 12.0, 36.0  # what an inked pixel and a step between neighbours cost in maximise_unit


@dataclass(frozen=True)
class TopPatches:
    """The images that excite a channel most, strongest first, and where in each of them."""

    indices: np.ndarray  # (k,): places in the images that were given
    images: np.ndarray  # (k, 28, 28), as they were given
    positions: np.ndarray  # (k, 2): row and column on the channel's map; 0, 0 of a vector
    values: np.ndarray  # (k,): what the unit answers there
    fields: list[ReceptiveField]  # the part of each image that it looks at there

    def patches(self) -> list[np.ndarray]:
        """The part of each image that the unit looks at, cut out."""
        boxes = zip(self.images, self.fields, strict=True)
        return [image[f.top : f.bottom, f.left : f.right] for image, f in boxes]


def top_patches(
    model: nn.Module, images: ArrayLike, layer: str, channel: int, k: int = 9, batch_size: int = 250
) -> TopPatches:
    """The ``k`` images, of (N, 28, 28), that excite a channel most, each with its strongest place."""
    array = np.asarray(images)
    peaks, places = _peaks(model, array, layer, channel, batch_size)
    return strongest_patches(spec_of(model), array, layer, channel, peaks, places, k)


def strongest_patches(
    spec: ModelSpec,
    images: np.ndarray,
    layer: str,
    channel: int,
    peaks: np.ndarray,
    places: np.ndarray,
    k: int = 9,
) -> TopPatches:
    """The same from what the channel answered to each image, (N,), and where on its map, (N, 2)."""
    order = np.argsort(-np.nan_to_num(peaks, nan=-np.inf), kind="stable")[:k]
    is_map = len(layer_row(spec, layer)[1].shape) == 3
    at = [(int(row), int(col)) if is_map else (0, 0) for row, col in places[order]]
    fields = [receptive_field(spec, layer, *cell, channel) for cell in at]
    return TopPatches(order, images[order], places[order], peaks[order], fields)


def class_response(
    model: nn.Module, images: ArrayLike, labels: ArrayLike, layer: str, channel: int, batch_size: int = 250
) -> np.ndarray:
    """How strongly a channel answers to each digit: the mean of its strongest value in each image, (10,).

    NaN for a digit that is not among the images.
    """
    peaks, _ = _peaks(model, np.asarray(images), layer, channel, batch_size)
    return mean_by_class(peaks, labels)


def mean_by_class(peaks: np.ndarray, labels: ArrayLike) -> np.ndarray:
    """The mean of the values of each digit's images, (10,); NaN for a digit that is not among them."""
    truth = np.asarray(labels)
    return np.array([peaks[truth == c].mean() if (truth == c).any() else np.nan for c in range(CLASSES)])


def ranked_channels(maps: ArrayLike) -> np.ndarray:
    """The channels of a layer's maps (C, H, W), or of its vector (n,), by their strongest value."""
    array = np.nan_to_num(np.asarray(maps))
    return np.argsort(-array.reshape(len(array), -1).max(axis=1), kind="stable")


def _peaks(
    model: nn.Module, images: np.ndarray, layer: str, channel: int, batch_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """The channel's strongest value in each image (N,), and its (row, column) there (N, 2)."""
    check_unit(layer_row(spec_of(model), layer)[1], channel, 0, 0)
    peaks = np.zeros(len(images), np.float32)
    places = np.zeros((len(images), 2), np.int64)
    with torch.no_grad():
        for begin in range(0, len(images), batch_size):
            part = slice(begin, begin + batch_size)
            answers = run(model, as_batch(model, images[part]), until=layer)[:, channel].cpu().numpy()
            flat = answers.reshape(len(answers), -1)
            best = flat.argmax(axis=1)
            peaks[part] = flat[np.arange(len(flat)), best]
            if answers.ndim == 3:
                places[part] = np.stack(np.unravel_index(best, answers.shape[1:]), axis=1)
    return peaks, places


class Maximised(NamedTuple):
    """One moment of the search for the input that a unit answers to most."""

    step: int
    steps: int
    image: np.ndarray  # float32 (28, 28), 0 to 1; black where the unit does not look
    value: float  # what the unit answers to it


def maximise_unit(
    model: nn.Module,
    layer: str,
    channel: int,
    row: int | None = None,
    col: int | None = None,
    steps: int = 150,
    seed: int = 0,
    every: int = 10,
) -> Iterator[Maximised]:
    """Change an image, from faint noise on, until the unit answers as strongly as it can (Erhan et al. 2009).

    Ink and roughness cost, so that no more is drawn than the unit asks for. Without row and
    col it is the unit in the middle of the channel's map. Yields every so many steps and at the end.
    """
    spec = spec_of(model)
    shape = layer_row(spec, layer)[1].shape
    is_map = len(shape) == 3
    at = (shape[1] // 2 if row is None else row, shape[2] // 2 if col is None else col) if is_map else (0, 0)
    unit = _Unit(model, _before_relu(spec, layer), layer, channel, at if is_map else None)
    mask = _mask(receptive_field(spec, layer, *at, channel))
    generator = torch.Generator().manual_seed(seed)
    pixels = (torch.randn(1, *INPUT_SHAPE, generator=generator) * 0.3 - 1.5).requires_grad_()
    scale = unit.spread(mask, generator)
    optimiser = torch.optim.Adam([pixels], lr=0.1)
    for step in range(1, steps + 1):
        with torch.enable_grad():
            image = pixels.sigmoid() * mask
            cost = -unit.drive(image) / scale + _ink(image, mask)
            (pixels.grad,) = torch.autograd.grad(cost, [pixels])
        optimiser.step()
        if step % every == 0 or step == steps:
            with torch.no_grad():  # left before the yield, or the caller's gradients were switched off
                image = pixels.sigmoid() * mask
                value = unit.value(image)
            yield Maximised(step, steps, image[0, 0].numpy().copy(), value)


class _Unit:
    """A unit of a shared model, seen from the image; the model's weights take no gradient from it."""

    def __init__(
        self, model: nn.Module, driven: str | None, layer: str, channel: int, at: tuple[int, int] | None
    ) -> None:
        self.model, self.driven, self.layer, self.channel, self.at = model, driven, layer, channel, at

    def _answer(self, images: Tensor, layer: str | None) -> Tensor:
        out = (images if layer is None else run(self.model, images, until=layer))[:, self.channel]
        return out if self.at is None else out[:, self.at[0], self.at[1]]

    def value(self, image: Tensor) -> float:
        return float(self._answer(image, self.layer)[0])

    def drive(self, image: Tensor) -> Tensor:
        """What is pushed up: before a ReLU, where a silent unit still has a slope to climb."""
        return self._answer(image, self.driven)[0]

    def spread(self, mask: Tensor, generator: torch.Generator) -> Tensor:
        """How much the drive differs from noise to noise: the measure against which ink is dear."""
        with torch.no_grad():
            noise = torch.rand(64, *INPUT_SHAPE, generator=generator) * mask
            return self._answer(noise, self.driven).std().clamp_min(1e-6)


def _before_relu(spec: ModelSpec, layer: str) -> str | None:
    """The layer whose value to push up: for a ReLU the one before it, None for the image itself."""
    names = spec.names()
    place, at = layer_row(spec, layer)
    if at.layer.kind != "relu":
        return layer
    return names[place - 1] if place else None


def _mask(field: ReceptiveField) -> Tensor:
    """1 where the unit looks, 0 elsewhere: (1, 28, 28)."""
    mask = torch.zeros(INPUT_SHAPE)
    mask[:, field.top : field.bottom, field.left : field.right] = 1
    return mask


def _ink(image: Tensor, mask: Tensor) -> Tensor:
    """The price of ink and of differences between neighbours.

    A unit that sees much gets its value from many pixels, so its ink is dearer in all, though not for each
    pixel: the root lies between the two (chosen by eye on networks of 98 and 99 %).
    """
    down = F.mse_loss(image[..., 1:, :], image[..., :-1, :], reduction="sum")
    across = F.mse_loss(image[..., 1:], image[..., :-1], reduction="sum")
    return (INK * image.sum() + ROUGHNESS * (down + across)) / (mask.sum() * mask.numel()).sqrt()
