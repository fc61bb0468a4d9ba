"""The draw page: it opens on a digit, reads drawings, and says what it cannot show."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnn_core.answer_charts import answer_bars
from cnn_core.distort import RANGES, Distortion, distort, neutral, sweep
from cnn_core.features import predict
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.strokes import Drawing, Stroke, to_json
from tests.pages.conftest import OpenPage, code_of, told
from ui import draw_answer, draw_break
from ui.draw_break import moved_to
from ui.specimen import Specimen, keep_drawing, load_image

ONE = to_json(Drawing((Stroke(((0.5, 0.2), (0.5, 0.8)), 0.08),)))


def said(app: object) -> str:
    return " ".join([told(app), *(m.value for m in app.markdown)])  # type: ignore[arg-type, attr-defined]


def test_it_opens_on_a_test_digit_that_is_read(open_page: OpenPage) -> None:
    app = open_page("draw")
    assert "It reads a **7**" in said(app)
    expected = predict(RunStore().model(REFERENCE), load_image("test-0").pixels)
    assert np.allclose(code_of(app)["output"], expected)


def test_a_drawing_of_the_address_is_read(open_page: OpenPage) -> None:
    open_page("draw")
    app = open_page("draw", image=keep_drawing(ONE))
    assert "It reads a **1**" in said(app)
    assert code_of(app)["output"].argmax() == 1


def test_before_training_it_guesses(open_page: OpenPage) -> None:
    assert code_of(open_page("draw", step=0))["output"].max() < 0.5


def test_an_empty_drawing_invites_to_draw(open_page: OpenPage) -> None:
    open_page("draw")
    app = open_page("draw", image=keep_drawing(to_json(Drawing())))
    assert "The pad is empty." in said(app)


@pytest.mark.parametrize("image", ["drawing-0123", "test-10000", "cat", "upload-abc"])
def test_an_image_that_does_not_exist_gets_a_sentence_and_a_digit_to_go_on_with(
    open_page: OpenPage, image: str
) -> None:
    app = open_page("draw", image=image)
    assert len(app.warning) == 1
    assert "It reads a **7**" in said(app)


def test_before_and_after_training_stand_side_by_side(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, np.ndarray]] = []

    def bars(named: dict[str, np.ndarray], *others: object) -> str:
        shown.append(named)
        return answer_bars(named, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(draw_answer, "answer_bars", bars)
    open_page("draw")
    assert list(shown[-1]) == ["Step 0", "Step 2400"]
    assert shown[-1]["Step 0"].max() < 0.5 < shown[-1]["Step 2400"].max()
    open_page("draw", step=0)
    assert list(shown[-1]) == ["Step 0"]


def test_a_changed_digit_is_read_again_and_the_code_says_the_same(open_page: OpenPage) -> None:
    app = open_page("draw", degrees=90)
    changed = code_of(app)["changed"]
    assert re.search(rf"Changed so, it reads an? \*\*{changed.argmax()}\*\*", said(app))  # type: ignore[attr-defined]
    assert changed.argmax() != 7  # type: ignore[attr-defined]
    next(button for button in app.button if button.label == "Undo all changes").click().run()
    assert "degrees" not in app.query_params


def at(step: int = 2400) -> Specimen:
    store = RunStore()
    return Specimen(store.run(REFERENCE), step, store.snapshot_steps(REFERENCE), load_image("test-0"))


def test_a_moved_slider_is_answered_as_the_page_answers_it(open_page: OpenPage) -> None:
    app = open_page("draw", degrees=90, noise=0.2, vary="noise")
    values = {name: neutral(name) for name in RANGES} | {"degrees": 90, "noise": 0.2}
    shown = moved_to(at(), load_image("test-0").pixels, "light", {"moved": "noise", "values": values})
    assert shown["draw.breaks"]["title"] in told(app)
    assert shown["draw.breaks"]["lines"][0] in told(app)
    other = moved_to(at(), load_image("test-0").pixels, "light", {"moved": "degrees", "values": values})
    assert other["draw.breaks"]["title"] == shown["draw.breaks"]["title"]
    assert other["draw.curve.wide"]["picture"] != shown["draw.curve.wide"]["picture"]


def test_a_slider_that_is_dragged_asks_for_its_curve_once(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("draw")
    asked: list[str] = []

    def counted(digit: np.ndarray, rest: Distortion, name: str) -> tuple[np.ndarray, np.ndarray]:
        asked.append(name)
        return sweep(digit, rest, name)

    monkeypatch.setattr(draw_break, "sweep", counted)
    neutrals = {name: neutral(name) for name in RANGES}
    curves = set()
    for right in range(1, 9):
        question = {"moved": "right", "values": neutrals | {"right": right}}
        shown = moved_to(at(), load_image("test-0").pixels, "light", question)
        curves.add(shown["draw.curve.narrow"]["picture"])
    assert asked == ["right"]
    assert len(curves) == 8


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"moved": "colour", "values": {}},
        {"moved": "noise", "values": {"noise": 1}},
        {"moved": "noise", "values": {name: "x" for name in RANGES}},
        {"moved": "noise", "values": {name: 1e9 for name in RANGES}},
        {"moved": ["noise"], "values": 3},
    ],
)
def test_what_no_slider_says_has_no_answer(question: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        moved_to(at(), np.zeros((28, 28), np.float32), "light", question)


def test_the_words_name_the_places_where_the_answer_flips(open_page: OpenPage) -> None:
    words = said(open_page("draw")).replace("−", "-")
    low, high = map(float, re.search(r"From (\S+) to (\S+) of “Turn", words).groups())  # type: ignore[union-attr]
    pixels, model = load_image("test-0").pixels, RunStore().model(REFERENCE)
    for degrees, answer in ((low, True), (high, True), (low - 5, False), (high + 5, False)):
        read = predict(model, distort(pixels, Distortion(degrees=degrees))).argmax()
        assert bool(read == 7) is answer


def test_a_drawing_can_be_replayed(open_page: OpenPage) -> None:
    open_page("draw")
    app = open_page("draw", image=keep_drawing(ONE), replay=1)
    assert re.search(r"The answer settled on 1 after [\d.]+ of [\d.]+ seconds", said(app))


def test_a_test_digit_has_no_strokes_to_replay(open_page: OpenPage) -> None:
    assert not open_page("draw", replay=1).toggle


def test_any_test_digit_can_be_put_on_the_pad(open_page: OpenPage) -> None:
    app = open_page("draw")
    app.pills(key="draw.any").select(3).run()
    assert load_image(app.query_params["image"]).label == 3
    assert not app.exception


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("draw", lang="ko").header[0].value == "여러분이 그린 숫자를 신경망은 어떻게 볼까요?"
