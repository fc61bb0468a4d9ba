"""All test digits by the last hidden layer: read once for each step of a run, and shown as a map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.digit_map import MOST_BY_UMAP, Reading, alike, has_umap, layout, read, umap_layout
from cnn_core.features import confusion_matrix
from cnn_core.figures import enlarge, grey
from ui.components.digit_map import digit_map, placed
from ui.diverged import has_diverged
from ui.language import t
from ui.pictures import picture
from ui.specimen import Specimen, seen_by, shared_model
from ui.state import Field, PageState, choice
from ui.step_slider import nearest

KEY, MATRIX = "mistakes.map", "mistakes.matrix"
_CHOSEN = f"{KEY}.chosen"  # the whole page is to follow
_POINTED = f"{KEY}.pointed"  # (the image that was chosen then, the digit)
MOST = 64  # maps that are kept: half a megabyte each


@dataclass(frozen=True)
class Mapped:
    """Where the first n test digits lie, (n, 2), the share of the variance that it shows, and the answers."""

    places: np.ndarray
    share: float
    shares: np.ndarray  # probabilities (N, 10) of all test digits
    alike: float  # how many of the digits have one of their kind as the nearest

    @property
    def answers(self) -> np.ndarray:
        return self.shares.argmax(axis=1)


def plane_field() -> Field:
    """How the digits are laid out, as it stands in the address."""
    return choice("pca", _planes())


def _planes() -> list[str]:
    return ["pca", "umap"] if has_umap() else ["pca"]


def mapped(run: str, step: int, last: int, plane: str = "pca") -> Mapped | None:
    """All test digits at a step of a run, laid out as near as can be to where they lie at its last step.

    None where the run has diverged.
    """
    found = _mapped(run, step, last, plane)
    ready = _ready()
    ready.pop((run, step, last, plane), None)
    ready[run, step, last, plane] = None
    if len(ready) > MOST:
        ready.pop(next(iter(ready)), None)
    return found


@st.cache_resource(show_spinner=False)
def _ready() -> dict[tuple[str, int, int, str], None]:
    """What has been laid out already, for all sessions."""
    return {}


@st.cache_resource(show_spinner=False, max_entries=MOST)
def _mapped(run: str, step: int, last: int, plane: str) -> Mapped | None:
    reading, labels = _read(run, step), load_mnist().test_labels
    if has_diverged(reading.shares):
        return None
    final = _read(run, last)
    like = None if step == last or has_diverged(final.shares) else layout(final.hidden)[0]
    places, share = layout(reading.hidden, like)
    if plane == "umap":
        places, share = umap_layout(reading.hidden[:MOST_BY_UMAP], places[:MOST_BY_UMAP]), 0.0
    return Mapped(places, share * reading.kept, reading.shares, alike(places, labels[: len(places)]))


@st.cache_resource(show_spinner=False, max_entries=8)
def _read(run: str, step: int) -> Reading:
    return read(shared_model(run, step), seen_by(run, load_mnist().test_images))


def moved_to(looked_at: Specimen, plane: str, question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What matrix and map show of another digit, or of another step at which all have been read before.

    Nothing else: to read them takes seconds, so the page's own run does it, once the hand rests.
    """
    if "step" not in question:
        kind, _, number = str(question.get("image")).partition("-")
        return {KEY: {"at": int(number)}} if kind == "test" else {}
    step = nearest(looked_at.steps, int(question["step"]))
    key = looked_at.run.id, step, looked_at.steps[-1], plane
    found = mapped(*key) if key in _ready() else None
    if found is None:
        return {}
    labels, answers = load_mnist().test_labels, found.answers
    n = len(found.places)
    return {
        MATRIX: {"counts": confusion_matrix(labels, answers).tolist()},
        KEY: placed(found.places, labels[:n], answers[:n]),
    }


def show(page: PageState, looked_at: Specimen, found: Mapped) -> None:
    """The map, and beside it the digit that is pointed at."""
    count = len(found.places)
    labels, answers = load_mnist().test_labels[:count], found.answers[:count]
    kind, _, rest = looked_at.image.ref.partition("-")
    at = int(rest) if kind == "test" else None
    area, beside = st.columns([5, 2], gap="medium")
    with area:
        digit_map(
            KEY, found.places, labels, answers, page.colour, at, partial(_point, page), partial(_choose, page)
        )
    if st.session_state.pop(_CHOSEN, False):
        st.rerun()
    with beside:
        _settings(page)
        shown = _pointed(page, at)
        if shown is not None:
            _digit(shown, int(load_mnist().test_labels[shown]), found.shares[shown])
        st.caption(_about(page, count, found))


def _settings(page: PageState) -> None:
    st.segmented_control(
        t("Colour"),
        ["truth", "answer"],
        format_func={"truth": t("the true digit"), "answer": t("its answer")}.__getitem__,
        required=True,
        **page.control("colour"),
    )
    if len(_planes()) > 1:

        def laid_out() -> None:
            st.session_state[_CHOSEN] = True

        st.segmented_control(
            t("Laid out by"),
            _planes(),
            format_func=str.upper,
            required=True,
            **page.control("plane", laid_out),
        )


def _about(page: PageState, count: int, found: Mapped) -> str:
    said = t(
        "Each numeral is one of {count:,} test digits; those that were read wrong are bold.",
        count=count,
    )
    if page.plane == "umap":
        return f"{said} " + t(
            "UMAP keeps together what the last hidden layer sees alike; how far apart the groups lie means "
            "little. It lays out the first {count:,} digits, for more would take long.",
            count=count,
        )
    return f"{said} " + t(
        "The plane shows {share:.0%} of how the last hidden layer varies.", share=found.share
    )


def _point(page: PageState, index: int) -> None:
    st.session_state[_POINTED] = page.image, index


def _choose(page: PageState, index: int) -> None:
    page.set(image=f"test-{index}")
    st.session_state.pop(_POINTED, None)
    st.session_state[_CHOSEN] = True


def _pointed(page: PageState, at: int | None) -> int | None:
    """The digit that was pointed at last, since the image was chosen; before that the image itself."""
    image, index = st.session_state.get(_POINTED, (page.image, at))
    if image == page.image:
        return index
    st.session_state.pop(_POINTED)
    return at


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
