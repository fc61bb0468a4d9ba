"""The teach page: a press is one step, kept under its own name; undo, and a link that opens elsewhere."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.features import predict, predict_batch
from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage, code_of
from ui.specimen import load_image


def said(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def test_it_opens_on_a_digit_and_says_that_a_wrong_label_can_be_taught(open_page: OpenPage) -> None:
    app = open_page("teach")
    assert "It reads a **7**" in said(app)
    assert "you say it is a 1" in said(app)


def test_each_step_is_kept_undone_and_opens_from_its_link(open_page: OpenPage) -> None:
    app = open_page("teach", rate=0.1)
    before = predict(RunStore().model(REFERENCE), load_image("test-0").pixels)
    press(app, "Teach it: one step")
    first = app.query_params["taught"]
    assert "Steps of teaching: 1." in said(app)
    left = code_of(app)
    assert left["output"][1] > before[1]  # type: ignore[index]
    press(app, "Teach it: one step")
    assert np.allclose(code_of(app)["output"], left["after"], atol=1e-6)
    link = open_page("teach", taught=app.query_params["taught"], rate=0.1)
    assert "Steps of teaching: 2." in said(link)
    press(app, "Undo")
    assert app.query_params["taught"] == first
    press(app, "Forget the lesson")
    assert "taught" not in app.query_params


def test_forgetting_is_counted_on_the_first_thousand(open_page: OpenPage) -> None:
    app = press(open_page("teach", rate=0.3), "Teach it: one step")
    words = said(app)
    lost, won = map(int, re.search(r"\*\*(\d+)\*\* forgotten, \*\*(\d+)\*\* won", words).groups())  # type: ignore[union-attr]
    store, labels = RunStore(), load_mnist().test_labels[:1000]
    from cnn_core.teach import restored

    model = store.model(REFERENCE)
    pupil = restored(model, store.artifact(app.query_params["taught"]).data)
    was, now = (predict_batch(m, load_mnist().test_images[:1000]).argmax(1) for m in (model, pupil))
    assert lost == int(((was == labels) & (now != labels)).sum())
    assert won == int(((was != labels) & (now == labels)).sum())
    assert lost > 0


@pytest.mark.parametrize("taught", ["0" * 64, "nonsense"])
def test_a_lesson_that_is_gone_gets_a_sentence(open_page: OpenPage, taught: str) -> None:
    app = open_page("teach", taught=taught)
    assert len(app.warning) == 1
    assert "It reads a **7**" in said(app)


def test_a_lesson_of_another_step_is_not_shown_as_this_ones(open_page: OpenPage) -> None:
    app = press(open_page("teach"), "Teach it: one step")
    other = open_page("teach", taught=app.query_params["taught"], step=0)
    assert "does not fit this network" in other.warning[0].value


def test_a_misread_digit_comes_with_its_label(open_page: OpenPage) -> None:
    app = press(open_page("teach"), "Take a digit that it reads wrong")
    picture = load_image(app.query_params["image"])
    assert predict(RunStore().model(REFERENCE), picture.pixels).argmax() != picture.label
    assert f"you say it is a {picture.label}" in said(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("teach", lang="ko").header[0].value == "여러분의 손글씨를 가르칠 수 있을까요?"
