"""A network as the PyTorch lines that a learner would type."""

from __future__ import annotations

from collections.abc import Callable

from cnn_core.models import LayerSummary, ModelSpec, summary
from cnn_core.numerals import typed


def _conv(row: LayerSummary) -> str:
    more = f", stride={row.layer.stride}" if row.layer.stride != 1 else ""
    more += f", padding={row.layer.padding}" if row.layer.padding else ""
    return f"nn.Conv2d({row.inputs}, {row.layer.out}, kernel_size={row.layer.kernel}{more})"


def _pool(name: str) -> Callable[[LayerSummary], str]:
    def line(row: LayerSummary) -> str:
        more = f", stride={row.layer.stride}" if row.layer.stride != row.layer.kernel else ""
        more += f", padding={row.layer.padding}" if row.layer.padding else ""
        return f"nn.{name}({row.layer.kernel}{more})"

    return line


def _norm(row: LayerSummary) -> str:
    return f"nn.BatchNorm{'2d' if len(row.in_shape) == 3 else '1d'}({row.inputs})"


_LINES: dict[str, Callable[[LayerSummary], str]] = {
    "conv": _conv,
    "batch_norm": _norm,
    "relu": lambda row: "nn.ReLU()",
    "tanh": lambda row: "nn.Tanh()",
    "sigmoid": lambda row: "nn.Sigmoid()",
    "max_pool": _pool("MaxPool2d"),
    "avg_pool": _pool("AvgPool2d"),
    "dropout": lambda row: f"nn.Dropout({typed(row.layer.p)})",
    "flatten": lambda row: "nn.Flatten()",
    "linear": lambda row: f"nn.Linear({row.inputs}, {row.layer.out})",
}


def model_lines(spec: ModelSpec) -> list[str]:
    """One line a layer, such as ``nn.Conv2d(1, 16, kernel_size=5)``: in ``nn.Sequential`` they make it."""
    return [_LINES[row.layer.kind](row) for row in summary(spec)]
