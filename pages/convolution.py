"""What a kernel computes, on numbers and on pictures (7.2.2 to 7.2.4)."""

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.figures import grey, limits, scale_text, signed
from cnn_core.kernels import KERNELS, compact
from cnn_core.messages import Problem
from cnn_core.ops import conv2d
from cnn_core.sizes import Size
from ui import frame
from ui.code import conv2d_code, conv2d_table
from ui.components.conv_grid import conv_grid
from ui.language import explain, t
from ui.matrix_input import kernel_editor, matrix_box, read_matrix
from ui.picture_input import PICTURE_FIELDS, pick_picture
from ui.pictures import beside, picture
from ui.state import choice, integer, number, words

MODES = ["zeros", "reflect", "replicate", "circular"]

page = frame.begin(
    "convolution",
    view=choice("numbers", ["numbers", "picture"]),
    input=words(compact(kernels.BOOK_INPUT)),
    kernel=words(compact(kernels.BOOK_KERNEL)),
    bias=number(0, -1000, 1000),
    padding=integer(0, 0, 10),
    stride=integer(1, 1, 4),
    dilation=integer(1, 1, 4),
    mode=choice("zeros", MODES),
    **PICTURE_FIELDS,
)


def take_kernel(name: str) -> None:
    """Put one of the ready-made kernels in, in the present size where it comes in sizes."""
    size = kernel.shape[0] if kernel.shape[0] in KERNELS[name].sizes else KERNELS[name].sizes[0]
    page.set(kernel=compact(KERNELS[name].make(size)))


def example(**changes: object) -> None:
    """One of the book's examples: everything at its default but for the changes."""
    plain = {
        name: page.default(name)
        for name in ("input", "kernel", "bias", "padding", "stride", "dilation", "mode")
    }
    page.set(view="numbers", **plain | changes)


def known_name() -> str | None:
    """Which ready-made kernel is in the editor now."""
    for name, entry in KERNELS.items():
        if kernel.shape[0] in entry.sizes and np.allclose(kernel, entry.make(kernel.shape[0])):
            return name
    return None


kernel = read_matrix(page, "kernel")
top = st.columns([2, 3, 5], vertical_alignment="bottom")
with top[0]:
    st.segmented_control(
        t("Convolve"),
        ["numbers", "picture"],
        format_func={"numbers": t("numbers"), "picture": t("a picture")}.get,
        required=True,
        **page.widget("view"),
    )
with top[1]:
    key = "convolution.kernel.name"
    st.session_state[key] = known_name()
    st.selectbox(
        t("Ready-made kernels"),
        list(KERNELS),
        format_func=lambda name: t(KERNELS[name].name),
        key=key,
        placeholder=t("your own kernel"),
        on_change=lambda: st.session_state[key] and take_kernel(st.session_state[key]),
    )
with top[2]:
    if st.session_state[key]:
        st.markdown(t(KERNELS[st.session_state[key]].does))
    with st.container(horizontal=True, gap="small"):
        st.button(t("Book: example"), on_click=example)
        st.button(t("padding 1"), on_click=lambda: example(padding=1))
        st.button(t("stride 2"), on_click=lambda: example(input=compact(kernels.BOOK_STRIDE_INPUT), stride=2))
        st.button(t("bias 3"), on_click=lambda: example(bias=3))

x = read_matrix(page, "input") if page.view == "numbers" else pick_picture(page)
sizes = [
    Size(n, k, page.stride, page.padding, page.dilation) for n, k in zip(x.shape, kernel.shape, strict=True)
]
output = None
try:
    output = conv2d(
        x[None, None], kernel[None, None], np.array([page.bias]),
        page.stride, page.padding, page.dilation, page.mode,
    )[0, 0]  # fmt: skip
except Problem as error:
    st.warning(explain(error))

if output is not None and page.view == "numbers":
    conv_grid(
        x, kernel, page.bias, page.stride, page.padding, page.dilation, page.mode,
        key="convolution.grid", report=False,
    )  # fmt: skip
elif output is not None:
    weight = max(kernel.clip(min=0).sum(), -kernel.clip(max=0).sum()) + abs(page.bias) or 1.0
    low, high = limits(output)
    picture(
        beside([np.repeat(grey(x, 0, 1)[..., None], 3, axis=-1), signed(output, weight, frame.theme())]),
        "convolved",
        t("The picture, and what the kernel makes of it"),
        t(
            "Left the picture, black 0 to white 1. Right the output: orange below 0, blue above, full colour "
            "at ±{limit}, which this kernel cannot exceed. Its values here: {range}",
            limit=f"{weight:.3g}",
            range=scale_text(low, high),
        ),
    )

if output is not None:
    left, right = st.columns(2)
    left.latex(sizes[0].formula("H"))
    right.latex(sizes[1].formula("W"))
    over = [size.left_over for size in sizes]
    if any(over):
        st.markdown(
            t(
                "The division leaves a rest, and PyTorch rounds down: the last **{rows} rows** and "
                "**{columns} columns** of the padded input are under no window.",
                rows=over[0],
                columns=over[1],
            )
        )

settings, cells, numbers = st.columns(3, gap="large")
with settings:
    st.slider(t("Padding"), 0, 10, **page.widget("padding"))
    st.slider(t("Stride"), 1, 4, **page.widget("stride"))
    st.number_input(t("Bias"), -1000.0, 1000.0, step=1.0, **page.widget("bias"))
    with st.container(horizontal=True):
        same = (sizes[0].span - 1) // 2
        st.button(t("same size"), on_click=lambda: page.set(padding=min(10, same), stride=1))
        st.button(t("full"), on_click=lambda: page.set(padding=min(10, sizes[0].span - 1), stride=1))
    with st.expander(t("More settings")):
        st.slider(t("Dilation"), 1, 4, **page.widget("dilation"))
        st.selectbox(t("What the padding holds"), MODES, **page.widget("mode"))
with cells:
    st.markdown(t("**Kernel**: click a cell to change it"))
    kernel_editor(page, "kernel")
    with st.expander(t("Change the whole kernel")):
        size_key = "convolution.kernel.size"
        st.session_state[size_key] = kernel.shape[0]
        st.slider(
            t("Size"),
            1,
            11,
            key=size_key,
            on_change=lambda: page.set(kernel=compact(kernels.resized(kernel, st.session_state[size_key]))),
        )
        with st.container(horizontal=True):
            st.button(t("Rotate by 90°"), on_click=lambda: page.set(kernel=compact(np.rot90(kernel, -1))))
            st.button(t("Flip"), on_click=lambda: page.set(kernel=compact(kernel[::-1, ::-1])))
            st.button(
                t("Divide by the sum"),
                disabled=abs(kernel.sum()) < 1e-9,
                on_click=lambda: page.set(kernel=compact(kernels.normalised(kernel))),
            )
            st.button(
                t("Random"),
                on_click=lambda: page.set(
                    kernel=compact(kernels.random_kernel(kernel.shape[0], np.random.randint(10**6)))
                ),
            )
        st.caption(
            t(
                "In mathematics a convolution first turns the kernel by 180°: that is *Flip*. Deep learning "
                "leaves it as it is (cross-correlation) and still says convolution; the network learns the "
                "numbers anyway."
            )
        )
        matrix_box(page, "kernel", t("Kernel as text"), largest=11)
with numbers:
    if page.view == "numbers":
        matrix_box(page, "input", t("Input: your own numbers"))
        st.button(
            t("Random numbers"),
            on_click=lambda: page.set(
                input=compact(kernels.random_input(x.shape[0], np.random.randint(10**6)))
            ),
        )
    else:
        st.markdown(
            t(
                "The picture has {height}×{width} pixels. The kernel's numbers add up to **{total}**: "
                "{meaning}",
                height=x.shape[0],
                width=x.shape[1],
                total=f"{kernel.sum():.3g}",
                meaning=t("an even area gives 0, only changes show.")
                if abs(kernel.sum()) < 1e-6
                else t("an even area keeps its brightness times that number."),
            )
        )

if output is not None:
    with st.expander(t("nn.Conv2d: every argument, and the shapes")):
        conv2d_table(kernel.shape, page, x.shape, output.shape)
frame.end("convolution", page, conv2d_code(x, kernel, page) if output is not None else "")
