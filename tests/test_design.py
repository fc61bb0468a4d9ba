"""A network's choices are whole in its address, and the known networks are found again in them."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.design import ACTIVATIONS, POOLINGS, Design, design_of, read
from cnn_core.models import FIGURE_7_2, NETWORKS, ModelSpec, conv, linear
from cnn_core.own_network import Stage, as_far_as_it_goes

pytestmark = pytest.mark.usefixtures("one_thread")

STAGES = st.lists(
    st.builds(Stage, st.integers(1, 8), st.integers(1, 5), st.integers(0, 2), st.integers(1, 3)), max_size=4
).map(tuple)
DESIGNS = st.builds(
    Design,
    STAGES,
    st.lists(st.integers(1, 50), max_size=3).map(tuple),
    st.sampled_from(ACTIVATIONS),
    st.sampled_from(list(POOLINGS)),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]),
)


@given(DESIGNS)
def test_an_address_gives_back_what_it_was_written_from(design: Design) -> None:
    assert read(str(design)) == design


@given(DESIGNS)
def test_a_network_shows_the_choices_that_gave_it(design: Design) -> None:
    found = design_of(design.network())
    assert found is not None
    assert found.network() == design.network()


@given(DESIGNS)
@settings(max_examples=40, deadline=None)
def test_it_is_what_torch_builds_or_one_sentence(design: Design) -> None:
    rows, problem = as_far_as_it_goes(design.network())
    if problem is not None:
        assert "does not fit" in str(problem)
        return
    model = design.network().build().eval()
    assert sum(p.numel() for p in model.parameters()) == sum(row.parameters for row in rows)
    assert model(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


@pytest.mark.parametrize("model", [*NETWORKS.values(), FIGURE_7_2])
def test_the_known_networks_can_be_changed(model: ModelSpec) -> None:
    design = design_of(model)
    assert design is not None
    assert design.network() == model


def test_a_network_of_another_shape_has_no_choices() -> None:
    assert design_of(ModelSpec((conv(4, 28, stride=2), Design().network().layers[0], linear(10)))) is None
    assert design_of(Design((Stage(300, 5),)).network()) is None


@pytest.mark.parametrize(
    "raw",
    ["", "16,5,0,2", "16,5,0,2_0", "16,5,0,2_100_relu", "16,5,0,2_1,2,3,4", "_x", "_10_drop2", "_10_droplet"],
)
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(raw)}$"):
        read(raw)
