"""What each channel gives adds up to what the filter makes (7.2.5)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.channel_examples import COLOUR_FILTERS, FILTERS, channel_products, numbers
from cnn_core.images import sample


@given(st.integers(0, 999))
def test_the_channels_add_up_to_torchs_convolution(seed: int) -> None:
    x = numbers(seed)
    whole = torch.nn.functional.conv2d(torch.tensor(x)[None].double(), torch.tensor(FILTERS).double())
    for weight, plane in zip(FILTERS, whole[0], strict=True):
        assert np.allclose(channel_products(x, weight).sum(axis=0), plane)


def test_the_same_seed_gives_the_same_small_whole_numbers() -> None:
    assert (numbers(3) == numbers(3)).all()
    assert numbers(3).min() >= 0
    assert numbers(3).max() <= 3
    assert (numbers(3) != numbers(4)).any()


@pytest.mark.parametrize("name", COLOUR_FILTERS)
def test_each_colour_filter_has_three_slices_and_answers_to_the_garden(name: str) -> None:
    weight = COLOUR_FILTERS[name]
    assert weight.shape == (3, 3, 3)
    answer = channel_products(sample("garden"), weight).sum(axis=0)
    assert answer.std() > 0.01


def test_red_but_not_green_is_highest_where_red_exceeds_green_most() -> None:
    garden = sample("garden")
    answer = channel_products(garden, COLOUR_FILTERS["red_not_green"]).sum(axis=0)
    assert np.allclose(answer, (garden[0] - garden[1])[1:-1, 1:-1], atol=1e-6)
