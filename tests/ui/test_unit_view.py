"""What is sent to the screen adds up to what the network computes: at a thousand cells of every layer."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from torch import nn

from cnn_core.data import load_mnist
from cnn_core.explain import explain_unit
from cnn_core.features import feature_maps
from cnn_core.models import FLATTEN, MLP, RELU, ModelSpec, avg_pool, conv, linear, max_pool, summary
from cnn_core.opened_map import explain_map
from cnn_core.recording import Recorder
from tests.trained import SMALL, few_images, train_into
from ui.components.unit_view import TERMS, numbers

DIGIT = load_mnist().test_images[0] / np.float32(255)
WIDE = ModelSpec(  # more maps, and more inputs of a linear layer, than are sent one by one
    (
        *(conv(8, 5, stride=2, padding=2), RELU, avg_pool(2, 1), conv(150, 3), RELU, max_pool(2)),
        *(conv(6, 3, padding=1), RELU, FLATTEN, linear(300), RELU, linear(10)),
    )
)
NETWORKS = {"small": SMALL.model, "wide": WIDE, "mlp": MLP}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], nn.Module]:
    """A network after its training, from a store, by its name."""
    store = Recorder(tmp_path_factory.mktemp("home") / "runs.sqlite")

    @cache
    def model(name: str) -> nn.Module:
        return store.model(train_into(store, replace(SMALL, model=NETWORKS[name], steps=5), few_images()))

    return model


def floats(sent: Any, *shape: int) -> np.ndarray:
    return np.frombuffer(b64decode(sent), "<f4").astype(float).reshape(shape)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *(("small", 1000), ("wide", 12), ("mlp", 12)),
        *(pytest.param(name, 1000, marks=pytest.mark.slow) for name in ("wide", "mlp")),
    ],
)
def test_what_is_shown_of_a_thousand_cells_of_every_layer_adds_up(
    trained: Callable[[str], nn.Module], name: str, count: int
) -> None:
    model, spec, random = trained(name), NETWORKS[name], np.random.default_rng(0)
    maps = feature_maps(model, DIGIT)
    for row in summary(spec):
        values = maps[row.name].reshape(row.shape[0], -1)  # (C, cells)
        chosen = np.sort(random.choice(values.size, min(count, values.size), replace=False))
        channels, cells = np.unravel_index(chosen, values.shape)
        for channel in np.unique(channels).tolist():
            at = cells[channels == channel]
            opened = explain_map(model, DIGIT, row.name, channel)
            sent: dict[str, Any] = numbers(opened, spec, (0, 0))
            output = floats(sent["output"], values.shape[1])[at]
            assert output == pytest.approx(values[channel][at], abs=0)
            if sent["sums"] is None:
                continue
            total = floats(sent["sums"], values.shape[1])[at]
            shown = floats(sent["products"], len(sent["channels"]), values.shape[1])[:, at].sum(axis=0)
            shown += floats(sent["rest"], values.shape[1])[at]
            near = {"rel": 1e-5, "abs": 5e-6}
            assert shown == pytest.approx(total, **near)
            assert total + floats(sent["bias"]) == pytest.approx(output, **near)
            if sent["sides"]:
                sides = [sum(t["numbers"][2] for t in side["terms"]) + side["rest"] for side in sent["sides"]]
                assert sum(sides) == pytest.approx(total[0], **near)


@pytest.mark.parametrize(("name", "layer"), [("wide", "fc1"), ("wide", "fc2"), ("mlp", "fc1")])
def test_the_terms_for_and_against_are_the_strongest_of_their_sign(
    trained: Callable[[str], nn.Module], name: str, layer: str
) -> None:
    model = trained(name)
    unit = explain_unit(model, DIGIT, layer, 3)
    opened = explain_map(model, DIGIT, layer, 3)
    for side, sign in zip(opened.sides(TERMS), (1, -1), strict=True):
        products = np.sort(sign * unit.terms[sign * unit.terms > 0])[::-1]
        assert [sign * term.product for term in side.strongest] == pytest.approx(products[:TERMS], rel=1e-9)
        assert side.others == max(0, len(products) - TERMS)
        assert side.total == pytest.approx(sign * products.sum(), rel=1e-6)
        for term in side.strongest:
            assert term.input * term.weight == pytest.approx(term.product, rel=1e-6)
            values = feature_maps(model, DIGIT)[opened.source_layer]
            assert term.source is not None
            assert values[term.source[: values.ndim]] == pytest.approx(term.input, abs=0)


@pytest.mark.parametrize(
    ("layer", "size", "jump"), [("conv1", 5, 2), ("pool1", 7, 2), ("fc1", 28, 0), ("relu4", 28, 0)]
)
def test_the_part_of_the_image_that_is_framed_is_what_the_unit_sees(
    trained: Callable[[str], nn.Module], layer: str, size: int, jump: int
) -> None:
    sent: dict[str, Any] = numbers(explain_map(trained("wide"), DIGIT, layer, 1), WIDE, (0, 0))
    field = sent["field"]
    assert (field["size"], field["jump"]) == (size, jump)


def test_a_flattened_number_sees_what_its_cell_sees(trained: Callable[[str], nn.Module]) -> None:
    cells = 5 * 5  # of each map behind conv3: number 31 is row 1, column 1 of map 1
    sent: list[Any] = [
        numbers(explain_map(trained("wide"), DIGIT, layer, channel), WIDE, (0, 0))["field"]
        for layer, channel in (("flatten", cells + 6), ("relu3", 1))
    ]
    flat, of_map = sent
    assert flat["top"] == of_map["top"] + of_map["jump"]
    assert flat["size"] == of_map["size"]
