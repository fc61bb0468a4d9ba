"""The lines that a page shows make the very network that the core builds."""

from __future__ import annotations

import pytest
from torch import nn

from cnn_core.models import (
    BATCH_NORM,
    FIGURE_7_1,
    FIGURE_7_2,
    FLATTEN,
    NETWORKS,
    SIGMOID,
    ModelSpec,
    avg_pool,
    conv,
    dropout,
    linear,
    max_pool,
)
from cnn_core.torch_code import model_lines

EVERY_KIND = ModelSpec(
    (
        *(conv(4, 3, stride=2, padding=1), BATCH_NORM, SIGMOID, max_pool(3, 2), dropout(0.25), avg_pool(2)),
        *(FLATTEN, linear(8), BATCH_NORM, linear(10)),
    )
)


@pytest.mark.parametrize("spec", [*NETWORKS.values(), FIGURE_7_1, FIGURE_7_2, EVERY_KIND])
def test_the_lines_build_the_same_layers(spec: ModelSpec) -> None:
    typed = nn.Sequential(*(eval(line, {"nn": nn}) for line in model_lines(spec)))
    assert [repr(layer) for layer in typed] == [repr(layer) for layer in spec.build()]


def test_the_share_of_a_dropout_is_written_to_its_last_bit() -> None:
    spec = ModelSpec((FLATTEN, dropout(1 / 3), linear(10)))
    line = next(line for line in model_lines(spec) if "Dropout" in line)
    assert eval(line, {"nn": nn}).p == 1 / 3
    assert "nn.Dropout(0.5)" in model_lines(ModelSpec((FLATTEN, dropout(0.5), linear(10))))
