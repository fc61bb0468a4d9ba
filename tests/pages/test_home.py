"""The home page: the lesson as cards, each with a picture computed from the reference run."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.features import feature_maps
from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage
from ui import cards
from ui.site import PAGES


def test_every_page_has_its_card(open_page: OpenPage) -> None:
    app = open_page("home")
    assert set(cards.CARDS) == set(PAGES) - {"home"}
    captions = [c.value for c in app.caption]
    assert [PAGES[slug].question in captions for slug in cards.CARDS] == [True] * len(cards.CARDS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_card_has_a_picture_of_its_own(theme: str) -> None:
    pictures = [picture for picture, _ in cards.pictures(theme).values()]
    assert all(p.shape == (cards.HEIGHT, cards.WIDTH, 3) for p in pictures)
    assert all(p.std() > 5 for p in pictures)
    assert len({p.tobytes() for p in pictures}) == len(pictures)


def test_what_the_cards_compute_is_what_the_network_computes() -> None:
    store = RunStore()
    digit = load_mnist().test_images[0].astype(np.float32) / 255
    scene = cards.Scene(
        store.run(REFERENCE).spec.model,
        store.weights(REFERENCE, 0),
        store.weights(REFERENCE),
        store.metrics(REFERENCE).loss,
        digit,
        "light",
    )
    expected = feature_maps(store.model(REFERENCE), digit)
    made = scene.outputs()
    for name in ("conv1", "relu2", "pool1", "fc2"):
        assert np.allclose(made[name], expected[name], atol=1e-3)


def test_the_first_page_needs_no_torch() -> None:
    """The cards are made with NumPy, so that the page opens while torch is still being loaded."""
    import subprocess
    import sys

    script = "import sys; from ui import cards; cards.pictures('light'); print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.split()[-1] == "False"


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app: AppTest = open_page("home", lang="ko")
    assert app.header[0].value == "컴퓨터는 숫자를 어떻게 읽을까요?"
