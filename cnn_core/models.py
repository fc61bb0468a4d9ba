"""Networks as data: a readable list of layers, from which torch's module and every layer's costs follow."""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cnn_core.checks import check_choice, check_range, check_whole
from cnn_core.messages import Problem
from cnn_core.ops import output_size

if TYPE_CHECKING:
    from torch import nn

INPUT_SHAPE = (1, 28, 28)
CLASSES = 10
LARGEST = 4096  # filters, outputs, kernel, stride
LARGEST_PADDING = 28  # one image's width, to each side


@dataclass(frozen=True)
class Layer:
    """One layer: its kind, and what that kind needs (the rest stays at its default)."""

    kind: str  # conv, batch_norm, relu, tanh, sigmoid, max_pool, avg_pool, dropout, flatten, linear
    out: int = 0  # filters of a conv, outputs of a linear
    kernel: int = 0  # conv and pooling
    stride: int = 1
    padding: int = 0
    p: float = 0.0  # dropout: the share of values that is silenced in training


def conv(filters: int, kernel: int, stride: int = 1, padding: int = 0) -> Layer:
    return Layer("conv", out=filters, kernel=kernel, stride=stride, padding=padding)


def linear(outputs: int) -> Layer:
    return Layer("linear", out=outputs)


def max_pool(kernel: int, stride: int | None = None) -> Layer:
    return Layer("max_pool", kernel=kernel, stride=stride or kernel)


def avg_pool(kernel: int, stride: int | None = None) -> Layer:
    return Layer("avg_pool", kernel=kernel, stride=stride or kernel)


def dropout(p: float) -> Layer:
    return Layer("dropout", p=p)


RELU, TANH, SIGMOID = Layer("relu"), Layer("tanh"), Layer("sigmoid")
BATCH_NORM, FLATTEN = Layer("batch_norm"), Layer("flatten")

_NAMES = {  # what a layer of each kind is called, with a number behind
    "conv": "conv",
    "batch_norm": "norm",
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "max_pool": "pool",
    "avg_pool": "pool",
    "dropout": "dropout",
    "flatten": "flatten",
    "linear": "fc",
}


@dataclass(frozen=True)
class ModelSpec:
    """A network: the layers from a (1, 28, 28) image to ten logits. Hashable, comparable, JSON."""

    layers: tuple[Layer, ...]

    def names(self) -> tuple[str, ...]:
        """conv1, relu1, conv2, …: each kind counted on its own. They are the module's names too.

        Raises :class:`Problem` for a kind that is none of the known ones.
        """
        seen: Counter[str] = Counter()
        names = []
        for layer in self.layers:
            check_choice("kind", layer.kind, tuple(_NAMES))
            prefix = _NAMES[layer.kind]
            seen[prefix] += 1
            only = layer.kind == "flatten" and seen[prefix] == 1  # a second one would do nothing
            names.append(prefix if only else f"{prefix}{seen[prefix]}")
        return tuple(names)

    def to_json(self) -> list[dict[str, Any]]:
        """One dict a layer, only with what differs from the default."""
        default = asdict(Layer(""))
        return [{k: v for k, v in asdict(layer).items() if v != default[k]} for layer in self.layers]

    @classmethod
    def from_json(cls, layers: list[dict[str, Any]] | str) -> ModelSpec:
        rows = json.loads(layers) if isinstance(layers, str) else layers
        return cls(tuple(Layer(**row) for row in rows))

    def build(self) -> nn.Module:
        """The network in torch, with torch's own initialisation: an ``nn.Sequential`` of named layers."""
        from torch import nn

        make = {
            "conv": lambda s: nn.Conv2d(
                s.inputs, s.layer.out, s.layer.kernel, s.layer.stride, s.layer.padding
            ),
            "batch_norm": lambda s: (
                nn.BatchNorm2d(s.inputs) if len(s.shape) == 3 else nn.BatchNorm1d(s.inputs)
            ),
            "relu": lambda s: nn.ReLU(),
            "tanh": lambda s: nn.Tanh(),
            "sigmoid": lambda s: nn.Sigmoid(),
            "max_pool": lambda s: nn.MaxPool2d(s.layer.kernel, s.layer.stride, s.layer.padding),
            "avg_pool": lambda s: nn.AvgPool2d(s.layer.kernel, s.layer.stride, s.layer.padding),
            "dropout": lambda s: nn.Dropout(s.layer.p),
            "flatten": lambda s: nn.Flatten(),
            "linear": lambda s: nn.Linear(s.inputs, s.layer.out),
        }
        return nn.Sequential(OrderedDict((s.name, make[s.layer.kind](s)) for s in summary(self)))


@dataclass(frozen=True)
class LayerSummary:
    """What one layer turns into what, and at which price, for one image."""

    name: str
    layer: Layer
    in_shape: tuple[int, ...]
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int

    @property
    def inputs(self) -> int:
        """Channels of a map, or length of a vector, that come in."""
        return self.in_shape[0]


def summary(spec: ModelSpec, in_shape: tuple[int, ...] = INPUT_SHAPE) -> list[LayerSummary]:
    """Shape, parameters and multiply-adds of every layer (7.1, 7.2.4).

    Raises :class:`Problem`, with the layer's name, where a layer does not fit what comes into it.
    """
    rows: list[LayerSummary] = []
    shape = in_shape
    for name, layer in zip(spec.names(), spec.layers, strict=True):
        _check_numbers(name, layer)
        out = _shape_after(name, layer, shape)
        parameters, multiply_adds = _costs(layer, shape, out)
        rows.append(LayerSummary(name, layer, shape, out, parameters, multiply_adds))
        shape = out
    return rows


def first_layer(spec: ModelSpec) -> str:
    """The name of the first conv or linear layer: whose filters look at the image itself."""
    return next(row.name for row in summary(spec) if row.layer.kind in ("conv", "linear"))


def parameter_count(spec: ModelSpec) -> int:
    """Weights and biases of the whole network."""
    return sum(row.parameters for row in summary(spec))


def _check_numbers(name: str, layer: Layer) -> None:
    """What torch would refuse later, or without a plain word, is refused here."""
    if layer.kind in ("conv", "linear"):
        check_whole(f"{name}.out", layer.out, 1, LARGEST)
    if layer.kind in ("conv", "max_pool", "avg_pool"):
        check_whole(f"{name}.kernel", layer.kernel, 1, LARGEST)
        check_whole(f"{name}.stride", layer.stride, 1, LARGEST)
        most = LARGEST_PADDING if layer.kind == "conv" else layer.kernel // 2  # a window of padding alone
        check_whole(f"{name}.padding", layer.padding, 0, most)
    check_range(f"{name}.p", layer.p, 0, 0.99)


def _shape_after(name: str, layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    needs_map = layer.kind in ("conv", "max_pool", "avg_pool")
    if needs_map and len(shape) != 3:
        raise Problem("{name} needs feature maps, but a vector comes in: move it before flatten.", name=name)
    if layer.kind == "linear" and len(shape) != 1:
        raise Problem("{name} needs a vector, but feature maps come in: put flatten before it.", name=name)
    if layer.kind == "flatten":
        return (math.prod(shape),)
    if layer.kind == "linear":
        return (layer.out,)
    if not needs_map:
        return shape
    channels, *sizes = shape
    try:
        after = [output_size(n, layer.kernel, layer.stride, layer.padding) for n in sizes]
    except ValueError:
        raise Problem(
            "{name}: a window of {kernel}×{kernel} does not fit into maps of {height}×{width}. "
            "Use a smaller kernel, more padding, or fewer layers before it.",
            name=name,
            kernel=layer.kernel,
            height=sizes[0],
            width=sizes[1],
        ) from None
    return (layer.out if layer.kind == "conv" else channels, *after)


def _costs(layer: Layer, shape: tuple[int, ...], out: tuple[int, ...]) -> tuple[int, int]:
    """Parameters, and multiply-adds for one image."""
    if layer.kind == "conv":
        per_output = shape[0] * layer.kernel**2
        return layer.out * (per_output + 1), out[0] * out[1] * out[2] * per_output
    if layer.kind == "linear":
        return layer.out * (shape[0] + 1), layer.out * shape[0]
    if layer.kind == "batch_norm":
        return 2 * shape[0], math.prod(shape)
    return 0, 0


NOTEBOOK = ModelSpec(
    (
        *(conv(16, 5), RELU),  # (16, 24, 24)
        *(conv(32, 5), RELU, max_pool(2)),  # (32, 10, 10)
        *(conv(64, 5), RELU, max_pool(2)),  # (64, 3, 3)
        FLATTEN,  # (576,)
        *(linear(100), RELU),
        linear(CLASSES),
    )
)

SIMPLE_CONV_NET = ModelSpec(  # the book's 7.5: one convolution, one hidden layer of 100
    (
        *(conv(30, 5), RELU, max_pool(2)),  # (30, 12, 12)
        FLATTEN,  # (4320,)
        *(linear(100), RELU),
        linear(CLASSES),
    )
)

LENET5 = ModelSpec(  # LeCun et al. 1998; its 32×32 input is our 28×28 padded by 2
    (
        *(conv(6, 5, padding=2), TANH, avg_pool(2)),  # (6, 14, 14)
        *(conv(16, 5), TANH, avg_pool(2)),  # (16, 5, 5)
        FLATTEN,  # (400,)
        *(linear(120), TANH),
        *(linear(84), TANH),
        linear(CLASSES),
    )
)

MLP = ModelSpec(  # fully connected, with about as many parameters as NOTEBOOK
    (
        FLATTEN,  # (784,)
        *(linear(136), RELU),
        *(linear(100), RELU),
        linear(CLASSES),
    )
)

FIGURE_7_1 = ModelSpec(  # Affine-ReLU four times, then Affine; the figure leaves the sizes open
    (FLATTEN, *(linear(100), RELU) * 4, linear(CLASSES))
)

FIGURE_7_2 = ModelSpec(  # Conv-ReLU-Pool twice, Conv-ReLU, Affine-ReLU, Affine
    (
        *(conv(16, 3, padding=1), RELU, max_pool(2)),  # (16, 14, 14)
        *(conv(32, 3, padding=1), RELU, max_pool(2)),  # (32, 7, 7)
        *(conv(64, 3, padding=1), RELU),  # (64, 7, 7)
        FLATTEN,  # (3136,)
        *(linear(100), RELU),
        linear(CLASSES),
    )
)

NETWORKS = {"notebook": NOTEBOOK, "book": SIMPLE_CONV_NET, "lenet5": LENET5, "mlp": MLP}
