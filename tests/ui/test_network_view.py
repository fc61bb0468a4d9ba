"""The strips of a network: which part of the image each unit sees, and what lies beyond a fixed scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.models import NETWORKS, summary
from cnn_core.walk import receptive_field
from tests.test_features import EVERY_KIND
from ui.components.network_view import field_of, strips

SPECS = {**NETWORKS, "every kind": EVERY_KIND}


@given(st.sampled_from(list(SPECS)), st.data())
@settings(max_examples=60, deadline=None)
def test_the_frame_on_the_image_is_the_receptive_field(name: str, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(summary(SPECS[name])))
    channel, *cell = (data.draw(st.integers(0, n - 1)) for n in row.shape)
    field = field_of(SPECS[name], row.name)
    if "wide" in field:  # as network_view.js does
        cell = list(divmod(channel % field["cells"], field["wide"]))
    top, left = (field["start"] + n * field["jump"] for n in cell or (0, 0))
    place = (*cell, channel) if len(row.shape) == 3 else (0, 0, channel)
    seen = receptive_field(SPECS[name], row.name, *place)
    assert (top, left, top + field["size"], left + field["size"]) == seen.full


@pytest.mark.parametrize(("mode", "beyond"), [("grey", 3), ("signed", 2)])
def test_numbers_beyond_a_held_scale_are_counted_and_take_its_ends(mode: str, beyond: int) -> None:
    values = np.array([-3.0, -1.5, 0.0, 2.0, 2.5, np.nan], np.float32)
    shown = strips(NETWORKS["mlp"], {"fc3": values}, held={"fc3": (-1.0, 2.0)}, mode=mode)
    (layer,) = shown["layers"]  # type: ignore[misc]
    assert (layer["beyond"], layer["scale"], layer["range"]) == (beyond, "−1 … 2", "−3 … 2.5")


def test_where_no_scale_is_held_the_layers_own_is_written() -> None:
    values = np.linspace(-1, 4, 10, dtype=np.float32)
    for held in (None, {}, {"fc1": (0.0, 1.0)}):
        (layer,) = strips(NETWORKS["mlp"], {"fc3": values}, held=held)["layers"]  # type: ignore[misc]
        assert layer["scale"] == layer["range"] == "−1 … 4"
        assert layer["beyond"] == 0
