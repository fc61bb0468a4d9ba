"""A run that learned from shuffled pixels: every page that shows it an image shuffles that one too."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from cnn_core.data import load_mnist
from cnn_core.distort import Distortion, distort
from cnn_core.features import confusion_matrix, feature_maps, logits, predict, predict_batch
from cnn_core.models import FLATTEN, ModelSpec, conv, linear, max_pool
from cnn_core.recording import Recorder
from cnn_core.runs import RunStore
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from tests.pages.conftest import OpenPage, code_of, told
from tests.trained import few_images, train_into
from ui.language import translate
from ui.specimen import load_image

SPEC = TrainingSpec(
    model=ModelSpec((conv(4, 5), max_pool(2), FLATTEN, linear(10))),
    optimiser="adam",
    learning_rate=3e-3,
    steps=60,
    batch_size=50,
    train_size=600,
    pixels="shuffled",
)
CAPTION = "This network learned from shuffled digits"
DIGIT = seen(SPEC, load_mnist().test_images[7] / np.float32(255))

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def run(open_page: OpenPage) -> str:
    """A run with shuffled pixels in the store that the pages will look at."""
    open_page("training")
    return train_into(Recorder(), SPEC, few_images())


def network(run: str) -> nn.Module:
    return RunStore().model(run)


def test_draw_reads_and_bends_the_digit_as_the_network_gets_it(open_page: OpenPage, run: str) -> None:
    app = open_page("draw", run=run, image="test-7", degrees=30)
    shares = predict(network(run), DIGIT)
    assert np.allclose(code_of(app)["output"], shares)
    assert translate("It reads a **{n}** ({p:.1%})", "en", n=shares.argmax(), p=shares.max()) in told(app)
    bent = seen(SPEC, distort(load_image("test-7").pixels, Distortion(degrees=30)))
    expected = predict(network(run), bent)
    assert np.allclose(code_of(app)["changed"], expected)
    said = translate("Changed so, it reads a **{n}** ({p:.1%})", "en", n=expected.argmax(), p=expected.max())
    assert said in told(app)
    assert any(CAPTION in c.value for c in app.caption)


def test_feature_maps_are_those_of_the_shuffled_digit(open_page: OpenPage, run: str) -> None:
    app = open_page("feature_maps", run=run, image="test-7", layer="conv1")
    assert np.allclose(code_of(app)["output"], feature_maps(network(run), DIGIT)["conv1"])


def test_why_adds_up_to_the_score_of_the_shuffled_digit(open_page: OpenPage, run: str) -> None:
    app = open_page("why", run=run, image="test-7", target=9)
    assert sum(code_of(app)["output"]) == pytest.approx(float(logits(network(run), DIGIT)[9]), abs=1e-4)  # type: ignore[call-overload]


def test_teach_begins_with_the_answer_to_the_shuffled_digit(open_page: OpenPage, run: str) -> None:
    app = open_page("teach", run=run, image="test-7")
    assert np.allclose(code_of(app)["output"], predict(network(run), DIGIT))


def test_surgery_counts_on_shuffled_test_digits(open_page: OpenPage, run: str) -> None:
    accuracy = code_of(open_page("surgery", run=run))["output"]
    images, labels = load_mnist().test_images[:1000], load_mnist().test_labels[:1000]
    expected = predict_batch(network(run), seen(SPEC, images)).argmax(axis=1) == labels
    assert accuracy == pytest.approx(expected.mean())


def test_mistakes_are_those_of_shuffled_test_digits(open_page: OpenPage, run: str) -> None:
    matrix = code_of(open_page("mistakes", run=run))["output"]
    mnist = load_mnist()
    answers = predict_batch(network(run), seen(SPEC, mnist.test_images)).argmax(axis=1)
    assert np.array_equal(matrix, confusion_matrix(mnist.test_labels, answers))  # type: ignore[arg-type]
