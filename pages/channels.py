"""How channels, filters, bias and batches fit together, and im2col (7.2.5 to 7.2.7)."""

import numpy as np
import streamlit as st

from cnn_core.channel_examples import COLOUR_FILTERS, FILTERS, channel_products, numbers
from cnn_core.figures import grey, limits, scale_text, shade_colours, shades, signed
from cnn_core.images import sample
from cnn_core.ops import output_size
from cnn_core.sizes import Sliding, neighbourhood, opened
from ui import frame
from ui.channel_blocks import BLOCK_FIELDS, block_code, show_blocks
from ui.components.conv_grid import conv_grid
from ui.components.conv_picture import Convolved, conv_picture
from ui.language import t
from ui.pictures import beside, picture
from ui.state import choice, flag, integer, words

COLOUR_SAMPLES = ["garden", "coffee", "cat"]

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
    sample=choice("garden", COLOUR_SAMPLES),
    filter=choice("red_not_green", list(COLOUR_FILTERS)),
    at=words("", longest=12),
    **BLOCK_FIELDS,
)

x = numbers(page.seed)
weight = FILTERS[: page.filters]
biases = [page.bias, page.bias2, page.bias3][: page.filters]
colours = [t("red"), t("green"), t("blue")]
instrument, settings = st.columns([4, 1], gap="large")
with settings:
    st.slider(t("Filters"), 1, len(FILTERS), **page.widget("filters"))
    for f, name in enumerate(["bias", "bias2", "bias3"][: page.filters]):
        st.number_input(t("Bias of filter {number}", number=f + 1), -20, 20, **page.widget(name))
    st.slider(t("Stride"), 1, 3, **page.widget("stride"))
    st.slider(t("Padding"), 0, 2, **page.widget("padding"))
    st.toggle(t("Show im2col"), **page.widget("im2col"))
    st.button(t("Other numbers"), on_click=lambda: page.set(seed=(page.seed + 1) % 1000))
with instrument:
    conv_grid(
        x,
        weight,
        biases,
        page.stride,
        page.padding,
        key="channels.grid",
        show_im2col=page.im2col,
        names=colours,
    )

channels, height, width = x.shape
rows, columns = output_size(x.shape[1:], 3, page.stride, page.padding)
st.markdown(
    t(
        "The input has **{channels} channels**, so each filter has {channels} slices, one for each. Every "
        "slice slides over its own channel; the {channels} sums are added, then the filter's bias, and that "
        "is **one** number of **one** output map. However many channels go in, one filter makes one map, and "
        "{filters} make {filters}: ({channels}, {height}, {width}) becomes ({filters}, {rows}, {columns}). "
        "Point at the other map, or press 1, 2 or 3, to open another filter.",
        channels=channels,
        filters=page.filters,
        height=height,
        width=width,
        rows=rows,
        columns=columns,
    )
)

st.subheader(t("On a colour picture"), anchor=False)
filter_names = {
    "red_not_green": t("red, but not green"),
    "blue_not_yellow": t("blue, but not yellow"),
    "edges": t("vertical edges in every channel"),
    "edges_in_green": t("vertical edges in green only"),
    "blur": t("mean of all channels, blurred"),
}
sample_names = {"garden": t("garden"), "coffee": t("coffee"), "cat": t("cat")}
first, second = st.columns(2)
first.selectbox(t("Picture"), COLOUR_SAMPLES, format_func=sample_names.get, **page.widget("sample"))
second.selectbox(
    t("Filter with three slices"), list(COLOUR_FILTERS), format_func=filter_names.get, **page.widget("filter")
)
colour = sample(page.sample)[:, ::2, ::2]  # (3, H, W), small enough that all of them fit side by side
slices = COLOUR_FILTERS[page.filter]
parts = channel_products(colour, slices)
total = parts.sum(axis=0)
original = (colour.transpose(1, 2, 0) * 255).astype(np.uint8)
picture(
    beside([original, *(np.repeat(grey(channel, 0, 1)[..., None], 3, axis=-1) for channel in colour)]),
    f"{page.sample}-channels",
    t("The picture, and its red, green and blue channel in grey"),
    t("The picture, then red, green and blue: black is 0, white is 1"),
)
low, high = limits(parts, total)
limit = max(-low, high)
scaled = [signed(part, limit, frame.theme()) for part in [*parts, total]]
picture(
    beside(scaled),
    f"{page.sample}-{page.filter}",
    t("What each channel gives, and their sum"),
    t(
        "What red, green and blue give, and their sum: orange below 0, blue above, one scale for all "
        "({range})",
        range=scale_text(low, high),
    ),
)
spans, sliding = slices.shape[1:], Sliding()
at = opened(page.at, colour[1], spans, total.shape, sliding)
at = conv_picture(
    "channels.picture",
    Convolved(original, shades(total, (-limit, limit), "signed"), shade_colours("signed", frame.theme())),
    spans, sliding.stride, sliding.padding, at,
    lambda row, col: page.set(at=f"{row},{col}"),
)  # fmt: skip
near, place = neighbourhood(colour, at, spans, total.shape, sliding)
st.markdown(
    t(
        "**The same three slices, on this pixel's numbers** (row {row}, column {col} is in the middle):",
        row=at[0] + 1,
        col=at[1] + 1,
    )
)
conv_grid(
    near,
    slices,
    key="channels.patch",
    subject=f"{at}",
    names=colours,
    input_range=(0, 1),
    at=place,
)

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
{block_code(page) if fits else ""}""",
)
