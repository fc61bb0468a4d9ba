"""The page of one step: its four phases, their code, and what it says where something is not there."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.models import MLP, NOTEBOOK
from cnn_core.ops import conv2d
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.slow_motion import SlowStep, filter_gradient, open_run
from cnn_core.training import TrainingSpec
from cnn_core.worker import go_on, let_go, train_segment
from tests.pages.conftest import OpenPage, code_of, shown_in
from tests.trained import SMALL, few_images, train_into

SHORT = TrainingSpec(
    model=MLP, steps=4, batch_size=20, train_size=600, initialisation="kaiming", optimiser="sgd"
)


def said(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.info, *app.warning])


@pytest.fixture(scope="module")
def first_step() -> SlowStep:
    return open_run(RunStore(), load_mnist(), REFERENCE, 0).at(0)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_code_of_each_phase_gives_what_the_phase_shows(
    open_page: OpenPage, first_step: SlowStep, lang: str
) -> None:
    step, shown = first_step, {}
    for phase in ("forward", "loss", "backward", "update"):
        app = open_page("slow_motion", lang=lang, phase=phase, filter=3, weight="1-2")
        output = code_of(app)["output"]
        shown[phase] = output.detach().numpy()  # type: ignore[attr-defined]
    assert step.update.gradient is not None
    assert np.allclose(shown["forward"], step.logits, atol=1e-5)
    assert np.allclose(shown["loss"], step.losses, atol=1e-5)
    assert shown["backward"] == pytest.approx(step.update.gradient[3, 0, 1, 2], rel=1e-3)
    assert shown["update"] == pytest.approx(step.update.after[3, 0, 1, 2], rel=1e-5)


def test_the_words_carry_the_numbers_of_the_step(open_page: OpenPage, first_step: SlowStep) -> None:
    right = int((first_step.answers == first_step.labels).sum())
    assert f"**{right}** of 100 are right" in said(open_page("slow_motion"))
    assert f"**{first_step.loss:.4g}**" in said(open_page("slow_motion", phase="loss"))
    assert first_step.loss_after is not None
    assert f"**{first_step.loss_after:.4g}**" in said(open_page("slow_motion", phase="update"))


def test_a_snapshot_says_that_the_optimisers_memory_is_not_kept(open_page: OpenPage) -> None:
    step = RunStore().snapshot_steps(REFERENCE)[3]
    assert "memory starts empty" in said(open_page("slow_motion", step=step, phase="update"))
    assert "memory starts empty" not in said(open_page("slow_motion", step=0, phase="update"))


def test_the_end_of_a_run_is_said_and_the_first_step_is_shown(open_page: OpenPage) -> None:
    end = RunStore().snapshot_steps(REFERENCE)[-1]
    app = open_page("slow_motion", step=end)
    slider = app.select_slider[0]
    assert "Training ended with step 2,400: no batch comes after it." in slider.label
    assert int(slider.value) == 0
    assert str(end) not in map(str, slider.options)


def test_a_fully_connected_run_steps_by_hand_to_its_end(open_page: OpenPage) -> None:
    run = train_into(Recorder(), SHORT, few_images())
    for phase in ("backward", "update"):
        app = open_page("slow_motion", run=run, step=0, hand=20, phase=phase, filter=999, weight="99-99")
        copy = open_run(RunStore(), load_mnist(), run, 0)
        step = copy.at(3)  # the last one: by hand no further
        output = float(code_of(app)["output"].detach())  # type: ignore[attr-defined]
        wanted = step.update.gradient if phase == "backward" else step.update.after
        assert wanted is not None
        assert output == pytest.approx(wanted[-1, -1], rel=1e-3, abs=1e-9)


def test_a_held_kernel_is_said_to_stay_and_its_code_puts_it_back(open_page: OpenPage) -> None:
    spec = replace(SHORT, model=NOTEBOOK, batch_size=4, kernels="1,0,-1;2,0,-2;1,0,-1", kernels_held=True)
    run = train_into(Recorder(), spec, few_images())
    step = open_run(RunStore(), load_mnist(), run, 0).at(0)
    for chosen, stays in ((0, True), (1, False)):
        app = open_page("slow_motion", run=run, step=0, phase="update", filter=chosen, weight="1-2")
        assert ("kernel that is held" in said(app)) == stays
        assert bool(shown_in(app, "step_grids")) != stays
        assert float(code_of(app)["output"]) == step.update.after[chosen, 0, 1, 2]  # type: ignore[arg-type]
        assert (step.update.after[chosen] == step.update.before[chosen]).all() == stays


def test_the_curve_ends_where_this_learner_is_though_others_went_further(open_page: OpenPage) -> None:
    run = train_into(Recorder(), SHORT, few_images())

    def losses(hand: int) -> list[float]:
        return list(shown_in(open_page("slow_motion", run=run, step=0, hand=hand), "slow_steps")[0]["losses"])

    further = losses(2)
    assert len(further) == 3
    assert losses(1) == further[:2]


def test_a_diverged_run_gets_a_sentence(open_page: OpenPage) -> None:
    spec = replace(SHORT, learning_rate=100.0, momentum=0.99, steps=20)
    run = train_into(Recorder(), spec, few_images())
    step = RunStore().snapshot_steps(run)[-2]
    for phase in ("forward", "loss", "backward", "update"):
        app = open_page("slow_motion", run=run, step=step, phase=phase)
        assert not app.exception
        if not np.isfinite(RunStore().metrics(run).loss[step]):
            assert "no number any more" in said(app)


def test_an_unknown_phase_or_weight_shows_the_usual_view(open_page: OpenPage) -> None:
    app = open_page("slow_motion", phase="sideways", weight="banana")
    assert "sideways" in said(app)
    assert "100 images" in said(app)


def test_the_gradient_slides_over_the_image_as_a_convolution(open_page: OpenPage) -> None:
    app = open_page("slow_motion", phase="backward", filter=3, of=4, weight="2-1")
    assert not grids_of(app)
    app.toggle(key="widget.slow_motion.slide").set_value(True).run()
    assert app.query_params["slide"] == "1"
    data = grids_of(app)[0]
    found = filter_gradient(open_run(RunStore(), load_mnist(), REFERENCE, 0).at(0), 3)
    assert found is not None
    shares = conv2d(np.array(data["x"])[None], np.array(data["filters"]))[0, 0]
    power = int(np.floor(np.log10(np.abs(found.shares[4]).max())))
    assert np.allclose(shares * 10.0**power, found.shares[4], rtol=1e-4, atol=1e-9)
    assert 1 <= np.abs(shares).max() < 10
    assert data["start"] == [2, 1]


def grids_of(app: AppTest) -> list[dict[str, Any]]:
    return shown_in(app, "conv_grid")


SHORT_CONV = replace(SMALL, steps=4, batch_size=20, learning_rate=0.01)  # each of its steps is kept
ENDS = ["before", "gradient", "change", "after"]
VELOCITIES = ["before", "gradient", "old", "velocity", "after"]
ADAMS = ["before", "gradient", "mean", "size", "change", "after"]
OPTIMISERS = {
    "sgd": ({"optimiser": "sgd"}, ENDS),
    "sgd with decay": ({"optimiser": "sgd", "weight_decay": 0.05}, ENDS),
    "momentum": ({"optimiser": "sgd", "momentum": 0.9}, VELOCITIES),
    "momentum with decay": ({"optimiser": "sgd", "momentum": 0.9, "weight_decay": 0.05}, VELOCITIES),
    "adam": ({"optimiser": "adam"}, ADAMS),
    "adam with decay": ({"optimiser": "adam", "weight_decay": 0.05}, ADAMS),
    "adamw with decay": ({"optimiser": "adamw", "weight_decay": 0.05}, ADAMS),
}


def changes_of(app: AppTest) -> tuple[dict[str, np.ndarray], str, list[int]]:
    """The grids of the update, by name and in order; the sentence with its gaps; the weight it is about."""
    (data,) = shown_in(app, "step_grids")
    assert data["kind"] == "change"
    grids = {
        grid["name"]: np.frombuffer(b64decode(grid["values"]["data"]), "<f4").reshape(grid["values"]["shape"])
        for grid in data["grids"]
    }
    (sentence,) = data["labels"]["sentences"]
    return grids, sentence, data["weight"]


def equations(sentence: str) -> list[tuple[str, str]]:
    """What stands on both sides of each = of a sentence, as Python with the grids' names; in any language."""
    signs = str.maketrans({"−": "-", "×": "*", "÷": "/", "{": "", "}": ""})
    found = re.findall(r"([^:;]*?) = [^{:;]*\{(\w+)\}", sentence)
    return [(re.sub(r"^[^\d{(−]*", "", left).translate(signs), right) for left, right in found]


def right_to_rounding(grids: dict[str, np.ndarray], sentence: str) -> bool:
    """Whether every sum of the sentence comes out, for each weight of the filter."""
    exact = {name: values.astype(np.float64) for name, values in grids.items()}
    size = max(float(np.abs(values).max()) for name, values in exact.items() if name != "size")
    found = equations(sentence)
    assert found
    sums = [(eval(left, {}, exact), exact[right]) for left, right in found]
    sums += [(exact["before"] + exact["change"], exact["after"])] if "change" in exact else []
    return all(np.allclose(left, right, rtol=1e-5, atol=2e-7 * size) for left, right in sums)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_update_is_the_runs_own_step_and_its_sentence_adds_up(open_page: OpenPage, name: str) -> None:
    changed, names = OPTIMISERS[name]
    open_page("slow_motion")
    run = train_into(Recorder(), replace(SHORT_CONV, **changed), few_images())  # type: ignore[arg-type]
    kept = [RunStore().weights(run, step)["conv1.weight"][1, 0] for step in (2, 3)]
    for lang in ("en", "ko"):
        app = open_page(
            "slow_motion", lang=lang, run=run, step=0, hand=2, phase="update", filter=1, weight="3-2"
        )
        grids, sentence, weight = changes_of(app)
        assert list(grids) == names
        assert weight == [3, 2]
        assert np.allclose(grids["before"], kept[0], rtol=1e-5, atol=1e-8)
        assert np.allclose(grids["after"], kept[1], rtol=1e-5, atol=1e-8)
        assert right_to_rounding(grids, sentence)
        swapped = grids | {"before": grids["after"], "after": grids["before"]}
        assert not right_to_rounding(swapped, sentence)
    copy = open_run(RunStore(), load_mnist(), run, 0)
    gradients = [copy.at(n).update.gradient[1, 0].astype(float) for n in range(3)]  # type: ignore[index]
    assert np.allclose(grids["gradient"], gradients[2], rtol=1e-4, atol=1e-8)
    if name == "momentum":
        assert np.allclose(grids["old"], 0.9 * gradients[0] + gradients[1], rtol=1e-4, atol=1e-8)
    if name in ("adam", "adamw with decay"):  # Kingma and Ba 2015, algorithm 1
        mean = size = np.zeros(gradients[0].shape)
        for gradient in gradients:
            mean, size = 0.9 * mean + 0.1 * gradient, 0.999 * size + 0.001 * gradient**2
        assert np.allclose(grids["mean"], mean / (1 - 0.9**3), rtol=1e-4, atol=1e-8)
        assert np.allclose(grids["size"], np.sqrt(size / (1 - 0.999**3)), rtol=1e-3, atol=1e-7)


@pytest.mark.usefixtures("one_thread")
def test_a_paused_runs_newest_step_is_offered_with_its_memory_and_goes_on_as_the_run_itself(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    monkeypatch.setattr("cnn_core.worker.CHECKPOINT_SECONDS", 0.0)
    open_page("slow_motion")
    store, spec = Recorder(), replace(SMALL, steps=200, optimiser="adamw", weight_decay=0.05)
    run = store.add(spec, "mine", "me")
    task = store.take(run)
    assert task is not None
    segment = train_segment(task, 0.0, key=run)
    while store.record(task, segment) and segment.ends < 5:
        segment = go_on(run, 0.0)  # type: ignore[assignment]
    let_go(run)
    store.request(run, "pause", "me")
    assert store.checkpoint_steps(run) == [4, 5]
    assert 5 not in store.snapshot_steps(run)

    copy = open_run(RunStore(), load_mnist(), run, 5)
    assert copy.memory_known
    store.request(run, "continue", "me")
    again = store.take(run)
    assert again is not None
    own = train_segment(again, 0.0).checkpoint  # the run itself goes on
    by_hand = copy.checkpoint(0)
    assert own is not None
    assert by_hand.step == own.step == 6
    assert bits(by_hand.data) == bits(own.data)

    app = open_page("slow_motion", run=run, step=5, phase="update", filter=1, weight="2-3")
    assert int(app.select_slider[0].value) == 5
    assert [int(step) for step in app.select_slider[0].options] == [0, 1, 2, 3, 4, 5]
    assert "memory starts empty" not in said(app)
    after = load(own.data)["model.conv1.weight"][1, 0]
    assert np.allclose(changes_of(app)[0]["after"], after, rtol=1e-5, atol=1e-8)
    assert float(code_of(app)["output"].detach()) == pytest.approx(after[2, 3], rel=1e-5)  # type: ignore[attr-defined]
    assert "memory starts empty" in said(open_page("slow_motion", run=run, step=3, phase="update"))


def bits(checkpoint: bytes) -> dict[str, bytes]:
    """Its tensors: what safetensors notes beside them may stand in any order."""
    return {name: array.tobytes() for name, array in load(checkpoint).items()}
