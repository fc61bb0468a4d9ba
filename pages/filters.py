"""The first layer before, during and after training (7.6.1)."""

import numpy as np
import streamlit as st

from cnn_core import gratings
from cnn_core.figures import enlarge, filter_grid, grey, limits, signed
from cnn_core.models import first_layer
from cnn_core.numerals import numeral
from cnn_core.ops import conv2d
from ui import diverged, frame, specimen
from ui.components.conv_grid import conv_grid
from ui.filter_groups import (
    about_filter,
    group_board,
    groups_at,
    groups_over_steps,
    in_words,
    weights_in_words,
)
from ui.language import t
from ui.picture_input import PICTURE_FIELDS, pick_picture
from ui.pictures import beside, picture
from ui.state import choice, dial, integer

page = frame.begin(
    "filters",
    run=specimen.FIELDS["run"],
    step=specimen.FIELDS["step"],
    image=specimen.FIELDS["image"],
    scale=choice("grey", ["grey", "signed"]),
    filter=integer(0, 0, 999),
    **PICTURE_FIELDS,
)


def at_work(now: np.ndarray, index: int, groups: dict[str, list[int]]) -> None:
    """Filter ``index`` of (FN, 1, FH, FW), beside the strongest edge filters, applied to a picture."""
    edges = {
        t("Strongest vertical-edge filter"): gratings.strongest(now, gratings.VERTICAL_EDGE),
        t("Strongest horizontal-edge filter"): gratings.strongest(now, gratings.HORIZONTAL_EDGE),
    }
    choose(edges, index, len(now))
    st.markdown(about_filter(now, index, next(kind for kind in groups if index in groups[kind])))
    x = pick_picture(page)
    chosen = [index, *(found for found in edges.values() if found is not None and found != index)]
    maps = [conv2d(x[None, None], now[i : i + 1])[0, 0] for i in chosen]
    limit = max(map(abs, limits(*maps))) or 1.0
    factor = max(1, 224 // max(x.shape))  # a digit is as large as a photo
    shown = [
        np.repeat(grey(x, 0, 1)[..., None], 3, axis=-1),
        *(signed(m, limit, frame.theme()) for m in maps),
    ]
    picture(
        beside([enlarge(one, factor) for one in shown]),
        "filter-applied",
        t("The picture, and what each filter makes of it"),
        t(
            "The picture, then filters {numbers} applied to it, without their bias: orange below 0, blue "
            "above, full colour at ±{limit}",
            numbers=", ".join(map(str, chosen)),
            limit=f"{limit:.3g}",
        ),
    )
    with st.expander(t("The filter's numbers, on the middle of the picture"), key="filters.numbers"):
        sizes = [min(n, now.shape[-1] + 3) for n in x.shape]
        top, left = ((n - size) // 2 for n, size in zip(x.shape, sizes, strict=True))
        conv_grid(
            x[top : top + sizes[0], left : left + sizes[1]].astype(float).round(3),
            now[index, 0].astype(float).round(3),
            key="filters.grid",
        )


def choose(edges: dict[str, int | None], index: int, count: int) -> None:
    """A filter by its number, or the strongest of a kind at one press."""
    number, *shortcuts = st.columns([1, 2, 2], vertical_alignment="bottom")
    number.number_input(
        t("Filter (from 0)"),
        0,
        count - 1,
        **dial("filters.number", index, lambda n: page.set(filter=n)),
    )
    for column, (label, found) in zip(shortcuts, edges.items(), strict=True):
        column.button(
            label,
            disabled=found is None,
            width="stretch",
            on_click=lambda i: page.set(filter=i),
            args=(found,),
        )


looked_at = specimen.pick(page, image=False)
layer = first_layer(looked_at.run.spec.model)
steps = (looked_at.steps[0], looked_at.step, looked_at.steps[-1])
weights = {step: specimen.weights(looked_at.run.id, step)[f"{layer}.weight"] for step in steps}
is_conv = weights[steps[0]].ndim == 4
if not is_conv:  # a fully connected layer: each unit's weights as the picture it looks for
    weights = {step: w[:32].reshape(-1, 1, 28, 28) for step, w in weights.items()}
    st.info(
        t(
            "This network has no convolution: its first layer looks at the whole image at once. Below, each "
            "unit's 784 weights lie where their pixels are."
        )
    )

low, high = limits(*weights.values())
st.segmented_control(
    t("Show weights"),
    ["grey", "signed"],
    format_func={
        "grey": t("in grey, as in the book"),
        "signed": t("in colour: orange below 0, blue above"),
    }.__getitem__,
    required=True,
    **page.control("scale"),
)
columns = st.columns(3, gap="medium")
titles = (
    t("At step {step:,}", step=steps[0]) if steps[0] else t("Before training (step 0)"),
    t("At step {step:,}", step=looked_at.step),
    t("After training (step {step:,})", step=steps[2])
    if looked_at.run.is_complete
    else t("The newest so far (step {step:,})", step=steps[2]),
)
for place, (step, title) in enumerate(zip(steps, titles, strict=True)):
    with columns[place]:
        picture(
            filter_grid(
                weights[step],
                page.scale,
                (low, high),
                columns=4,
                tile_size=72,
                theme=frame.theme(),
                selected=min(page.filter, len(weights[step]) - 1),
            ),
            f"filters-step-{step}-{place}",
            title,
            title,
        )
if page.scale == "grey":
    st.caption(
        t(
            "One scale for all three: black is {low}, white is {high}.",
            low=numeral(low, ".3g"),
            high=numeral(high, ".3g"),
        )
    )
else:
    st.caption(t("One scale for all three, full colour at ±{limit}.", limit=f"{max(-low, high):.3g}"))

now = weights[looked_at.step]
if not diverged.warned(now) and is_conv:
    first_and_last = {step: weights[step] for step in (steps[0], steps[2])}
    last = looked_at.run.spec.steps if looked_at.run.is_complete else None
    st.markdown(" ".join(weights_in_words(first_and_last, last)))
    index = min(page.filter, len(now) - 1)
    groups = {step: groups_at(looked_at.run.id, step, layer) for step in steps}
    st.subheader(t("Edge detectors by name"), anchor=False)
    tiles, chart = st.columns([1, 1], gap="large")
    with tiles:
        group_board(now, index, page.scale, (low, high), lambda i: page.set(filter=i))
    with chart:
        groups_over_steps(looked_at, layer)
    if steps[0] == 0:
        st.markdown(in_words(groups[looked_at.step], groups[0], looked_at.step))

    st.subheader(t("One filter at work"), anchor=False)
    at_work(now, index, groups[looked_at.step])

frame.end(
    "filters",
    page,
    f"""
from cnn_core.runs import RunStore

store = RunStore()
before = store.weights("{looked_at.run.id}", {steps[0]})["{layer}.weight"]
after = store.weights("{looked_at.run.id}", {looked_at.step})["{layer}.weight"]
low, high = min(before.min(), after.min()), max(before.max(), after.max())
output = (after - low) / (high - low)  # 0: black, 1: white, as in the book's fig. 7-24
""",
)
