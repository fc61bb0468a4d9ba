"""Where does it break? One change of a digit, turned up until the network reads something else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from cnn_core.answer_charts import breaking_curves
from cnn_core.distort import RANGES, Distortion, distort, holds, neutral, sweep
from cnn_core.features import predict, predict_batch
from cnn_core.figures import enlarge, grey
from ui import frame
from ui.language import t
from ui.pictures import drawing, picture, save_table
from ui.specimen import seen_by, shared_model
from ui.state import PageState, choice, number

FIELDS = {name: number(neutral(name), low, high) for name, (low, high, _) in RANGES.items()} | {
    "vary": choice("degrees", list(RANGES))
}


def names() -> dict[str, str]:
    """Each change, as its slider is called."""
    return {
        "degrees": t("Turn (degrees, clockwise)"),
        "right": t("Move right (pixels)"),
        "down": t("Move down (pixels)"),
        "size": t("Scale (times)"),
        "thicken": t("Thicken the line (pixels)"),
        "noise": t("Add noise"),
    }


def chosen(page: PageState) -> Distortion:
    """All changes as they stand on the page."""
    return Distortion(**{name: float(getattr(page, name)) for name in RANGES})


def show(page: PageState, run: str, step: int, pixels: np.ndarray) -> None:
    """The sliders, the changed digit with its answer, and the answer along the whole range of one change."""
    st.subheader(t("Where does it break?"), anchor=False)
    curve, settings = st.columns([5, 3], gap="large")
    with settings:
        _sliders(page)
    by = chosen(page)
    with curve:
        digit, words = st.columns([1, 3], vertical_alignment="center", gap="medium")
        changed = distort(pixels, by)
        with digit:
            picture(
                enlarge(np.repeat(grey(changed, 0, 1)[..., None], 3, axis=-1), 5),
                "changed-digit",
                t("The digit after the change"),
            )
        values, digits, shares = _along(pixels.tobytes(), by, page.vary, run, step)
        with words:
            _in_words(page, predict(shared_model(run, step), seen_by(run, changed)), values, shares)
        alt = t("How sure the network is of each digit along the whole range")
        drawing(
            lambda width: breaking_curves(
                values, shares, digits, getattr(page, page.vary), frame.theme(), width, alt=alt
            ),
            "breaking-point",
            alt,
            wide=620,
        )
        save_table(
            "breaking-point",
            [names()[page.vary], *map(str, range(10))],
            [[value, *row] for value, row in zip(values.tolist(), shares.tolist(), strict=True)],
        )


def _sliders(page: PageState) -> None:
    st.selectbox(t("The curve shows"), list(RANGES), format_func=names().__getitem__, **page.widget("vary"))
    first = [page.vary, *(name for name in RANGES if name != page.vary)]
    for name in first:
        low, high, step = map(float, RANGES[name])
        st.slider(names()[name], low, high, step=step, format="%g", **page.widget(name))
    neutrals = {name: neutral(name) for name in RANGES}
    st.button(t("Undo all changes"), on_click=lambda: page.set(**neutrals), icon=":material/undo:")


def _in_words(page: PageState, shares: np.ndarray, values: np.ndarray, along: np.ndarray) -> None:
    best = int(shares.argmax())
    st.markdown(
        "#### " + t("Changed so, it reads a **{best}** ({share:.1%})", best=best, share=float(shares[best]))
    )
    answers = along.argmax(axis=1)
    first, last = holds(values, answers, getattr(page, page.vary))
    said = [
        t(
            "From {low:g} to {high:g} of “{name}” the answer stays {digit}.",
            low=values[first],
            high=values[last],
            name=names()[page.vary],
            digit=best,
        )
    ]
    if first > 0:
        said.append(t("At {value:g} it becomes {digit}.", value=values[first - 1], digit=answers[first - 1]))
    if last < len(values) - 1:
        said.append(t("At {value:g} it becomes {digit}.", value=values[last + 1], digit=answers[last + 1]))
    st.markdown(" ".join(said))


@st.cache_data(show_spinner=False, max_entries=64)
def _along(
    pixels: bytes, by: Distortion, name: str, run: str, step: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (n,), digits (n, 28, 28) and probabilities (n, 10), the others as they are in ``by``."""
    digit = np.frombuffer(pixels, np.float32).reshape(28, 28)
    values, digits = sweep(digit, replace(by, **{name: neutral(name)}), name)
    return values, digits, predict_batch(shared_model(run, step), seen_by(run, digits))
