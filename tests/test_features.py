"""What is shown of a network is what it computes: maps, the sum behind a unit, its field, what excites it."""

from __future__ import annotations

import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnn_core import features, gratings
from cnn_core.data import load_mnist
from cnn_core.messages import Problem
from cnn_core.models import (
    BATCH_NORM,
    FLATTEN,
    NETWORKS,
    NOTEBOOK,
    RELU,
    SIGMOID,
    ModelSpec,
    avg_pool,
    conv,
    dropout,
    linear,
    max_pool,
    summary,
)

EVERY_KIND = ModelSpec(  # with padding and stride, and windows that overlap
    (
        *(conv(4, 5, stride=2, padding=3), BATCH_NORM, RELU, max_pool(3, 2)),
        *(conv(6, 3, padding=2), SIGMOID, avg_pool(2), dropout(0.5)),
        FLATTEN,
        *(linear(20), BATCH_NORM, RELU, dropout(0.5)),
        linear(10),
    )
)
SPECS = {**NETWORKS, "every kind": EVERY_KIND}


def built(spec: ModelSpec, seed: int = 0) -> nn.Module:
    """A network whose batch norms have something to do."""
    torch.manual_seed(seed)
    model = spec.build().eval()
    for module in model:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return model


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    return load_mnist().test_images[0] / np.float32(255)


@pytest.fixture(scope="module")
def trained() -> nn.Module:
    """A small network that has learned a little: 60 steps on the first training images."""
    torch.manual_seed(0)
    spec = ModelSpec((conv(8, 5), RELU, max_pool(2), conv(16, 5), RELU, max_pool(2), FLATTEN, linear(10)))
    model = spec.build()
    mnist = load_mnist()
    images = torch.tensor(mnist.train_images[:6000] / np.float32(255))[:, None]
    labels = torch.tensor(mnist.train_labels[:6000]).long()
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    for part in torch.arange(6000).split(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
        optimiser.step()
    optimiser.zero_grad()
    return model.eval()


# --- the whole network


@pytest.mark.parametrize("name", SPECS)
def test_feature_maps_are_what_every_layer_puts_out(name: str, digit: np.ndarray) -> None:
    spec = SPECS[name]
    model = built(spec)
    maps = features.feature_maps(model, digit)
    x = torch.tensor(digit)[None, None]
    assert list(maps) == ["input", *spec.names()]
    assert np.array_equal(maps["input"], x[0].numpy())
    with torch.no_grad():
        for row, module in zip(summary(spec), model, strict=True):
            x = module(x)
            assert maps[row.name].shape == row.shape
            assert np.allclose(maps[row.name], x[0].numpy(), atol=1e-6)


def test_a_model_left_in_training_is_read_as_in_evaluation_and_not_changed(digit: np.ndarray) -> None:
    model = built(EVERY_KIND)
    expected = features.logits(model, digit)
    model.train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    assert np.array_equal(features.logits(model, digit), expected)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_probabilities_are_the_softmax_of_the_logits(digit: np.ndarray) -> None:
    model = built(NOTEBOOK)
    scores = features.logits(model, digit).astype(float)
    expected = np.exp(scores) / np.exp(scores).sum()
    for image in (digit, digit[None], (digit * 255).round().astype(np.uint8)):
        assert np.allclose(features.predict(model, image), expected, atol=1e-6)


def test_probabilities_of_the_maps_are_the_prediction(digit: np.ndarray) -> None:
    model = built(NOTEBOOK)
    maps = features.feature_maps(model, digit)
    assert np.allclose(features.probabilities(maps), features.predict(model, digit), atol=1e-6)


def test_the_mean_loss_is_torchs_also_where_a_probability_is_0(trained: nn.Module) -> None:
    mnist = load_mnist()
    images, labels = mnist.test_images[:600], mnist.test_labels[:600]
    scores = torch.from_numpy(np.stack([features.logits(trained, image) for image in images]))
    expected = F.cross_entropy(scores, torch.from_numpy(labels.astype(np.int64)))
    assert features.mean_loss(trained, images, labels) == pytest.approx(float(expected), rel=1e-5)
    with torch.no_grad():
        loud = copy.deepcopy(trained)
        for weight in list(loud.parameters())[-2:]:
            weight *= 1_000
    assert features.predict_batch(loud, images).min() == 0
    assert np.isfinite(features.mean_loss(loud, images, labels))


def test_a_batch_of_any_size_gives_each_image_its_own_answer() -> None:
    model = built(NOTEBOOK)
    images = load_mnist().test_images[:23]
    together = features.predict_batch(model, images, batch_size=10)
    assert together.shape == (23, 10)
    assert np.allclose(together, [features.predict(model, image) for image in images], atol=1e-6)
    assert features.predict_batch(model, images[:0]).shape == (0, 10)


def test_many_sessions_can_look_at_one_model() -> None:
    model = built(NOTEBOOK)
    images = load_mnist().test_images[:4]
    expected = [features.feature_maps(model, image) for image in images]
    start = threading.Barrier(4)

    def look(i: int) -> bool:
        start.wait()
        seen = [features.feature_maps(model, images[i]) for _ in range(10)]
        return all(np.array_equal(maps[k], expected[i][k]) for maps in seen for k in maps)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, range(4)))


def test_filters_are_a_copy_of_the_weights() -> None:
    model = built(NOTEBOOK)
    weights = features.filters(model)
    assert weights.shape == (16, 1, 5, 5)
    assert features.filters(model, "conv3").shape == (64, 32, 5, 5)
    weights[:] = 0
    assert features.filters(model).any()


@pytest.mark.parametrize("layer", ["relu1", "conv9"])
def test_where_there_are_no_filters_a_sentence_says_so(layer: str) -> None:
    with pytest.raises(Problem, match=layer):
        features.filters(built(NOTEBOOK), layer)


def test_a_picture_of_another_size_is_refused_in_one_sentence() -> None:
    with pytest.raises(Problem, match="28×28 pixels, but this one is 30×30"):
        features.predict(built(NOTEBOOK), np.zeros((30, 30)))


@pytest.mark.parametrize("name", SPECS)
def test_the_spec_can_be_read_off_a_built_network(name: str) -> None:
    assert features.spec_of(SPECS[name].build()) == SPECS[name]


def test_a_confusion_matrix_counts_pairs() -> None:
    matrix = features.confusion_matrix([3, 3, 3, 9], [3, 5, 3, 4])
    assert matrix.shape == (10, 10)
    assert (matrix[3, 3], matrix[3, 5], matrix[9, 4], matrix.sum()) == (2, 1, 1, 4)


# --- one unit opened


@pytest.mark.parametrize("count", [12, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SPECS)
def test_the_sum_behind_a_random_unit_is_what_the_network_computes(
    name: str, count: int, digit: np.ndarray
) -> None:
    spec = SPECS[name]
    model = built(spec)
    maps = features.feature_maps(model, digit)
    random = np.random.default_rng(0)
    for row in summary(spec):
        for _ in range(count):
            channel, *cell = (int(random.integers(n)) for n in row.shape)
            opened = features.explain_unit(model, digit, row.name, channel, *cell)
            computed = float(maps[row.name][(channel, *cell)])
            assert opened.value == pytest.approx(computed, rel=1e-5, abs=1e-6)
            assert opened.total == pytest.approx(computed, rel=1e-5, abs=2e-6)
            assert opened.per_channel.sum() + opened.bias == pytest.approx(opened.total)
            assert opened.inputs.shape == opened.weights.shape == opened.terms.shape


@pytest.mark.parametrize("name", SPECS)
def test_every_input_is_the_unit_of_the_layer_before_that_it_names(name: str, digit: np.ndarray) -> None:
    spec = SPECS[name]
    model = built(spec)
    maps = features.feature_maps(model, digit)
    random = np.random.default_rng(1)
    for row in summary(spec):
        for _ in range(4):
            channel, *cell = (int(random.integers(n)) for n in row.shape)
            opened = features.explain_unit(model, digit, row.name, channel, *cell)
            source = maps[opened.source_layer]
            assert source.shape == opened.source_shape
            for index in np.ndindex(opened.inputs.shape):
                came_from = opened.source(index)
                if came_from is None:
                    assert opened.inputs[index] in (0, -np.inf)
                else:
                    assert opened.inputs[index] == source[came_from[: source.ndim]]


def test_max_pooling_names_the_cell_that_won(digit: np.ndarray) -> None:
    model = built(EVERY_KIND)
    opened = features.explain_unit(model, digit, "pool1", 2, 3, 4)
    assert opened.winner is not None
    assert opened.inputs[opened.winner] == opened.inputs.max() == opened.value
    assert opened.weights.sum() == 1


def test_padding_reads_as_zero_and_comes_from_nowhere(digit: np.ndarray) -> None:
    opened = features.explain_unit(built(NETWORKS["lenet5"]), digit, "conv1", 0, 0, 0)
    assert opened.source_box == (-2, -2, 3, 3)
    assert not opened.inputs[0, :2].any()
    assert opened.source((0, 0, 0)) is None
    assert opened.source((0, 2, 2)) == (0, 0, 0)
    assert np.array_equal(opened.inputs[0, 2:, 2:], digit[:3, :3])


def test_the_strongest_terms_come_first_for_and_against(digit: np.ndarray) -> None:
    opened = features.explain_unit(built(NOTEBOOK), digit, "fc2", 7)
    terms = opened.strongest(100)
    sizes = [abs(term.product) for term in terms]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(term.product for term in terms) + opened.bias == pytest.approx(opened.value, abs=1e-5)
    assert {np.sign(term.product) for term in terms} >= {1, -1}
    assert terms[0].source == (terms[0].at[0], 0, 0)
    assert terms[0].product == pytest.approx(terms[0].input * terms[0].weight)


def test_an_answer_unfolds_into_a_tree_that_adds_up(digit: np.ndarray) -> None:
    """logit → hidden units → the flattened cell → the pooled one → its convolution's bias and products."""
    model = built(NOTEBOOK)
    path = []
    layer, unit = "fc2", (7, 0, 0)
    while layer != "input":
        opened = features.explain_unit(model, digit, layer, *unit)
        assert opened.total == pytest.approx(opened.value, rel=1e-5, abs=2e-6)
        path.append(layer)
        strongest = next(term for term in opened.strongest(len(opened.terms.ravel())) if term.source)
        assert strongest.source is not None
        layer, unit = opened.source_layer, strongest.source
    assert path == list(reversed(NOTEBOOK.names()))


@pytest.mark.parametrize(
    ("layer", "unit"),
    [("conv9", (0, 0, 0)), ("conv1", (16, 0, 0)), ("conv1", (0, -1, 0)), ("fc2", (0, 1, 0))],
)
def test_a_unit_that_does_not_exist_is_refused(layer: str, unit: tuple[int, int, int]) -> None:
    with pytest.raises(Problem, match=layer):
        features.explain_unit(built(NOTEBOOK), np.zeros((28, 28)), layer, *unit)


# --- receptive fields


@pytest.mark.parametrize(
    ("layer", "size"), [("conv1", 5), ("conv2", 9), ("pool1", 10), ("conv3", 18), ("pool2", 20), ("fc1", 28)]
)
def test_receptive_fields_of_the_notebooks_network_grow(layer: str, size: int) -> None:
    field = features.receptive_field(NOTEBOOK, layer)
    assert field.size == field.full_size == (size, size)
    assert field[:2] == (0, 0)


@given(st.sampled_from(list(SPECS)), st.data())
@settings(max_examples=60, deadline=None)
def test_only_pixels_in_the_receptive_field_move_a_unit(name: str, data: st.DataObject) -> None:
    model = built(SPECS[name])
    row = data.draw(st.sampled_from(summary(SPECS[name])))
    channel, *cell = (data.draw(st.integers(0, n - 1)) for n in row.shape)
    field = features.receptive_field(SPECS[name], row.name, *(cell or (0, 0)), channel)
    inside = np.zeros((28, 28), bool)
    inside[field.top : field.bottom, field.left : field.right] = True
    noise = np.random.default_rng(0).random((28, 28), np.float32)
    one = features.feature_maps(model, noise)[row.name][(channel, *cell)]
    other = features.feature_maps(model, np.where(inside, noise, 1 - noise))[row.name][(channel, *cell)]
    assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "conv2", "pool2", "flatten"])
def test_a_receptive_field_is_no_larger_than_it_must_be(layer: str) -> None:
    """With positive weights and no ReLU in the way, every pixel of the field has a gradient."""
    spec = ModelSpec((conv(2, 5, 2, 3), RELU, avg_pool(3, 2), conv(2, 3, padding=2), avg_pool(2), FLATTEN))
    model = spec.build()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.1)
    x = torch.rand(1, 1, 28, 28).requires_grad_()
    shape = dict((r.name, r.shape) for r in summary(spec))[layer]
    out: Tensor = x
    for name, module in model.named_children():
        out = module(out)
        if name == layer:
            break
    unit = tuple(n - 1 for n in shape)
    (gradient,) = torch.autograd.grad(out[(0, *unit)], x)
    rows, columns = np.nonzero(gradient[0, 0].numpy())
    channel, row, col = (*unit, 0, 0)[:3]
    field = features.receptive_field(spec, layer, row, col, channel)
    assert field[:4] == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


def test_the_field_of_a_padded_unit_reaches_beyond_the_image() -> None:
    field = features.receptive_field(NETWORKS["lenet5"], "conv1", 0, 0)
    assert field.full == (-2, -2, 3, 3)
    assert field[:4] == (0, 0, 3, 3)
    assert field.full_size == (5, 5)


# --- what excites a unit


@pytest.mark.parametrize("layer", ["conv1", "relu2", "fc1"])
def test_top_patches_are_the_largest_answers_of_all(trained: nn.Module, layer: str) -> None:
    images = load_mnist().test_images[:60]
    answers = np.array([features.feature_maps(trained, image)[layer][3] for image in images])
    peaks = answers.reshape(60, -1).max(axis=1)
    found = features.top_patches(trained, images, layer, 3, k=5, batch_size=25)
    assert np.allclose(found.values, np.sort(peaks)[::-1][:5], atol=1e-5)
    for i, place, value in zip(found.indices, found.positions, found.values, strict=True):
        at = answers[i][tuple(place)] if answers.ndim == 3 else answers[i]
        assert at == pytest.approx(value, abs=1e-5)
    assert np.array_equal(found.images, images[found.indices])
    assert [patch.shape for patch in found.patches()] == [field.size for field in found.fields]


def test_class_response_is_the_mean_peak_of_each_digit(trained: nn.Module) -> None:
    mnist = load_mnist()
    images, labels = mnist.test_images[:80], mnist.test_labels[:80]
    peaks = np.array([features.feature_maps(trained, image)["relu1"][2].max() for image in images])
    response = features.class_response(trained, images, labels, "relu1", 2)
    assert response[7] == pytest.approx(peaks[labels == 7].mean(), abs=1e-5)
    only_sevens = features.class_response(trained, images[labels == 7], labels[labels == 7], "relu1", 2)
    assert np.isnan(only_sevens[:7]).all()


def test_a_trained_logit_answers_most_to_its_own_digit(trained: nn.Module) -> None:
    mnist = load_mnist()
    images, labels = mnist.test_images[:500], mnist.test_labels[:500]
    best = [features.class_response(trained, images, labels, "fc1", c).argmax() for c in range(10)]
    assert best == list(range(10))


def test_channels_are_ranked_by_their_strongest_value() -> None:
    maps = np.zeros((3, 2, 2))
    maps[0, 0, 0], maps[2, 1, 1] = 1, 5
    assert features.ranked_channels(maps).tolist() == [2, 0, 1]
    assert features.ranked_channels([0.1, 0.3, 0.2]).tolist() == [1, 2, 0]


@pytest.mark.parametrize(("layer", "channel"), [("relu1", 1), ("conv2", 5), ("fc1", 3)])
def test_the_maximised_input_excites_the_unit_more_than_any_digit(
    trained: nn.Module, layer: str, channel: int
) -> None:
    before = {k: v.clone() for k, v in trained.state_dict().items()}
    moments = list(features.maximise_unit(trained, layer, channel, steps=100, every=40))
    assert [m.step for m in moments] == [40, 80, 100]
    last = moments[-1]
    assert last.image.shape == (28, 28)
    assert 0 <= last.image.min() <= last.image.max() <= 1
    shape = features.feature_maps(trained, last.image)[layer].shape
    middle = (channel, shape[1] // 2, shape[2] // 2) if len(shape) == 3 else (channel,)
    digits = [features.feature_maps(trained, x)[layer][middle] for x in load_mnist().test_images[:200]]
    assert features.feature_maps(trained, last.image)[layer][middle] == pytest.approx(last.value, abs=1e-4)
    assert last.value > np.percentile(digits, 99)
    assert all(parameter.grad is None for parameter in trained.parameters())
    assert all(torch.equal(v, before[k]) for k, v in trained.state_dict().items())
    assert torch.is_grad_enabled()


def test_the_same_seed_gives_the_same_maximised_input(trained: nn.Module) -> None:
    one, again, other = (
        [*features.maximise_unit(trained, "relu1", 0, steps=10, seed=seed)][-1].image for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_maximised_input_is_black_where_the_unit_does_not_look(trained: nn.Module) -> None:
    *_, last = features.maximise_unit(trained, "conv1", 0, row=0, col=0, steps=5)
    assert not last.image[5:].any()
    assert not last.image[:, 5:].any()
    assert last.image[:5, :5].all()


# --- edge detectors


X, Y = np.meshgrid(np.arange(-2, 3), np.arange(-2, 3))


@pytest.mark.parametrize(
    ("kernel", "group", "polarity"),
    [
        ([[-1, 0, 1]] * 3, gratings.VERTICAL_EDGE, "brighter on the right"),  # the book's two filters
        ([[1, 0, -1]] * 3, gratings.VERTICAL_EDGE, "brighter on the left"),
        (np.sign(Y), gratings.HORIZONTAL_EDGE, "brighter below"),
        (-np.sign(Y), gratings.HORIZONTAL_EDGE, "brighter above"),
        (np.sign(X + Y), gratings.RISING_EDGE, "brighter below on the right"),
        (np.sign(X - Y), gratings.FALLING_EDGE, "brighter above on the right"),
        ([[-1, 2, -1]] * 3, gratings.VERTICAL_LINE, gratings.LIGHT),
        (np.array([[-1, 2, -1]] * 3).T, gratings.HORIZONTAL_LINE, gratings.LIGHT),
        ([[1, -2, 1]] * 3, gratings.VERTICAL_LINE, gratings.DARK),
        (np.where(X == -Y, 4.0, -1.0), gratings.RISING_LINE, gratings.LIGHT),
        (np.where(X == Y, -4.0, 1.0), gratings.FALLING_LINE, gratings.DARK),
        ([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], gratings.SPOT, gratings.LIGHT),
        (-np.exp(-(X**2 + Y**2) / 2), gratings.SPOT, gratings.DARK),
        (np.ones((5, 5)), gratings.EVEN, gratings.LIGHT),
        (np.zeros((5, 5)), gratings.EVEN, gratings.LIGHT),
    ],
)
def test_a_filter_is_named_by_what_it_answers_to(kernel: np.ndarray, group: str, polarity: str) -> None:
    measured = features.orientation(kernel)
    assert (measured.group, measured.polarity) == (group, polarity)


@given(st.integers(0, 999))
@settings(deadline=None)
def test_turning_the_sign_of_a_filter_turns_its_polarity_and_nothing_else(seed: int) -> None:
    kernel = np.random.default_rng(seed).normal(size=(5, 5))
    one, other = features.orientation(kernel), features.orientation(-kernel)
    assert one.group == other.group
    assert one.polarity != other.polarity
    assert one.strength == pytest.approx(other.strength)


@given(st.integers(0, 999))
@settings(deadline=None)
def test_turning_a_filter_by_a_quarter_turns_its_direction_by_a_quarter(seed: int) -> None:
    kernel = np.random.default_rng(seed).normal(size=(5, 5))
    one, turned = features.orientation(kernel), features.orientation(np.rot90(kernel, -1))  # clockwise
    assert (turned.direction - one.direction) % 180 == pytest.approx(90)
    assert one.selectivity == pytest.approx(turned.selectivity, abs=1e-9)
