"""The feature maps page: the answer, any unit opened, what a channel looks for; other and broken networks."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import gratings
from cnn_core.answers import ask, ranges
from cnn_core.data import load_mnist
from cnn_core.excite import class_response, maximise_unit, ranked_channels, top_patches
from cnn_core.features import feature_maps, filters, predict
from cnn_core.figures import enlarge, grey, grid, limits, scale_text, shades
from cnn_core.models import (
    BATCH_NORM,
    FLATTEN,
    MLP,
    NETWORKS,
    NOTEBOOK,
    RELU,
    SIGMOID,
    TANH,
    ModelSpec,
    avg_pool,
    conv,
    dropout,
    linear,
    max_pool,
    summary,
)
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from tests.pages.conftest import OpenPage, code_of, told
from tests.trained import few_images, train_into
from ui.language import translate
from ui.network_answers import MEASURED
from ui.pictures import png_address

SHORT = TrainingSpec(model=MLP, steps=20, batch_size=50, train_size=600)
SHORT_SHUFFLED = replace(SHORT, pixels="shuffled")
DIGITS = load_mnist().test_images / np.float32(255)


def texts(app: AppTest) -> str:
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.warning])


def captions(app: AppTest) -> list[str]:
    """What stands below the pictures."""
    return [i.caption for image in [*app.get("image"), *app.get("imgs")] for i in image.proto.imgs]


def addresses(app: AppTest) -> list[str]:
    """The pictures themselves."""
    return [i.url for image in [*app.get("image"), *app.get("imgs")] for i in image.proto.imgs]


def numbers(drawn: Any) -> np.ndarray:
    """A chart's numbers, as plotly writes them."""
    if isinstance(drawn, dict):
        return np.frombuffer(b64decode(drawn["bdata"]), drawn["dtype"])
    return np.array(drawn, float)


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
    assert told(app).startswith(translate("The network reads a **{n}**", "en", n=best))


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
    assert any(f"the frame: what it sees. Digits: {digits}" in caption for caption in captions(app))


def test_a_unit_that_sees_all_is_told_by_images_alone(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="fc2", channel=5, about="likes")
    mnist = load_mnist()
    top = top_patches(RunStore().model(REFERENCE), mnist.test_images[:2000], "fc2", 5)
    digits = ", ".join(str(mnist.test_labels[i]) for i in top.indices)
    assert any(f"it sees all of each. Digits: {digits}" in caption for caption in captions(app))
    assert not any("the patches that excite it" in caption for caption in captions(app))


def test_a_channels_answers_to_each_digit_are_charted(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="relu3", channel=5, about="likes")
    mnist = load_mnist()
    expected = class_response(
        RunStore().model(REFERENCE), mnist.test_images[:2000], mnist.test_labels[:2000], "relu3", 5
    )
    (chart,) = app.get("plotly_chart")
    (bars,) = json.loads(chart.proto.spec)["data"]
    assert numbers(bars["y"]) == pytest.approx(expected, abs=1e-4)


def test_the_best_input_is_the_one_that_the_core_finds(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="conv1", channel=2, about="likes", best=1)
    assert any("The input that excites it most" in caption for caption in captions(app))
    *_, last = maximise_unit(RunStore().model(REFERENCE), "conv1", 2)
    expected = np.repeat(enlarge(grey(last.image, 0, 1), 6)[..., None], 3, axis=-1)
    assert png_address(expected) in addresses(app)


EVERY_KIND = ModelSpec(
    (
        *(conv(4, 5), BATCH_NORM, SIGMOID, avg_pool(2)),  # (4, 12, 12)
        *(conv(6, 3), TANH, max_pool(2)),  # (6, 5, 5)
        *(FLATTEN, BATCH_NORM, dropout(0.3), linear(20), RELU, linear(10)),
    )
)


@pytest.mark.parametrize("about", ["sum", "likes"])
@pytest.mark.parametrize("model", [NOTEBOOK, MLP, EVERY_KIND], ids=["notebook", "mlp", "every kind"])
def test_every_layer_opens_down_to_its_last_channel(
    open_page: OpenPage, model: ModelSpec, about: str
) -> None:
    run = REFERENCE
    if model is not NOTEBOOK:
        run = train_into(Recorder(), replace(SHORT, model=model), few_images())
    for row in summary(model):
        last = row.shape[0] - 1
        app = open_page("feature_maps", run=run, layer=row.name, channel=last, about=about)
        unit = code_of(app)["unit"]
        assert (unit.layer, unit.position[0]) == (row.name, last)


def test_the_best_input_of_a_number_behind_flatten_is_searched_too(open_page: OpenPage) -> None:
    app = open_page("feature_maps", layer="flatten", channel=575, about="likes", best=1)
    assert any("The input that excites it most" in caption for caption in captions(app))


@pytest.mark.parametrize(
    ("layer", "channel", "number"), [("flatten", 31, 3), ("flatten", 500, 55), ("pool2", 63, 63)]
)
def test_a_channel_shows_the_filter_that_its_map_comes_from(
    open_page: OpenPage, layer: str, channel: int, number: int
) -> None:
    app = open_page("feature_maps", layer=layer, channel=channel, about="likes")
    assert any("Its filter, from conv3: 32 slice(s)" in caption for caption in captions(app))
    slices = filters(RunStore().model(REFERENCE), "conv3")[number]
    assert png_address(grid(slices, 16, mode="signed", tile_size=26, gap=3)) in addresses(app)


@pytest.mark.parametrize("layer", ["fc1", "relu4"])
def test_what_no_map_comes_into_shows_no_filter(open_page: OpenPage, layer: str) -> None:
    app = open_page("feature_maps", layer=layer, channel=99, about="likes")
    assert not any("Its filter" in caption for caption in captions(app))


def network(app: AppTest) -> dict[str, Any]:
    """The strips of the network, by the layer's name."""
    shown = [json.loads(e.proto.json) for e in app.get("bidi_component")]
    return {layer["name"]: layer for data in shown for layer in data.get("layers", [])}


def pixels(layer: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(b64decode(layer["pixels"]), np.uint8).reshape(layer["size"])


def test_each_map_can_have_its_own_scale(open_page: OpenPage) -> None:
    maps = feature_maps(RunStore().model(REFERENCE), DIGITS[0])
    app = open_page("feature_maps", scale="each", colours="grey")
    for name in ("conv1", "pool2"):
        for one, values in zip(pixels(network(app)[name]), maps[name], strict=True):
            np.testing.assert_array_equal(one, shades(values, limits(values)))


def test_the_colours_can_be_grey(open_page: OpenPage) -> None:
    for colours, mode in (("grey", "grey"), ("signed", "signed")):
        app = open_page("feature_maps", colours=colours)
        maps = feature_maps(RunStore().model(REFERENCE), DIGITS[0])["conv2"]
        np.testing.assert_array_equal(pixels(network(app)["conv2"]), shades(maps, limits(maps), mode))


def test_the_strongest_map_can_stand_first(open_page: OpenPage) -> None:
    maps = feature_maps(RunStore().model(REFERENCE), DIGITS[0])
    app = open_page("feature_maps", order="strength")
    for name, layer in network(app).items():
        assert layer["order"] == ranked_channels(maps[name]).tolist()


def test_a_fixed_scale_is_the_same_at_every_step_and_for_every_image(open_page: OpenPage) -> None:
    model = RunStore().model(REFERENCE)
    ends = ranges(model, load_mnist().test_images[:MEASURED])
    for address in ({}, {"step": 0}, {"image": "test-77"}):
        app = open_page("feature_maps", scale="held", **address)
        assert f"first {MEASURED} test digits give at step 2,400" in texts(app)
        layers = network(app)
        assert {name: layer["scale"] for name, layer in layers.items() if name != "input"} == {
            name: scale_text(*of_layer) for name, of_layer in ends.items()
        }
        maps = feature_maps(RunStore().model(REFERENCE, int(address.get("step", 2400))), picture_of(address))
        for name, of_layer in ends.items():
            assert np.array_equal(pixels(layers[name]), shaped(maps[name], of_layer))


def picture_of(address: dict[str, object]) -> np.ndarray:
    return DIGITS[int(str(address.get("image", "test-0")).removeprefix("test-"))]


def shaped(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    shown = shades(values, ends, "signed")
    return shown if values.ndim == 3 else shown[:, None, None]


def test_what_lies_beyond_a_fixed_scale_is_counted(open_page: OpenPage) -> None:
    run = train_into(Recorder(), replace(SHORT, model=NOTEBOOK, learning_rate=0.5), few_images())
    ends = ranges(RunStore().model(run), load_mnist().test_images[:MEASURED])
    maps = feature_maps(RunStore().model(run, 0), DIGITS[0])
    layers = network(open_page("feature_maps", run=run, step=0, scale="held"))
    beyond = {n: int((np.abs(maps[n]) > max(map(abs, ends[n]))).sum()) for n in ends}
    assert sum(beyond.values()) > 0
    assert {name: layer["beyond"] for name, layer in layers.items() if name != "input"} == beyond


@pytest.mark.parametrize(
    ("step", "words"), [(0, "does not tell the digits well apart"), (2400, "from small parts")]
)
def test_the_story_says_of_the_layers_what_was_measured(open_page: OpenPage, step: int, words: str) -> None:
    app = open_page("feature_maps", story=1, step=step)
    mnist = load_mnist()
    asked = ask(RunStore().model(REFERENCE, step), mnist.test_images[:2000], mnist.test_labels[:2000])
    share = float(asked.by_class("fc2").mean())
    assert f"**fc2** {share:.0%}" in texts(app)
    groups = gratings.grouped(RunStore().weights(REFERENCE, step)["conv1.weight"])
    edges = sum(len(groups[kind]) for kind in gratings.EDGES)
    assert f"Of the 16 filters of **conv1**, **{edges}** answer most to edges" in texts(app)
    assert words in texts(app)


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
    for address in (
        {},
        {"layer": "conv1"},
        {"layer": "fc1", "about": "likes"},
        {"layer": "pool1"},
        {"scale": "held"},
    ):
        app = open_page("feature_maps", run=run, **address)
        assert "diverged" in app.warning[0].value
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
    assert open_page("feature_maps", lang="ko").header[0].value == "각 계층은 이미지에서 무엇을 뽑아낼까요?"
