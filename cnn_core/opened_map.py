"""One whole map of a network, opened: the maps that it reads, its filter, each product map, their sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.explain import Term
from cnn_core.models import Layer, LayerSummary, summary
from cnn_core.walk import Visit, as_batch, check_unit, layer_row, spec_of, walk

ACTIVATIONS = ("relu", "tanh", "sigmoid")


class Side(NamedTuple):
    """The terms for a value, or those against it: the strongest by themselves, the others as one sum."""

    strongest: list[Term]
    others: int
    rest: float  # what the others add up to

    @property
    def total(self) -> float:
        return sum(term.product for term in self.strongest) + self.rest


@dataclass(frozen=True)
class OpenedMap:
    """How a map came about: ``products.sum(axis=0) + bias`` is ``output``, to float32 rounding (7.2.5).

    A vector's unit is a map of one cell. A linear layer behind ``flatten`` reads the maps before it, so its
    weights have their shape. Layers that do not sum (pooling, activations, …) have no weights and one input,
    and their one product map is the output.
    """

    layer: str
    kind: str  # as in models.Layer
    channel: int
    inputs: np.ndarray  # (C, H, W), float32
    weights: np.ndarray | None  # (C, FH, FW): the filter; None where nothing is summed
    products: np.ndarray  # (C, OH, OW), float64: what each input map gives under its slice
    bias: float
    output: np.ndarray  # (OH, OW), float32: what the network itself computes
    source_layer: str  # whose maps are read, "input" for the image; flatten is looked through
    channels: tuple[int, ...]  # which maps of source_layer the inputs are
    window: Layer  # kernel, stride and padding; of a linear layer kernel 0
    after: str  # the activation right behind, "" where there is none
    activated: np.ndarray | None  # (OH, OW): what it makes of the output

    def strongest(self, row: int, col: int) -> np.ndarray:
        """The inputs by the size of what they give at one place of the output, largest first."""
        return np.argsort(-np.abs(np.nan_to_num(self.products[:, row, col])), kind="stable")

    @property
    def sums(self) -> np.ndarray:
        """What all product maps add up to, before the bias: float64 (OH, OW)."""
        return self.products.sum(axis=0)

    def sides(self, count: int = 6) -> tuple[Side, Side]:
        """Of a linear layer's unit, the terms for its value and those against it: they add up to ``sums``.

        A term's ``source``: (channel, row, column) on the maps of ``source_layer``, or (index, 0, 0).
        """
        assert self.kind == "linear"
        assert self.weights is not None
        products = self.inputs.astype(np.float64) * self.weights.astype(np.float64)
        return self._side(products, products > 0, count), self._side(products, products < 0, count)

    def _side(self, products: np.ndarray, mine: np.ndarray, count: int) -> Side:
        places = np.argwhere(mine)
        sizes = np.abs(products[mine])
        places = places[np.argsort(-sizes, kind="stable")]
        strongest = [self._term(products, tuple(map(int, place))) for place in places[:count]]
        others = places[count:]
        return Side(strongest, len(others), float(products[tuple(others.T)].sum()))

    def _term(self, products: np.ndarray, at: tuple[int, ...]) -> Term:
        assert self.weights is not None
        channel, row, col = at
        numbers = float(self.inputs[at]), float(self.weights[at]), float(products[at])
        return Term(at, *numbers, (channel, row, col))

    def patch(self, index: int, row: int, col: int, around: int = 0) -> tuple[np.ndarray, tuple[int, int]]:
        """What the filter reads of input ``index`` for one output cell and those around it, padding as 0.

        The cut-out (h, w), and the cell's row and column among the outputs that it gives.
        """
        kernel, stride, padding = self.window.kernel, self.window.stride, self.window.padding
        if not kernel:
            return self.inputs[index], (0, 0)
        padded = np.pad(self.inputs[index], padding)
        begins = [max(0, n - around) for n in (row, col)]
        ends = [min(size - 1, n + around) for n, size in zip((row, col), self.output.shape, strict=True)]
        top, left = (n * stride for n in begins)
        bottom, right = (n * stride + kernel for n in ends)
        return padded[top:bottom, left:right], (row - begins[0], col - begins[1])


def explain_map(model: nn.Module, image: ArrayLike, layer: str, channel: int) -> OpenedMap:
    """Map ``channel`` of ``layer`` for a (28, 28) image, 0 to 1, with all that was added up to make it.

    Raises :class:`Problem` where there is no such layer or map.
    """
    rows = summary(spec_of(model))
    place, row = layer_row(spec_of(model), layer)
    check_unit(row, channel, 0, 0)
    with torch.no_grad():
        visits = list(walk(model, as_batch(model, image)[:1]))
        visit = visits[place]
        source, maps = _source(rows, visits, place)
        inputs, weights, products, bias = _summed(visit, maps, channel)
    follows = rows[place + 1] if place + 1 < len(rows) else None
    is_activation = follows is not None and follows.layer.kind in ACTIVATIONS
    return OpenedMap(
        layer=layer,
        kind=row.layer.kind,
        channel=channel,
        inputs=inputs,
        weights=weights,
        products=products,
        bias=bias,
        output=_map(visit.output, channel),
        source_layer=source,
        channels=tuple(range(len(inputs))) if weights is not None else (_channel_before(row, channel),),
        window=row.layer,
        after=follows.name if follows and is_activation else "",
        activated=_map(visits[place + 1].output, channel) if is_activation else None,
    )


def _source(rows: list[LayerSummary], visits: list[Visit], place: int) -> tuple[str, Tensor]:
    """The layer that is read, and its maps (C, H, W); a linear layer looks through flatten."""
    before = place
    if rows[place].layer.kind == "linear":
        while before and rows[before - 1].layer.kind in ("flatten", "dropout"):
            before -= 1
    maps = visits[before].input[0]
    name = rows[before - 1].name if before else "input"
    return name, maps if maps.ndim == 3 else maps[:, None, None]


def _channel_before(row: LayerSummary, channel: int) -> int:
    """The map that a layer which sums nothing reads; behind flatten the numbers stand in the same order."""
    if row.layer.kind == "flatten" and len(row.in_shape) == 3:
        return int(np.unravel_index(channel, row.in_shape)[0])
    return channel


def _map(output: Tensor, channel: int) -> np.ndarray:
    return np.atleast_2d(output[0, channel].cpu().numpy()).copy()


def _summed(
    visit: Visit, maps: Tensor, channel: int
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, float]:
    """Inputs, weights, product maps and bias."""
    module = visit.module
    if isinstance(module, nn.Conv2d):
        filters = module.weight[channel][:, None]  # (C, 1, FH, FW)
        each = F.conv2d(
            maps[None].double(),
            filters.double(),
            stride=module.stride,
            padding=module.padding,
            groups=len(maps),
        )[0]
        weights = filters[:, 0]
    elif isinstance(module, nn.Linear):
        weights = module.weight[channel].reshape(maps.shape)
        each = (maps.double() * weights.double()).sum(dim=(1, 2), keepdim=True)
    else:
        if visit.output.ndim == 2 and visit.input.ndim == 4:  # flatten
            source = maps[np.unravel_index(channel, tuple(maps.shape))[0]]
        else:
            source = maps[channel]
        output = _map(visit.output, channel)[None].astype(np.float64)
        return source[None].cpu().numpy().copy(), None, output, 0.0
    bias = 0.0 if module.bias is None else float(module.bias[channel])
    return maps.cpu().numpy().copy(), weights.cpu().numpy().copy(), each.cpu().numpy(), bias
