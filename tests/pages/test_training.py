"""The training page: settings become a run in the store, equal settings one run; only its owner ends it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.events import Step
from cnn_core.presets import PRESETS
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.training import fit
from tests.pages.conftest import OpenPage, code_of

ME, OTHER = "a" * 32, "b" * 32
FEW = {"steps": 3, "train_size": 200, "batch_size": 16}


def press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label == label).click()
    app.run()
    assert not app.exception
    return app


def open_as(open_page: OpenPage, who: str, **address: object) -> AppTest:
    app = open_page("training", **address)
    app.session_state["learner.id"] = who
    app.run()
    return app


def said(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


def test_it_opens_on_the_finished_reference_run(open_page: OpenPage) -> None:
    app = open_page("training")
    last = RunStore().evaluations(REFERENCE)[-1]
    assert f"**{last.accuracy:.2%}**" in said(app)
    assert "Reference run" in said(app)


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_says_what_to_expect(open_page: OpenPage, name: str) -> None:
    assert PRESETS[name].expect in said(open_page("training", preset=name))


def test_start_puts_the_run_into_the_store_and_its_id_into_the_address(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME), "Start")
    run = RunStore().run(PRESETS["fast"].spec.run_id)
    assert app.query_params["run"] == run.id
    assert (run.state, run.owner) == ("queued", ME)
    assert "getting ready to train" in said(app)


def test_the_same_settings_are_one_run_which_only_its_owner_ends(open_page: OpenPage) -> None:
    press(open_as(open_page, ME), "Start")
    app = press(open_as(open_page, OTHER), "Start")
    runs = [run for run in RunStore().runs() if run.id != REFERENCE]
    assert len(runs) == 1
    assert "Pause" not in [b.label for b in app.button]
    assert any("Somebody else started this run" in c.value for c in app.caption)
    mine = open_as(open_page, ME, run=runs[0].id)
    press(mine, "Pause")
    assert RunStore().run(runs[0].id).state == "paused"
    press(mine, "Continue")
    assert RunStore().run(runs[0].id).state == "queued"


def test_changed_settings_are_another_run(open_page: OpenPage) -> None:
    app = open_as(open_page, ME, preset="notebook")
    app.number_input(key="setting.learning_rate").set_value(0.1).run()
    press(app, "Start")
    spec = replace(PRESETS["notebook"].spec, learning_rate=0.1)
    assert RunStore().run(spec.run_id).spec == spec
    assert app.query_params["learning_rate"] == "0.1"


def test_choosing_a_preset_takes_back_the_changes(open_page: OpenPage) -> None:
    app = open_as(open_page, ME, learning_rate=0.5)
    app.selectbox(key="widget.training.preset").select("accurate").run()
    assert "learning_rate" not in app.query_params
    assert app.number_input(key="setting.learning_rate").value == PRESETS["accurate"].spec.learning_rate


def test_a_run_can_be_deleted_and_brought_back(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME), "Start")
    run_id = app.query_params["run"]
    press(app, "Delete this run")
    assert run_id not in [run.id for run in RunStore().runs()]
    press(app, "Undo: bring the deleted run back")
    assert RunStore().run(run_id).owner == ME


def test_an_unknown_run_gets_a_sentence_and_the_page_goes_on(open_page: OpenPage) -> None:
    app = open_page("training", run="nothing")
    assert len(app.warning) == 1
    assert "Start" in [b.label for b in app.button]


def test_a_file_that_is_no_run_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("training")
    app.file_uploader(key="training.import").upload("run.safetensors", b"not a run").run()
    assert not app.exception
    assert len(app.error) == 1


def test_the_code_trains_what_the_page_would(open_page: OpenPage) -> None:
    left = code_of(open_page("training", **FEW))
    spec = replace(PRESETS["fast"].spec, **FEW)
    losses = [e.loss for e in fit(spec, load_mnist()) if isinstance(e, Step)]
    assert np.allclose(left["losses"], losses, rtol=1e-3)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("training", lang="ko").header[0].value == "신경망은 어떻게 읽는 법을 배울까요?"
