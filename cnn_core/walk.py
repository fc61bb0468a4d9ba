"""One network, walked layer by layer: no hooks and nothing changed, so that sessions can share the model.

``features``, ``explain``, ``excite`` and ``attribution`` stand on this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.messages import Problem
from cnn_core.models import INPUT_SHAPE, Layer, LayerSummary, ModelSpec, summary

Box = tuple[int, int, int, int]  # top, left, bottom, right; the last two are just outside


class Visit(NamedTuple):
    """One layer on the way: what came in, what went out."""

    name: str
    module: nn.Module
    input: Tensor
    output: Tensor


def walk(model: nn.Module, x: Tensor) -> Iterator[Visit]:
    """Every named layer in turn, as in evaluation: dropout passes on, batch norm uses what it has learned."""
    for name, module in model.named_children():
        output = _apply(module, x)
        yield Visit(name, module, x, output)
        x = output


def run(model: nn.Module, x: Tensor, until: str | None = None) -> Tensor:
    """What comes out of layer ``until``, or of the whole network."""
    for visit in walk(model, x):
        x = visit.output
        if visit.name == until:
            return x
    if until is not None:
        raise no_such_layer(until)
    return x


def no_such_layer(name: str) -> Problem:
    return Problem("This network has no layer called {name}.", name=name)


def _apply(module: nn.Module, x: Tensor) -> Tensor:
    if isinstance(module, nn.Dropout):
        return x
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return F.batch_norm(
            x, module.running_mean, module.running_var, module.weight, module.bias, eps=module.eps
        )
    return module(x)


def as_batch(model: nn.Module, images: ArrayLike) -> Tensor:
    """(28, 28), (1, 28, 28), (N, 28, 28) or (N, 1, 28, 28) -> float32 (N, 1, 28, 28) where the model is.

    float is 0 to 1, uint8 is 0 to 255. Raises :class:`Problem` for another size.
    """
    array = np.asarray(images)
    if array.ndim < 2 or array.shape[-2:] != INPUT_SHAPE[1:]:
        shape = "×".join(map(str, array.shape))
        raise Problem("The network reads pictures of 28×28 pixels, but this one is {shape}.", shape=shape)
    scaled = array.astype(np.float32)
    if array.dtype == np.uint8:
        scaled /= 255
    first = next(model.parameters(), torch.empty(0))
    return torch.from_numpy(scaled.reshape(-1, *INPUT_SHAPE)).to(first.device)


def spec_of(model: nn.Module) -> ModelSpec:
    """The :class:`ModelSpec` that a built network has: the inverse of ``ModelSpec.build``."""
    return ModelSpec(tuple(_layer_of(module) for module in model.children()))


_KINDS: dict[type[nn.Module], str] = {
    nn.BatchNorm1d: "batch_norm",
    nn.BatchNorm2d: "batch_norm",
    nn.ReLU: "relu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.Flatten: "flatten",
}


def _layer_of(module: nn.Module) -> Layer:
    if isinstance(module, nn.Conv2d):
        window = _one(module.kernel_size), _one(module.stride), _one(module.padding)
        return Layer("conv", module.out_channels, *window)
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        kind = "max_pool" if isinstance(module, nn.MaxPool2d) else "avg_pool"
        return Layer(kind, 0, _one(module.kernel_size), _one(module.stride), _one(module.padding))
    if isinstance(module, nn.Linear):
        return Layer("linear", out=module.out_features)
    if isinstance(module, nn.Dropout):
        return Layer("dropout", p=module.p)
    return Layer(_KINDS[type(module)])


def _one(size: object) -> int:
    """A square's side; windows here are square."""
    height, width = size if isinstance(size, tuple) else (size, size)
    assert isinstance(height, int)
    assert height == width
    return height


def layer_row(spec: ModelSpec, layer: str) -> tuple[int, LayerSummary]:
    """The place and the summary of a layer; raises :class:`Problem` where there is none of that name."""
    for i, row in enumerate(summary(spec)):
        if row.name == layer:
            return i, row
    raise no_such_layer(layer)


class ReceptiveField(NamedTuple):
    """The part of the image that a unit sees; bottom and right are just outside."""

    top: int
    left: int
    bottom: int
    right: int
    full: Box  # the same with the padding that it reaches into, so it may leave the image

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) on the image."""
        return self.bottom - self.top, self.right - self.left

    @property
    def full_size(self) -> tuple[int, int]:
        """(height, width) with the padding."""
        top, left, bottom, right = self.full
        return bottom - top, right - left


def receptive_field(
    spec: ModelSpec, layer: str, row: int = 0, col: int = 0, channel: int = 0
) -> ReceptiveField:
    """Where on the image the unit (channel, row, col) of ``layer`` looks (7.6.2).

    A vector's unit is its ``channel``: behind ``flatten`` it is still one cell of a map, behind a linear
    layer it sees everything. Raises :class:`Problem` for a layer or unit that does not exist.
    """
    place, at = layer_row(spec, layer)
    check_unit(at, channel, row, col)
    before = summary(spec)[: place + 1]
    clipped = full = (row, col, row + 1, col + 1)  # a vector's box is found at flatten
    for step in reversed(before):
        kind = step.layer.kind
        if kind == "linear":
            clipped = full = (0, 0, *INPUT_SHAPE[1:])
            break
        if kind == "flatten":
            r, c = (int(i) for i in np.unravel_index(channel, step.in_shape)[-2:])
            clipped = full = (r, c, r + 1, c + 1)
        elif step.layer.kernel:
            full = _before_window(full, step.layer)
            clipped = _clip(_before_window(clipped, step.layer), step.in_shape)
    return ReceptiveField(*clipped, full)


def check_unit(at: LayerSummary, channel: int, row: int, col: int) -> None:
    """Raise :class:`Problem` where the layer has no such unit."""
    position = (channel, row, col)
    shape = at.shape if len(at.shape) == 3 else (*at.shape, 1, 1)
    if not all(0 <= p < n for p, n in zip(position, shape, strict=True)):
        raise Problem(
            "{layer} has the shape {shape}, so it has no unit at {position}.",
            layer=at.name,
            shape="×".join(map(str, at.shape)),
            position=position if len(at.shape) == 3 else channel,
        )


def _before_window(box: Box, layer: Layer) -> Box:
    """What a box of outputs reads: the first window's beginning to the last window's end."""
    top, left, bottom, right = box
    stride, reach = layer.stride, layer.kernel - layer.stride - layer.padding
    return (
        top * stride - layer.padding,
        left * stride - layer.padding,
        bottom * stride + reach,
        right * stride + reach,
    )


def _clip(box: Box, shape: tuple[int, ...]) -> Box:
    height, width = shape[-2:]
    top, left = min(max(box[0], 0), height), min(max(box[1], 0), width)
    return top, left, max(top, min(box[2], height)), max(left, min(box[3], width))
