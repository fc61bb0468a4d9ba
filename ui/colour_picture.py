"""The channels page's colour picture: three channels, three slices, their product maps, the sum, the bias."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st

from cnn_core.channel_examples import COLOUR_FILTERS, channel_products
from cnn_core.figures import grey, limits, scale_text, signed
from cnn_core.images import open_picture, sample, to_rgb
from cnn_core.messages import Problem, text
from cnn_core.numerals import typed
from cnn_core.sizes import Sliding, neighbourhood, opened
from ui.components.channel_sum import channel_sum
from ui.components.conv_grid import conv_grid, hidden_by
from ui.conv_pictures import full_colour
from ui.frame import theme
from ui.language import explain, t
from ui.picture_input import upload_picture
from ui.pictures import beside, save_picture
from ui.specimen import store
from ui.state import PageState, choice, flag, number, words

PATCH = "channels.patch"
UPLOAD, OWN = "upload-", "own"
MAX_SIDE = 240  # pixels of a picture of one's own
MIN_SIDE = 8
SAMPLES = {"garden": text("garden"), "coffee": text("coffee"), "cat": text("cat")}
FILTER_NAMES = {
    "red_not_green": text("red, but not green"),
    "blue_not_yellow": text("blue, but not yellow"),
    "edges": text("vertical edges in every channel"),
    "edges_in_green": text("vertical edges in green only"),
    "blur": text("mean of all channels, blurred"),
}
COLOUR_FIELDS = {
    "sample": choice("garden", [*SAMPLES, OWN]),
    "photo": words("", longest=80),
    "filter": choice("red_not_green", list(COLOUR_FILTERS)),
    "picture_bias": number(-0.2, -3, 3),
    "stretch": flag(),
    "at": words("", longest=12),
}


@lru_cache(maxsize=8)
def load_colour(ref: str) -> np.ndarray:
    """A picture (3, H, W) of 0 to 1, small enough that all its maps fit side by side; raises Problem.

    ``ref`` is the name of a sample, or upload-<sha256>.
    """
    if ref in SAMPLES:
        return sample(ref)[:, ::2, ::2]
    pixels = to_rgb(open_picture(store().artifact(ref.removeprefix(UPLOAD)).data, MAX_SIDE))
    if min(pixels.shape[1:]) < MIN_SIDE:
        raise Problem(
            "This picture has less than {side} rows or columns: choose a larger one, or crop it less.",
            side=MIN_SIDE,
        )
    return pixels


def colour_names() -> list[str]:
    """What the three channels are called."""
    return [t("red"), t("green"), t("blue")]


def show_colour_picture(page: PageState) -> None:
    """The choices, every map that leads to the output, and the numbers of the pixel that is pointed at."""
    x = _chosen(page)
    weight, bias = COLOUR_FILTERS[page.filter], page.picture_bias
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
            **page.dial("stretch"),
        )
        save_picture(lambda: _composed(x, parts, sums, output, limit), f"{page.sample}-{page.filter}")
    near, place = neighbourhood(x, at, spans, output.shape, sliding)
    st.markdown(
        t(
            "**The same three slices, on this pixel's numbers** (row {row}, column {col} of the output):",
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
        origin=(at[0] - place[0], at[1] - place[1]),
        names=colour_names(),
        input_range=(0, 1),
        at=place,
    )


def _chosen(page: PageState) -> np.ndarray:
    """What there is to choose, and the chosen picture; the first sample while there is none of one's own."""
    first, second, third = st.columns([2, 3, 2])
    first.selectbox(
        t("Picture"),
        [*SAMPLES, OWN],
        format_func=lambda name: t(SAMPLES[name]) if name in SAMPLES else t("Your own picture"),
        **page.control("sample"),
    )
    second.selectbox(
        t("Filter with three slices"),
        list(COLOUR_FILTERS),
        format_func=lambda name: t(FILTER_NAMES[name]),
        **page.control("filter"),
    )
    third.number_input(t("Bias"), -3.0, 3.0, step=0.1, format="%g", **page.dial("picture_bias"))
    if page.sample == OWN:
        upload_picture(page, "photo")
    try:
        return load_colour(_picture(page))
    except Problem as error:
        st.warning(explain(error))
        page.set(photo="")
        return load_colour(_picture(page))


def _picture(page: PageState) -> str:
    """The name of the picture that is shown."""
    return page.photo or page.default("sample") if page.sample == OWN else page.sample


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
    ref = _picture(page)
    slices = ",\n    ".join(str(slice_.tolist()) for slice_ in COLOUR_FILTERS[page.filter])
    taken = f"""
from cnn_core.images import sample

picture = torch.tensor(sample("{ref}")[:, ::2, ::2])  # (C, H, W), 0 to 1"""
    if ref.startswith(UPLOAD):
        name = ref.removeprefix(UPLOAD)
        taken = f"""
from cnn_core.images import open_picture, to_rgb
from cnn_core.runs import RunStore

file = RunStore().artifact("{name}").data  # or open("my picture.png", "rb").read()
picture = torch.tensor(to_rgb(open_picture(file, {MAX_SIDE})))  # (C, H, W), 0 to 1"""
    return f"""{taken}
slices = torch.tensor([
    {slices},
])  # (C, FH, FW)
parts = F.conv2d(picture[None], slices[:, None], groups=3)[0]  # each channel by itself: (C, OH, OW)
colour_output = parts.sum(dim=0) + {typed(page.picture_bias)}
"""
