"""The feature maps page: the answer, any unit opened, what a channel looks for; other and broken networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.excite import top_patches
from cnn_core.features import feature_maps, predict
from cnn_core.models import FLATTEN, MLP, NETWORKS, ModelSpec, conv, linear, max_pool
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from tests.pages.conftest import OpenPage, code_of, told
from tests.trained import few_images, train_into

SHORT = TrainingSpec(model=MLP, steps=20, batch_size=50, train_size=600)
SHORT_SHUFFLED = replace(SHORT, pixels="shuffled")
DIGITS = load_mnist().test_images / np.float32(255)


def texts(app: AppTest) -> str:
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.warning])


def captions(app: AppTest) -> list[str]:
    """What stands below the pictures."""
    return [i.caption for image in [*app.get("image"), *app.get("imgs")] for i in image.proto.imgs]


def test_the_code_gives_the_map_that_is_open(open_page: OpenPage) -> None:
    left = code_of(open_page("feature_maps", layer="relu2", channel=4, image="test-7"))
    expected = feature_maps(RunStore().model(REFERENCE), DIGITS[7])["relu2"]
    assert np.allclose(left["output"], expected)
    assert left["unit"].value == pytest.approx(expected[4].max())  # the strongest place, where none is named


def test_the_code_gives_the_scores_while_nothing_is_open(open_page: OpenPage) -> None:
    left = code_of(open_page("feature_maps", image="test-3"))
    assert np.allclose(left["output"], feature_maps(RunStore().model(REFERENCE), DIGITS[3])["fc2"])


def test_the_prediction_is_said(open_page: OpenPage) -> None:
    app = open_page("feature_maps", image="test-1")
    best = int(predict(RunStore().model(REFERENCE), DIGITS[1]).argmax())
    assert told(app).startswith(f"The network reads a **{best}**")


@pytest.mark.parametrize(("layer", "channel"), [("conv1", 3), ("pool1", 1), ("fc1", 5), ("fc2", 7)])
def test_a_unit_of_any_kind_opens_at_the_place_of_the_address(
    open_page: OpenPage, layer: str, channel: int
) -> None:
    unit = code_of(open_page("feature_maps", layer=layer, channel=channel, row=2, col=3))["unit"]
    place = (2, 3) if layer in ("conv1", "pool1") else (0, 0)
    assert (unit.layer, unit.position) == (layer, (channel, *place))


def test_the_way_down_leads_back(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="relu4", channel=3, via="fc2.7.0.0")
    app.button(key="unit.back").click().run()
    unit = code_of(app)["unit"]
    assert (unit.layer, unit.position) == ("fc2", (7, 0, 0))
    app.button(key="unit.close").click().run()
    assert "unit" not in code_of(app)


def test_a_channels_favourite_patches_are_those_of_the_core(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="relu3", channel=5, about="likes")
    mnist = load_mnist()
    top = top_patches(RunStore().model(REFERENCE), mnist.test_images[:2000], "relu3", 5)
    digits = ", ".join(str(mnist.test_labels[i]) for i in top.indices)
    assert any(f"parts of {digits}" in caption for caption in captions(app))


def test_the_story_has_a_picture_for_every_layer_that_sums(open_page: OpenPage) -> None:
    app = open_page("feature_maps", story=1)
    told = "\n".join(captions(app))
    assert all(f"**{layer}** sees" in told for layer in ("relu1", "relu2", "relu3", "relu4", "fc2"))


@pytest.mark.parametrize("name", ["book", "lenet5", "mlp"])
@pytest.mark.parametrize("about", ["sum", "likes"])
def test_other_networks_are_opened_too(open_page: OpenPage, name: str, about: str) -> None:
    run = train_into(Recorder(), replace(SHORT, model=NETWORKS[name]), few_images())
    for layer in ("fc1", NETWORKS[name].names()[0]):
        app = open_page("feature_maps", run=run, layer=layer, channel=3, about=about, image="test-2")
        assert code_of(app)["unit"].layer == layer
        assert ("no convolution" in texts(app)) == (name == "mlp")


def test_a_run_that_ran_away_says_so_and_shows_its_first_step(open_page: OpenPage) -> None:
    unbounded = ModelSpec((conv(4, 5), max_pool(2), conv(6, 3), FLATTEN, linear(10)))  # no ReLU to die first
    broken = replace(SHORT, model=unbounded, learning_rate=100.0, optimiser="sgd", momentum=0.9)
    run = train_into(Recorder(), broken, few_images())
    for address in ({}, {"layer": "conv1"}, {"layer": "fc1", "about": "likes"}, {"layer": "pool1"}):
        app = open_page("feature_maps", run=run, **address)
        assert "no numbers any more" in app.warning[0].value
        assert told(app) == "The network reads nothing."
    assert not open_page("feature_maps", run=run, step=0, layer="conv1").warning


def test_a_run_that_goes_on_says_that_this_is_its_newest_step(open_page: OpenPage) -> None:
    run = train_into(Recorder(), SHORT, few_images(), finished=False)
    assert "still going: this is step 20" in texts(open_page("feature_maps", run=run))
    assert "still going" not in texts(open_page("feature_maps", run=run, step=0))


def test_a_network_of_shuffled_pixels_sees_them_shuffled(open_page: OpenPage) -> None:
    run = train_into(Recorder(), SHORT_SHUFFLED, few_images())
    app = open_page("feature_maps", run=run)
    assert "gets every image with its pixels shuffled" in texts(app)
    maps = feature_maps(RunStore().model(run), seen(SHORT_SHUFFLED, DIGITS[:1])[0])
    assert np.allclose(code_of(app)["output"], maps["fc3"])


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


def test_a_layer_that_the_network_has_not_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="conv9")
    assert "This network has no layer called conv9." in texts(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("feature_maps", lang="ko").header[0].value == "각 층은 이미지에서 무엇을 뽑아낼까요?"
