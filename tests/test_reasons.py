"""An unfolded answer adds up: at every node of every network, whatever is asked and however much is shown."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core import features
from cnn_core.data import load_mnist
from cnn_core.models import NETWORKS, NOTEBOOK
from cnn_core.reasons import Part, Reasons
from tests.test_features import EVERY_KIND, built

SPECS = {**NETWORKS, "every kind": EVERY_KIND}


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    return load_mnist().test_images[0] / np.float32(255)


def adds_up(part: Part, parts: list[Part]) -> None:
    """To float32 rounding of the largest number in the sum."""
    shares = np.array([p.share for p in parts])
    assert shares.sum() == pytest.approx(
        part.share, abs=2e-6 * (np.abs(shares).sum() + abs(part.share)) + 1e-12
    )


@pytest.mark.parametrize("name", SPECS)
def test_the_parts_of_random_nodes_add_up_on_random_images(name: str) -> None:
    model = built(SPECS[name])
    random = np.random.default_rng(0)
    kinds = set()
    for _ in range(12):
        reasons = Reasons(model, random.random((28, 28), np.float32))
        target, against = (int(c) for c in random.permutation(10)[:2])
        part = reasons.score(target, against if random.random() < 0.5 else None)
        while part.can_open:
            parts = reasons.open(part, count=int(random.integers(1, 12)), also={int(random.integers(9))})
            adds_up(part, parts)
            kinds |= {p.kind for p in parts}
            below = [p for p in parts if p.kind in ("unit", "map")]
            if not below:
                break
            part = below[int(random.integers(len(below)))]
    assert kinds == {"unit", "map", "others", "bias"}


@pytest.mark.parametrize("name", SPECS)
def test_the_first_parts_are_the_terms_of_the_logit_itself(name: str, digit: np.ndarray) -> None:
    model = built(SPECS[name])
    reasons = Reasons(model, digit)
    opened = features.explain_unit(model, digit, SPECS[name].names()[-1], 7)
    score = reasons.score(7)
    assert score.share == pytest.approx(opened.value, abs=1e-6)
    parts = {p.path[-1]: p.share for p in reasons.open(score, 1000) if p.kind == "unit"}
    assert parts == pytest.approx({i: term for i, term in enumerate(opened.terms)}, abs=1e-6)


def test_a_unit_of_a_map_opens_into_the_channels_of_its_convolution(digit: np.ndarray) -> None:
    """relu4 → pool2 → the cell of conv3 that won there: its 32 channels and its bias."""
    model = built(NOTEBOOK)
    reasons = Reasons(model, digit)
    part = reasons.score(3)
    while part.layer != "pool2" or part.kind != "unit":
        part = next(p for p in reasons.open(part, 1) if p.can_open)
    channel, row, col = part.position
    pooled = features.explain_unit(model, digit, "pool2", channel, row, col)
    assert pooled.winner is not None
    won = pooled.source(pooled.winner)
    assert won is not None
    opened = features.explain_unit(model, digit, "conv3", *won)
    weight = part.weights[part.position]
    parts = reasons.open(part, 32)
    assert [p.kind for p in parts] == ["map"] * 32 + ["bias"]
    assert parts[-1].share == pytest.approx(weight * opened.bias)
    for p in parts[:-1]:
        assert p.share == pytest.approx(weight * opened.per_channel[p.path[-1]], rel=1e-5, abs=1e-9)
        assert p.count == 25
        assert p.box == opened.source_box


def test_why_not_is_the_difference_of_two_answers_part_by_part(digit: np.ndarray) -> None:
    reasons = Reasons(built(NOTEBOOK), digit)

    def shares(*classes: int) -> dict[tuple[int, ...], float]:
        return {p.path: p.share for p in reasons.open(reasons.score(*classes), 1000)}

    seven, nine, difference = shares(7), shares(9), shares(7, 9)
    assert difference == pytest.approx({path: seven[path] - nine[path] for path in seven}, abs=1e-9)


def test_what_is_open_is_shown_though_others_are_stronger(digit: np.ndarray) -> None:
    reasons = Reasons(built(NOTEBOOK), digit)
    score = reasons.score(7)
    weakest = [p for p in reasons.open(score, 1000) if p.kind == "unit" and p.share][-1]
    tree = reasons.tree(score, {(), weakest.path}, more={weakest.path})
    found = next(b for b in tree.parts if b.part.path == weakest.path)
    assert len(tree.parts) == 5 + 1 + 2
    assert len(found.parts) == 30 + 2
    adds_up(score, [b.part for b in tree.parts])
    others = next(b.part for b in tree.parts if b.part.kind == "others")
    assert others.share == pytest.approx((others.weights * reasons.outputs[others.layer]).sum())
    assert not reasons.tree(score, set()).parts


def test_the_strongest_path_leads_to_pixels(digit: np.ndarray) -> None:
    reasons = Reasons(built(NOTEBOOK), digit)
    path = reasons.strongest_path(reasons.score(7), 20)
    assert len(path) == 8  # unit, map, cell, map, cell, map, cell, image
    opened = {path[:i] for i in range(len(path) + 1)}
    branch = reasons.tree(reasons.score(7), opened)
    for depth in range(1, len(path) + 1):
        branch = next(b for b in branch.parts if b.part.path == path[:depth])
    assert branch.part.layer == "input"
    pixels = [b.part for b in branch.parts if b.part.kind == "unit"]
    assert pixels
    for pixel in pixels:
        assert pixel.share == pytest.approx(pixel.weights[pixel.position] * digit[pixel.position[1:]])
        assert not pixel.can_open


def test_the_pixels_share_is_the_slope_times_the_ink_where_relu_bends(digit: np.ndarray) -> None:
    model = built(NOTEBOOK)
    reasons = Reasons(model, digit)
    x = torch.tensor(digit)[None, None].requires_grad_()
    (slope,) = torch.autograd.grad(model(x)[0, 7], x)
    picture = reasons.on_image(reasons.score(7))
    assert np.allclose(picture, slope[0, 0].numpy() * digit, atol=1e-5)


def test_asking_leaves_no_trace_on_the_model(digit: np.ndarray) -> None:
    model = built(EVERY_KIND)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    reasons = Reasons(model, digit)
    reasons.on_image(reasons.open(reasons.score(1), 3)[0])
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in model.modules())


def test_a_silent_network_has_nothing_to_unfold(digit: np.ndarray) -> None:
    model = built(NOTEBOOK)
    for module in model:
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)
            nn.init.constant_(module.bias, -1.0)
    reasons = Reasons(model, digit)
    parts = reasons.open(reasons.score(7))
    assert [(p.kind, p.share) for p in parts] == [("bias", -1.0)]
