"""The channels page's colour picture: three channels, three slices, their product maps, the sum, the bias."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.channel_examples import COLOUR_FILTERS, channel_products
from cnn_core.figures import grey, limits, scale_text, signed
from cnn_core.images import sample
from cnn_core.messages import text
from cnn_core.sizes import Sliding, neighbourhood, opened
from ui.components.channel_sum import channel_sum
from ui.components.conv_grid import conv_grid, hidden_by
from ui.conv_pictures import full_colour
from ui.frame import theme
from ui.language import t
from ui.pictures import beside, save_picture
from ui.state import PageState, choice, flag, number, words

PATCH = "channels.patch"
SAMPLES = {"garden": text("garden"), "coffee": text("coffee"), "cat": text("cat")}
FILTER_NAMES = {
    "red_not_green": text("red, but not green"),
    "blue_not_yellow": text("blue, but not yellow"),
    "edges": text("vertical edges in every channel"),
    "edges_in_green": text("vertical edges in green only"),
    "blur": text("mean of all channels, blurred"),
}
COLOUR_FIELDS = {
    "sample": choice("garden", list(SAMPLES)),
    "filter": choice("red_not_green", list(COLOUR_FILTERS)),
    "picture_bias": number(-0.2, -3, 3),
    "stretch": flag(),
    "at": words("", longest=12),
}


def colour_sample(name: str) -> np.ndarray:
    """A colour picture (3, H, W) of 0 to 1, small enough that all its maps fit side by side."""
    return sample(name)[:, ::2, ::2]


def colour_names() -> list[str]:
    """What the three channels are called."""
    return [t("red"), t("green"), t("blue")]


def show_colour_picture(page: PageState) -> None:
    """The choices, every map that leads to the output, and the numbers of the pixel that is pointed at."""
    _choices(page)
    x, weight, bias = colour_sample(page.sample), COLOUR_FILTERS[page.filter], page.picture_bias
    parts = channel_products(x, weight)
    sums = parts.cumsum(axis=0)
    output = sums[-1] + bias
    here = limits(parts, sums, output)
    limit = max(map(abs, here)) or 1.0 if page.stretch else full_colour(weight, bias)
    said = t(
        "Channels: black 0, white 1. Maps: orange below 0, blue above, full colour at ±{limit}. Their values "
        "here: {range}.",
        limit=f"{limit:.3g}",
        range=scale_text(*here),
    )
    spans, sliding = weight.shape[1:], Sliding()
    at = channel_sum(
        "channels.picture",
        np.rint(x * 255),
        weight,
        bias,
        limit,
        opened(page.at, x[1], spans, output.shape, sliding),
        lambda row, col: page.set(at=f"{row},{col}"),
        colour_names(),
        theme(),
        said,
        is_hidden=hidden_by(PATCH) != "",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            t("Stretch the colours to these values"),
            help=t(
                "Off: full colour is what this filter could reach at most, whatever the picture, so that two "
                "pictures compare. On: full colour is the largest value here."
            ),
            **page.widget("stretch"),
        )
        save_picture(lambda: _composed(x, parts, sums, output, limit), f"{page.sample}-{page.filter}")
    near, place = neighbourhood(x, at, spans, output.shape, sliding)
    st.markdown(
        t(
            "**The same three slices, on this pixel's numbers** (row {row}, column {col} is in the middle):",
            row=at[0] + 1,
            col=at[1] + 1,
        )
    )
    conv_grid(
        near,
        weight,
        bias,
        key=PATCH,
        subject=f"{at}",
        names=colour_names(),
        input_range=(0, 1),
        at=place,
    )


def _choices(page: PageState) -> None:
    first, second, third = st.columns([2, 3, 2])
    first.selectbox(
        t("Picture"), list(SAMPLES), format_func=lambda name: t(SAMPLES[name]), **page.widget("sample")
    )
    second.selectbox(
        t("Filter with three slices"),
        list(COLOUR_FILTERS),
        format_func=lambda name: t(FILTER_NAMES[name]),
        **page.widget("filter"),
    )
    third.number_input(t("Bias"), -3.0, 3.0, step=0.1, format="%g", **page.widget("picture_bias"))


def _composed(
    x: np.ndarray, parts: np.ndarray, sums: np.ndarray, output: np.ndarray, limit: float
) -> np.ndarray:
    """All of it as one picture: channels, product maps, the sum as it grows; the picture and the output."""
    whole = (x.transpose(1, 2, 0) * 255).round().astype(np.uint8)
    rows = [
        [*(np.repeat(grey(channel, 0, 1)[..., None], 3, axis=-1) for channel in x), whole],
        [signed(part, limit, theme()) for part in parts],
        [signed(one, limit, theme()) for one in [*sums, output]],
    ]
    lines = [beside(row, gap=8) for row in rows]
    return beside([line.transpose(1, 0, 2) for line in lines], gap=8).transpose(1, 0, 2)


def colour_code(page: PageState) -> str:
    """The picture's maps in PyTorch; it leaves ``parts`` (C, OH, OW) and ``colour_output`` (OH, OW)."""
    slices = ",\n    ".join(str(slice_.round(6).tolist()) for slice_ in COLOUR_FILTERS[page.filter])
    return f"""
from cnn_core.images import sample

picture = torch.tensor(sample("{page.sample}")[:, ::2, ::2])  # (C, H, W), 0 to 1
slices = torch.tensor([
    {slices},
])  # (C, FH, FW)
parts = F.conv2d(picture[None], slices[:, None], groups=3)[0]  # each channel by itself: (C, OH, OW)
colour_output = parts.sum(dim=0) + {page.picture_bias:g}
"""
