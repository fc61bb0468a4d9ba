"""A whole map opened, and all channels asked at once: what is shown is what the network computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_core import features
from cnn_core.answers import Answers, ask, ranges
from cnn_core.data import load_mnist
from cnn_core.figures import grey, shade_colours, shades, signed
from cnn_core.messages import Problem
from cnn_core.models import NOTEBOOK, summary
from cnn_core.opened_map import OpenedMap, explain_map
from cnn_core.ops import conv2d
from tests.test_features import SPECS, built

DIGIT = load_mnist().test_images[0] / np.float32(255)


def opened_maps(name: str) -> list[tuple[OpenedMap, np.ndarray, nn.Module]]:
    """Two random maps of every layer, with what the network computes there."""
    model = built(SPECS[name])
    maps = features.feature_maps(model, DIGIT)
    random = np.random.default_rng(0)
    return [
        (explain_map(model, DIGIT, row.name, channel), np.atleast_2d(maps[row.name][channel]), model)
        for row in summary(SPECS[name])
        for channel in random.integers(row.shape[0], size=2).tolist()
    ]


@pytest.mark.parametrize("name", SPECS)
def test_product_maps_and_bias_add_up_to_the_map(name: str) -> None:
    for opened, computed, _ in opened_maps(name):
        assert np.array_equal(opened.output, computed)
        assert opened.products.sum(axis=0) + opened.bias == pytest.approx(computed, rel=1e-5, abs=2e-6)


@pytest.mark.parametrize("name", SPECS)
def test_an_opened_map_agrees_with_each_of_its_units(name: str) -> None:
    for opened, _, model in opened_maps(name):
        row, col = (n - 1 for n in opened.output.shape)
        unit = features.explain_unit(model, DIGIT, opened.layer, opened.channel, row, col)
        assert unit.value == opened.output[row, col]
        if opened.kind == "conv":
            assert opened.products[:, row, col] == pytest.approx(unit.per_channel, abs=1e-9)
            assert np.array_equal(opened.patch(0, row, col)[0], unit.inputs[0])
        if opened.weights is not None:
            assert opened.weights.size == unit.weights.size
            strongest = opened.products[opened.strongest(row, col), row, col]
            assert (np.diff(np.abs(strongest)) <= 0).all()


@pytest.mark.parametrize("name", SPECS)
def test_the_inputs_are_the_maps_of_the_layer_that_is_named(name: str) -> None:
    for opened, _, model in opened_maps(name):
        source = features.feature_maps(model, DIGIT)[opened.source_layer]
        for place, channel in enumerate(opened.channels):
            assert np.array_equal(opened.inputs[place], np.atleast_2d(source[channel]))


@pytest.mark.parametrize("cell", [(0, 0), (2, 5), (8, 8)])
def test_a_patch_with_its_surroundings_gives_the_same_outputs(cell: tuple[int, int]) -> None:
    model = built(SPECS["every kind"])
    opened = explain_map(model, DIGIT, "conv2", 3)
    assert opened.weights is not None
    patch, (row, col) = opened.patch(1, *cell, around=1)
    outputs = conv2d(patch[None, None], opened.weights[1][None, None], stride=opened.window.stride)[0, 0]
    assert outputs[row, col] == pytest.approx(opened.products[1][cell], abs=1e-5)


def test_what_the_activation_makes_of_it_stands_beside() -> None:
    model = built(NOTEBOOK)
    opened = explain_map(model, DIGIT, "conv2", 3)
    assert opened.after == "relu2"
    assert opened.activated is not None
    assert np.array_equal(opened.activated, opened.output.clip(0))
    assert explain_map(model, DIGIT, "pool1", 3).activated is None


@pytest.mark.parametrize(("layer", "channel"), [("conv9", 0), ("conv1", 16), ("fc2", -1)])
def test_a_map_that_does_not_exist_is_refused(layer: str, channel: int) -> None:
    with pytest.raises(Problem):
        explain_map(built(NOTEBOOK), DIGIT, layer, channel)


@pytest.mark.parametrize("name", ["notebook", "mlp", "every kind"])
def test_all_channels_asked_at_once_answer_as_each_by_itself(name: str) -> None:
    model, mnist = built(SPECS[name]), load_mnist()
    images, labels = mnist.test_images[:60], mnist.test_labels[:60]
    asked = ask(model, images, labels, batch_size=25)
    for row in summary(SPECS[name]):
        channel = row.shape[0] - 1
        alone = features.top_patches(model, images, row.name, channel)
        together = asked.patches(row.name, channel)
        assert together.values == pytest.approx(alone.values, abs=1e-5)
        response = features.class_response(model, images, labels, row.name, channel)
        assert asked.response(row.name, channel) == pytest.approx(response, abs=1e-5, nan_ok=True)
        if len(np.unique(alone.values)) == len(alone.values):  # no ties: the very same patches
            assert together.fields == alone.fields


def test_the_range_of_a_layer_is_that_of_all_its_numbers_for_all_images() -> None:
    model, images = built(NOTEBOOK), load_mnist().test_images[:7]
    maps = [features.feature_maps(model, image) for image in images]
    found = ranges(model, images, batch_size=3)
    assert tuple(found) == NOTEBOOK.names()
    for name, ends in found.items():
        values = np.stack([one[name] for one in maps])
        assert ends == pytest.approx((values.min(), values.max()), abs=1e-5)


def test_a_layer_that_is_no_numbers_any_more_has_no_range() -> None:
    model = built(NOTEBOOK)
    with torch.no_grad():
        model.conv3.weight[0, 0, 0, 0] = float("nan")
    assert tuple(ranges(model, load_mnist().test_images[:5], batch_size=2)) == NOTEBOOK.names()[:5]


@given(st.integers(0, 999), st.floats(0, 5))
@settings(deadline=None)
def test_the_digit_decides_all_nothing_or_a_share_of_an_answer(seed: int, noise: float) -> None:
    random = np.random.default_rng(seed)
    labels = np.arange(400) % 10
    decided, chance = labels.astype(float), random.normal(size=400)
    peaks = np.stack([decided, chance, decided + noise * chance, np.ones(400)], axis=1)
    asked = Answers(NOTEBOOK, np.zeros((400, 28, 28)), labels, {"conv1": peaks}, {})
    of_all, of_none, of_both, of_same = asked.by_class("conv1")
    assert of_all == pytest.approx(1)
    assert of_none < 0.1
    assert -1e-9 <= of_none <= of_both + 0.1 <= 1.1 + 1e-9
    assert of_same == 0


def test_shades_give_the_colours_that_a_picture_has() -> None:
    values = np.array([-2.0, -0.5, 0.0, 1.0, 2.0, np.nan])
    painted = shade_colours("signed")[shades(values, (-2, 2), "signed")].astype(int)
    assert np.abs(painted - signed(values, 2.0)).max() <= 2
    black_to_white = shade_colours("grey")[shades(values[:5], (-2, 2))].astype(int)
    assert np.abs(black_to_white[:, 0] - grey(values[:5], -2, 2)).max() <= 1


def test_a_map_of_one_value_is_neutral_and_no_number_has_its_own_shade() -> None:
    assert shades(np.zeros(3), (0, 0), "signed").tolist() == [128] * 3
    assert shades(np.array([np.nan, np.inf, 1.0]), (0, 1)).tolist() == [0, 0, 255]
