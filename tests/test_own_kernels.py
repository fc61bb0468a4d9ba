"""A kernel made by hand is a first filter: where training starts, or held; else a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Snapshot
from cnn_core.messages import Problem
from cnn_core.models import FLATTEN, MLP, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.own_kernels import canonical, filters
from cnn_core.training import TrainingSpec, fit

EDGE = "1,0,-1;2,0,-2;1,0,-1"
SPEC = TrainingSpec(
    model=ModelSpec((conv(4, 5), RELU, max_pool(4), FLATTEN, linear(10))),
    steps=4,
    batch_size=20,
    train_size=100,
    weight_decay=0.1,
    kernels=EDGE,
)


def first_layers(spec: TrainingSpec) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of the first layer before training and at its end."""
    whole = load_mnist()
    few = Mnist(*(array[:100] for array in (whole.train_images, whole.train_labels)),
                *(array[:100] for array in (whole.test_images, whole.test_labels)))  # fmt: skip
    shots = [e.weights for e in fit(spec, few) if isinstance(e, Snapshot)]
    return [(w["conv1.weight"], w["conv1.bias"]) for w in (shots[0], shots[-1])]


def test_a_kernel_stands_in_the_middle_and_has_length_1() -> None:
    (edge,) = filters(EDGE, 5)
    assert np.allclose(edge[1:4, 1:4] * np.sqrt(12), [[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    assert np.count_nonzero(edge) == 6
    assert np.linalg.norm(edge) == pytest.approx(1)
    assert not filters("0", 3).any()


def test_it_is_where_training_starts_and_the_other_filters_are_as_they_were() -> None:
    (start, bias), (end, _) = first_layers(SPEC)
    (plain, plain_bias), _ = first_layers(replace(SPEC, kernels=""))
    np.testing.assert_array_equal(start[0, 0], filters(EDGE, 5)[0])
    np.testing.assert_array_equal(start[1:], plain[1:])
    np.testing.assert_array_equal(bias, plain_bias)
    assert (end[0] != start[0]).all()


def test_a_held_kernel_stays_to_the_bit_while_the_other_filters_learn() -> None:
    (start, bias), (end, last_bias) = first_layers(replace(SPEC, kernels_held=True))
    np.testing.assert_array_equal(end[0], start[0])
    assert last_bias[0] == bias[0]
    assert (end[1:] != start[1:]).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kernels": ";".join(["1,1,1,1,1,1"] * 6)}, "Your kernel is 6×6"),
        ({"kernels": "|".join("12345")}, "5 kernels for 4 filters"),
        ({"kernels": "|".join("1" * 17)}, "At most 16"),
        ({"kernels": "one"}, "one"),
        ({"model": MLP}, "needs a convolution"),
        ({"kernels": "", "kernels_held": True}, "no kernel to hold"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        replace(SPEC, **changes).check()


def test_the_same_kernels_are_written_one_way() -> None:
    assert canonical("1.0, 0 ; 0, 1|2") == "1,0;0,1|2"
    assert canonical("") == ""
