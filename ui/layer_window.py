"""An opened convolution of the structure page: its window at work on small whole numbers."""

from __future__ import annotations

import streamlit as st

from cnn_core.kernels import random_input, random_kernel
from cnn_core.models import LayerSummary
from cnn_core.sizes import Size
from ui.components.conv_grid import conv_grid
from ui.language import t
from ui.size_formula import size_formula

PLACES = 4  # of the window along each side, where the layer has as many
SMALLEST = 4  # rows and columns of the numbers


def layer_window(row: LayerSummary, key: str) -> None:
    """The layer's kernel size, stride and padding, to be played with, and its own sizes in the formula."""
    layer, numbers = row.layer, small_side(row)
    st.markdown(
        t(
            "**{name}: its window on small numbers.** Kernel {size}×{size}, stride {stride}, padding "
            "{padding}, as in the layer; one input channel of {channels}, one filter of {filters}. "
            "Press play, or point at any cell. The formula has the layer's own sizes:",
            name=row.name,
            size=layer.kernel,
            stride=layer.stride,
            padding=layer.padding,
            channels=row.inputs,
            filters=layer.out,
        )
    )
    size_formula([Size(n, layer.kernel, layer.stride, layer.padding) for n in row.in_shape[1:]])
    conv_grid(
        random_input((numbers, numbers), seed=1),
        random_kernel((layer.kernel, layer.kernel), seed=1),
        stride=layer.stride,
        padding=layer.padding,
        key=key,
        predict=None,  # the formula above tells the size
        subject=row.name,
    )


def small_side(row: LayerSummary) -> int:
    """As many rows and columns as PLACES of the window take, and not more than the layer gets."""
    layer = row.layer
    taken = layer.kernel + (PLACES - 1) * layer.stride - 2 * layer.padding
    return min(max(taken, SMALLEST), *row.in_shape[1:])
