"""The teach page: a press is one step, kept under its own name; undo, and a link that opens elsewhere."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from torch import nn

from cnn_core.data import load_mnist
from cnn_core.features import predict, predict_batch
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.teach import moved, restored, weights_of
from tests.pages.conftest import OpenPage, code_of
from tests.trained import SEVEN
from ui import teach_lesson, teach_results
from ui.language import translate
from ui.specimen import keep_drawing, load_image


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


@pytest.mark.parametrize(("count", "choice"), [(1_000, {}), (10_000, {"all": 1})])
def test_forgetting_is_counted_on_all_digits_but_the_taught_one(
    open_page: OpenPage, count: int, choice: dict[str, int]
) -> None:
    app = press(open_page("teach", rate=0.3, **choice), "Teach it: one step")
    words = said(app)
    assert f"Of {count - 1:,} test digits" in words
    assert "What you taught it is not counted." in words
    lost, won = map(int, re.search(r"\*\*(\d+)\*\* forgotten, \*\*(\d+)\*\* won", words).groups())  # type: ignore[union-attr]
    labels = load_mnist().test_labels[1:count]  # the first one was taught
    before, after = (
        predict_batch(model, load_mnist().test_images[1:count]).argmax(1) for model in both_networks(app)
    )
    assert lost == int(((before == labels) & (after != labels)).sum())
    assert won == int(((before != labels) & (after == labels)).sum())
    assert lost > 0


def both_networks(app: AppTest) -> tuple[Any, Any]:
    """As trained, and after the lesson of the address."""
    model = RunStore().model(REFERENCE)
    return model, restored(model, RunStore().artifact(app.query_params["taught"]).data)


def test_a_drawing_that_is_taught_leaves_all_test_digits_to_be_counted(open_page: OpenPage) -> None:
    open_page("teach")
    app = press(open_page("teach", image=keep_drawing(SEVEN)), "Teach it: one step")
    assert "Of 1,000 test digits" in said(app)
    assert "not counted" not in said(app)


def test_it_shows_how_far_the_weights_of_each_layer_moved(open_page: OpenPage) -> None:
    app = press(open_page("teach", rate=0.3), "Teach it: one step")
    found = moved(*map(weights_of, both_networks(app)))
    table = app.dataframe[0].value
    assert table["Layer"].tolist() == [m.layer for m in found]
    assert table["Moved by"].tolist() == [f"{m.change:.3g}" for m in found]
    most = max(found, key=lambda m: m.share)
    assert most.share > 0
    assert f"**{most.layer}** moved most for its size: by {most.share:.2%}" in said(app)


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
    assert translate("you say it is a {n}", "en", n=picture.label) in said(app)


def test_every_digit_that_is_read_wrong_is_taken_in_turn(open_page: OpenPage) -> None:
    """At a step whose answers were not kept while it trained."""
    store, labels = RunStore(), load_mnist().test_labels[:1000]
    kept = {e.step for e in store.evaluations(REFERENCE)}
    step = [step for step in store.snapshot_steps(REFERENCE) if step not in kept][-1]
    answers = predict_batch(store.model(REFERENCE, step), load_mnist().test_images[:1000]).argmax(1)
    wrong = np.flatnonzero(answers != labels).tolist()
    app = open_page("teach", step=step, image=f"test-{wrong[0]}")
    taken = []
    for _ in wrong:
        press(app, "Take a digit that it reads wrong")
        taken.append(int(app.query_params["image"].removeprefix("test-")))
    assert taken == [*wrong[1:], wrong[0]]


def test_where_nothing_is_read_wrong_a_sentence_says_so(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teach_lesson, "answers", lambda run, step, name, n: load_mnist().test_labels[:n])
    app = press(open_page("teach"), "Take a digit that it reads wrong")
    assert "It reads all of the first 1,000 test digits correctly." in app.info[0].value
    assert "image" not in app.query_params


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("teach", lang="ko").header[0].value == "여러분의 손글씨를 가르칠 수 있을까요?"


def test_what_it_says_depends_on_what_it_reads() -> None:
    def shares(digit: int, share: float) -> np.ndarray:
        others = np.full(10, (1 - share) / 9)
        others[digit] = share
        return others

    untaught = teach_lesson.Lesson("", "", 0, nn.Identity())
    taught = teach_lesson.Lesson("a", "", 1, nn.Identity())
    sure, unsure, other = shares(7, 0.99), shares(7, 0.4), shares(2, 0.8)
    assert "changes almost nothing" in teach_results.answer(untaught, 7, sure, sure)
    assert "only with 40.0%" in teach_results.answer(untaught, 7, unsure, unsure)
    assert "you say it is a 7" in teach_results.answer(untaught, 7, other, other)
    assert "Now it reads a **7**" in teach_results.answer(taught, 7, other, sure)
    assert "no numbers" in teach_results.answer(taught, 7, other, np.full(10, np.nan))
