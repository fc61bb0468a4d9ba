"""What a kernel computes, on numbers and on pictures (7.2.2 to 7.2.4)."""

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.kernels import KERNELS, compact, effect, recognised
from cnn_core.messages import Problem, text
from cnn_core.ops import Pair
from cnn_core.sizes import Sliding
from ui import frame
from ui.code import conv2d_code, conv2d_table
from ui.components.conv_grid import Hidden, conv_grid, held_back
from ui.conv_kernel import choose_kernel, kernel_panel
from ui.conv_pictures import compare_kernels, edited_kernel, show_input, show_numbers, show_picture
from ui.conv_sliding import chosen_sliding, more_sliding, padding_and_stride
from ui.instrument import instrument
from ui.language import explain, t
from ui.matrix_input import matrix_box, random_numbers, read_matrix
from ui.picture_input import PICTURE_FIELDS, pick_picture
from ui.size_formula import size_formula
from ui.state import choice, flag, integer, number, words

MODES = {
    "zeros": text("zeros"),
    "reflect": text("reflect: the cells inside, mirrored"),
    "replicate": text("replicate: the cell at the edge, again"),
    "circular": text("circular: the cells of the other side"),
}

page = frame.begin(
    "convolution",
    view=choice("numbers", ["numbers", "picture"]),
    input=words(compact(kernels.BOOK_INPUT)),
    kernel=words(compact(kernels.BOOK_KERNEL)),
    bias=number(0, -1000, 1000),
    padding=integer(0, 0, 10),
    stride=integer(1, 1, 4),
    dilation=integer(1, 1, 4),
    apart=flag(),  # rows and columns have numbers of their own; these are the columns':
    padding_w=integer(0, 0, 10),
    stride_w=integer(1, 1, 4),
    dilation_w=integer(1, 1, 4),
    mode=choice("zeros", list(MODES)),
    seed=integer(0, 0, 9999),
    at=words("", longest=12),
    stretch=flag(),
    several=flag(),
    compare=words("left_edge,right_edge,laplacian", longest=200),
    **PICTURE_FIELDS,
)


def example(**changes: object) -> None:
    """One of the book's examples: everything at its default but for the changes."""
    settings = ("input", "kernel", "bias", "padding", "stride", "dilation", "apart", "mode")
    page.set(view="numbers", **{name: page.default(name) for name in settings} | changes)


kernel = read_matrix(page, "kernel", 11)
top = st.columns([2, 3, 5], vertical_alignment="bottom")
with top[0]:
    st.segmented_control(
        t("Convolve"),
        ["numbers", "picture"],
        format_func={"numbers": t("numbers"), "picture": t("a picture")}.__getitem__,
        required=True,
        **page.control("view"),
    )
with top[1]:
    choose_kernel(page, kernel)
with top[2]:
    if page.view == "picture":
        x = pick_picture(page)
    else:
        x = read_matrix(page, "input")
        with st.container(horizontal=True, gap="small"):
            st.button(t("Book: example"), on_click=example)
            st.button(t("padding 1"), on_click=lambda: example(padding=1))
            st.button(
                t("stride 2"), on_click=lambda: example(input=compact(kernels.BOOK_STRIDE_INPUT), stride=2)
            )
            st.button(t("bias 3"), on_click=lambda: example(bias=3))


def convolved() -> tuple[np.ndarray, Sliding, np.ndarray | None]:
    """The kernel, how it slides, and its output: None, with a sentence, where it does not fit."""
    kernel, sliding = read_matrix(page, "kernel", 11).astype(x.dtype), chosen_sliding(page)
    try:
        return kernel, sliding, sliding.convolved(x, kernel, page.bias)
    except Problem as error:
        st.warning(explain(error))
        return kernel, sliding, None


def controls(spans: Pair) -> None:
    """How the kernel goes over the input, and the bias."""
    padding_and_stride(page, spans)
    st.number_input(t("Bias"), -1000.0, 1000.0, step=1.0, format="%g", **page.dial("bias"))
    with st.expander(t("More settings"), key="convolution.more"):
        more_sliding(page)
        st.selectbox(
            t("What the padding holds"),
            list(MODES),
            format_func=lambda mode: t(MODES[mode]),
            **page.control("mode"),
        )


@instrument(page)
def picture_lab() -> tuple[np.ndarray, Sliding, np.ndarray | None]:
    """The pictures, the kernel and how it slides; returns what ``convolved`` does."""
    kernel, sliding, output = convolved()
    spans = sliding.spans(kernel.shape)
    pictures, settings = st.columns([13, 7], gap="medium")
    if output is not None:
        with pictures:
            at = show_picture(page, x, kernel, output, spans, sliding)
        show_numbers(page, x, kernel, output.shape, spans, sliding, at)
    else:
        with pictures:
            show_input(x)
    with settings:
        kernel_panel(page, kernel, edited_kernel(page, x, kernel, sliding))
        controls(spans)
    return kernel, sliding, output


hidden: Hidden = ""
if page.view == "numbers":
    kernel, sliding, output = convolved()
    if output is not None:
        hidden = conv_grid(
            x, kernel, page.bias, sliding.stride, sliding.padding, sliding.dilation, sliding.mode,
            key="convolution.grid",
        )  # fmt: skip
    explanation = st.container()
    settings, cells, numbers = st.columns(3, gap="large")
    with settings:
        controls(sliding.spans(kernel.shape))
    with cells:
        kernel_panel(page, kernel)
    with numbers:
        matrix_box(page, "input", t("Input: your own numbers"))
        random_numbers(page, "input", x.shape)
else:
    kernel, sliding, output = picture_lab()
    explanation = st.container()

if output is not None:
    with explanation:
        known = recognised(kernel)
        if known:
            name, does = t(KERNELS[known[0]].name), t(KERNELS[known[0]].does)
            st.markdown(f"**{name}**: {does}")
        st.markdown(t(effect(kernel), total=f"{kernel.sum():.4g}"))
        if not held_back(hidden == "size"):
            st.markdown(
                t(
                    "Output cells: **{rows}×{columns} = {cells:,}**. Products in the sum of each: {weights}, "
                    "with the same kernel everywhere. Multiplications in all: {products:,}.",
                    rows=output.shape[0],
                    columns=output.shape[1],
                    cells=output.size,
                    weights=kernel.size,
                    products=output.size * kernel.size,
                )
            )
            size_formula(sliding.sizes(x.shape, kernel.shape))

if page.view == "picture":
    st.toggle(t("Several kernels on this picture"), **page.dial("several"))
    if page.several:
        compare_kernels(page, x, sliding)
if output is not None:
    with st.expander(t("nn.Conv2d: every argument, and the shapes"), key="convolution.torch"):
        if not held_back(hidden == "size"):
            conv2d_table(kernel.shape, page, sliding, x.shape, output.shape)
frame.end("convolution", page, conv2d_code(x, kernel, page, sliding) if output is not None else "")
