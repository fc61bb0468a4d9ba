"""The page of one step: its four phases, their code, and what it says where something is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.models import MLP, NOTEBOOK
from cnn_core.ops import conv2d
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.slow_motion import SlowStep, filter_gradient, open_run
from cnn_core.training import TrainingSpec
from tests.pages.conftest import OpenPage, code_of, shown_in
from tests.trained import few_images, train_into

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
