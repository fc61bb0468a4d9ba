"""The feature maps page: every layer, one unit whose sum adds up, and what excites its channel."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core.data import load_mnist
from cnn_core.features import feature_maps, predict
from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage, code_of


def test_the_code_gives_the_map_on_screen(open_page: OpenPage) -> None:
    left = code_of(open_page("feature_maps", layer="relu2", image="test-7"))
    image = load_mnist().test_images[7] / np.float32(255)
    expected = feature_maps(RunStore().model(REFERENCE), image)["relu2"]
    assert np.allclose(left["output"], expected)


def test_the_prediction_is_said(open_page: OpenPage) -> None:
    app = open_page("feature_maps", image="test-1")
    image = load_mnist().test_images[1] / np.float32(255)
    best = int(predict(RunStore().model(REFERENCE), image).argmax())
    assert any(m.value.startswith(f"The network reads a **{best}**") for m in app.markdown)


@pytest.mark.parametrize(("layer", "channel"), [("conv1", 3), ("conv3", 10), ("fc1", 5), ("fc2", 7)])
def test_the_products_add_up_to_what_the_network_computes(
    open_page: OpenPage, layer: str, channel: int
) -> None:
    app = open_page("feature_maps", layer=layer, channel=channel, row=2, col=3)
    table = app.dataframe[0].value
    numbers = table["Product"].astype(float).tolist()
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=2e-3)
    unit = code_of(app)["unit"]
    assert numbers[-1] == pytest.approx(unit.value, abs=1e-3)


@pytest.mark.parametrize("layer", ["relu1", "pool1", "relu4"])
def test_other_layers_say_what_they_look_at(open_page: OpenPage, layer: str) -> None:
    app = open_page("feature_maps", layer=layer)
    assert any(m.value.startswith(f"{layer} looks at") for m in app.markdown)


@pytest.mark.parametrize(
    ("address", "part"),
    [({"image": "test-99999"}, "test-99999"), ({"image": "drawing-abc"}, ""), ({"run": "gone"}, "gone")],
)
def test_what_is_not_there_gets_a_sentence_and_the_page_goes_on(
    open_page: OpenPage, address: dict[str, str], part: str
) -> None:
    app = open_page("feature_maps", **address)
    assert len(app.warning) == 1
    assert part in app.warning[0].value
    assert "output" in code_of(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("feature_maps", lang="ko").header[0].value == "각 층은 이미지에서 무엇을 뽑아낼까요?"
