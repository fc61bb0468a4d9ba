"""All test digits by the last hidden layer: read once for each step of a run, and shown as a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.digit_map import Reading, layout, read
from cnn_core.figures import enlarge, grey
from ui.components.digit_map import digit_map, pointed
from ui.language import t
from ui.pictures import picture
from ui.specimen import Specimen, seen_by, shared_model
from ui.state import PageState

KEY = "mistakes.map"


@dataclass(frozen=True)
class Mapped:
    """Places (N, 2), the share of the variance that they show, and the reading they come from."""

    places: np.ndarray
    share: float
    shares: np.ndarray  # probabilities (N, 10)


@st.cache_data(show_spinner=False, max_entries=64)
def mapped(run: str, step: int, last: int) -> Mapped:
    """All test digits at a step of a run, laid out as near as can be to where they lie at its last step."""
    reading = _read(run, step)
    like = None if step == last else layout(_read(run, last).hidden)[0]
    return Mapped(*layout(reading.hidden, like), reading.shares)


@st.cache_data(show_spinner=False, max_entries=8)
def _read(run: str, step: int) -> Reading:
    return read(shared_model(run, step), seen_by(run, load_mnist().test_images))


@st.fragment
def show(page: PageState, looked_at: Specimen, found: Mapped) -> None:
    """The map, and beside it the digit that is pointed at."""
    labels, answers = load_mnist().test_labels, found.shares.argmax(axis=1)
    kind, _, rest = looked_at.image.ref.partition("-")
    at = int(rest) if kind == "test" else None
    area, beside = st.columns([5, 2], gap="medium")
    with area:
        digit_map(KEY, found.places, labels, answers, page.colour, at, lambda i: _choose(page, i))
    if st.session_state.pop(f"{KEY}.chosen", False):
        st.rerun()
    with beside:
        st.segmented_control(
            t("Colour"),
            ["truth", "answer"],
            format_func={"truth": t("the true digit"), "answer": t("its answer")}.__getitem__,
            required=True,
            **page.widget("colour"),
        )
        shown = pointed(KEY) if pointed(KEY) is not None else at
        if shown is not None:
            _digit(shown, int(labels[shown]), found.shares[shown])
        st.caption(
            t(
                "Each numeral is one of {count:,} test digits; those that were read wrong are bold. The "
                "plane shows {share:.0%} of how the last hidden layer varies.",
                count=len(labels),
                share=found.share,
            )
        )


def _choose(page: PageState, index: int) -> None:
    page.set(image=f"test-{index}")
    st.session_state[f"{KEY}.chosen"] = True


def _digit(index: int, truth: int, shares: np.ndarray) -> None:
    pixels = grey(load_mnist().test_images[index], 0, 255)
    answer = int(shares.argmax())
    picture(
        enlarge(np.repeat(pixels[..., None], 3, axis=-1), 6),
        "pointed-digit",
        t("Test digit {number}: a {label}", number=index, label=truth),
    )
    st.markdown(
        t(
            "Test digit {number} is a **{truth}**, read as a **{answer}** ({share:.1%}).",
            number=index,
            truth=truth,
            answer=answer,
            share=float(shares[answer]),
        )
    )
