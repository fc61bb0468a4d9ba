"""The channels page's block diagram: one image or a batch through several filters, with the live numbers."""

from __future__ import annotations

import streamlit as st

from cnn_core.block_diagram import Block, convolution_diagram
from cnn_core.messages import Problem
from cnn_core.ops import output_size
from ui import frame
from ui.language import explain, t
from ui.pictures import drawing
from ui.state import PageState, flag, integer

BLOCK_FIELDS = {
    "batch": flag(),
    "n": integer(10, 1, 1000),
    "c": integer(3, 1, 64),
    "size": integer(28, 3, 64),
    "fn": integer(16, 1, 64),
    "k": integer(5, 1, 11),
    "p": integer(0, 0, 5),
    "s": integer(1, 1, 4),
}


def show_blocks(page: PageState) -> bool:
    """The diagram, what it says, and the sliders that change it; False where the kernel does not fit."""
    st.toggle(t("A batch of images"), **page.dial("batch"))
    try:
        out = output_size(page.size, page.k, page.s, page.p)
    except Problem as error:
        st.warning(explain(error))
        out = None
    if out is not None:
        _diagram(page, out)
        _told(page)
    _sliders(page)
    return out is not None


def _diagram(page: PageState, out: int) -> None:
    images, copies = ((page.n,), page.n) if page.batch else ((), 1)
    blocks = [
        Block(t("input"), (*images, page.c, page.size, page.size), copies, 0),
        Block(t("filters"), (page.fn, page.c, page.k, page.k), page.fn, 1),
        Block(t("bias"), (page.fn, 1, 1), 1, 3),
        Block(t("output"), (*images, page.fn, out, out), copies, 2),
    ]
    alt = t("A convolution as blocks: input, filters, bias, output")
    drawing(
        lambda width: convolution_diagram(blocks, ["∗", "+", "→"], frame.theme(), alt, width),
        "convolution-blocks",
        alt,
        wide=1000,
    )


def _told(page: PageState) -> None:
    weights = page.fn * page.c * page.k * page.k
    if page.batch:
        st.markdown(
            t(
                "(N, C, H, W) ∗ (FN, C, FH, FW) + (FN, 1, 1) → (N, FN, OH, OW): **{fn} filters make {fn} "
                "maps** for each of the {n} images of the batch, and the same {weights:,} weights and {fn} "
                "biases serve all of them.",
                fn=page.fn,
                n=page.n,
                weights=weights,
            )
        )
    else:
        st.markdown(
            t(
                "(C, H, W) ∗ (FN, C, FH, FW) + (FN, 1, 1) → (FN, OH, OW): **{fn} filters make {fn} maps** of "
                "one image, with {weights:,} weights and {fn} biases.",
                fn=page.fn,
                weights=weights,
            )
        )


def _sliders(page: PageState) -> None:
    sliders = [
        ("c", t("Channels C"), 1, 64),
        ("size", t("Height and width H, W"), 3, 64),
        ("fn", t("Filters FN"), 1, 64),
        ("k", t("Kernel size FH, FW"), 1, 11),
        ("p", t("Padding P"), 0, 5),
        ("s", t("Stride S"), 1, 4),
    ]
    if page.batch:
        sliders.insert(0, ("n", t("Batch: N images"), 1, 1000))
    columns = st.columns(4) + st.columns(4)
    for column, (name, label, low, high) in zip(columns, sliders, strict=False):
        column.slider(label, low, high, **page.dial(name))


def block_code(page: PageState) -> str:
    """The diagram's shapes in PyTorch; it leaves ``shape``."""
    images = f"{page.n}, " if page.batch else ""
    axes = "N, " if page.batch else ""
    return f"""
images = torch.zeros({images}{page.c}, {page.size}, {page.size})  # ({axes}C, H, W)
convolution = nn.Conv2d({page.c}, {page.fn}, kernel_size={page.k}, stride={page.s}, padding={page.p})
shape = tuple(convolution(images).shape)  # ({axes}FN, OH, OW)
"""
