"""The learning rate of a step follows from the settings and the step alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnn_core.optim import learning_rate, optimiser, state_names
from cnn_core.spec import OPTIMISERS, TrainingSpec


def test_a_constant_rate_stays() -> None:
    assert {learning_rate(TrainingSpec(learning_rate=0.3), step) for step in (1, 100, 200)} == {0.3}


def test_one_cycle_rises_to_the_rate_and_falls_to_almost_nothing() -> None:
    spec = TrainingSpec(schedule="one_cycle", learning_rate=1.0, steps=100)
    rates = [learning_rate(spec, step) for step in range(1, 101)]
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) == 29
    assert rates[-1] == pytest.approx(1e-4)
    assert rates[0] < 0.1


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 10, 6000])
def test_one_cycle_stays_within_its_bounds_however_short_the_run(steps: int) -> None:
    spec = TrainingSpec(schedule="one_cycle", learning_rate=1.0, steps=steps)
    assert all(0 < learning_rate(spec, step) <= 1 for step in range(1, steps + 1))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_it_is_known_what_the_optimiser_remembers(name: str, momentum: float) -> None:
    spec = TrainingSpec(optimiser=name, momentum=momentum)
    weight = nn.Parameter(torch.ones(3))
    made = optimiser(spec, [weight])
    weight.square().sum().backward()
    made.step()
    assert set(made.state[weight]) == set(state_names(spec))
