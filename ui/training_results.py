"""What a run came to: how many digits it reads, what it confuses, and the digits themselves."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.features import confusion_matrix
from cnn_core.figures import confusion_figure
from cnn_core.mistakes import confusions, mistakes_picture, wrong_answers
from cnn_core.records import Run
from ui import frame
from ui.language import t
from ui.pictures import picture, save_table
from ui.site import PAGES
from ui.specimen import store
from ui.state import PageState, choice

ALL = "all"
FIELD = choice(ALL, [ALL, *(f"{truth}-{answer}" for truth in range(10) for answer in range(10))])
COLUMNS, ROWS = 8, 5  # of mistakes shown at once


def show(page: PageState, run: Run) -> None:
    """The newest test of a run that is over, in words, as a matrix, and mistake by mistake."""
    answers = store().evaluation(run.id)
    if answers is None:
        return
    labels = load_mnist().test_labels[: len(answers)]
    st.subheader(t("What it reads, and what it confuses"), anchor=False)
    words, figure = st.columns(2, gap="large")
    with words:
        _in_words(run, labels, answers)
        filters = PAGES["filters"]
        st.page_link(filters.file, label=t(filters.question), icon=filters.icon)
        _mistakes(page, labels, answers)
    with figure:
        _matrix(confusion_matrix(labels, answers))


def _in_words(run: Run, labels: np.ndarray, answers: np.ndarray) -> None:
    right = int((labels == answers).sum())
    st.markdown(
        t(
            "At step {step:,} the network reads **{right:,} of {count:,}** test images: **{accuracy:.2%}**.",
            step=store().evaluations(run.id)[-1].step,
            right=right,
            count=len(answers),
            accuracy=right / len(answers),
        )
    )
    if found := confusions(labels, answers):
        truth, answer, count = found[0]
        st.markdown(
            t(
                "Its most frequent mistake: {count} times it took a **{truth}** for a **{answer}**.",
                count=count,
                truth=truth,
                answer=answer,
            )
        )


def _mistakes(page: PageState, labels: np.ndarray, answers: np.ndarray) -> None:
    """The digits that were read wrong, all or of one kind, and the way to look into one of them."""
    counts = {f"{truth}-{answer}": n for truth, answer, n in confusions(labels, answers)}
    wrong = wrong_answers(labels, answers)

    def kind(name: str) -> str:
        if name == ALL:
            return t("All {count} mistakes", count=len(wrong))
        truth, answer = name.split("-")
        return t("{truth} read as {answer}: {count}", truth=truth, answer=answer, count=counts.get(name, 0))

    options = [ALL, *counts, *({page.confused} - {ALL, *counts})]
    st.selectbox(t("Show"), options, format_func=kind, **page.widget("confused"))
    if page.confused != ALL:
        truth, answer = map(int, page.confused.split("-"))
        wrong = wrong[(labels[wrong] == truth) & (answers[wrong] == answer)]
    if not len(wrong):
        st.markdown(t("There is no such mistake."))
        return
    shown = wrong[: COLUMNS * ROWS]
    said = t("The first {count} of {all}: what it is → how it was read", count=len(shown), all=len(wrong))
    images = load_mnist().test_images[shown]
    picture(
        mistakes_picture(images, labels[shown], answers[shown], COLUMNS, frame.theme()),
        "mistakes",
        said,
        said,
    )
    _look_into(shown, labels, answers)


def _look_into(shown: np.ndarray, labels: np.ndarray, answers: np.ndarray) -> None:
    def name(index: int) -> str:
        return t(
            "Test digit {number}: {truth} read as {answer}",
            number=index,
            truth=labels[index],
            answer=answers[index],
        )

    index = st.selectbox(t("Look into one of them"), shown.tolist(), format_func=name)
    for slug in ("feature_maps", "draw"):
        place = PAGES[slug]
        st.page_link(
            place.file, label=t(place.question), icon=place.icon, query_params={"image": f"test-{index}"}
        )


def _matrix(matrix: np.ndarray) -> None:
    st.plotly_chart(
        confusion_figure(matrix, frame.theme(), "", t("its answer"), t("the true digit")),
        key="training.confusion",
        config={"displayModeBar": False},
    )
    header = [t("the true digit"), *map(str, range(10))]
    save_table("confusion-matrix", header, [[digit, *row] for digit, row in enumerate(matrix.tolist())])
