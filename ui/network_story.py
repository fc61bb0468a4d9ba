"""Layer beside layer: what the channels look for, and how much of it the digit decides (7.6.2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import streamlit as st

from cnn_core import gratings
from cnn_core.answers import Answers
from cnn_core.excite import ranked_channels
from cnn_core.figures import grid
from cnn_core.models import summary
from ui import frame
from ui.filter_groups import groups_at
from ui.language import t
from ui.network_answers import ASKED, answers, story_layers
from ui.pictures import picture
from ui.specimen import Specimen

DECIDED = 0.5  # from this share on the digit decides most of an answer
STORY = 3  # channels of a layer, and patches of each


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
            "test digits that excite them most.",
            count=ASKED,
        )
    )
    st.markdown(" ".join([*_first_layer(looked_at), *in_words(asked, layers)]))


def _first_layer(looked_at: Specimen) -> Iterator[str]:
    """What the first filters answer to, as measured on gratings."""
    first = next(row for row in summary(looked_at.run.spec.model) if row.layer.kind in ("conv", "linear"))
    if first.layer.kind == "conv":
        groups = groups_at(looked_at.run.id, looked_at.step, first.name)
        yield t(
            "Of the {total} filters of **{layer}**, **{edges}** answer most to edges, **{lines}** to lines, "
            "and {unclear} have no clear pattern.",
            total=first.shape[0],
            layer=first.name,
            edges=sum(len(groups[kind]) for kind in gratings.EDGES),
            lines=sum(len(groups[kind]) for kind in gratings.LINES),
            unclear=len(groups[gratings.UNCLEAR]),
        )


def in_words(asked: Answers, layers: list[str]) -> tuple[str, str]:
    """How much the digit decides of each layer's answers, and what follows: only what was measured."""
    shares = [float(asked.by_class(layer).mean()) for layer in layers]
    seen = [asked.patches(layer, 0, 1).fields[0].full_size[0] for layer in layers]
    said = t(
        "How much of a channel's strongest answer the digit decides, on average: {shares}.",
        shares=", ".join(f"**{layer}** {share:.0%}" for layer, share in zip(layers, shares, strict=True)),
    )
    return said, _verdict(shares, seen)


def _verdict(shares: list[float], seen: list[int]) -> str:
    if shares[-1] < DECIDED:
        return t(
            "Even in the last layer that is less than half: here the network does not tell the digits well "
            "apart."
        )
    if shares != sorted(shares):
        return t("In the last layer that is most of it, though it does not rise from layer to layer.")
    if shares[0] < DECIDED and seen == sorted(seen) and seen[0] < seen[-1]:
        return t(
            "The further on, the more of the image a channel sees and the more the digit decides: the way "
            "leads from small parts, which many digits share, to whole digits."
        )
    return t("The further on, the more the digit decides.")
