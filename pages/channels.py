"""How channels, filters, bias and batches fit together, and im2col (7.2.5 to 7.2.7)."""

import numpy as np
import streamlit as st

from cnn_core.channel_examples import FILTERS, numbers
from cnn_core.ops import output_size
from ui import frame
from ui.channel_blocks import BLOCK_FIELDS, block_code, show_blocks
from ui.colour_picture import COLOUR_FIELDS, colour_code, colour_names, show_colour_picture
from ui.components.conv_grid import conv_grid, held_back
from ui.instrument import instrument
from ui.language import t
from ui.state import flag, integer

page = frame.begin(
    "channels",
    seed=integer(1, 0, 999),
    filters=integer(2, 1, len(FILTERS)),
    bias=integer(0, -20, 20),
    bias2=integer(3, -20, 20),
    bias3=integer(-1, -20, 20),
    stride=integer(1, 1, 3),
    padding=integer(0, 0, 2),
    im2col=flag(),
    **COLOUR_FIELDS,
    **BLOCK_FIELDS,
)

x = numbers(page.seed)
weight = FILTERS[: page.filters]
biases = [page.bias, page.bias2, page.bias3][: page.filters]
grids, settings = st.columns([4, 1], gap="large")
with settings:
    st.slider(t("Filters"), 1, len(FILTERS), **page.dial("filters"))
    for f, name in enumerate(["bias", "bias2", "bias3"][: page.filters]):
        st.number_input(t("Bias of filter {number}", number=f + 1), -20, 20, **page.dial(name))
    st.slider(t("Stride"), 1, 3, **page.dial("stride"))
    st.slider(t("Padding"), 0, 2, **page.dial("padding"))
    st.toggle(t("Show im2col"), **page.dial("im2col"))
    st.button(t("Other numbers"), on_click=lambda: page.set(seed=(page.seed + 1) % 1000))
with grids:
    hidden = conv_grid(
        x,
        weight,
        biases,
        page.stride,
        page.padding,
        key="channels.grid",
        show_im2col=page.im2col,
        names=colour_names(),
    )

channels, height, width = x.shape
st.markdown(
    t(
        "The input has **{channels} channels**, so each filter has {channels} slices, one for each. Every "
        "slice slides over its own channel; the {channels} sums are added, then the filter's bias, and that "
        "is **one** number of **one** output map. However many channels go in, one filter makes one map, and "
        "{filters} make {filters}. Point at the other map, or press 1, 2 or 3, to open another filter.",
        channels=channels,
        filters=page.filters,
    )
)
if not held_back(hidden == "size"):
    rows, columns = output_size(x.shape[1:], 3, page.stride, page.padding)
    st.markdown(f"({channels}, {height}, {width}) → **({page.filters}, {rows}, {columns})**")

st.subheader(t("On a colour picture"), anchor=False)
st.markdown(
    t(
        "A colour picture is three maps, one each for red, green and blue. Press play: the slice for red "
        "slides over the red channel, the two others follow, and their maps are added; the bias comes last. "
        "Point at any map, and all of them show the numbers of that place."
    )
)


@instrument(page)
def colour_picture() -> None:
    """It runs alone while a hand is at it."""
    show_colour_picture(page)


colour_picture()

st.subheader(t("Several filters, and a batch"), anchor=False)
fits = show_blocks(page)


def lines(array: np.ndarray) -> str:
    """A (C, H, W) array as a learner would type it, a line for each channel."""
    return "[\n    " + ",\n    ".join(str(channel.tolist()) for channel in array) + "]"


frame.end(
    "channels",
    page,
    f"""
import torch
import torch.nn.functional as F
from torch import nn

x = torch.tensor({lines(x)}, dtype=torch.float32)[None]  # (1, C, H, W)
weight = torch.stack([torch.tensor(w, dtype=torch.float32) for w in (
    {", ".join(map(lines, weight))},
)])  # (FN, C, FH, FW)
bias = torch.tensor({[float(b) for b in biases]})  # (FN,)
output = F.conv2d(x, weight, bias, stride={page.stride}, padding={page.padding})

# im2col: (OH*OW, C*FH*FW) @ (C*FH*FW, FN) + (FN,) -> (OH*OW, FN)
patches = F.unfold(x, kernel_size=3, stride={page.stride}, padding={page.padding})[0].T
by_im2col = (patches @ weight.flatten(1).T + bias).T.reshape(output.shape)
{colour_code(page)}{block_code(page) if fits else ""}""",
)
