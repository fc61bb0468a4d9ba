"""What a channel looks for: the patches and images that excite it, its digits, its best input (7.6.2)."""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import partial

import numpy as np
import streamlit as st

from cnn_core.excite import TopPatches, maximise_unit
from cnn_core.features import filters
from cnn_core.figures import enlarge, grey, grid, response_figure
from cnn_core.models import ModelSpec, summary
from ui import frame
from ui.components.network_view import Unit
from ui.language import t
from ui.network_answers import ASKED, answers
from ui.pictures import picture, quick_address
from ui.specimen import Specimen
from ui.state import PageState

KEPT = 200  # best inputs that are remembered


def unit_likes(page: PageState, looked_at: Specimen, unit: Unit) -> None:
    """The nine patches that excite a channel most, the digits it fires for, its best input, its filter."""
    asked = answers(looked_at)
    top = asked.patches(unit.layer, unit.channel)
    seen = [image.shape == field.size for image, field in zip(top.images, top.fields, strict=True)]
    parts = [
        *([] if all(seen) else [partial(_exciting_patches, top, unit)]),
        partial(_exciting_images, top, asked.labels[top.indices], all(seen)),
        partial(_best_input, page, looked_at, unit),
        partial(_response, asked.response(unit.layer, unit.channel)),
    ]
    for pair in (parts[:2], parts[2:]):
        for column, show in zip(st.columns(len(pair), gap="small"), pair, strict=True):
            with column:
                show()
    _filter(looked_at, unit)


def _exciting_patches(top: TopPatches, unit: Unit) -> None:
    picture(
        grid(top.patches(), 3, scale=(0, 255), tile_size=84, theme=frame.theme()),
        "exciting-patches",
        t("The nine patches that excite it most"),
        t(
            "**{layer} · {channel}**: of {count:,} test digits, the patches that excite it most",
            layer=unit.layer,
            channel=unit.channel,
            count=ASKED,
        ),
    )


def _exciting_images(top: TopPatches, digits: np.ndarray, whole: bool) -> None:
    """The images that the patches are parts of, each with the part outlined."""
    said = ", ".join(map(str, digits))
    picture(
        grid(
            top.images, 3, scale=(0, 255), tile_size=84, theme=frame.theme(),
            boxes=[field[:4] for field in top.fields],
        ),
        "exciting-images",
        t("The nine images that excite it most"),
        t(
            "Of {count:,} test digits, the images that excite it most; it sees all of each. Digits: {digits}",
            count=ASKED,
            digits=said,
        )
        if whole
        else t("The images they come from; the frame: what it sees. Digits: {digits}", digits=said),
    )  # fmt: skip


def _response(response: np.ndarray) -> None:
    """The digits that a channel fires for."""
    named = t("digit"), t("mean of its strongest answer")
    figure = response_figure(response, frame.theme(), "", *named)
    figure.update_layout(height=220)
    st.plotly_chart(figure, key="unit.response", config={"displayModeBar": False})


@st.cache_resource(show_spinner=False)
def _found() -> OrderedDict[tuple[str, int, str, int], np.ndarray]:
    """The best inputs that were searched for, newest last, for all sessions."""
    return OrderedDict()


def _best_input(page: PageState, looked_at: Specimen, unit: Unit) -> None:
    """The input that the channel's middle unit answers to most, with the search's progress."""
    found, key = _found(), (looked_at.run.id, looked_at.step, unit.layer, unit.channel)
    place = st.empty()
    if not page.best and key not in found:
        place.button(
            t("Search the input that excites it most"),
            icon=":material/search:",
            on_click=lambda: page.set(best=True),
        )
        return
    if key not in found:
        for moment in maximise_unit(looked_at.model(), unit.layer, unit.channel):
            with place.container():
                address = quick_address(grey(moment.image, 0, 1))
                style = "width:168px;image-rendering:pixelated"
                told = t("The search so far")
                st.html(f'<img src="{address}" style="{style}" alt="{told}">')
                st.progress(moment.step / moment.steps, t("Answer so far: {value:.3g}", value=moment.value))
        found[key] = moment.image
        while len(found) > KEPT:
            found.popitem(last=False)
    with place.container():
        picture(
            np.repeat(enlarge(grey(found[key], 0, 1), 6)[..., None], 3, axis=-1),
            "best-input",
            t("The input that excites it most"),
            t("The input that excites it most, searched from noise; black where it does not look"),
        )


def _filter_of(spec: ModelSpec, unit: Unit) -> tuple[str, int] | None:
    """The convolution whose map a channel comes from, and its filter there; None where no map comes in."""
    rows = summary(spec)
    place, channel = spec.names().index(unit.layer), unit.channel
    for row in reversed(rows[: place + 1]):
        if row.layer.kind == "conv":
            return row.name, channel
        if row.layer.kind == "linear":
            return None
        if row.layer.kind == "flatten":
            channel //= math.prod(row.in_shape[1:])
    return None


def _filter(looked_at: Specimen, unit: Unit) -> None:
    """The channel's filter, where it has one: its own, or that of the convolution before it."""
    found = _filter_of(looked_at.run.spec.model, unit)
    if found is None:
        return
    layer, channel = found
    weights = filters(looked_at.model(), layer)[channel]
    picture(
        grid(weights, 16, mode="signed", tile_size=26, gap=3, theme=frame.theme()),
        "unit-filter",
        t("Its filter"),
        t(
            "Its filter, from {layer}: {count} slice(s), orange below 0, blue above",
            layer=layer,
            count=len(weights),
        ),
        saved=False,
    )
