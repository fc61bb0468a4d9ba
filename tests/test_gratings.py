"""Which filters count as edges: what fits a pattern better than chance, and what training makes of noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import gratings
from cnn_core.gratings import GROUPS, HORIZONTAL_EDGE, KINDS, UNCLEAR, VERTICAL_EDGE
from cnn_core.runs import REFERENCE, RunStore

VERTICAL = np.tile([-1.0, 0.0, 1.0], (3, 1))  # the book's filter


def test_the_books_filters_are_a_vertical_edge_detector_and_turned_a_horizontal_one() -> None:
    filters = np.stack([VERTICAL, -VERTICAL, VERTICAL.T])[:, None]
    found = gratings.grouped(filters)
    assert (found[VERTICAL_EDGE], found[HORIZONTAL_EDGE]) == ([0, 1], [2])
    assert gratings.strongest(filters * np.array([1, 5, 1])[:, None, None, None], VERTICAL_EDGE) == 1
    assert gratings.strongest(filters[:2], HORIZONTAL_EDGE) is None
    assert gratings.pattern_share(VERTICAL) == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([3, 5, 7]))
def test_every_filter_has_one_kind_and_a_share_between_nothing_and_all(seed: int, size: int) -> None:
    filters = np.random.default_rng(seed).standard_normal((6, 1, size, size))
    found = gratings.grouped(filters)
    assert tuple(found) == KINDS
    assert sorted(i for numbers in found.values() for i in numbers) == list(range(6))
    for one in filters:
        share = gratings.pattern_share(one)
        assert 0 <= share <= 1 + 1e-9
        assert gratings.pattern_share(-3 * one + 2) == pytest.approx(
            share
        )  # size, sign, brightness: no matter


def test_of_random_filters_one_in_twenty_counts_as_clear() -> None:
    noise = np.random.default_rng(7).standard_normal((400, 1, 5, 5))
    clear = len(noise) - len(gratings.grouped(noise)[UNCLEAR])
    assert 0.02 < clear / len(noise) < 0.1


@pytest.mark.parametrize("direction", range(0, 180, 15))
def test_stripes_of_any_direction_are_explained_by_one_pattern(direction: int) -> None:
    y, x = np.mgrid[-2:3, -2:3]
    across = x * np.cos(np.deg2rad(direction)) + y * np.sin(np.deg2rad(direction))
    assert gratings.pattern_share(np.sin(2 * np.pi * across / 5 + 0.3)) == pytest.approx(1)


def test_training_turns_noise_into_clear_patterns() -> None:
    store = RunStore()
    steps = store.snapshot_steps(REFERENCE)
    groups = [gratings.grouped(store.weights(REFERENCE, step)["conv1.weight"]) for step in steps]
    counts = gratings.counts(groups)
    assert all(len(of_kind) == len(steps) for of_kind in counts.values())
    assert [sum(at) for at in zip(*counts.values(), strict=True)] == [16] * len(steps)
    assert counts[UNCLEAR][0] >= 14
    assert counts[UNCLEAR][-1] <= 6
    assert counts[VERTICAL_EDGE][-1] >= 1
    assert counts[HORIZONTAL_EDGE][-1] >= 1


def test_filters_are_told_apart_by_polarity_too() -> None:
    filters = np.stack([VERTICAL, -VERTICAL, VERTICAL.T, 2 * VERTICAL, np.ones((3, 3))])[:, None]
    assert gratings.by_name(filters) == {
        (VERTICAL_EDGE, "brighter on the right"): [0, 3],
        (VERTICAL_EDGE, "brighter on the left"): [1],
        (HORIZONTAL_EDGE, "brighter below"): [2],
        (gratings.EVEN, gratings.LIGHT): [4],
    }


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([1, 3, 5]))
def test_kind_and_polarity_divide_what_the_kinds_divide(seed: int, size: int) -> None:
    filters = np.random.default_rng(seed).standard_normal((8, 1, size, size))
    of_kind: dict[str, list[int]] = {}
    for name, numbers in gratings.by_name(filters).items():
        assert (name.polarity == "") == (name.kind == UNCLEAR)
        of_kind[name.kind] = sorted([*of_kind.get(name.kind, []), *numbers])
    assert of_kind == {kind: numbers for kind, numbers in gratings.grouped(filters).items() if numbers}


def test_of_random_filters_one_set_in_twenty_is_smoother_than_chance() -> None:
    shape, random = (16, 1, 5, 5), np.random.default_rng(3)
    found = [gratings.smoothness(random.standard_normal(shape)) for _ in range(300)]
    above = np.mean([one is not None and one > gratings.chance_smoothness(shape) for one in found])
    assert 0.01 < above < 0.12


@pytest.mark.parametrize("weights", [np.ones((4, 1, 1, 1)), np.full((2, 1, 5, 5), np.nan)])
def test_where_there_are_no_neighbours_or_no_numbers_nothing_is_smooth(weights: np.ndarray) -> None:
    assert gratings.smoothness(weights) is None


@pytest.mark.parametrize("weights", [np.full((5, 5), np.nan), np.zeros((5, 5)), np.ones((1, 1))])
def test_what_has_no_shape_breaks_nothing(weights: np.ndarray) -> None:
    assert gratings.pattern_share(weights) == 0
    (kind,) = (kind for kind, found in gratings.grouped(weights[None, None]).items() if found)
    assert kind in (*GROUPS, UNCLEAR)
