"""How channels, filters, bias and batches fit together, and im2col (7.2.5 to 7.2.7)."""

import numpy as np
import streamlit as st

from cnn_core.block_diagram import Block, convolution_diagram
from cnn_core.channel_examples import COLOUR_FILTERS, FILTER, channel_products, numbers
from cnn_core.figures import grey, limits, scale_text, signed
from cnn_core.images import sample
from cnn_core.messages import Problem
from cnn_core.ops import output_size
from ui import frame
from ui.components.conv_grid import conv_grid
from ui.language import explain, t
from ui.pictures import beside, drawing, picture
from ui.state import choice, flag, integer

COLOUR_SAMPLES = ["garden", "coffee", "cat"]

page = frame.begin(
    "channels",
    seed=integer(1, 0, 999),
    bias=integer(0, -20, 20),
    stride=integer(1, 1, 3),
    padding=integer(0, 0, 2),
    im2col=flag(),
    sample=choice("garden", COLOUR_SAMPLES),
    filter=choice("red_not_green", list(COLOUR_FILTERS)),
    n=integer(10, 1, 1000),
    c=integer(3, 1, 64),
    size=integer(28, 3, 64),
    fn=integer(16, 1, 64),
    k=integer(5, 1, 11),
    p=integer(0, 0, 5),
    s=integer(1, 1, 4),
)

x = numbers(page.seed)
instrument, settings = st.columns([4, 1], gap="large")
with settings:
    st.slider(t("Bias"), -20, 20, **page.widget("bias"))
    st.slider(t("Stride"), 1, 3, **page.widget("stride"))
    st.slider(t("Padding"), 0, 2, **page.widget("padding"))
    st.toggle(t("Show im2col"), **page.widget("im2col"))
    st.button(t("Other numbers"), on_click=lambda: page.set(seed=(page.seed + 1) % 1000))
with instrument:
    conv_grid(
        x,
        FILTER,
        page.bias,
        page.stride,
        page.padding,
        key="channels.grid",
        show_im2col=page.im2col,
        names=[t("red"), t("green"), t("blue")],
        report=False,
    )

channels, height, width = x.shape
rows, columns = output_size(x.shape[1:], 3, page.stride, page.padding)
st.markdown(
    t(
        "The input has **{channels} channels**, so the filter has {channels} slices, one for each. Every "
        "slice slides over its own channel; the {channels} sums are added, then the bias, and that is "
        "**one** number of **one** output map. However many channels go in, one filter makes one map: "
        "({channels}, {height}, {width}) becomes (1, {rows}, {columns}).",
        channels=channels,
        height=height,
        width=width,
        rows=rows,
        columns=columns,
    )
)
if page.im2col:
    st.markdown(
        t(
            "**im2col** writes each patch as one row: {patches} rows of {terms} numbers. Then the whole "
            "convolution is a single matrix product with the filter as a column of {terms}. The price is "
            "memory: {stored} numbers instead of the input's {held}.",
            patches=rows * columns,
            terms=FILTER.size,
            stored=rows * columns * FILTER.size,
            held=x.size,
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
weight = COLOUR_FILTERS[page.filter]
parts = channel_products(colour, weight)
total = parts.sum(axis=0)
original = (colour.transpose(1, 2, 0) * 255).astype(np.uint8)
picture(
    beside([original, *(np.repeat(grey(channel, 0, 1)[..., None], 3, axis=-1) for channel in colour)]),
    f"{page.sample}-channels",
    t("The picture, and its red, green and blue channel in grey"),
    t("The picture, then red, green and blue: black is 0, white is 1"),
)
low, high = limits(parts, total)
picture(
    beside([signed(part, max(-low, high), frame.theme()) for part in [*parts, total]]),
    f"{page.sample}-{page.filter}",
    t("What each channel gives, and their sum"),
    t(
        "What red, green and blue give, and their sum: orange below 0, blue above, one scale for all "
        "({range})",
        range=scale_text(low, high),
    ),
)

st.subheader(t("Several filters, and a batch"), anchor=False)
try:
    out = output_size(page.size, page.k, page.s, page.p)
    drawing(
        lambda width: convolution_diagram(
            [
                Block(t("input"), (page.n, page.c, page.size, page.size), page.n, 0),
                Block(t("filters"), (page.fn, page.c, page.k, page.k), page.fn, 1),
                Block(t("bias"), (page.fn, 1, 1), 1, 3),
                Block(t("output"), (page.n, page.fn, out, out), page.n, 2),
            ],
            ["∗", "+", "→"],
            frame.theme(),
            t("A convolution as blocks: input, filters, bias, output"),
            width,
        ),
        "convolution-blocks",
        t("A convolution as blocks: input, filters, bias, output"),
        wide=1000,
    )
    st.markdown(
        t(
            "(N, C, H, W) ∗ (FN, C, FH, FW) + (FN, 1, 1) → (N, FN, OH, OW): **{fn} filters make {fn} maps** "
            "for each of the {n} images of the batch, and the same {weights:,} weights and {fn} biases serve "
            "all of them.",
            fn=page.fn,
            n=page.n,
            weights=page.fn * page.c * page.k * page.k,
        )
    )
except Problem as error:
    out = None
    st.warning(explain(error))
for column, (name, label, low_end, high_end) in zip(
    st.columns(4) + st.columns(4)[:3],
    [
        ("n", t("Batch: N images"), 1, 1000),
        ("c", t("Channels C"), 1, 64),
        ("size", t("Height and width H, W"), 3, 64),
        ("fn", t("Filters FN"), 1, 64),
        ("k", t("Kernel size FH, FW"), 1, 11),
        ("p", t("Padding P"), 0, 5),
        ("s", t("Stride S"), 1, 4),
    ],
    strict=True,
):
    column.slider(label, low_end, high_end, **page.widget(name))


def lines(array: np.ndarray) -> str:
    """A (C, H, W) array as a learner would type it, a line for each channel."""
    return "[\n    " + ",\n    ".join(str(channel.tolist()) for channel in array) + "]"


shapes = f"""
batch = torch.zeros({page.n}, {page.c}, {page.size}, {page.size})  # (N, C, H, W)
convolution = nn.Conv2d({page.c}, {page.fn}, kernel_size={page.k}, stride={page.s}, padding={page.p})
shape = tuple(convolution(batch).shape)  # (N, FN, OH, OW)
"""
frame.end(
    "channels",
    page,
    f"""
import torch
import torch.nn.functional as F
from torch import nn

x = torch.tensor({lines(x)}, dtype=torch.float32)[None]  # (1, C, H, W)
weight = torch.tensor({lines(FILTER)}, dtype=torch.float32)[None]  # (1, C, FH, FW)
output = F.conv2d(x, weight, torch.tensor([{page.bias:.1f}]), stride={page.stride}, padding={page.padding})

# im2col: (OH*OW, C*FH*FW)
patches = F.unfold(x, kernel_size=3, stride={page.stride}, padding={page.padding})[0].T
by_im2col = (patches @ weight.flatten() + {page.bias}).reshape(output.shape)
{shapes if out is not None else ""}""",
)
