"""The mistakes page: its numbers are the network's, its digits are of the kind that was asked for."""

from __future__ import annotations

import re

import numpy as np

from cnn_core.data import load_mnist
from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage, code_of


def said(app: object) -> str:
    return " ".join(m.value for m in app.markdown)  # type: ignore[attr-defined]


def test_it_counts_what_the_run_has_counted_and_the_code_says_the_same(open_page: OpenPage) -> None:
    app = open_page("mistakes")
    answers = RunStore().evaluation(REFERENCE)
    assert answers is not None
    labels = load_mnist().test_labels
    right = int((answers == labels).sum())
    assert f"reads **{right:,} of 10,000** test images" in said(app)
    left = code_of(app)
    counts: np.ndarray = left["output"]  # type: ignore[assignment]
    assert np.trace(counts) == right
    assert left["places"].shape == (10_000, 2)  # type: ignore[attr-defined]


def test_the_surest_mistake_comes_first_and_leads_to_other_pages(open_page: OpenPage) -> None:
    app = open_page("mistakes")
    options = app.selectbox[-1].options
    numbers = [int(re.search(r"digit (\d+):", option)[1]) for option in options]  # type: ignore[index]
    labels, answers = load_mnist().test_labels, RunStore().evaluation(REFERENCE)
    assert all(labels[n] != answers[n] for n in numbers)  # type: ignore[index]
    from ui.mistakes_map import mapped

    sure = mapped(REFERENCE, 2400, 2400).shares.max(axis=1)
    assert sure[numbers].tolist() == sorted(sure[numbers].tolist(), reverse=True)


def test_one_kind_of_mistake_shows_only_its_digits_and_is_in_the_address(open_page: OpenPage) -> None:
    app = open_page("mistakes", confused="4-9")
    assert all("4 read as 9" in option for option in app.selectbox[-1].options)
    app.selectbox(key="widget.mistakes.confused").select("all").run()
    assert "confused" not in app.query_params
    assert not app.exception


def test_a_run_that_has_vanished_gives_way_to_the_reference_run(open_page: OpenPage) -> None:
    app = open_page("mistakes", run="0123456789abcdef")
    assert len(app.warning) == 1
    assert "of 10,000" in said(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("mistakes", lang="ko").header[0].value == "무엇을 틀릴까요?"
