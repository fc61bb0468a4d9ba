"""What a channel looks for: the patches that excite it, its digits, the best input, its filter (7.6.2)."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import streamlit as st

from cnn_core.answers import Answers, ask
from cnn_core.data import load_mnist
from cnn_core.excite import maximise_unit, ranked_channels
from cnn_core.features import filters
from cnn_core.figures import enlarge, grey, grid, response_figure
from cnn_core.models import ModelSpec, summary
from ui import frame, specimen
from ui.components.network_view import Unit
from ui.language import t
from ui.pictures import picture
from ui.specimen import Specimen
from ui.state import PageState

ASKED = 2_000  # test digits that are asked which of them excites a channel most
KEPT = 200  # best inputs that are remembered
STORY = 3  # channels of a layer, and patches of each


@st.cache_resource(show_spinner=False, max_entries=12)
def _answers(run_id: str, step: int) -> Answers:
    mnist = load_mnist()
    model = specimen.shared_model(run_id, step)
    images = specimen.seen_by(run_id, mnist.test_images[:ASKED])
    return ask(model, images, mnist.test_labels[:ASKED])


def answers(looked_at: Specimen) -> Answers:
    """Every channel's answers to the first test digits, asked once for each run and step."""
    with st.spinner(t("{count:,} test digits pass through the network …", count=ASKED)):
        return _answers(looked_at.run.id, looked_at.step)


def unit_likes(page: PageState, looked_at: Specimen, unit: Unit) -> None:
    """The nine patches that excite a channel most, the digits it fires for, its best input, its filter."""
    asked = answers(looked_at)
    top = asked.patches(unit.layer, unit.channel)
    digits = asked.labels[top.indices]
    patches, best = st.columns([3, 2], gap="small")
    with patches:
        picture(
            grid(top.patches(), 3, scale=(0, 255), tile_size=84, theme=frame.theme()),
            "exciting-patches",
            t("The nine patches that excite it most"),
            t(
                "**{layer} · {channel}**: of {count:,} test digits, the patches that excite it most: parts "
                "of {digits}",
                layer=unit.layer,
                channel=unit.channel,
                count=ASKED,
                digits=", ".join(map(str, digits)),
            ),
        )
    with best:
        _best_input(page, looked_at, unit)
    figure = response_figure(
        asked.response(unit.layer, unit.channel),
        frame.theme(),
        "",
        t("digit"),
        t("mean of its strongest answer"),
    )
    figure.update_layout(height=220)
    st.plotly_chart(figure, key="unit.response", config={"displayModeBar": False})
    _filter(looked_at, unit)


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
                st.image(enlarge(grey(moment.image, 0, 1), 6), width=168, alt=t("The search so far"))
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


def _filter(looked_at: Specimen, unit: Unit) -> None:
    """The channel's filter, where it has one: its own, or that of the convolution before it."""
    rows = summary(looked_at.run.spec.model)
    names = [row.name for row in rows]
    before = rows[: names.index(unit.layer) + 1]
    source = next((row for row in reversed(before) if row.layer.kind in ("conv", "linear")), None)
    if source is None or source.layer.kind != "conv":
        return
    weights = filters(looked_at.model(), source.name)[unit.channel]
    picture(
        grid(weights, 16, mode="signed", tile_size=26, gap=3, theme=frame.theme()),
        "unit-filter",
        t("Its filter"),
        t(
            "Its filter, from {layer}: {count} slice(s), orange below 0, blue above",
            layer=source.name,
            count=len(weights),
        ),
        saved=False,
    )


def story_layers(spec: ModelSpec) -> list[str]:
    """The layers whose answers tell the story: behind each convolution and each fully connected layer."""
    rows = summary(spec)
    told = []
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if row.layer.kind in ("conv", "linear"):
            is_active = after is not None and after.layer.kind in ("relu", "tanh", "sigmoid")
            told.append(after.name if after is not None and is_active else row.name)
    return told


def story(looked_at: Specimen, maps: dict[str, np.ndarray]) -> None:
    """Layer beside layer, for the channels that answer most to this image, their favourite patches."""
    asked = answers(looked_at)
    layers = story_layers(looked_at.run.spec.model)
    for column, layer in zip(st.columns(len(layers), gap="small"), layers, strict=True):
        channels = ranked_channels(maps[layer])[:STORY]
        tops = [asked.patches(layer, int(c), STORY) for c in channels]
        height, width = tops[0].fields[0].full_size
        with column:
            picture(
                grid(
                    [patch for top in tops for patch in top.patches()], STORY, scale=(0, 255),
                    tile_size=56, gap=3, theme=frame.theme(),
                ),
                f"story-{layer}",
                t("What the channels of {layer} look for", layer=layer),
                t(
                    "**{layer}** sees {height}×{width} pixels. A row each: channels {channels}.",
                    layer=layer,
                    height=height,
                    width=width,
                    channels=", ".join(map(str, channels)),
                ),
            )  # fmt: skip
    st.caption(
        t(
            "Of each layer the three channels that answer most to this image, and the parts of {count:,} "
            "test digits that excite them most. The further on, the more of the digit they see: edges, "
            "strokes, parts, whole digits.",
            count=ASKED,
        )
    )
