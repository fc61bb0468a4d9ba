"""What the draw page shows of a digit: what the network gets of it, answers, and makes of it on its way."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.answer_charts import answer_bars
from cnn_core.features import feature_maps, predict, probabilities
from cnn_core.figures import enlarge, grey
from ui import pictures, specimen
from ui.components.network_view import strips
from ui.components.told import words
from ui.diverged import has_diverged, in_words
from ui.language import t
from ui.specimen import Specimen

BARS_WIDTH = 400  # CSS pixels


def shown(looked_at: Specimen, theme: str, pixels: np.ndarray) -> dict[str, dict[str, Any]]:
    """For each component of the page, what it shows of a digit (28, 28)."""
    pixels = looked_at.as_seen(pixels)
    maps = feature_maps(looked_at.model(), pixels)
    return {
        "draw.prepared": _prepared(pixels),
        "draw.answer": _answer(looked_at, pixels, maps, theme) if pixels.any() else _nothing(),
        "draw.network": strips(looked_at.run.spec.model, maps, theme=theme),
    }


def _prepared(pixels: np.ndarray) -> dict[str, Any]:
    """The digit as the network gets it."""
    return words(
        picture=pictures.png_address(_picture(pixels)),
        alt=t("The drawing as the network gets it: 28×28 pixels"),
        caption=t("What the network gets: cut out, scaled to 20 pixels, centred by its mass in 28×28"),
        crisp=True,
    )


def _picture(pixels: np.ndarray) -> np.ndarray:
    return enlarge(np.repeat(grey(pixels, 0, 1)[..., None], 3, axis=-1), 8)


def _nothing() -> dict[str, Any]:
    return words(t("The pad is empty. Draw a digit from 0 to 9, as large as you like."))


def _answer(
    looked_at: Specimen, pixels: np.ndarray, maps: dict[str, np.ndarray], theme: str
) -> dict[str, Any]:
    """The ten probabilities before training and at the chosen step, in words and as bars."""
    shares = probabilities(maps)
    if has_diverged(shares):
        return words(in_words())
    best, second = np.argsort(-shares)[:2]
    return words(
        t(
            "Next comes {second} ({share:.1%}). Network: {run}, step {step}.",
            second=second,
            share=float(shares[second]),
            run=specimen.run_name(looked_at.run),
            step=looked_at.step,
        ),
        title=t("It reads a **{best}** ({share:.1%})", best=best, share=float(shares[best])),
        picture=pictures.svg_address(_bars(_by_step(looked_at, pixels, shares), theme)),
        alt=_said_of_bars(),
    )


def _bars(named: dict[str, np.ndarray], theme: str) -> str:
    return answer_bars(named, theme, BARS_WIDTH, _said_of_bars())


def _said_of_bars() -> str:
    return t("The probability of each digit, before training and at the chosen step")


def _by_step(looked_at: Specimen, pixels: np.ndarray, shares: np.ndarray) -> dict[str, np.ndarray]:
    """The probabilities before training, where the chosen step is another one, and at it."""
    first, named = looked_at.steps[0], {t("Step {step}", step=looked_at.step): shares}
    if looked_at.step == first:
        return named
    return {t("Step {step}", step=first): predict(looked_at.model(first), pixels)} | named


def save(looked_at: Specimen, theme: str) -> None:
    """Buttons that save what the network gets, and what it answers."""
    pixels = looked_at.seen
    named = _by_step(looked_at, pixels, predict(looked_at.model(), pixels))
    svg = _bars(named, theme)  # now: a button that is pressed later knows no language
    with st.container(horizontal=True):
        pictures.save_picture(lambda: _picture(pixels), "prepared")
        pictures.save("answers.svg", lambda: svg, "image/svg+xml", t("Save picture"))
        rows = [[digit, *values] for digit, values in enumerate(np.array(list(named.values())).T.tolist())]
        pictures.save_table("probabilities", [t("digit"), *named], rows)
