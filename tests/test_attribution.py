"""Attributions say what they claim, leave no trace on a shared model, and hold under many sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnn_core import attribution, features
from cnn_core.data import load_mnist
from cnn_core.messages import Problem
from cnn_core.models import NOTEBOOK, SIMPLE_CONV_NET


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(0)
    network = NOTEBOOK.build().eval()
    for module in network:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
    return network


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    return load_mnist().test_images[0] / np.float32(255)


WAYS = {
    "saliency": attribution.saliency,
    "integrated gradients": attribution.integrated_gradients,
    "occlusion": attribution.occlusion,
    "grad_cam": lambda model, image, *target: attribution.grad_cam(model, image, "conv3", *target),
}


def has_a_trace(model: nn.Module) -> bool:
    hooks = any(
        m._forward_hooks or m._forward_pre_hooks or m._backward_hooks or m._backward_pre_hooks
        for m in model.modules()
    )
    return hooks or any(p.grad is not None or not p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("way", WAYS)
def test_each_way_gives_a_picture_and_leaves_no_trace(model: nn.Module, digit: np.ndarray, way: str) -> None:
    before = {k: v.clone() for k, v in model.state_dict().items()}
    picture = WAYS[way](model, digit, 7)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.float32
    assert picture.any()
    assert not has_a_trace(model)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


class Failing(nn.Module):
    """A layer that breaks when it is used."""

    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("broken on the way")


@pytest.mark.parametrize("way", ["saliency", "integrated gradients", "occlusion"])
def test_an_exception_on_the_way_leaves_no_trace(digit: np.ndarray, way: str) -> None:
    broken = nn.Sequential(nn.Conv2d(1, 2, 3), Failing())
    with pytest.raises(RuntimeError, match="on the way"):
        WAYS[way](broken, digit, 7)
    assert not has_a_trace(broken)


def test_an_exception_within_grad_cam_leaves_no_trace(
    model: nn.Module, digit: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Tensor:
        raise RuntimeError("broken on the way")

    with monkeypatch.context() as patch:
        patch.setattr(nn.Flatten, "forward", broken)
        with pytest.raises(RuntimeError, match="on the way"):
            attribution.grad_cam(model, digit, "conv3", 7)
    assert not has_a_trace(model)


def test_saliency_is_the_slope_of_the_score(model: nn.Module, digit: np.ndarray) -> None:
    slopes = attribution.saliency(model, digit, 7)
    x = torch.tensor(digit)[None, None].requires_grad_()
    (gradient,) = torch.autograd.grad(model(x)[0, 7], x)
    assert np.allclose(slopes, gradient[0, 0], atol=1e-6)
    assert slopes.min() < 0 < slopes.max()


@pytest.mark.parametrize(("target", "against"), [(7, None), (3, None), (7, 9)])
def test_integrated_gradients_add_up_to_the_score(
    model: nn.Module, digit: np.ndarray, target: int, against: int | None
) -> None:
    def score(image: np.ndarray) -> float:
        out = features.logits(model, image)
        return float(out[target] - (0 if against is None else out[against]))

    shares = attribution.integrated_gradients(model, digit, target, against, steps=200)
    gained = score(digit) - score(np.zeros_like(digit))
    assert shares.sum() == pytest.approx(gained, rel=0.02, abs=0.02)
    assert not shares[digit == 0].any()


def test_occlusion_is_the_fall_of_the_score(model: nn.Module, digit: np.ndarray) -> None:
    falls = attribution.occlusion(model, digit, 7, size=4, stride=4)  # tiles without overlap
    for top, left in ((8, 12), (16, 8), (0, 0)):
        hidden = attribution.occluded(digit, top, left, size=4)
        fall = features.logits(model, digit)[7] - features.logits(model, hidden)[7]
        assert np.allclose(falls[top : top + 4, left : left + 4], fall, atol=1e-5)


def test_a_patch_can_be_dragged_over_the_edge(digit: np.ndarray) -> None:
    assert not attribution.occluded(np.ones((28, 28)), -2, 26, 5)[:3, 26:].any()
    assert attribution.occluded(np.ones((1, 28, 28)), -2, 26, 5).sum() == 28 * 28 - 6
    assert attribution.occluded(np.ones((28, 28)), -9, -9, 5).all()


@pytest.mark.parametrize("way", ["saliency", "integrated gradients", "occlusion"])
def test_why_not_is_the_difference_of_two_classes(model: nn.Module, digit: np.ndarray, way: str) -> None:
    difference = WAYS[way](model, digit, 7, 9)
    assert np.allclose(difference, WAYS[way](model, digit, 7) - WAYS[way](model, digit, 9), atol=1e-4)


def spread(cells: np.ndarray) -> float:
    """The middle of 3×3 cells where an eighth of each neighbour reaches into it, across and down."""
    share = np.array([0.125, 0.75, 0.125])
    return float(share @ cells @ share)


def test_grad_cam_is_the_gradient_weighted_sum_of_the_maps(model: nn.Module, digit: np.ndarray) -> None:
    x = torch.tensor(digit)[None, None]
    maps = model[:6](x).detach().requires_grad_()  # as far as conv3
    (gradient,) = torch.autograd.grad(model[6:](maps)[0, 7], maps)
    heat = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)[0].relu().detach().numpy()
    shown = attribution.grad_cam(model, digit, "conv3", 7)
    assert shown.min() >= 0
    assert shown.max() <= heat.max() + 1e-5
    # conv3's cell (i, j) sees 18 pixels from 2·i on, so its middle lies at 2·i + 8.5
    assert np.allclose(shown[:9, :9], heat[0, 0], atol=1e-6)
    assert np.allclose(shown[8:20:2, 8], np.interp(np.arange(6) - 0.25, np.arange(6), heat[:, 0]), atol=1e-6)
    four = shown[12:14, 14:16]  # a quarter of a cell to each side of the middle of heat[2, 3]
    assert four.mean() == pytest.approx(spread(heat[1:4, 2:5]), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "pool2"])
def test_grad_cam_works_at_every_layer_with_maps(model: nn.Module, digit: np.ndarray, layer: str) -> None:
    assert attribution.grad_cam(model, digit, layer, 7).shape == (28, 28)


def test_grad_cam_behind_flatten_is_refused(model: nn.Module, digit: np.ndarray) -> None:
    for layer in ("fc1", "flatten"):
        with pytest.raises(Problem, match=layer):
            attribution.grad_cam(model, digit, layer, 7)


def test_a_class_that_does_not_exist_is_refused(model: nn.Module, digit: np.ndarray) -> None:
    with pytest.raises(Problem, match="12"):
        attribution.saliency(model, digit, 12)
    with pytest.raises(Problem, match="-1"):
        attribution.saliency(model, digit, 1, -1)


def test_many_sessions_can_ask_about_one_model(digit: np.ndarray) -> None:
    torch.manual_seed(1)
    shared = SIMPLE_CONV_NET.build()
    expected = attribution.grad_cam(shared, digit, "conv1", 3)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda _: attribution.grad_cam(shared, digit, "conv1", 3), range(60)))
    assert all(np.allclose(picture, expected, atol=1e-6) for picture in pictures)
    assert not has_a_trace(shared)


@pytest.mark.parametrize("way", WAYS)
def test_the_pictures_of_all_classes_hold_every_difference(
    model: nn.Module, digit: np.ndarray, way: str
) -> None:
    ways = WAYS | {
        "grad_cam": lambda *asked: attribution.grad_cam(*asked[:2], "conv3", *asked[2:], signed=True)
    }
    made = attribution.every_class(lambda target: ways[way](model, digit, target))
    assert made.shape == (10, 28, 28)
    assert np.allclose(made[7] - made[9], ways[way](model, digit, 7, 9), atol=1e-4)
    assert attribution.common_limit(made) >= np.abs(made[7] - made[9]).max()


def test_signed_grad_cam_cut_off_at_zero_is_grad_cam(model: nn.Module, digit: np.ndarray) -> None:
    signed = attribution.grad_cam(model, digit, "conv1", 7, signed=True)
    assert signed.min() < 0 < signed.max()
    assert np.all(attribution.grad_cam(model, digit, "conv1", 7) >= signed - 1e-6)


def test_the_answers_with_a_hidden_patch_are_the_networks_own(model: nn.Module, digit: np.ndarray) -> None:
    answers = attribution.answers_when_hidden(model, digit, 5)
    assert answers.shape == (28, 28, 10)
    for row, col in ((0, 0), (13, 14), (27, 3)):
        hidden = digit.copy()
        hidden[max(row - 2, 0) : row + 3, max(col - 2, 0) : col + 3] = 0
        assert np.allclose(answers[row, col], features.logits(model, hidden), atol=1e-5)
