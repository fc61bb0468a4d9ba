"""One taught digit: the step is the gradient's, on a copy; what is kept comes back, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn_core.data import load_mnist
from cnn_core.features import predict
from cnn_core.messages import Problem
from cnn_core.models import SIMPLE_CONV_NET
from cnn_core.teach import kept, moved, restored, taught, weights_of

IMAGE = load_mnist().test_images[8].astype(np.float32) / 255
RATE = 0.1


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    from cnn_core.runs import REFERENCE, RunStore

    return RunStore().model(REFERENCE)


def test_one_step_is_the_weights_minus_the_rate_times_the_gradient(model: torch.nn.Module) -> None:
    pupil = taught(model, IMAGE, 6, RATE)
    own = {name: p.clone().requires_grad_(True) for name, p in model.named_parameters()}
    x = torch.from_numpy(IMAGE)[None, None]
    F.cross_entropy(torch.func.functional_call(model, own, x), torch.tensor([6])).backward()
    for name, weight in pupil.named_parameters():
        expected = own[name].detach() - RATE * own[name].grad  # type: ignore[operator]
        assert torch.allclose(weight, expected, atol=1e-6)


def test_the_model_itself_stays_as_it_was(model: torch.nn.Module) -> None:
    before = weights_of(model)
    pupil = taught(model, IMAGE, 6, RATE)
    assert all(np.array_equal(before[n], a) for n, a in weights_of(model).items())
    assert not any(p.requires_grad for p in [*model.parameters(), *pupil.parameters()])


def test_a_few_steps_make_it_believe_what_it_is_told(model: torch.nn.Module) -> None:
    label = int(predict(model, IMAGE).argsort()[0])  # what it thinks least of
    pupil = model
    for _ in range(10):
        pupil = taught(pupil, IMAGE, label, RATE)
    assert predict(pupil, IMAGE).argmax() == label


def test_far_too_large_a_step_gets_a_sentence(model: torch.nn.Module) -> None:
    with pytest.raises(Problem, match="smaller learning rate"):
        taught(model, IMAGE, 0, 1e39)


def test_what_is_kept_comes_back_bit_by_bit(model: torch.nn.Module) -> None:
    pupil = taught(model, IMAGE, 6, RATE)
    again = restored(model, kept(pupil))
    assert all(np.array_equal(a, weights_of(pupil)[n]) for n, a in weights_of(again).items())


def test_what_does_not_fit_is_refused(model: torch.nn.Module) -> None:
    broken = taught(model, IMAGE, 6, RATE)
    next(broken.parameters())[0] = float("nan")
    for data in (b"", b"junk", kept(SIMPLE_CONV_NET.build()), kept(broken)):
        with pytest.raises(Problem, match="does not fit"):
            restored(model, data)


def test_how_far_a_layer_moved_is_the_length_of_the_difference() -> None:
    before = {"a.weight": np.array([3.0, 0.0]), "a.bias": np.array([4.0]), "b.weight": np.zeros(2)}
    after = {"a.weight": np.array([3.0, 0.3]), "a.bias": np.array([4.4]), "b.weight": np.zeros(2)}
    first, second = moved(before, after)
    assert (first.layer, first.count) == ("a", 3)
    assert first.change == pytest.approx(0.5)
    assert first.share == pytest.approx(0.1)
    assert (second.change, second.share) == (0, 0)
