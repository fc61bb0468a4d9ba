"""One image of the learner's choice, read again and again while the network learns: its answer, its maps."""

from __future__ import annotations

import streamlit as st

from cnn_core.features import feature_maps, probabilities
from cnn_core.messages import Problem
from cnn_core.records import Run
from cnn_core.shuffle import seen
from ui import frame
from ui.diverged import has_diverged, in_words
from ui.language import language, t
from ui.network_answers import story_layers
from ui.run_history import History
from ui.small_pictures import Row, bars_html, rows_html
from ui.specimen import Picture, shared_model

MAP = 36  # pixels of a feature map's side


def one_digit(run: Run, now: History, image: Picture) -> None:
    """What the newest weights that are kept make of the image; nothing before there are any."""
    if now.kept is None:
        soon = t("Here you will see how it reads one digit, and how its maps take shape.")
        html = f"<p>{soon}</p>"
    else:
        try:
            html = _read(run.id, now.kept, image.ref, frame.theme(), language(), run, image)
        except Problem:
            html = ""  # the run was deleted, or its snapshot is damaged: the page says so elsewhere
    st.html(f'<div class="one-digit">{html}</div>')


@st.cache_resource(show_spinner=False, max_entries=128)
def _read(run_id: str, step: int, ref: str, theme: str, language: str, _run: Run, _image: Picture) -> str:
    """Computed when new weights were kept, once for all who watch this run and this image."""
    maps = feature_maps(shared_model(run_id, step), seen(_run.spec, _image.pixels))
    shares = probabilities(maps)
    if has_diverged(shares):
        return f"<p>{in_words()}</p>"
    told = t(
        "This image at step {step:,}: it reads a **{digit}**, {share:.1%} sure.",
        step=step,
        digit=int(shares.argmax()),
        share=float(shares.max()),
    )
    shown = ["input", *story_layers(_run.spec.model)[:-1]]  # the last are the ten scores
    bars = bars_html(shares, _image.label, lambda share: f"{share:.1%}", full=1.0)
    rows = rows_html([Row(name, maps[name]) for name in shown], t("What the layer makes of the image"), MAP)
    return f"<div><p>{_bold(told)}</p>{bars}</div>{rows}"


def _bold(told: str) -> str:
    """Between ** and **, as in Markdown; there is nothing of a learner's in these words."""
    plain, *rest = told.split("**")
    return plain + "".join(f"<b>{part}</b>" if i % 2 == 0 else part for i, part in enumerate(rest))
