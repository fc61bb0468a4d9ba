"""One value of a network, opened: the numbers that were read, the weights, the products and their sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from cnn_core.models import Layer
from cnn_core.walk import (
    Box,
    ReceptiveField,
    Visit,
    as_batch,
    check_unit,
    layer_row,
    receptive_field,
    spec_of,
    walk,
)

Position = tuple[int, int, int]  # channel, row, column; a vector's unit is (index, 0, 0)


class Term(NamedTuple):
    """One product of the sum, and the unit that its input came from (None: padding)."""

    at: tuple[int, ...]
    input: float
    weight: float
    product: float
    source: Position | None


@dataclass(frozen=True)
class UnitExplanation:
    """How a unit came by its value: ``terms.sum() + bias == total``, which is ``value`` to float32 rounding.

    Shapes of inputs, weights and terms: conv (C, FH, FW), pooling (FH, FW), linear (n,), the rest (1,).
    Padding counts as 0, and as minus infinity in max pooling. The weights of max pooling are 1 at the cell
    that won, of average pooling 1 over the cells, of ReLU 1 or 0; tanh and sigmoid have no products: their
    one term is the function's value, their weight 1.
    """

    layer: str
    kind: str  # as in models.Layer
    position: Position
    inputs: np.ndarray
    weights: np.ndarray
    terms: np.ndarray
    bias: float
    value: float  # what the network itself computes
    source_layer: str  # whose output is read: a layer's name or "input"
    source_shape: tuple[int, ...]
    source_box: Box  # rows and columns that are read there; may reach into the padding
    receptive_field: ReceptiveField

    @property
    def total(self) -> float:
        """The sum of all terms and the bias, in float64."""
        return float(self.terms.sum() + self.bias)

    @property
    def per_channel(self) -> np.ndarray:
        """The sum of each input channel's terms, (C,): a convolution adds these (7.2.5)."""
        return self.terms.reshape(len(self.terms), -1).sum(axis=1) if self.kind == "conv" else self.terms

    @property
    def winner(self) -> tuple[int, int] | None:
        """Max pooling: row and column, in the window, of the cell that won."""
        if self.kind != "max_pool":
            return None
        row, col = np.unravel_index(int(self.weights.argmax()), self.weights.shape)
        return int(row), int(col)

    def source(self, index: tuple[int, ...]) -> Position | None:
        """The unit of ``source_layer`` that the input at ``index`` came from; None where it is padding."""
        if self.kind == "linear":
            return int(index[0]), 0, 0
        if self.kind == "flatten":
            found = np.unravel_index(self.position[0], self.source_shape)
            channel, row, col = (*map(int, found), 0, 0)[:3]
            return channel, row, col
        channel, (row, col) = self.position[0], self.source_box[:2]
        if self.kind == "conv":
            channel, row, col = index[0], row + index[1], col + index[2]
        elif self.kind in ("max_pool", "avg_pool"):
            row, col = row + index[0], col + index[1]
        inside = len(self.source_shape) == 1 or (
            0 <= row < self.source_shape[1] and 0 <= col < self.source_shape[2]
        )
        return (int(channel), int(row), int(col)) if inside else None

    def strongest(self, count: int = 10) -> list[Term]:
        """The terms of the largest size, for and against, largest first."""
        flat = np.nan_to_num(self.terms).ravel()
        order = np.argsort(-np.abs(flat), kind="stable")[:count]
        return [self.term(tuple(map(int, np.unravel_index(i, self.terms.shape)))) for i in order]

    def term(self, index: tuple[int, ...]) -> Term:
        """The product at ``index``."""
        numbers = (float(self.inputs[index]), float(self.weights[index]), float(self.terms[index]))
        return Term(index, *numbers, self.source(index))


def explain_unit(
    model: nn.Module, image: ArrayLike, layer: str, channel: int, row: int = 0, col: int = 0
) -> UnitExplanation:
    """The sum behind the unit (channel, row, col) of ``layer`` for a (28, 28) image, 0 to 1 (7.2.2 to 7.2.6).

    In a vector ``channel`` is the index, row and col are 0. Raises :class:`Problem` where there is no such
    layer or unit.
    """
    spec = spec_of(model)
    place, at = layer_row(spec, layer)
    check_unit(at, channel, row, col)
    with torch.no_grad():
        visit = next(v for v in walk(model, as_batch(model, image)) if v.name == layer)
    source = visit.input[0].cpu().numpy()
    position = (channel, row, col)
    box = _source_box(at.layer, row, col)
    inputs, weights, terms, bias = _OPENED.get(at.layer.kind, _opened_function)(visit, source, position, box)
    return UnitExplanation(
        layer=layer,
        kind=at.layer.kind,
        position=position,
        inputs=inputs,
        weights=weights,
        terms=terms,
        bias=bias,
        value=_value(visit, position),
        source_layer=spec.names()[place - 1] if place else "input",
        source_shape=at.in_shape,
        source_box=box,
        receptive_field=receptive_field(spec, layer, row, col, channel),
    )


Opened = tuple[np.ndarray, np.ndarray, np.ndarray, float]  # inputs, weights, terms, bias


def _value(visit: Visit, position: Position) -> float:
    output = visit.output[0]
    return float(output[position] if output.ndim == 3 else output[position[0]])


def _source_box(layer: Layer, row: int, col: int) -> Box:
    if not layer.kernel:
        return row, col, row + 1, col + 1
    top, left = row * layer.stride - layer.padding, col * layer.stride - layer.padding
    return top, left, top + layer.kernel, left + layer.kernel


def _window(maps: np.ndarray, box: Box, border: float = 0.0) -> np.ndarray:
    """The cells of all maps (C, H, W) in the box, ``border`` where it leaves them."""
    top, left, bottom, right = box
    window = np.full((len(maps), bottom - top, right - left), border, maps.dtype)
    rows, cols = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
    inside = maps[:, rows, cols]
    down, across = max(-top, 0), max(-left, 0)
    window[:, down : down + inside.shape[1], across : across + inside.shape[2]] = inside
    return window


def _products(inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64, so that the terms add up to the sum that is shown, whatever their order."""
    return inputs.astype(np.float64) * weights.astype(np.float64)


def _opened_conv(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    weights, bias = _weights(visit.module, position[0])
    inputs = _window(source, box)
    return inputs, weights, _products(inputs, weights), bias


def _opened_linear(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    weights, bias = _weights(visit.module, position[0])
    return source, weights, _products(source, weights), bias


def _weights(module: nn.Module, unit: int) -> tuple[np.ndarray, float]:
    assert isinstance(module, nn.Conv2d | nn.Linear)
    bias = 0.0 if module.bias is None else float(module.bias.detach()[unit])
    return module.weight[unit].detach().cpu().numpy().copy(), bias


def _opened_max(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    inputs = _window(source[position[0], None], box, -np.inf)[0]
    weights = np.zeros_like(inputs)
    weights[np.unravel_index(int(inputs.argmax()), inputs.shape)] = 1
    return inputs, weights, _products(np.where(weights, inputs, 0), weights), 0.0


def _opened_average(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    inputs = _window(source[position[0], None], box)[0]
    weights = np.full(inputs.shape, 1 / inputs.size)
    return inputs, weights, _products(inputs, weights), 0.0


def _opened_norm(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    """(x − mean) / √(variance + eps) · scale + shift, as one weight and one bias."""
    module, unit = visit.module, position[0]
    assert isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
    assert module.running_mean is not None
    assert module.running_var is not None
    inputs = _single(visit, source, position)
    scale, shift = float(module.weight.detach()[unit]), float(module.bias.detach()[unit])
    weight = scale / (float(module.running_var[unit]) + module.eps) ** 0.5
    bias = shift - float(module.running_mean[unit]) * weight
    return inputs, np.array([weight]), inputs.astype(np.float64) * weight, bias


def _opened_relu(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    inputs = _single(visit, source, position)
    weights = (inputs > 0).astype(np.float32)
    return inputs, weights, _products(inputs, weights), 0.0


def _opened_function(visit: Visit, source: np.ndarray, position: Position, box: Box) -> Opened:
    """Layers that turn one number into one: tanh, sigmoid, and those that pass it on."""
    return _single(visit, source, position), np.ones(1, np.float32), np.array([_value(visit, position)]), 0.0


def _single(visit: Visit, source: np.ndarray, position: Position) -> np.ndarray:
    """The one number that is read, (1,); before and behind flatten numbers stand in the same order."""
    return np.atleast_1d(source[position] if visit.output.ndim == 4 else source.ravel()[position[0]])


_OPENED: dict[str, Callable[[Visit, np.ndarray, Position, Box], Opened]] = {
    "conv": _opened_conv,
    "linear": _opened_linear,
    "max_pool": _opened_max,
    "avg_pool": _opened_average,
    "batch_norm": _opened_norm,
    "relu": _opened_relu,
}
