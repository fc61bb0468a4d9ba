"""The training page: settings become a run in the store, equal settings one run; only its owner ends it."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import design
from cnn_core.data import load_mnist
from cnn_core.events import Step
from cnn_core.features import predict
from cnn_core.figures import filter_grid, limits, scale_text
from cnn_core.messages import Problem
from cnn_core.mistakes import digit_wall
from cnn_core.own_kernels import filters
from cnn_core.presets import PRESETS
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.training import Trainer, TrainingSpec, fit
from cnn_core.worker import go_on, train_segment
from tests.grids import pixels
from tests.pages.conftest import OpenPage, code_of, shown_in
from tests.trained import SMALL, few_images, train_into
from ui.language import speaking, t
from ui.training_settings import choices_for, in_words

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


def pictures_of(app: AppTest) -> dict[str, tuple[np.ndarray, str]]:
    """The pictures that change as a run trains, by name: their pixels and the words below them."""
    (data,) = shown_in(app, "live_pictures")
    return {one["name"]: (pixels(one["source"]), one["caption"]) for one in data["pictures"]}


def test_it_opens_on_the_finished_reference_run(open_page: OpenPage) -> None:
    app = open_page("training")
    last = RunStore().evaluations(REFERENCE)[-1]
    assert f"**{last.accuracy:.2%}**" in said(app)
    assert "Reference run" in said(app)


def test_a_run_that_is_over_is_shown_as_it_was_at_any_step(open_page: OpenPage) -> None:
    store, mnist = Recorder(), load_mnist()
    run = train_into(store, SMALL, few_images())
    tested = [row.step for row in store.evaluations(run)]
    for step in (0, tested[1], store.snapshot_steps(run)[-2], SMALL.steps):
        app = open_page("training", run=run, step=step, image="test-3")
        answers, at = store.evaluation(run, step), max(n for n in tested if n <= step)
        assert answers is not None
        right = int((answers == mnist.test_labels[: len(answers)]).sum())
        assert f"At step {at:,} the network reads **{right} of 200** test images" in said(app)
        weights = filter_grid(store.weights(run, step)["conv1.weight"], "grey", "shared", 2, 74, gap=3)
        first, beside, wall = shown_in(app, "live_pictures")[0]["pictures"]
        np.testing.assert_array_equal(pixels(first["source"]), weights)
        assert f"at step {step:,}" in first["caption"]
        assert f"at step {at:,}" in wall["caption"]
        shares = predict(store.model(run, step), mnist.test_images[3] / np.float32(255))
        told = f"at step {step:,}: it reads a <b>{shares.argmax()}</b>, {shares.max():.1%} sure"
        assert told in " ".join(html.proto.body for html in app.get("html"))
        mark = shown_in(app, "live_chart")[0]["mark"]
        assert mark == (None if step == SMALL.steps else step)
        assert ("before" in beside["name"]) == (step != SMALL.steps)  # no gradient of an earlier step is kept


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
    press(open_as(open_page, ME), "fast, seed 0, step 0")
    assert RunStore().run(run_id).owner == ME


def test_every_deleted_run_waits_for_its_owner_to_bring_it_back(open_page: OpenPage) -> None:
    open_page("training")
    deleted = [RunStore().add(TrainingSpec(seed=seed), f"run {seed}", ME) for seed in range(3)]
    for run_id in deleted:
        RunStore().delete(run_id, ME)
    back = [f"run {seed}, step 0" for seed in (2, 1, 0)]  # after a reload, the last deleted first
    assert [b.label for b in open_as(open_page, ME).button if b.label in back] == back
    assert not [b for b in open_as(open_page, OTHER).button if b.label in back]
    app = press(open_as(open_page, ME), "run 1, step 0")
    assert app.query_params["run"] == deleted[1]
    assert [b.label for b in app.button if b.label in back] == [back[0], back[2]]


def test_whoever_starts_the_same_settings_is_told_what_became_of_them(open_page: OpenPage) -> None:
    press(open_as(open_page, ME), "Start")
    app = press(open_as(open_page, OTHER), "Start")
    assert "being trained already" in app.info[0].value
    RunStore().request(PRESETS["fast"].spec.run_id, "pause", ME)
    app = press(open_as(open_page, OTHER), "Start")
    assert "only they can let it go on now" in app.info[0].value
    assert RunStore().run(PRESETS["fast"].spec.run_id).state == "paused"
    app = press(open_as(open_page, ME), "Start")
    assert "goes on from step 0" in app.info[0].value
    assert RunStore().run(PRESETS["fast"].spec.run_id).state == "queued"


def test_another_seed_is_another_run(open_page: OpenPage) -> None:
    app = press(press(open_as(open_page, ME), "Start"), "Start with another seed")
    seeds = [run.spec.seed for run in RunStore().runs() if run.id != REFERENCE]
    assert len(set(seeds)) == 2
    assert app.query_params["seed"] == str(seeds[0])


def test_a_run_is_named_after_its_preset_and_what_was_changed(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME, learning_rate=0.1, network="mlp", seed=3), "Start")
    assert RunStore().run(app.query_params["run"]).name == "fast, fully connected, Learning rate 0.1, seed 3"


def test_momentum_belongs_to_sgd_alone(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME, momentum=0.9), "Start")
    assert app.query_params["run"] == PRESETS["fast"].spec.run_id
    assert app.number_input(key="setting.momentum").disabled
    app = press(open_as(open_page, ME, preset="notebook", momentum=0.9), "Start")
    assert RunStore().run(app.query_params["run"]).spec.momentum == 0.9


@pytest.mark.parametrize("name", PRESETS)
def test_a_runs_settings_can_be_begun_from(open_page: OpenPage, name: str) -> None:
    spec = replace(PRESETS[name].spec, seed=7, batch_size=50, augmentation=True)
    open_page("training")  # makes the home
    run_id = RunStore().add(spec, "theirs", OTHER)
    app = press(open_as(open_page, ME, run=run_id), "Begin from this run's settings")
    assert app.query_params["batch_size"] == "50"
    press(app, "Start")
    assert app.query_params["run"] == run_id


def test_settings_that_no_control_can_show_are_not_offered() -> None:
    assert choices_for(replace(PRESETS["fast"].spec, frozen=("conv1",))) is None
    assert choices_for(replace(PRESETS["fast"].spec, steps=50_000)) is None  # by the command line
    assert choices_for(PRESETS["book"].spec) is not None
    assert "AdamW" in in_words(PRESETS["fast"].spec)
    assert t("shuffled pixels") in in_words(TrainingSpec(pixels="shuffled"))


def test_the_network_is_changed_layer_by_layer_with_its_shapes(open_page: OpenPage) -> None:
    app = open_as(open_page, ME)
    assert "**123,222** parameters" in said(app)
    app.number_input(key="network.convs").set_value(2).run()
    app.number_input(key="network.filters.1").set_value(8).run()
    app.selectbox(key="network.activation").select("tanh").run()
    app.toggle(key="network.norm").set_value(True).run()
    assert app.query_params["network"] == "16,5,0,1;8,5,0,2_100_tanh_norm"
    shapes = "1×28×28 → conv1 16×24×24 → conv2 8×20×20 → pool1 8×10×10 → fc1 100 → fc2 10"
    assert f"{shapes}: **84,782** parameters" in said(app)
    spec = RunStore().run(press(app, "Start").query_params["run"]).spec
    assert spec.model == design.read("16,5,0,1;8,5,0,2_100_tanh_norm").network()
    app.selectbox(key="setting.network").select("lenet5").run()
    assert app.query_params["network"] == "lenet5"


def test_maps_that_shrink_to_nothing_get_one_sentence_and_no_start(open_page: OpenPage) -> None:
    app = open_page("training", network="16,5,0,4;8,9,0,1_100")
    assert app.warning[0].value.startswith("conv2: a window of 9×9 does not fit into maps of 6×6.")
    assert next(b for b in app.button if b.label == "Start").disabled
    assert not app.code
    app.number_input(key="network.kernel.1").set_value(3).run()
    assert not app.warning
    assert not next(b for b in app.button if b.label == "Start").disabled


def test_a_kernel_of_ones_own_trains_as_a_filter_and_shows_how_far_it_moved(open_page: OpenPage) -> None:
    app = open_as(open_page, ME, kernels="1,0;0,-1", network="4,5,0,4_", **FEW)
    assert "filters('1,0;0,-1', model[0].kernel_size[0])" in app.code[-1].value
    run_id = press(app, "Start").query_params["run"]
    store = Recorder()
    task = store.take(run_id)
    assert task is not None
    store.record(task, train_segment(task, 60))
    app.run()
    weights = store.weights(run_id)["conv1.weight"][0, 0]
    far = np.linalg.norm(weights - filters("1,0;0,-1", 5)[0])
    assert far > 0
    assert f"Training has moved it by **{far:.2f}**" in said(app)
    app.radio(key="setting.held").set_value("on").run()
    assert app.query_params["held"] == "on"
    press(app, "Train without it")
    assert "kernels" not in app.query_params


@pytest.mark.usefixtures("one_thread")
def test_the_pictures_are_the_first_layer_its_gradient_and_the_digits_read_wrong_just_now(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    monkeypatch.setattr("cnn_core.worker.load_mnist", few_images)
    open_page("training")
    store, spec = Recorder(), replace(SMALL, steps=200)
    run_id = store.add(spec, "mine", ME)
    task = store.take(run_id)
    assert task is not None
    segment = train_segment(task, 0.0, key=run_id)
    while store.record(task, segment) and segment.ends < 5:  # a step whose weights only `live` has
        segment = go_on(run_id, 0.0)  # type: ignore[assignment]
    live = RunStore().live(run_id)
    assert live is not None
    assert live.step == 5 > RunStore().snapshot_steps(run_id)[-1]

    shown = pictures_of(open_as(open_page, ME, run=run_id))
    assert list(shown) == ["first-layer", "gradient", "digits"]
    four = {"columns": 2, "tile_size": 74, "gap": 3}
    np.testing.assert_array_equal(shown["first-layer"][0], filter_grid(live.weights, "grey", **four))  # type: ignore[arg-type]
    np.testing.assert_array_equal(shown["gradient"][0], filter_grid(live.gradient, "signed", **four))  # type: ignore[arg-type]
    assert shown["first-layer"][1].endswith(f"step 5: black to white is {scale_text(*limits(live.weights))}")
    assert shown["gradient"][1].endswith(f"±{np.abs(live.gradient).max():.2g}")
    trainer = Trainer(spec, few_images())
    while trainer.step < 5:
        trainer.advance()
    weight = trainer.model.get_parameter("conv1.weight")
    assert weight.grad is not None
    assert np.allclose(live.weights, weight.detach(), rtol=1e-4, atol=1e-7)
    assert np.allclose(live.gradient, weight.grad, rtol=1e-4, atol=1e-7)

    before = wrong_digits(shown, run_id)
    assert store.record(task, go_on(run_id, 3600.0)) is False  # type: ignore[arg-type]
    after = wrong_digits(pictures_of(open_as(open_page, ME, run=run_id)), run_id)
    assert before.sum() > after.sum()  # or an old wall would do


def wrong_digits(shown: dict[str, tuple[np.ndarray, str]], run_id: str) -> np.ndarray:
    """Which of the first sixty test digits the newest test read wrong: the wall must show just these."""
    mnist, answers = load_mnist(), RunStore().evaluation(run_id)
    assert answers is not None
    wrong = answers[:60] != mnist.test_labels[:60]
    wall, words = shown["digits"]
    np.testing.assert_array_equal(wall, digit_wall(mnist.test_images[:60], wrong, 15))
    step = RunStore().evaluations(run_id)[-1].step
    assert f"at step {step}: {wrong.sum()} read wrong" in words
    return wrong


def test_who_leaves_the_queue_leaves_the_run_to_the_others(open_page: OpenPage) -> None:
    run_id = press(open_as(open_page, ME), "Start").query_params["run"]
    press(open_as(open_page, OTHER), "Start")
    app = press(open_as(open_page, ME, run=run_id), "Leave the queue")
    assert "run" not in app.query_params
    assert RunStore().run(run_id).owner == OTHER
    press(open_as(open_page, OTHER, run=run_id), "Leave the queue")
    assert run_id not in [run.id for run in RunStore().runs()]


def test_why_nothing_trains_is_said_to_whoever_waits(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME), "Start")
    Recorder().say_trouble(Problem("The training cluster cannot be reached: ask your teacher."))
    app.run()
    assert app.warning[0].value == "The training cluster cannot be reached: ask your teacher."


def test_a_learner_cleans_up_their_own_runs(open_page: OpenPage) -> None:
    open_page("training")
    file = RunStore().export_run(REFERENCE)
    run_id = RunStore().import_run(file, owner=ME)
    app = open_as(open_page, ME)
    assert re.search(r"Your runs take \d+\.\d MB on this computer: 1\.", said(app))
    app.number_input(key="clean.kept").set_value(1).run()
    press(app, "Remove these for good: 1")
    assert run_id not in [run.id for run in RunStore().runs()]


def test_runs_are_cleaned_up_by_their_age_and_only_ones_own(open_page: OpenPage) -> None:
    open_page("training")
    store, data = Recorder(), few_images(100, 50)
    quick = replace(SMALL, steps=2, train_size=100)
    ages = {"old": 40, "recent": 10, "of today": 0}
    ids = {name: train_into(store, replace(quick, seed=days), data, name, ME) for name, days in ages.items()}
    ids["theirs"] = train_into(store, replace(quick, seed=9), data, "theirs", OTHER)
    with store._transaction() as connection:
        for name, days in {**ages, "theirs": 40}.items():
            connection.execute(
                "UPDATE runs SET created = created - ? WHERE id = ?", (days * 86_400, ids[name])
            )

    def goes(app: AppTest) -> list[str]:
        tables = [table.value for table in app.dataframe if "MB" in table.value.columns]
        return list(tables[0]["Name"]) if tables else []

    app = open_as(open_page, ME)
    assert goes(app) == ["old"]  # 30 days
    assert goes(app.number_input(key="clean.days").set_value(41).run()) == []
    assert any("so old or so large" in caption.value for caption in app.caption)
    assert goes(app.number_input(key="clean.days").set_value(9).run()) == ["recent", "old"]
    assert goes(app.number_input(key="clean.days").set_value(20).run()) == ["old"]
    press(app, "Remove these for good: 1")
    left = {run.id for run in RunStore().runs()}
    assert left == {ids["recent"], ids["of today"], ids["theirs"], REFERENCE}


def test_epochs_are_steps_counted_in_passes(open_page: OpenPage) -> None:
    app = open_page("training", batch_size=50, train_size=600)
    app.number_input(key="setting.epochs").set_value(3).run()
    assert app.query_params["steps"] == "36"
    assert app.number_input(key="setting.steps").value == 36


def test_curves_of_other_runs_are_chosen_beside_it(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME), "Start")
    app.multiselect(key="training.compare").select(REFERENCE).run()
    assert app.query_params["compare"] == REFERENCE
    assert not app.exception
    assert not open_page("training", compare="gone,reference,,x").exception


def test_a_broken_loss_and_an_error_are_told_with_their_remedy(open_page: OpenPage) -> None:
    app = press(open_as(open_page, ME), "Start")
    store = Recorder()
    task = store.take(app.query_params["run"])
    assert task is not None
    with store._transaction() as connection:
        connection.execute("INSERT INTO metrics VALUES (?, 1, NULL, 0.1, 100.0)", (task.run_id,))
    app.run()
    assert "smaller learning rate" in app.warning[0].value
    store.fail(task, Problem("The worker was lost: start it once more."))
    app.run()
    assert app.error[0].value == "The worker was lost: start it once more."


def test_a_run_comes_back_from_its_file(open_page: OpenPage) -> None:
    app = open_as(open_page, ME)
    app.file_uploader(key="training.import").upload("run.safetensors", RunStore().export_run(REFERENCE)).run()
    assert not app.exception
    run = RunStore().run(app.query_params["run"])
    assert run.imported
    assert run.owner == ME
    assert f"**{RunStore().evaluations(REFERENCE)[-1].accuracy:.2%}**" in said(app)


def test_mistakes_of_one_kind_are_shown(open_page: OpenPage) -> None:
    app = open_page("training", confused="9-4")
    labels, answers = load_mnist().test_labels, RunStore().evaluation(REFERENCE)
    assert answers is not None
    nines = np.flatnonzero((labels == 9) & (answers == 4))
    chosen = next(box for box in app.selectbox if box.label == "Look into one of them")
    assert chosen.options == [f"Test digit {i}: 9 read as 4" for i in nines]
    assert "There is no such mistake." in said(open_page("training", confused="1-0"))


def test_an_unknown_run_gets_a_sentence_and_the_page_goes_on(open_page: OpenPage) -> None:
    app = open_page("training", run="nothing")
    assert len(app.warning) == 1
    assert "Start" in [b.label for b in app.button]


def test_a_file_that_is_no_run_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("training")
    app.file_uploader(key="training.import").upload("run.safetensors", b"not a run").run()
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize(
    ("code", "told", "korean"),
    [
        ("SQLITE_FULL", "the disk is full: make room on it", "디스크가 가득 차서"),
        ("SQLITE_BUSY_SNAPSHOT", "Others are writing just now", "지금 다른 사람들이 저장하고 있어요"),
        ("SQLITE_READONLY", "see that the disk can be written", "디스크에 쓸 수 있는지"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_store_that_refuses_is_told_with_its_remedy_and_the_page_goes_on(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, code: str, told: str, korean: str, language: str
) -> None:
    error = sqlite3.OperationalError("no")
    error.sqlite_errorname = code

    def refuse(*_: object, **__: object) -> None:
        raise error

    with speaking(language):
        app = open_as(open_page, ME, lang=language)
    file = RunStore().export_run(REFERENCE)
    for write in ("add", "import_run", "put_artifact"):
        monkeypatch.setattr(RunStore, write, refuse)
    with speaking(language):  # the test's own thread formats choices too
        app.button[0].click().run()  # Start
        assert (korean if language == "ko" else told) in app.toast[0].value
        app.file_uploader(key="training.import").upload("run.safetensors", file).run()
    assert (korean if language == "ko" else told) in app.error[0].value
    assert not app.exception
    assert app.code


@pytest.mark.parametrize(("language", "told"), [("en", "damaged on the disk"), ("ko", "손상")])
def test_a_damaged_snapshot_is_told_and_never_shown(open_page: OpenPage, language: str, told: str) -> None:
    open_page("training")
    run_id = train_into(Recorder(), SMALL, few_images())
    kept = RunStore().snapshot_steps(run_id)
    with Recorder()._transaction() as connection:
        connection.execute("UPDATE snapshots SET data = zeroblob(length(data)) WHERE step = ?", (kept[-1],))
    app = open_page("training", run=run_id, lang=language)
    with speaking(language):
        app.run()
    assert told in app.info[0].value
    body = next(e.proto.body for e in app.get("html") if "one-digit" in e.proto.body)
    assert f"{kept[-2]:,}" in body
    assert f"{kept[-1]:,}:" not in body


def test_the_code_trains_what_the_page_would(open_page: OpenPage) -> None:
    left = code_of(open_page("training", **FEW))
    spec = replace(PRESETS["fast"].spec, **FEW)
    losses = [e.loss for e in fit(spec, load_mnist()) if isinstance(e, Step)]
    assert np.allclose(left["losses"], losses, rtol=1e-3)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("training", lang="ko").header[0].value == "신경망은 어떻게 읽는 법을 배울까요?"
