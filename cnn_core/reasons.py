"""An answer unfolded: which hidden units, maps, patches and pixels gave how much of a score.

A score (a logit, or the difference of two) is a weighted sum of the numbers that the last layer with weights
reads, and its bias; each of these numbers is such a sum again, down to the pixels. On the way back ReLU
passes on what it has let through, max pooling the cell that won, average pooling and batch norm their factor;
tanh and sigmoid count as the straight line from their value at zero to their value here. So at every node the
shares of its parts add up to its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from cnn_core.models import CLASSES
from cnn_core.walk import Box, Visit, as_batch, walk

Kind = Literal["score", "unit", "map", "others", "bias"]
Path = tuple[int, ...]  # from the score down: a unit's index or a map's channel, then the cell in that map
IMAGE = "input"  # the layer that is the image itself


@dataclass(frozen=True)
class Part:
    """One node: what it is, and how much of the score it gives.

    All but the bias read the output of ``layer`` with ``weights``, which have that output's shape:
    ``share == (weights * output).sum()``.
    """

    kind: Kind
    path: Path
    layer: str
    share: float
    count: int = 1  # how many numbers count in it
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0), repr=False)

    @property
    def can_open(self) -> bool:
        return self.kind in ("score", "map") or (self.kind == "unit" and self.layer != IMAGE)

    @property
    def position(self) -> tuple[int, ...]:
        """A unit's (channel, row, col), or (index,) in a vector."""
        return tuple(int(i) for i in np.unravel_index(int(np.abs(self.weights).argmax()), self.weights.shape))

    @property
    def box(self) -> Box:
        """The cells that count in a map or unit; (0, 0, 0, 0) where none does."""
        rows, cols = np.nonzero(self.weights.reshape(-1, *self.weights.shape[-2:]).any(axis=0))
        if not rows.size:
            return 0, 0, 0, 0
        return int(rows.min()), int(cols.min()), int(rows.max()) + 1, int(cols.max()) + 1


@dataclass(frozen=True)
class Branch:
    """A part and, where it is open, what it is made of."""

    part: Part
    parts: tuple[Branch, ...] = ()


class Reasons:
    """Why one network answers as it does about one (28, 28) image, 0 to 1; the network is only looked at."""

    def __init__(self, model: nn.Module, image: ArrayLike) -> None:
        with torch.no_grad():
            visits = list(walk(model, as_batch(model, image)[:1]))
        self._visits = {visit.name: visit for visit in visits}
        self._before = dict(zip(self._visits, [IMAGE, *self._visits], strict=False))
        self._last = visits[-1].name
        self.outputs = {IMAGE: _numbers(visits[0].input)} | {v.name: _numbers(v.output) for v in visits}
        self.logits = self.outputs[self._last]

    def score(self, target: int, against: int | None = None) -> Part:
        """The logit of a class, or how far it is above another one's."""
        weights = np.zeros(CLASSES)
        weights[target] += 1
        if against is not None:
            weights[against] -= 1
        return Part("score", (), self._last, float(weights @ self.logits), weights=weights)

    def open(self, part: Part, count: int = 5, also: Collection[int] = ()) -> list[Part]:
        """What a part is made of: the ``count`` strongest and those named in ``also``, the others, the bias.

        Strongest first; their shares add up to that of ``part``, to float32 rounding.
        """
        if part.kind == "map":
            layer, weights, bias = part.layer, part.weights, None
        else:
            layer, weights, bias = self._read_by(part)
        shares = weights * self.outputs[layer]
        kind: Kind = "unit"
        if part.kind == "map":
            channel = part.path[-1]
            each, counts = shares[channel].ravel(), (weights[channel] != 0).ravel().astype(int)
        elif shares.ndim == 3:
            kind, each, counts = "map", shares.sum(axis=(1, 2)), np.count_nonzero(weights, axis=(1, 2))
        else:
            each, counts = shares, (weights != 0).astype(int)
        order = [int(i) for i in np.argsort(-np.abs(each), kind="stable") if counts[i]]
        shown = [i for place, i in enumerate(order) if place < count or i in also]
        if len(shown) == len(order) - 1:
            shown = order  # a single one is no "others"
        rest = [i for i in order if i not in set(shown)]
        parts, others = [], weights.copy()
        for i in shown:
            at = (part.path[-1], *divmod(i, shares.shape[-1])) if part.kind == "map" else (i,)
            own = np.zeros_like(weights)
            own[at], others[at] = weights[at], 0
            parts.append(Part(kind, (*part.path, i), layer, float(each[i]), int(counts[i]), own))
        if rest:
            parts.append(Part("others", part.path, layer, float(each[rest].sum()), len(rest), others))
        if bias is not None:
            parts.append(Part("bias", part.path, layer, bias))
        return parts

    def tree(self, part: Part, opened: Collection[Path], more: Collection[Path] = ()) -> Branch:
        """A part and all that is open below it; the paths in ``more`` show 30 parts instead of 5."""
        if part.path not in opened or not part.can_open:
            return Branch(part)
        depth = len(part.path)
        also = {p[depth] for p in opened if len(p) > depth and p[:depth] == part.path}
        parts = self.open(part, 30 if part.path in more else 5, also)
        below = (self.tree(p, opened, more) if p.can_open else Branch(p) for p in parts)
        return Branch(part, tuple(below))

    def strongest_path(self, part: Part, depth: int) -> Path:
        """From a part down to what gives most to it, so many levels deep or as far as something opens."""
        for _ in range(depth):
            found = [p for p in self.open(part, 1) if p.can_open] if part.can_open else []
            if not found:
                break
            part = found[0]
        return part.path

    def on_image(self, part: Part) -> np.ndarray:
        """How much each pixel gives through a part, without what biases add: float64 (28, 28)."""
        layer, weights = part.layer, part.weights
        while layer != IMAGE:
            weights, _ = _back(self._visits[layer], weights)
            layer = self._before[layer]
        return (weights * self.outputs[IMAGE])[0]

    def _read_by(self, part: Part) -> tuple[str, np.ndarray, float]:
        """Back to what the nearest layer with weights reads: that layer's name, the weights, the bias."""
        layer, weights, bias = part.layer, part.weights, 0.0
        while layer != IMAGE:
            visit = self._visits[layer]
            weights, constant = _back(visit, weights)
            bias += constant
            layer = self._before[layer]
            if isinstance(visit.module, nn.Conv2d | nn.Linear):
                break
        return self._as_maps(layer, weights, bias)

    def _as_maps(self, layer: str, weights: np.ndarray, bias: float) -> tuple[str, np.ndarray, float]:
        """Behind flatten and dropout a number is still the cell of a map, and is called so."""
        while layer != IMAGE and isinstance(self._visits[layer].module, nn.Flatten | nn.Dropout):
            weights, _ = _back(self._visits[layer], weights)
            layer = self._before[layer]
        return layer, weights, bias


def _numbers(batch: Tensor) -> np.ndarray:
    """The one image of a batch, in float64, in which sums of float32 are exact enough for any order."""
    return batch[0].detach().cpu().numpy().astype(np.float64)


Back = Callable[[nn.Module, Tensor, Tensor], tuple[Tensor, Tensor | float]]


def _back(visit: Visit, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights of a layer's output become weights of its input and a constant: the sum stays the same."""
    step = next((back for kind, back in _BACK.items() if isinstance(visit.module, kind)), _back_through)
    earlier, constant = step(
        visit.module, visit.input.detach().cpu().double(), torch.from_numpy(weights)[None]
    )
    return earlier[0].numpy(), float(constant)


def _back_through(module: nn.Module, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | float]:
    """ReLU, pooling, flatten: each output is a multiple of its inputs here, so slopes are weights."""
    with torch.enable_grad():
        x.requires_grad_()
        (slopes,) = torch.autograd.grad(module(x), x, weights)
    return slopes, 0.0


def _back_conv(module: nn.Module, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | float]:
    assert isinstance(module, nn.Conv2d)
    assert not isinstance(module.padding, str)
    kernel = module.weight.detach().cpu().double()
    earlier = conv2d_input(list(x.shape), kernel, weights, module.stride, module.padding)
    bias = 0.0 if module.bias is None else weights[0].sum(dim=(1, 2)) @ module.bias.detach().cpu().double()
    return earlier, bias


def _back_linear(module: nn.Module, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | float]:
    assert isinstance(module, nn.Linear)
    bias = 0.0 if module.bias is None else weights[0] @ module.bias.detach().cpu().double()
    return weights @ module.weight.detach().cpu().double(), bias


def _back_norm(module: nn.Module, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | float]:
    """(x − mean) / √(variance + eps) · scale + shift."""
    assert isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
    assert module.running_mean is not None
    assert module.running_var is not None
    scale, shift, mean, variance = (
        n.detach().cpu().double()
        for n in (module.weight, module.bias, module.running_mean, module.running_var)
    )
    factor = scale / (variance + module.eps).sqrt()
    per_channel = weights[0].reshape(len(factor), -1).sum(dim=1)
    return weights * factor.reshape(-1, *[1] * (x.ndim - 2)), per_channel @ (shift - mean * factor)


def _back_function(module: nn.Module, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | float]:
    """tanh, sigmoid: the straight line from (0, f(0)) to (x, f(x))."""
    zero = module(torch.zeros_like(x))
    slope_at_zero = 1.0 if isinstance(module, nn.Tanh) else 0.25
    slopes = torch.where(x == 0, slope_at_zero, (module(x) - zero) / x)
    return weights * slopes, (weights * zero).sum()


def _back_dropout(module: nn.Module, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | float]:
    """In evaluation it passes everything on."""
    return weights, 0.0


_BACK: dict[type[nn.Module], Back] = {
    nn.Conv2d: _back_conv,
    nn.Linear: _back_linear,
    nn.BatchNorm1d: _back_norm,
    nn.BatchNorm2d: _back_norm,
    nn.Tanh: _back_function,
    nn.Sigmoid: _back_function,
    nn.Dropout: _back_dropout,
}
