"""The surgery page: what it says, its pictures and its code agree; undo, bad addresses, every network."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.edit import KIND, Edit
from cnn_core.models import FLATTEN, LENET5, MLP, RELU, SIMPLE_CONV_NET, ModelSpec, conv, linear, max_pool
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.surgery import Trial, flips
from tests.pages.conftest import OpenPage, code_of
from tests.trained import few_images, train_into
from ui.surgery_trial import TESTED

HALF = "conv3-" + "-".join(map(str, range(32)))  # muted: enough digits flip

pytestmark = pytest.mark.usefixtures("one_thread")


def said(app: AppTest, part: str) -> str:
    return next(m.value for m in app.markdown if part in m.value)


def test_it_opens_unchanged_and_says_how_much_each_unit_matters(open_page: OpenPage) -> None:
    app = open_page("surgery", layer="fc1")
    assert said(app, "Of the first").count("**99.4%**") == 2
    assert any("percentage points" in c.value for c in app.caption)
    assert app.button(key="surgery.undo").disabled
    assert app.button(key="surgery.reset").disabled


def test_the_flips_it_counts_are_those_of_its_code(open_page: OpenPage) -> None:
    app = open_page("surgery", layer="fc1", edit=HALF)
    left = code_of(app)
    mnist = load_mnist()
    trial = Trial(RunStore().model(REFERENCE), mnist.test_images[:TESTED], mnist.test_labels[:TESTED])
    answers = trial.answers_with(Edit().muting("conv3", range(32)))
    found = flips(trial.labels, trial.answers, answers)
    assert np.array_equal(left["flipped"], np.flatnonzero(answers != trial.answers))
    assert len(found.lost) > 10
    words = said(app, "Of the first")
    assert f"Lost: **{len(found.lost)}**, won: **{len(found.gained)}**" in words
    assert f"**{left['output']:.1%}** with the edit" in words
    assert said(app, "Lost: right").endswith(f"({len(found.lost)})**")


def test_edits_are_undone_and_done_again(open_page: OpenPage) -> None:
    app = open_page("surgery", layer="fc1")
    app.button(key="surgery.all").click().run()
    everything = app.query_params["edit"]
    assert everything.startswith("fc1-0-1-2-")
    app.button(key="surgery.undo").click().run()
    assert "edit" not in app.query_params
    app.button(key="surgery.redo").click().run()
    assert app.query_params["edit"] == everything
    app.button(key="surgery.least").click().run()
    assert app.query_params["edit"].count("-") == 50
    app.button(key="surgery.reset").click().run()
    assert "edit" not in app.query_params
    app.button(key="surgery.undo").click().run()
    assert app.query_params["edit"].count("-") == 50


def test_changed_weights_are_kept_and_their_link_opens_elsewhere(open_page: OpenPage) -> None:
    app = open_page("surgery", layer="conv3", filter=2, channel=5)
    app.button(key="surgery.sign").click().run()
    link = app.query_params["edit"]
    assert RunStore().artifact(link.removeprefix("w-")).kind == KIND
    left = code_of(open_page("surgery", layer="conv3", edit=link))
    trained = RunStore().weights(REFERENCE)["conv3.weight"][2, 5]
    (kernel,) = left["edit"].kernels  # type: ignore[attr-defined]
    assert (kernel.layer, kernel.filter, kernel.channel) == ("conv3", 2, 5)
    assert np.array_equal(np.asarray(kernel.rows, np.float32), -trained)
    app.button(key="surgery.trained").click().run()
    assert "edit" not in app.query_params


def test_half_of_two_very_wide_layers_is_muted_and_its_link_opens_elsewhere(open_page: OpenPage) -> None:
    layers = (conv(1, 5), max_pool(8), FLATTEN, linear(1000), RELU, linear(1000), RELU, linear(10))
    spec = TrainingSpec(model=ModelSpec(layers), steps=1, train_size=20, batch_size=20)
    run_id = train_into(Recorder(), spec, few_images(20, 10))
    half = "-".join(map(str, range(1, 999, 4)))
    app = open_page("surgery", run=run_id, layer="conv1", edit=f"fc1-{half}~fc2-{half}")
    app.button(key="surgery.all").click().run()
    link = app.query_params["edit"]
    assert len(link) < 100
    other = open_page("surgery", run=run_id, layer="conv1", edit=link)
    assert not other.warning
    assert len(code_of(other)["edit"].muted) == 501  # type: ignore[attr-defined]
    other.button(key="surgery.reset").click().run()
    assert "edit" not in other.query_params


@pytest.mark.parametrize("edit", ["conv9-1", "fc1-100", "w-" + "0" * 64, "conv1-3~nonsense"])
def test_an_edit_that_is_not_there_gets_a_sentence_and_the_page_goes_on(
    open_page: OpenPage, edit: str
) -> None:
    app = open_page("surgery", layer="fc1", edit=edit)
    assert len(app.warning) == 1
    assert code_of(app)["output"] == pytest.approx(0.994)
    app.button(key="surgery.reset").click().run()
    assert not app.warning


@pytest.mark.parametrize(
    ("model", "layers"),
    [
        (SIMPLE_CONV_NET, ["conv1", "fc1"]),
        (LENET5, ["conv1", "conv2", "fc1", "fc2"]),
        (MLP, ["fc1", "fc2"]),
    ],
)
def test_every_network_can_be_cut_at_two_steps(
    open_page: OpenPage, model: ModelSpec, layers: list[str]
) -> None:
    spec = TrainingSpec(model=model, optimiser="adam", steps=10, train_size=400, batch_size=20)
    run_id = train_into(Recorder(), spec, few_images(400, 50))
    for step in (0, 10):
        app = open_page("surgery", run=run_id, step=step, layer="fc1", edit="fc1-3", lang="ko")
        assert not app.warning
        assert list(app.button_group(key="surgery.layer").options) == layers
        assert "output" in code_of(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app = open_page("surgery", layer="fc1", lang="ko", edit="fc1-0", order="rank")
    assert app.header[0].value == "부분마다 답에 어떤 몫을 할까요?"
    assert said(app, "처음 1,000개 시험 숫자")
