"""Going back on the training page: a branch is one press, and the family tree leads to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.family import family
from cnn_core.models import BATCH_NORM, FLATTEN, MLP, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.worker import train_segment
from tests.pages.conftest import OpenPage
from tests.trained import few_images, train_into

ME = "a" * 32
SPEC = TrainingSpec(model=MLP, optimiser="sgd", momentum=0.9, steps=10, train_size=100, batch_size=20)


def press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label == label).click()
    app.run()
    assert not app.exception
    return app


def opened(open_page: OpenPage, run_id: str, **address: object) -> AppTest:
    app = open_page("training", run=run_id, **address)
    app.session_state["learner.id"] = ME
    return app.run()


def test_a_branch_starts_at_the_step_with_what_was_changed(open_page: OpenPage) -> None:
    open_page("training")
    parent = train_into(Recorder(), SPEC, few_images(100, 100), "parent", ME)
    app = opened(open_page, parent, step=4)
    app.number_input(key=f"branch.{parent}.learning_rate").set_value(0.5).run()
    app = press(app, "Start the branch at step 4")
    child = RunStore().runs()[0]
    assert child.id in str(app.query_params["run"])
    assert (child.name, child.owner, child.state) == ("parent, from step 4", ME, "queued")
    assert (child.spec.learning_rate, child.spec.momentum, child.spec.steps) == (0.5, 0.9, 10)
    assert {m.run.id: (m.parent, m.step) for m in family(RunStore())}[child.id] == (parent, 4)
    assert "The family of this run" in [s.value for s in app.subheader]


def test_a_run_without_branches_has_no_tree(open_page: OpenPage) -> None:
    app = opened(open_page, REFERENCE)
    assert "The family of this run" not in [s.value for s in app.subheader]


def test_the_reference_run_can_be_branched_and_its_family_is_told_in_korean(open_page: OpenPage) -> None:
    app = press(opened(open_page, REFERENCE, step=254), "Start the branch at step 254")
    child = RunStore().runs()[0]
    assert child.name == "Reference run, from step 254"
    app = opened(open_page, child.id, lang="ko")
    assert "이 학습의 가계도" in [s.value for s in app.subheader]


def test_batch_part_of_the_data_and_momentum_are_chosen_too(open_page: OpenPage) -> None:
    open_page("training")
    spec = replace(SPEC, optimiser="adamw", momentum=0.0)
    parent = train_into(Recorder(), spec, few_images(100, 100), "parent", ME)
    app = opened(open_page, parent, step=4)
    assert app.number_input(key=f"branch.{parent}.momentum").disabled
    app.selectbox(key=f"branch.{parent}.optimiser").select("sgd").run()
    app.number_input(key=f"branch.{parent}.momentum").set_value(0.8).run()
    app.number_input(key=f"branch.{parent}.batch_size").set_value(10).run()
    app.number_input(key=f"branch.{parent}.train_size").set_value(50).run()
    press(app, "Start the branch at step 4")
    child = RunStore().runs()[0].spec
    assert (child.optimiser, child.momentum, child.batch_size, child.train_size) == ("sgd", 0.8, 10, 50)


@pytest.mark.usefixtures("one_thread")
def test_schedule_seed_augmentation_and_frozen_layers_are_chosen_and_the_frozen_stay_to_the_bit(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    data = few_images(100, 100)
    monkeypatch.setattr("cnn_core.worker.load_mnist", lambda: data)
    open_page("training")
    store = Recorder()
    model = ModelSpec((conv(2, 5), BATCH_NORM, RELU, max_pool(4), FLATTEN, linear(10)))
    parent = train_into(store, replace(SPEC, model=model), data, "parent", ME)
    app = opened(open_page, parent, step=4)
    app.selectbox(key=f"branch.{parent}.schedule").select("one_cycle").run()
    app.number_input(key=f"branch.{parent}.seed").set_value(7).run()
    app.multiselect(key=f"branch.{parent}.frozen").select("conv1").select("norm1").run()
    app.toggle(key=f"branch.{parent}.augmentation").set_value(True).run()
    press(app, "Start the branch at step 4")
    child = RunStore().runs()[0]
    chosen = {"schedule": "one_cycle", "seed": 7, "frozen": ("conv1", "norm1"), "augmentation": True}
    assert child.spec == replace(SPEC, model=model, start=child.spec.start, **chosen)  # type: ignore[arg-type]

    task = store.take(child.id)
    assert task is not None
    store.record(task, train_segment(task, 3600.0, store.start_weights(child.spec)))
    begun, ended = (RunStore().weights(child.id, step) for step in (0, 10))
    for name, before in RunStore().weights(parent, 4).items():
        assert begun[name].tobytes() == before.tobytes()
        stays = name.startswith(("conv1.", "norm1."))
        assert (ended[name].tobytes() == before.tobytes()) is stays, name
    unfrozen = RunStore().weights(parent, 10)["conv1.weight"]  # the parent's own way on from that step
    assert not np.array_equal(unfrozen, ended["conv1.weight"])
