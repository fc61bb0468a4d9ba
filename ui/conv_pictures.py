"""The convolution page's pictures: one that opens at any pixel, and several kernels side by side."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.figures import enlarge, grey, limits, scale_text, shade_colours, shades, signed
from cnn_core.kernels import KERNELS, parse_matrix, ready_made
from cnn_core.messages import Problem
from cnn_core.ops import Pair
from cnn_core.sizes import Sliding, neighbourhood, opened
from ui import live
from ui.components.conv_grid import conv_grid
from ui.components.conv_picture import Convolved, conv_picture
from ui.frame import theme
from ui.language import explain, t
from ui.pictures import beside, picture, save_picture
from ui.state import PageState, control

MOST = 6  # kernels side by side
PICTURE = "convolution.picture"


def full_colour(kernel: np.ndarray, bias: float) -> float:
    """The size that no output of this kernel exceeds on a picture of 0 to 1."""
    largest = max(kernel.clip(min=0).sum(), -kernel.clip(max=0).sum()) + abs(bias)
    return float(largest) or 1.0


def coloured(
    x: np.ndarray, output: np.ndarray, kernel: np.ndarray, bias: float, stretch: bool, look: str
) -> Convolved:
    """The picture and the output in colours, and what they say.

    ``stretch`` to the values of this output; ``look`` is the theme.
    """
    limit = max(map(abs, limits(output))) or 1.0 if stretch else full_colour(kernel, bias)
    said = t(
        "Input: black 0, white 1. Output: orange below 0, blue above, full colour at ±{limit}. Its "
        "values here: {range}",
        limit=f"{limit:.3g}",
        range=scale_text(*limits(output)),
    )
    shown = shades(output, (-limit, limit), "signed")
    return Convolved(grey(x, 0, 1), shown, shade_colours("signed", look), said)


def edited_kernel(page: PageState, x: np.ndarray, kernel: np.ndarray, sliding: Sliding) -> str:
    """Where the browser may ask what the picture becomes with another kernel of this size."""
    size, bias, stretch, look = kernel.shape, page.bias, page.stretch, theme()

    def answer(typed: str) -> live.Shown:
        kernel = parse_matrix(str(typed), max(size)).astype(x.dtype)
        if kernel.shape != size:
            raise ValueError("the page itself shows a kernel of another size")
        output = sliding.convolved(x, kernel, bias)
        return {PICTURE: coloured(x, output, kernel, bias, stretch, look).made()}

    return live.offer("convolution.kernel", answer)


def show_picture(
    page: PageState, x: np.ndarray, kernel: np.ndarray, output: np.ndarray, spans: Pair, sliding: Sliding
) -> Pair:
    """Input and output as pictures, and what their colours say; returns the pixel that is open."""
    shown = coloured(x, output, kernel, page.bias, page.stretch, theme())
    at = opened(page.at, x, spans, output.shape, sliding)
    at = conv_picture(
        PICTURE,
        shown,
        (kernel.shape[0], kernel.shape[1]),
        sliding,
        at,
        lambda row, col: page.set(at=f"{row},{col}"),
    )
    st.toggle(
        t("Stretch the colours to these values"),
        help=t(
            "Off: full colour is what this kernel could reach at most, whatever the picture, so that two "
            "pictures compare. On: full colour is the largest value here."
        ),
        **page.dial("stretch"),
    )
    taken = np.repeat(shown.x[..., None], 3, axis=-1)
    save_picture(lambda: beside([taken, shown.colours[shown.output]]), "convolved")
    return at


def show_input(x: np.ndarray) -> None:
    """The picture alone, while the kernel does not fit into it."""
    picture(enlarge(grey(x, 0, 1), max(1, 320 // max(x.shape))), "input", t("The picture"))


def show_numbers(
    page: PageState, x: np.ndarray, kernel: np.ndarray, out: Pair, spans: Pair, sliding: Sliding, at: Pair
) -> None:
    """The same kernel on the numbers round the pixel that is open."""
    part, place = neighbourhood(x[None], at, spans, out, sliding)
    st.markdown(
        t(
            "**The same kernel, on this pixel's numbers** (row {row}, column {col} of the output):",
            row=at[0] + 1,
            col=at[1] + 1,
        )
    )
    conv_grid(
        part, kernel, page.bias, sliding.stride, dilation=sliding.dilation, at=place,
        key="convolution.patch", subject=f"{at}", input_range=(0, 1),
        origin=(at[0] - place[0], at[1] - place[1]),
    )  # fmt: skip


def compare_kernels(page: PageState, x: np.ndarray, sliding: Sliding) -> None:
    """Several ready-made kernels on the same picture, with the settings of the page, on one scale.

    It reaches as far as any of them could on any picture, or, stretched, as far as they do on this one.
    """
    asked = dict.fromkeys(page.compare.split(","))  # each once
    names = [name for name in asked if name in KERNELS][:MOST]
    st.multiselect(
        t("Kernels to compare"),
        list(KERNELS),
        format_func=lambda name: t(KERNELS[name].name),
        max_selections=MOST,
        **control("convolution.compare", names, lambda chosen: page.set(compare=",".join(chosen))),
    )
    outputs, small = {}, {name: ready_made(name, 3).astype(np.float32) for name in names}
    for name, kernel in small.items():
        try:
            outputs[name] = sliding.convolved(x, kernel, page.bias)
        except Problem as error:
            st.warning(f"**{t(KERNELS[name].name)}**: {explain(error)}")
    if not outputs:
        return
    if page.stretch:
        limit = max(map(abs, limits(*outputs.values()))) or 1.0
    else:
        limit = max(full_colour(small[name], page.bias) for name in outputs)
    st.caption(t("One scale for all: full colour at ±{limit}.", limit=f"{limit:.3g}"))
    columns = st.columns(3)
    for i, (name, output) in enumerate(outputs.items()):
        with columns[i % 3]:
            does, label = t(KERNELS[name].does), t(KERNELS[name].name)
            caption = f"**{label}** ({scale_text(*limits(output))}). {does}"
            picture(signed(output, limit, theme()), f"compared-{name}", label, caption, width="stretch")
