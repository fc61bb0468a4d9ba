"""A network to be trained, as a few choices and as short text for an address (7.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnn_core import own_network
from cnn_core.models import CLASSES, FLATTEN, Layer, ModelSpec, conv, dropout, linear
from cnn_core.own_network import Stage

ACTIVATIONS = ("relu", "tanh", "sigmoid")
POOLINGS = {"max": "max_pool", "avg": "avg_pool"}
MOST_HIDDEN = 3
MOST_UNITS = 1_000


@dataclass(frozen=True)
class Design:
    """Convolutions, each with its pooling, then hidden layers, then ten outputs."""

    stages: tuple[Stage, ...] = own_network.START
    hidden: tuple[int, ...] = (100,)
    activation: str = "relu"
    pooling: str = "max"
    batch_norm: bool = False  # after each convolution, before its activation
    dropout: float = 0.0  # after each hidden layer

    def network(self) -> ModelSpec:
        """Its layers; whether they fit together is the summary's to say."""
        active, layers = Layer(self.activation), []
        for stage in self.stages:
            layers.append(conv(stage.filters, stage.kernel, padding=stage.padding))
            layers += [Layer("batch_norm")] if self.batch_norm else []
            layers.append(active)
            if stage.pool > 1:
                layers.append(Layer(POOLINGS[self.pooling], kernel=stage.pool, stride=stage.pool))
        layers.append(FLATTEN)
        for units in self.hidden:
            layers += [linear(units), active, *([dropout(self.dropout)] if self.dropout else [])]
        return ModelSpec((*layers, linear(CLASSES)))

    def __str__(self) -> str:
        """16,5,0,2;32,5,0,2_100: convolutions as own_network writes them, hidden layers, what is unusual."""
        said = [own_network.written(self.stages), ",".join(map(str, self.hidden))]
        said += [self.activation] if self.activation != "relu" else []
        said += [self.pooling] if self.pooling != "max" else []
        said += ["norm"] if self.batch_norm else []
        said += [f"drop{self.dropout:g}"] if self.dropout else []
        return "_".join(said)


def read(raw: str) -> Design:
    """What ``str`` of a design wrote; raises ValueError for anything else."""
    try:
        design = _read(raw)
    except ValueError:
        raise ValueError(raw) from None
    within = len(design.hidden) <= MOST_HIDDEN and all(1 <= units <= MOST_UNITS for units in design.hidden)
    if str(design) != raw or not within or not 0 <= design.dropout <= 0.9:
        raise ValueError(raw)
    return design


def _read(raw: str) -> Design:
    convolutions, hidden, *more = raw.split("_")
    return Design(
        own_network.read(convolutions) if convolutions else (),
        tuple(map(int, hidden.split(","))) if hidden else (),
        next((word for word in more if word in ACTIVATIONS), "relu"),
        next((word for word in more if word in POOLINGS), "max"),
        "norm" in more,
        next((float(word[4:]) for word in more if word.startswith("drop")), 0.0),
    )


def design_of(model: ModelSpec) -> Design | None:
    """The choices that give this network; None: no choices do."""
    stages: list[Stage] = []
    units = [layer.out for layer in model.layers if layer.kind == "linear"]
    for layer in model.layers:
        if layer.kind == "conv":
            stages.append(Stage(layer.out, layer.kernel, layer.padding))
        elif layer.kind in POOLINGS.values() and stages:
            stages[-1] = replace(stages[-1], pool=layer.kernel)
    kinds = {layer.kind for layer in model.layers}
    design = Design(
        tuple(stages),
        tuple(units[:-1]),
        next((kind for kind in ACTIVATIONS if kind in kinds), "relu"),
        "avg" if "avg_pool" in kinds else "max",
        "batch_norm" in kinds,
        max((layer.p for layer in model.layers), default=0.0),
    )
    try:
        return design if read(str(design)).network() == model else None
    except ValueError:
        return None
