"""What a run came to: how many digits it reads, what it confuses, and the digits themselves."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.features import confusion_matrix
from cnn_core.figures import confusion_figure
from cnn_core.mistakes import confusions
from cnn_core.records import Run
from ui import frame
from ui.language import t
from ui.mistakes_gallery import FIELD, Answers, gallery, look_into, pick_kind
from ui.pictures import save_table
from ui.run_history import History
from ui.site import PAGES
from ui.state import PageState

__all__ = ["FIELD", "show"]

COLUMNS, ROWS = 8, 5  # of mistakes shown at once


def show(page: PageState, run: Run, now: History) -> None:
    """A run's test, in words, as a matrix, and mistake by mistake."""
    answers = now.answers
    if answers is None:
        return
    labels = load_mnist().test_labels[: len(answers)]
    st.subheader(t("What it reads, and what it confuses"), anchor=False)
    words, figure = st.columns(2, gap="large")
    with words:
        _in_words(now.evaluations[-1].step, labels, answers)
        filters = PAGES["filters"]
        st.page_link(filters.file, label=t(filters.question), icon=filters.icon)
        _mistakes(page, Answers(labels, answers))
        mistakes = PAGES["mistakes"]
        link = {"run": run.id}
        st.page_link(mistakes.file, label=t(mistakes.question), icon=mistakes.icon, query_params=link)
    with figure:
        _matrix(confusion_matrix(labels, answers))


def _in_words(step: int, labels: np.ndarray, answers: np.ndarray) -> None:
    right = int((labels == answers).sum())
    st.markdown(
        t(
            "At step {step:,} the network reads **{right:,} of {count:,}** test images: **{accuracy:.2%}**.",
            step=step,
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


def _mistakes(page: PageState, said: Answers) -> None:
    """The digits that were read wrong, all or of one kind, and the way to look into one of them."""
    shown = gallery(pick_kind(page, said), said, COLUMNS, ROWS)
    if len(shown):
        look_into(shown, said, ("feature_maps", "draw"))


def _matrix(matrix: np.ndarray) -> None:
    st.plotly_chart(
        confusion_figure(matrix, frame.theme(), "", t("its answer"), t("the true digit")),
        key="training.confusion",
        config={"displayModeBar": False},
    )
    header = [t("the true digit"), *map(str, range(10))]
    save_table("confusion-matrix", header, [[digit, *row] for digit, row in enumerate(matrix.tolist())])
