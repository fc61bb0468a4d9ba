"""What the page says of the flattening experiment holds for the numbers that were measured."""

from __future__ import annotations

import pytest

from ui.flattening_experiment import verdict
from ui.language import speaking


def told(mlp: float, mlp_shuffled: float, cnn: float, cnn_shuffled: float, language: str = "en") -> str:
    read = {
        ("mlp", "plain"): mlp,
        ("mlp", "shuffled"): mlp_shuffled,
        ("cnn", "plain"): cnn,
        ("cnn", "shuffled"): cnn_shuffled,
    }
    with speaking(language):
        return " ".join(verdict(read))


def test_a_network_that_lost_nothing_and_one_that_did_are_told_apart() -> None:
    said = told(0.908, 0.910, 0.964, 0.798)
    assert "**90.8%**, with shuffled pixels **91.0%**" in said
    assert "any order of the inputs is as good as another" in said
    assert "The CNN changed by **−16.6 points**" in said
    assert "**−16.6%p** 달라졌어요" in told(0.908, 0.910, 0.964, 0.798, "ko")


@pytest.mark.parametrize("mlp_shuffled", [0.85, 0.97])
def test_nothing_is_claimed_of_the_fully_connected_network_that_its_runs_deny(mlp_shuffled: float) -> None:
    said = told(0.91, mlp_shuffled, 0.96, 0.8)
    assert "any order" not in said
    assert (
        f"changed the fully connected network too, by {100 * mlp_shuffled - 91:+.1f} points"
        in said.replace("−", "-")
    )


@pytest.mark.parametrize("cnn_shuffled", [0.955, 0.99])
def test_nothing_is_claimed_of_the_cnn_that_its_runs_deny(cnn_shuffled: float) -> None:
    said = told(0.91, 0.91, 0.96, cnn_shuffled)
    assert "neighbours, and shuffling takes" not in said
    assert "cost the CNN next to nothing" in said
