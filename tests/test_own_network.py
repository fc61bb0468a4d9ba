"""A CNN of one's own: its address is whole, it is what torch builds, and what does not fit is named."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.own_network import Stage, as_far_as_it_goes, network, read, written

STAGES = st.lists(
    st.builds(Stage, st.integers(1, 8), st.integers(1, 11), st.integers(0, 5), st.integers(1, 4)),
    min_size=1,
    max_size=5,
).map(tuple)


@given(STAGES)
def test_an_address_gives_back_what_it_was_written_from(stages: tuple[Stage, ...]) -> None:
    assert read(written(stages)) == stages


@pytest.mark.parametrize(
    "raw", ["", "16", "16,5,0", "0,5,0,1", "16,12,0,1", "16,5,6,1", "16,5,0,2;" * 6, "a,5,0,1"]
)
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=re.escape(raw)):
        read(raw)


@settings(deadline=None, max_examples=40)
@given(STAGES)
def test_what_fits_is_what_torch_computes_and_what_does_not_is_named(stages: tuple[Stage, ...]) -> None:
    spec = network(stages, 5)
    rows, problem = as_far_as_it_goes(spec)
    x = torch.zeros(1, 1, 28, 28)
    for row, module in zip(rows, spec.build() if problem is None else [], strict=False):
        x = module(x)
        assert tuple(x.shape[1:]) == row.shape
    if problem is None:
        assert len(rows) == len(spec.layers)
    else:
        assert str(problem).startswith(spec.names()[len(rows)] + ": a window of ")
