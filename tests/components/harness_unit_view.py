"""A page with one opened map, of a network wider than what is shown of it; the case is in the address."""

import streamlit as st
import torch

from cnn_core.colours import css_variables
from cnn_core.data import load_mnist
from cnn_core.models import FLATTEN, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.opened_map import explain_map
from ui.components.unit_view import unit_view

CASES = {
    "vector": (ModelSpec((FLATTEN, linear(300), linear(10))), "fc2", 3),  # 300 inputs, all of them not 0
    "flattened": (ModelSpec((conv(4, 5), RELU, max_pool(4), FLATTEN, linear(10))), "fc1", 2),
    "pixels": (ModelSpec((FLATTEN, linear(10))), "fc1", 7),
    "maps": (ModelSpec((conv(140, 3), max_pool(4), conv(2, 3), FLATTEN, linear(10))), "conv2", 1),
    "pooled": (ModelSpec((conv(2, 5), max_pool(2), FLATTEN, linear(10))), "pool1", 1),
}

st.set_page_config(layout="wide")
st.html(f"<style>{css_variables('light')}</style>")
spec, layer, channel = CASES[st.query_params.get("case", "vector")]
torch.manual_seed(0)
image = load_mnist().test_images[0] / 255
opened = explain_map(spec.build().eval(), image, layer, channel)


def told(what: str) -> None:
    st.session_state["told"] = what


unit_view(
    "unit",
    opened,
    spec,
    image,
    (opened.output.shape[0] // 2, opened.output.shape[1] // 2),
    part=0,
    on_point=lambda row, col: told(f"point {row} {col}"),
    on_walk=lambda unit: told(f"walk {unit}"),
    on_part=lambda part: told(f"part {part}"),
)
st.text(f"Told: {st.session_state.get('told')}")
