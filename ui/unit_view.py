"""The unit that is opened on the feature maps page: which one, the way to it, and the sum that made it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.opened_map import OpenedMap, explain_map
from ui import frame
from ui.components.conv_grid import conv_grid
from ui.components.network_view import Unit
from ui.components.unit_view import unit_view
from ui.language import t
from ui.specimen import Specimen
from ui.state import PageState, choice, integer, words

_ASKED = "unit.asked"  # how often a unit was opened by hand: a phone then scrolls to it
STRONGEST = -1  # the row, column or input map that means: where the answer is strongest
LARGEST = 12  # a slice of more rows has too many numbers to be read one by one

FIELDS = {
    "layer": words("", longest=20),
    "channel": integer(0, 0, 9999),
    "row": integer(STRONGEST, 0, 9999),
    "col": integer(STRONGEST, 0, 9999),
    "part": integer(STRONGEST, 0, 9999),
    "via": words("", longest=400),
    "about": choice("sum", ["sum", "likes"]),
}


def open_unit(page: PageState, unit: Unit, via: str = "") -> None:
    """Open a unit; ``via`` are the units that led down to it."""
    page.set(**vars(unit), part=STRONGEST, via=via)
    st.session_state[_ASKED] = st.session_state.get(_ASKED, 0) + 1


def opened_unit(page: PageState, maps: dict[str, np.ndarray]) -> Unit | None:
    """The unit of the address, at its map's strongest place where the address names none; None: none."""
    if page.layer not in maps or page.layer == "input":
        return None
    values = maps[page.layer]
    channel = min(page.channel, len(values) - 1)
    if values.ndim == 1:
        return Unit(page.layer, channel)
    at = np.unravel_index(int(np.nan_to_num(values[channel], nan=-np.inf).argmax()), values.shape[1:])
    row, col = (
        int(at[i]) if n == STRONGEST else min(n, values.shape[i + 1] - 1)
        for i, n in enumerate((page.row, page.col))
    )
    return Unit(page.layer, channel, row, col)


def unit_bar(page: PageState, unit: Unit, maps: dict[str, np.ndarray]) -> None:
    """What is open, the way back, and what to see of it."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="unit-bar"):
        trail = [Unit(name, *map(int, rest)) for name, *rest in _steps(page.via, maps)]
        if trail:
            above = trail[-1]
            st.button(
                t("Back to {layer} · {channel}", layer=above.layer, channel=above.channel),
                icon=":material/arrow_upward:",
                key="unit.back",
                on_click=open_unit,
                args=(page, above, _trail(trail[:-1])),
            )
        st.segmented_control(
            t("What to see of this map"),
            ["sum", "likes"],
            format_func={"sum": t("How it came about"), "likes": t("What it looks for")}.__getitem__,
            required=True,
            label_visibility="collapsed",
            **page.control("about"),
        )
        st.button(
            t("Close"),
            icon=":material/close:",
            type="tertiary",
            key="unit.close",
            on_click=lambda: page.set(layer="", via=""),
        )


def _steps(via: str, maps: dict[str, np.ndarray]) -> list[list[str]]:
    """The units of a trail that this network has."""
    steps = [step.split(".") for step in via.split("~") if step]
    return [s for s in steps if len(s) == 4 and s[0] in maps and all(n.isdigit() for n in s[1:])]


def _trail(units: list[Unit]) -> str:
    return "~".join(f"{u.layer}.{u.channel}.{u.row}.{u.col}" for u in units)


def unit_sum(
    page: PageState, looked_at: Specimen, image: np.ndarray, unit: Unit, maps: dict[str, np.ndarray]
) -> OpenedMap:
    """The opened map with its input maps; a click on one of these walks down to it."""
    opened = explain_map(looked_at.model(), image, unit.layer, unit.channel)

    def walk(source: Unit) -> None:
        trail = [Unit(name, *map(int, rest)) for name, *rest in _steps(page.via, maps)]
        open_unit(page, source, _trail([*trail, unit]))

    unit_view(
        "unit_view",
        opened,
        looked_at.run.spec.model,
        image,
        (unit.row, unit.col),
        part=_part(page, opened, unit),
        on_point=lambda row, col: page.set(row=row, col=col),
        on_walk=walk,
        on_part=lambda channel: page.set(part=channel, row=unit.row, col=unit.col),
        theme=frame.theme(),
        asked=st.session_state.get(_ASKED, 0),
    )
    return opened


def _part(page: PageState, opened: OpenedMap, unit: Unit) -> int:
    """The input map whose numbers are shown: the one chosen, else the one that gives most."""
    if opened.weights is None:
        return 0
    if 0 <= page.part < len(opened.inputs):
        return int(page.part)
    return int(opened.strongest(unit.row, unit.col)[0])


def unit_numbers(page: PageState, opened: OpenedMap, unit: Unit) -> None:
    """One input map's patch under its filter slice, number by number."""
    if opened.weights is None or opened.weights.shape[1] == 1:
        return
    part = _part(page, opened, unit)
    slice_ = opened.weights[part]
    if opened.kind == "linear" and len(slice_) > LARGEST:
        return  # its terms for and against stand above
    patch, at = opened.patch(part, unit.row, unit.col, around=1)
    st.subheader(t("The same in numbers"), anchor=False)
    if len(slice_) > LARGEST:
        st.caption(
            t("This unit reads {count} numbers at once: too many to show one by one.", count=slice_.size)
        )
        return
    if not np.isfinite(patch).all() or not np.isfinite(slice_).all():
        st.caption(t("Some of its numbers are not finite, so there is nothing to multiply."))
        return
    alone = len(opened.inputs) == 1
    notes = []
    if opened.kind == "conv":
        where = {"row": unit.row, "col": unit.col}
        notes.append(t("A cut-out around row {row}, column {col} of the map (from 0).", **where))
    if not alone:
        count = len(opened.inputs)
        notes.append(
            t("One of {count} such sums: click another filter slice above to see its numbers.", count=count)
        )
    conv_grid(
        patch.astype(float),
        slice_.astype(float),
        opened.bias if alone else 0.0,
        opened.window.stride,
        key="unit.numbers",
        at=at,
        names=[f"{opened.source_layer} · {part}"],
        note=" ".join(notes),
    )
