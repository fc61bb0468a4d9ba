"""Where does it break? One change of a digit, turned up until the network reads something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.answer_charts import breaking_curves
from cnn_core.distort import RANGES, Distortion, distort, holds, neutral, sweep
from cnn_core.features import predict, predict_batch
from cnn_core.figures import enlarge, grey
from cnn_core.numerals import numeral
from ui import frame, live, pictures
from ui.components.dials import Dial, dials
from ui.components.told import told, words
from ui.language import t
from ui.specimen import Specimen, seen_by, shared_model
from ui.state import PageState, choice, number

FIELDS = {name: number(neutral(name), low, high) for name, (low, high, _) in RANGES.items()} | {
    "vary": choice("degrees", list(RANGES))
}
WIDTHS = {"wide": 620, "narrow": 340}  # CSS pixels of the curves: style.css shows those that fit


@dataclass(frozen=True)
class Broken:
    """A digit with all its changes, and one of them along its whole range, the others as they are."""

    name: str
    by: Distortion
    changed: np.ndarray  # (28, 28)
    answer: np.ndarray  # probabilities (10,) for the changed digit
    values: np.ndarray  # (n,)
    digits: np.ndarray  # (n, 28, 28)
    shares: np.ndarray  # probabilities (n, 10)

    @property
    def at(self) -> float:
        """Where the change that is varied stands."""
        return float(getattr(self.by, self.name))


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


def show(page: PageState, looked_at: Specimen, pixels: np.ndarray) -> None:
    """The changed digit with its answer; the sliders; the answer along the whole range of one of them."""
    st.subheader(t("Where does it break?"), anchor=False)
    found = broken(looked_at, pixels, chosen(page), page.vary)
    shown = _shown(found, frame.theme())
    ask = live.offer("draw.break", partial(moved_to, looked_at, pixels, frame.theme()))
    digit, said = st.columns([1, 5], vertical_alignment="center", gap="medium")
    with digit:
        told("draw.changed", shown["draw.changed"])
    with said:
        told("draw.breaks", shown["draw.breaks"])
    settings, curve = st.columns([3, 5], gap="large")
    with settings:
        _sliders(page, ask)
    with curve:
        for width in WIDTHS:
            with st.container(key=f"{width}-breaking-point"):
                told(f"draw.curve.{width}", shown[f"draw.curve.{width}"])
        _save(found)


def broken(looked_at: Specimen, pixels: np.ndarray, by: Distortion, name: str) -> Broken:
    """The digit (28, 28) with all changes, and what becomes of it along the range of one."""
    changed = distort(pixels, by)
    answer = predict(looked_at.model(), looked_at.as_seen(changed))
    rest = replace(by, **{name: neutral(name)})
    along = _along(pixels.tobytes(), rest, name, looked_at.run.id, looked_at.step)
    return Broken(name, by, changed, answer, *along)


@st.cache_data(show_spinner=False, max_entries=64)
def _along(
    pixels: bytes, rest: Distortion, name: str, run: str, step: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (n,), digits (n, 28, 28) and probabilities (n, 10), with all other changes as in ``rest``."""
    digit = np.frombuffer(pixels, np.float32).reshape(28, 28)
    values, digits = sweep(digit, rest, name)
    return values, digits, predict_batch(shared_model(run, step), seen_by(run, digits))


def moved_to(looked_at: Specimen, pixels: np.ndarray, theme: str, question: Mapping[str, Any]) -> live.Shown:
    """What the page shows while a hand moves a slider; raises ValueError for what no slider says."""
    name, values = question.get("moved"), question.get("values")
    if not (isinstance(values, dict) and set(values) == set(RANGES) and str(name) in RANGES):
        raise ValueError(question)
    by = Distortion(**{key: FIELDS[key].parse(str(value)) for key, value in values.items()})
    return _shown(broken(looked_at, pixels, by, str(name)), theme)


def _shown(found: Broken, theme: str) -> dict[str, dict[str, Any]]:
    """For each component, what it shows."""
    title, line = _in_words(found)
    alt = t("How sure the network is of each digit along the whole range")
    caption = t("Along the whole range of what you moved last: {name}", name=names()[found.name])
    curves = {
        f"draw.curve.{key}": words(
            picture=pictures.svg_address(_curves(found, theme, width)), alt=alt, caption=caption
        )
        for key, width in WIDTHS.items()
    }
    digit = pictures.png_address(_picture(found.changed))
    return {
        "draw.changed": words(picture=digit, alt=t("The digit after the change"), crisp=True),
        "draw.breaks": words(line, title=title),
        **curves,
    }


def _curves(found: Broken, theme: str, width: int) -> str:
    alt = t("How sure the network is of each digit along the whole range")
    return breaking_curves(found.values, found.shares, found.digits, found.at, theme, width, alt=alt)


def _picture(pixels: np.ndarray) -> np.ndarray:
    return enlarge(np.repeat(grey(pixels, 0, 1)[..., None], 3, axis=-1), 5)


def _in_words(found: Broken) -> tuple[str, str]:
    """What is read now, and where on the range the answer flips."""
    best = int(found.answer.argmax())
    title = t("Changed so, it reads a **{best}** ({share:.1%})", best=best, share=float(found.answer[best]))
    values, answers = found.values, found.shares.argmax(axis=1)
    first, last = holds(values, answers, found.at)
    said = [
        t(
            "From {low} to {high} of “{name}” the answer stays {digit}.",
            low=numeral(values[first]),
            high=numeral(values[last]),
            name=names()[found.name],
            digit=best,
        )
    ]
    for place in (first - 1, last + 1):
        if 0 <= place < len(values):
            said.append(
                t("At {value} it becomes {digit}.", value=numeral(values[place]), digit=answers[place])
            )
    return title, " ".join(said)


def _sliders(page: PageState, ask: str) -> None:
    def moved(name: str, values: dict[str, float]) -> None:
        page.set(vary=name, **values)

    shown = [Dial(name, names()[name], *RANGES[name], getattr(page, name)) for name in RANGES]
    dials("draw.dials", shown, moved, ask)
    neutrals = {name: neutral(name) for name in RANGES}
    st.button(t("Undo all changes"), on_click=lambda: page.set(**neutrals), icon=":material/undo:")


def _save(found: Broken) -> None:
    """Buttons that save the changed digit, the curves and their numbers."""
    svg = _curves(
        found, frame.theme(), WIDTHS["wide"]
    )  # now: a button that is pressed later knows no language
    with st.container(horizontal=True):
        pictures.save_picture(lambda: _picture(found.changed), "changed-digit")
        pictures.save("breaking-point.svg", lambda: svg, "image/svg+xml", t("Save picture"))
        pictures.save_table(
            "breaking-point",
            [names()[found.name], *map(str, range(10))],
            [[value, *row] for value, row in zip(found.values.tolist(), found.shares.tolist(), strict=True)],
        )
