"""What pooling keeps, and what it forgives (7.3)."""

from functools import partial

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.figures import limits, scale_text
from cnn_core.kernels import compact
from cnn_core.messages import Problem
from cnn_core.ops import avg_pool2d, max_pool2d
from cnn_core.shift_drawing import shift_drawing
from cnn_core.shifts import changed, changes, shifted
from cnn_core.sizes import Size
from ui import frame
from ui.code import pool2d_code, pool2d_table
from ui.components.conv_grid import Hidden, conv_grid, held_back
from ui.components.shift_lab import LARGEST, shift_lab
from ui.language import explain, t
from ui.matrix_input import matrix_box, random_numbers, read_matrix
from ui.picture_input import PICTURE_FIELDS, pick_picture
from ui.pictures import picture, save, save_picture
from ui.pool_pictures import pooled_picture
from ui.size_formula import size_formula
from ui.state import choice, integer, words

POOLS = {"max": (max_pool2d, "MaxPool2d"), "avg": (avg_pool2d, "AvgPool2d")}

page = frame.begin(
    "pooling",
    view=choice("numbers", ["numbers", "picture"]),
    op=choice("max", list(POOLS)),
    window=integer(2, 1, 8),
    stride=integer(2, 1, 8),
    padding=integer(0, 0, 4),
    input=words(compact(kernels.BOOK_POOLING_INPUT)),
    down=integer(0, -3, 3),
    right=integer(0, -3, 3),
    seed=integer(0, 0, 9999),
    **PICTURE_FIELDS,
)


def example(matrix: np.ndarray, **changed: object) -> None:
    """One of the book's examples: everything at its default but for what is changed."""
    plain = {name: page.default(name) for name in ("op", "window", "stride", "padding", "down", "right")}
    page.set(view="numbers", input=compact(matrix), **plain | changed)


def way(down: int, right: int) -> str:
    """Where the input went, in words: 1 up, 2 to the right."""
    vertical = t("{cells} down", cells=down) if down > 0 else t("{cells} up", cells=-down)
    across = t("{cells} to the right", cells=right) if right > 0 else t("{cells} to the left", cells=-right)
    return ", ".join(told for told, cells in ((vertical, down), (across, right)) if cells)


top = st.columns([22, 27, 60], vertical_alignment="bottom")
with top[0]:
    st.segmented_control(
        t("Pool"),
        ["numbers", "picture"],
        format_func={"numbers": t("numbers"), "picture": t("a picture")}.__getitem__,
        required=True,
        **page.control("view"),
    )
with top[1]:
    st.segmented_control(
        t("Keep"),
        list(POOLS),
        format_func={"max": t("the maximum"), "avg": t("the mean")}.__getitem__,
        required=True,
        **page.control("op"),
    )
with top[2], st.container(horizontal=True, gap="small"):
    st.button(t("Book: 2×2, stride 2"), on_click=example, args=(kernels.BOOK_POOLING_INPUT,))
    st.button(
        t("Book: 3×3, stride 3"), on_click=lambda: example(kernels.BOOK_SHIFT_INPUT, window=3, stride=3)
    )
    st.button(
        t("Book: the same, one cell to the right"),
        on_click=lambda: example(kernels.BOOK_SHIFTED_INPUT, window=3, stride=3),
    )

still = read_matrix(page, "input") if page.view == "numbers" else pick_picture(page).astype(float)
x = shifted(still, page.down, page.right)
pool, layer = POOLS[page.op]
output = before = None
try:
    before, output = (pool(a[None, None], page.window, page.stride, page.padding)[0, 0] for a in (still, x))
except Problem as error:
    st.warning(explain(error))

hidden: Hidden = ""
if output is not None and page.view == "numbers":
    hidden = conv_grid(
        x,
        stride=page.stride,
        padding=page.padding,
        op=page.op,
        window=page.window,
        key="pooling.grid",
    )
elif output is not None and before is not None and max(x.shape) > LARGEST:
    low, high = limits(output)
    picture(
        pooled_picture(still, x, before, output),
        "pooled",
        t("The picture, and what pooling leaves of it"),
        t(
            "Left {height}×{width} cells, right {rows}×{columns}: each shown larger, black 0 to white 1. "
            "Values: {range}.",
            height=x.shape[0],
            width=x.shape[1],
            rows=output.shape[0],
            columns=output.shape[1],
            range=scale_text(low, high),
        )
        + (
            " " + t("Violet beside each: the cells that the move changed.") if page.down or page.right else ""
        ),
    )

if output is not None and max(x.shape) <= LARGEST:
    st.markdown(t("**The shift experiment**: drag the input by up to three cells, in any direction."))
    if not held_back(hidden != ""):
        shift_lab(
            "pooling.shift",
            still,
            page.op,
            (page.window, page.stride, page.padding),
            (page.down, page.right),
            lambda down, right: page.set(down=down, right=right),
            as_picture=page.view == "picture",
        )

settings, move, numbers = st.columns(3, gap="large")
with settings:
    st.slider(t("Window"), 1, 8, **page.dial("window"))
    st.slider(t("Stride"), 1, 8, **page.dial("stride"))
    st.slider(t("Padding"), 0, 4, **page.dial("padding"))
with move:
    st.slider(t("Move the input down"), -3, 3, **page.dial("down"))
    st.slider(t("Move the input to the right"), -3, 3, **page.dial("right"))
    st.caption(t("What leaves at one side comes in at the other, so that nothing is lost."))
with numbers:
    if page.view == "numbers":
        matrix_box(page, "input", t("Input: your own numbers"))
        random_numbers(page, "input", still.shape)

if output is not None and before is not None and not hidden:
    raw, pooled = changes(still, x), changes(before, output)
    if page.down or page.right:
        st.markdown(
            t(
                "Moved {way}: **{raw} of {cells}** input cells changed, and **{pooled} of {outputs}** cells "
                "after pooling.",
                way=way(page.down, page.right),
                raw=raw.changed,
                cells=raw.cells,
                pooled=pooled.changed,
                outputs=pooled.cells,
            )
        )
    else:
        st.markdown(t("Move the input by a cell, and see how many cells change with and without pooling."))
    if page.view == "numbers":
        same = np.zeros(still.shape, bool), np.zeros(before.shape, bool)
        panels = [
            (t("Input"), still, same[0]),
            (t("Input, moved"), x, changed(still, x)),
            (t("Pooled"), before, same[1]),
            (t("Pooled after the move"), output, changed(before, output)),
        ]
        alt = t("The input and its move, before pooling and after; what changed has a violet frame")
        save(
            "shift.svg",
            lambda: shift_drawing(panels, frame.theme(), 980, alt),
            "image/svg+xml",
            t("Save picture"),
        )
    elif max(x.shape) <= LARGEST:
        save_picture(partial(pooled_picture, still, x, before, output), "pooled")
if output is not None and not held_back(hidden == "size"):
    sizes = [Size(n, page.window, page.stride, page.padding) for n in x.shape]
    size_formula(sizes)
    st.markdown(
        t(
            "Pooling has **no parameters**: nothing in it is learned. It works on every channel by itself, "
            "so as many channels come out as went in: ({channels}, {height}, {width}) → "
            "({channels}, {rows}, {columns}).",
            channels=3,
            height=x.shape[0],
            width=x.shape[1],
            rows=output.shape[0],
            columns=output.shape[1],
        )
    )
    if page.view == "numbers" and not hidden:
        with st.expander(t("Three channels, pooled each by itself"), key="pooling.three"):
            conv_grid(
                np.stack([x, x[::-1], x.T if x.shape[0] == x.shape[1] else x[:, ::-1]]),
                stride=page.stride,
                padding=page.padding,
                op=page.op,
                window=page.window,
                key="pooling.channels",
                predict=None,  # the grid above shows the same numbers: its switch is for both
            )
    with st.expander(t("nn.{layer}: every argument, and the shapes", layer=layer), key="pooling.torch"):
        pool2d_table(page, x.shape, output.shape)
frame.end("pooling", page, pool2d_code(still, page, layer) if output is not None else "")
