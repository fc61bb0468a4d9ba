"""The draw page: it opens on a digit, reads drawings, and says what it cannot show."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core.features import predict
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.strokes import Drawing, Stroke, to_json
from tests.pages.conftest import OpenPage, code_of
from ui.specimen import keep_drawing, load_image

ONE = to_json(Drawing((Stroke(((0.5, 0.2), (0.5, 0.8)), 0.08),)))


def said(app: object) -> str:
    return " ".join(m.value for m in app.markdown)  # type: ignore[attr-defined]


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
def test_an_image_that_does_not_exist_gets_a_sentence(open_page: OpenPage, image: str) -> None:
    app = open_page("draw", image=image)
    assert len(app.warning) == 1
    assert "The pad is empty." in said(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("draw", lang="ko").header[0].value == "여러분이 그린 숫자를 신경망은 어떻게 볼까요?"
