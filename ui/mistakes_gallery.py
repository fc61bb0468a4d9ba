"""Digits and how they were read, chosen by kind: for the mistakes page, and in short for training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.mistakes import confusions, mistakes_picture, wrong_answers
from ui import frame
from ui.language import t
from ui.pictures import picture
from ui.site import PAGES
from ui.state import PageState, choice, dial

ALL = "all"
FIELD = choice(ALL, [ALL, *(f"{truth}-{answer}" for truth in range(10) for answer in range(10))])


@dataclass(frozen=True)
class Answers:
    """The first N test digits, how they were read, and (where it is known) how sure the network was."""

    labels: np.ndarray
    answers: np.ndarray
    sure: np.ndarray | None = None


def pick_kind(page: PageState, said: Answers, after: Callable[[], None] | None = None) -> np.ndarray:
    """Show the select box of all kinds of mistakes, and return the digits of the chosen one: int64 (n,).

    The surest mistake comes first; of digits that were read right, the least sure. ``after`` is called when
    another kind was chosen.
    """
    counts = {f"{truth}-{answer}": n for truth, answer, n in confusions(said.labels, said.answers)}
    wrong = wrong_answers(said.labels, said.answers)

    def kind(name: str) -> str:
        if name == ALL:
            return t("All {count} mistakes", count=len(wrong))
        truth, answer = name.split("-")
        count = len(_of_kind(said, name))
        return t("{truth} read as {answer}: {count}", truth=truth, answer=answer, count=count)

    options = [ALL, *counts, *({page.confused} - {ALL, *counts})]
    st.selectbox(t("Show"), options, format_func=kind, **page.control("confused", after))
    found = wrong if page.confused == ALL else _of_kind(said, page.confused)
    if said.sure is None:
        return found
    wrongly = np.where(said.labels[found] == said.answers[found], -1, 1)
    return found[np.argsort(-wrongly * said.sure[found], kind="stable")]


def _of_kind(said: Answers, name: str) -> np.ndarray:
    truth, answer = map(int, name.split("-"))
    return np.flatnonzero((said.labels == truth) & (said.answers == answer))


def gallery(found: np.ndarray, said: Answers, columns: int, rows: int, begin: int = 0) -> np.ndarray:
    """The found digits from ``begin`` on, as many as fit, as one picture; returns those that are shown."""
    shown = found[begin : begin + columns * rows]
    if not len(shown):
        st.markdown(t("There is no such mistake."))
        return shown
    words = t(
        "{first} to {last} of {all}: what it is → how it was read",
        first=begin + 1,
        last=begin + len(shown),
        all=len(found),
    )
    sure = None if said.sure is None else said.sure[shown]
    images = load_mnist().test_images[shown]
    drawn = mistakes_picture(
        images, said.labels[shown], said.answers[shown], columns, frame.theme(), sure=sure
    )
    picture(drawn, "mistakes", words, words)
    return shown


def pick_sheet(page: PageState, count: int, size: int) -> int:
    """Where the chosen sheet of ``size`` digits begins; a control for it, where one sheet is not enough."""
    sheets = -(-count // size)
    sheet = min(page.sheet, max(sheets, 1))
    if sheets > 1:
        st.number_input(
            t("Sheet (of {sheets})", sheets=sheets),
            1,
            sheets,
            **dial("mistakes.sheet", sheet, lambda chosen: page.set(sheet=chosen)),
        )
    return (sheet - 1) * size


def look_into(shown: np.ndarray, said: Answers, slugs: tuple[str, ...]) -> None:
    """One of the digits, and the pages on which to look into it."""

    def name(index: int) -> str:
        return t(
            "Test digit {number}: {truth} read as {answer}",
            number=index,
            truth=said.labels[index],
            answer=said.answers[index],
        )

    index = st.selectbox(t("Look into one of them"), shown.tolist(), format_func=name)
    for slug in slugs:
        place = PAGES[slug]
        st.page_link(
            place.file, label=t(place.question), icon=place.icon, query_params={"image": f"test-{index}"}
        )
