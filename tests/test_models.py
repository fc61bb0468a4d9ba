"""Networks as data: what is said of a layer is what torch makes of it."""

from __future__ import annotations

import pytest
import torch

from cnn_core.messages import Problem
from cnn_core.models import (
    BATCH_NORM,
    FIGURE_7_1,
    FIGURE_7_2,
    FLATTEN,
    LENET5,
    MLP,
    NETWORKS,
    NOTEBOOK,
    RELU,
    SIMPLE_CONV_NET,
    TANH,
    Layer,
    ModelSpec,
    avg_pool,
    conv,
    dropout,
    first_layer,
    linear,
    max_pool,
    parameter_count,
    summary,
)

EVERY_KIND = ModelSpec(
    (
        *(conv(4, 3, stride=2, padding=1), BATCH_NORM, TANH, max_pool(3, 2), dropout(0.25), avg_pool(2)),
        *(FLATTEN, linear(8), BATCH_NORM, RELU, linear(10)),
    )
)
ALL = [*NETWORKS.values(), FIGURE_7_1, FIGURE_7_2, EVERY_KIND]


def test_the_notebooks_network_is_the_notebooks() -> None:
    assert parameter_count(NOTEBOOK) == 123_222
    shapes = {row.name: row.shape for row in summary(NOTEBOOK)}
    assert shapes["conv1"] == (16, 24, 24)
    assert shapes["conv2"] == (32, 20, 20)
    assert shapes["pool1"] == (32, 10, 10)
    assert shapes["conv3"] == (64, 6, 6)
    assert shapes["pool2"] == (64, 3, 3)
    assert shapes["flatten"] == (576,)
    assert [shapes[n] for n in ("fc1", "fc2")] == [(100,), (10,)]


def test_the_books_and_lecuns_networks_have_their_shapes() -> None:
    assert summary(SIMPLE_CONV_NET)[0].shape == (30, 24, 24)
    assert summary(SIMPLE_CONV_NET)[2].shape == (30, 12, 12)
    assert [row.shape for row in summary(LENET5) if row.layer.kind == "avg_pool"] == [(6, 14, 14), (16, 5, 5)]


def test_the_mlp_is_about_as_large_as_the_notebooks_network() -> None:
    assert parameter_count(MLP) == pytest.approx(parameter_count(NOTEBOOK), rel=0.02)


@pytest.mark.parametrize("spec", ALL)
def test_shapes_and_parameters_are_torchs(spec: ModelSpec) -> None:
    model = spec.build().eval()
    assert tuple(name for name, _ in model.named_children()) == spec.names()
    x = torch.zeros(2, 1, 28, 28)
    for row, layer in zip(summary(spec), model.children(), strict=True):
        assert tuple(x.shape[1:]) == row.in_shape
        x = layer(x)
        assert tuple(x.shape[1:]) == row.shape
        assert sum(p.numel() for p in layer.parameters()) == row.parameters


def test_multiply_adds_are_counted_by_hand() -> None:
    work = {row.name: row.multiply_adds for row in summary(NOTEBOOK) if row.multiply_adds}
    assert work == {
        "conv1": 16 * 24 * 24 * (1 * 5 * 5),
        "conv2": 32 * 20 * 20 * (16 * 5 * 5),
        "conv3": 64 * 6 * 6 * (32 * 5 * 5),
        "fc1": 100 * 576,
        "fc2": 10 * 100,
    }


@pytest.mark.parametrize("spec", ALL)
def test_a_network_comes_back_from_json(spec: ModelSpec) -> None:
    assert ModelSpec.from_json(spec.to_json()) == spec
    assert hash(ModelSpec.from_json(spec.to_json())) == hash(spec)


def test_the_first_layer_is_the_one_that_looks_at_the_image() -> None:
    assert first_layer(NOTEBOOK) == "conv1"
    assert first_layer(MLP) == "fc1"
    assert first_layer(ModelSpec((BATCH_NORM, conv(10, 28), FLATTEN))) == "conv1"


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ((conv(4, 5), max_pool(2), conv(4, 13)), "conv2: a window of 13×13 does not fit into maps of 12×12"),
        ((FLATTEN, conv(4, 3)), "conv1 needs feature maps"),
        ((FLATTEN, max_pool(2)), "pool1 needs feature maps"),
        ((conv(4, 5), linear(10)), "fc1 needs a vector"),
    ],
)
def test_what_does_not_fit_is_explained_at_the_layer(layers: tuple, sentence: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(Problem, match=sentence):
        summary(ModelSpec(layers))


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        *[(conv(n, 5), "conv1.out must be a whole number from 1") for n in (0, -3, 4.0, "4", True, 5000)],
        *[(linear(n), "fc1.out must be") for n in (0, None)],
        *[(max_pool(n), "pool1.kernel must be") for n in (0, -1)],
        *[(conv(4, 5, stride=0), "conv1.stride must be"), (conv(4, 5, padding=-1), "conv1.padding must be")],
        (Layer("avg_pool", kernel=3, padding=2), "pool1.padding must be a whole number from 0 to 1"),
        *[(dropout(p), "dropout1.p must lie between 0 and 0.99") for p in (1.0, -0.1, float("nan"))],
        (Layer("magic"), "kind cannot be magic: choose one of conv"),
    ],
)
def test_numbers_that_make_no_layer_are_refused_by_name(layer: Layer, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        ModelSpec((layer,)).build()


def test_every_layer_of_a_built_network_has_a_name_of_its_own() -> None:
    twice = ModelSpec((FLATTEN, FLATTEN, linear(10)))
    assert twice.names() == ("flatten", "flatten2", "fc1")
    assert len(list(twice.build().children())) == 3
