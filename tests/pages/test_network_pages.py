"""What all pages that look into a network say alike: of a run that is gone, and of one that diverged."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE
from tests.pages.conftest import OpenPage, told
from tests.trained import DIVERGED, few_images, train_into
from ui import diverged

GONE = "0123456789abcdef"

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("slug", ["filters", "feature_maps", "draw", "why", "surgery", "teach", "mistakes"])
def test_a_run_that_has_vanished_gives_way_to_the_reference_run_which_is_offered(
    open_page: OpenPage, slug: str
) -> None:
    app = open_page(slug, run=GONE)
    assert len(app.warning) == 1
    assert "The reference run is shown instead." in app.warning[0].value
    next(button for button in app.button if button.label == "Use the reference run").click().run()
    assert not app.exception
    assert not app.warning
    assert app.query_params.get("run", REFERENCE) == REFERENCE
    assert not [button for button in app.button if button.label == "Use the reference run"]


@pytest.mark.parametrize("slug", ["draw", "why", "surgery", "teach", "mistakes"])
def test_a_run_that_diverged_gets_the_same_sentence_everywhere_and_shows_no_number(
    open_page: OpenPage, slug: str
) -> None:
    app = open_page(slug, run=train_into(Recorder(), DIVERGED, few_images()))
    words = [*(w.value for w in app.warning), *told(app).splitlines()]
    assert words.count(diverged.in_words()) == 1
    assert "nan" not in everything(app).lower()
    app = open_page(slug, run=DIVERGED.run_id, step=0)  # before training it is as sound as any
    assert diverged.in_words() not in everything(app)


def everything(app: AppTest) -> str:
    """All words on the page but the sentence, which names NaN."""
    shown = [m.value for m in app.markdown] + [c.value for c in app.caption] + [w.value for w in app.warning]
    return " ".join([*shown, told(app)]).replace(diverged.in_words(), "")
