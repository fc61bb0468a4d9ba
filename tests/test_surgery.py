"""Cut and change: muting is exact, undoing is exact, and only what changes is computed."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_core import surgery
from cnn_core.edit import Edit, muting
from cnn_core.models import (
    BATCH_NORM,
    FLATTEN,
    LENET5,
    MLP,
    RELU,
    SIGMOID,
    SIMPLE_CONV_NET,
    ModelSpec,
    avg_pool,
    conv,
    linear,
    max_pool,
    summary,
)
from cnn_core.surgery import Trial, flips
from cnn_core.walk import run

SMALL = ModelSpec(
    (conv(4, 5), BATCH_NORM, SIGMOID, max_pool(2), conv(6, 5), RELU, FLATTEN, linear(12), RELU, linear(10))
)
BARE = ModelSpec((conv(3, 5), max_pool(2), conv(4, 3), BATCH_NORM, avg_pool(2), FLATTEN, linear(10)))
SPECS = {"small": SMALL, "bare": BARE, "lenet5": LENET5, "mlp": MLP, "book": SIMPLE_CONV_NET}


def network(spec: ModelSpec, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return spec.build().eval().requires_grad_(False)


def digits(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)


def logits_without(model: nn.Module, images: np.ndarray, layer: str, unit: int) -> np.ndarray:
    """The unit's outgoing weights at 0 instead of its output: torch's own forward pass."""
    other = copy.deepcopy(model)
    modules = list(other.named_children())
    place = [name for name, _ in modules].index(layer)
    following = next(m for _, m in modules[place + 1 :] if isinstance(m, nn.Conv2d | nn.Linear))
    incoming = following.weight  # (out, in, …)
    channels = modules[place][1].weight.shape[0]
    each = incoming.shape[1] // channels  # behind flatten a map is a block of numbers
    with torch.no_grad():
        incoming[:, unit * each : (unit + 1) * each] = 0
        return other(torch.from_numpy(images / np.float32(255))[:, None]).numpy()


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(sorted(SPECS)), data=st.data(), seed=st.integers(0, 99))
def test_a_muted_unit_gives_nothing_to_the_next_layer(name: str, data: st.DataObject, seed: int) -> None:
    spec = SPECS[name]
    model, images = network(spec, seed), digits(3, seed)
    layer, seat = data.draw(st.sampled_from(muting(spec)))
    units = next(row.shape[0] for row in summary(spec) if row.name == layer)
    unit = data.draw(st.integers(0, units - 1))
    edit = Edit().toggled(layer, unit)
    expected = logits_without(model, images, layer, unit)
    trial = Trial(model, images, np.zeros(3), batch=2)
    assert np.allclose(trial.logits_with(edit), expected, atol=1e-5)
    x = torch.from_numpy(images / np.float32(255))[:, None]
    assert np.allclose(edit.apply(model)(x).numpy(), expected, atol=1e-5)
    assert not run(edit.apply(model), x, until=seat)[:, unit].any()


@settings(max_examples=20, deadline=None)
@given(
    muted=st.lists(st.tuples(st.sampled_from(["conv1", "conv2", "fc1"]), st.integers(0, 3)), max_size=4),
    changed=st.lists(st.sampled_from([("conv1", 0, 0), ("conv2", 5, 3), ("conv2", 1, 2)]), max_size=2),
    kept_bytes=st.sampled_from([0, 50_000, surgery.KEPT_BYTES]),
    seed=st.integers(0, 99),
)
def test_only_what_changes_is_computed_and_nothing_else_comes_out(
    muted: list[tuple[str, int]], changed: list[tuple[str, int, int]], kept_bytes: int, seed: int
) -> None:
    model, images, rng = network(SMALL, seed), digits(5, seed), np.random.default_rng(seed)
    edit = Edit(muted=frozenset(muted))
    for place in changed:
        edit = edit.with_kernel(*place, rng.standard_normal((5, 5)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surgery, "KEPT_BYTES", kept_bytes)
        trial = Trial(model, images, np.zeros(5), batch=2)
    x = torch.from_numpy(images / np.float32(255))[:, None]
    assert np.allclose(trial.logits_with(edit), edit.apply(model)(x).numpy(), atol=1e-5)
    assert np.allclose(trial.logits, model(x).numpy(), atol=1e-5)


def test_undone_edits_leave_the_network_as_it_was_to_the_bit() -> None:
    model, images = network(SMALL), digits(4)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trial = Trial(model, images, np.zeros(4))
    first = trial.logits.tobytes()
    edit = Edit().with_kernel("conv2", 1, 0, np.eye(5)).toggled("conv1", 2)
    assert trial.logits_with(edit).tobytes() != first
    undone = edit.toggled("conv1", 2).with_kernel("conv2", 1, 0, None)
    assert undone == Edit()
    assert trial.logits_with(undone).tobytes() == first
    x = torch.from_numpy(images / np.float32(255))[:, None]
    assert torch.equal(undone.apply(model)(x), model(x))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("layer", ["conv1", "conv2", "fc1"])
def test_how_much_a_unit_matters_is_what_brute_force_says(layer: str) -> None:
    model, images = network(SMALL, 3), digits(40, 3)
    x = torch.from_numpy(images / np.float32(255))[:, None]
    labels = model(x).argmax(1).numpy()  # an accuracy of 1, to lose from
    trial = Trial(model, images, labels, batch=16)
    units = next(row.shape[0] for row in summary(SMALL) if row.name == layer)
    brute = [
        float((logits_without(model, images, layer, u).argmax(1) == labels).mean()) for u in range(units)
    ]
    assert [trial.accuracy_without(layer, u) for u in range(units)] == brute
    assert min(brute) < 1


def test_flips_are_counted_in_both_directions() -> None:
    labels, before, after = [1, 2, 3, 4, 5], [1, 7, 3, 9, 6], [8, 2, 3, 0, 6]
    found = flips(labels, before, after)
    assert [list(part) for part in (found.lost, found.gained, found.otherwise)] == [[0], [1], [3]]


def test_what_is_no_number_is_no_answer() -> None:
    model = network(SMALL)
    model.get_submodule("fc2").bias[0] = torch.nan
    assert set(Trial(model, digits(3), np.zeros(3)).answers) == {-1}


def test_a_network_of_linear_layers_alone_can_be_cut_too() -> None:
    assert muting(MLP) == [("fc1", "relu1"), ("fc2", "relu2")]
    assert muting(BARE) == [("conv1", "conv1"), ("conv2", "norm1")]
