"""One image of the learner's choice, read again and again while the network learns: its answer, its maps."""

from __future__ import annotations

import streamlit as st

from cnn_core.messages import Problem
from cnn_core.records import Run
from ui.diverged import has_diverged, in_words
from ui.language import t
from ui.run_history import History
from ui.small_pictures import bars_html
from ui.specimen import Picture
from ui.way_through import way_through


def one_digit(run: Run, now: History, image: Picture) -> None:
    """What the newest weights that are kept make of the image; nothing before there are any."""
    if now.kept is None:
        soon = t("Here you will see how it reads one digit, and how its maps take shape.")
        html = f"<p>{soon}</p>"
    else:
        try:
            html = _read(run, now.kept, image)
        except Problem:
            html = ""  # the run was deleted, or its snapshot is damaged: the page says so elsewhere
    st.html(f'<div class="one-digit">{html}</div>')


def _read(run: Run, step: int, image: Picture) -> str:
    way = way_through(run, step, image)
    if has_diverged(way.shares):
        return f"<p>{in_words()}</p>"
    told = t(
        "This image at step {step:,}: it reads a **{digit}**, {share:.1%} sure.",
        step=step,
        digit=int(way.shares.argmax()),
        share=float(way.shares.max()),
    )
    bars = bars_html(way.shares, image.label, lambda share: f"{share:.1%}", full=1.0)
    return f"<div><p>{_bold(told)}</p>{bars}</div>{way.layers}"


def _bold(told: str) -> str:
    """Between ** and **, as in Markdown; there is nothing of a learner's in these words."""
    plain, *rest = told.split("**")
    return plain + "".join(f"<b>{part}</b>" if i % 2 == 0 else part for i, part in enumerate(rest))
