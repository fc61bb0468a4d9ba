"""One chosen digit while a run trains: its probabilities and maps follow the newest weights."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.events import Snapshot, Step
from cnn_core.features import predict
from cnn_core.recording import Blob, Recorder, Segment
from cnn_core.records import digest, pack
from cnn_core.runs import RunStore
from cnn_core.training import TrainingSpec, fit
from tests.pages.conftest import OpenPage
from tests.trained import SMALL, few_images, train_into
from ui import run_watch, way_through
from ui.specimen import store


def shown(app: AppTest) -> str:
    return next(e.proto.body for e in app.get("html") if "one-digit" in e.proto.body)


def said_of(run_id: str, step: int, number: int) -> str:
    shares = predict(RunStore().model(run_id, step), load_mnist().test_images[number])
    return f"This image at step {step}: it reads a <b>{shares.argmax()}</b>, {shares.max():.1%} sure."


def segments(spec: TrainingSpec) -> list[Segment]:
    """The spec's training, a segment for each snapshot, as an engine writes them."""
    events, found = list(fit(spec, few_images())), []
    steps = [(e.step, e.loss, e.learning_rate, 1000.0) for e in events if isinstance(e, Step)]
    for event in (e for e in events if isinstance(e, Snapshot)):
        begins = found[-1].ends if found else 0
        blob = Blob(event.step, data := pack(event.weights), digest(data))
        new = [row for row in steps if begins < row[0] <= event.step]
        found.append(Segment(new, [], [blob], None, 0.5, {}, b"", event.step == spec.steps))
    return found


def test_the_chosen_digit_is_read_by_the_newest_weights(open_page: OpenPage) -> None:
    open_page("training")
    run_id = train_into(Recorder(), SMALL, few_images())
    html = shown(open_page("training", run=run_id, image="test-8"))
    assert said_of(run_id, SMALL.steps, 8) in html
    assert html.count('class="ten-bars"') == 1
    shares = predict(RunStore().model(run_id), load_mnist().test_images[8])
    assert all(f"width:{100 * share:.1f}%" in html for share in shares)  # a full bar is a probability of 1
    assert [name in html for name in ("<b>input</b>", "<b>relu1</b>", "<b>relu2</b>")] == [True] * 3
    assert "<b>fc2</b>" not in html  # the ten bars are it


def test_it_follows_the_run_as_weights_are_kept(open_page: OpenPage) -> None:
    open_page("training")
    recorder = Recorder()
    run_id = recorder.add(SMALL)
    app = open_page("training", run=run_id)
    assert "Here you will see how it reads one digit" in shown(app)
    task = recorder.take(run_id)
    assert task is not None
    told = set()
    for segment in segments(SMALL)[:4]:
        recorder.record(task, segment)
        app.run()
        assert said_of(run_id, segment.ends, 0) in shown(app)
        told.add(shown(app))
    assert len(told) == 4


def test_whoever_watches_second_finds_it_computed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("training")
    run_id = train_into(Recorder(), SMALL, few_images())
    counted: list[int] = []
    maps = way_through.feature_maps
    monkeypatch.setattr(
        way_through, "feature_maps", lambda model, image: (counted.append(1), maps(model, image))[1]
    )
    app = open_page("training", run=run_id)
    counted.clear()
    app.run()
    store().rename(run_id, "news", "")  # a new version, and the same weights
    app.run()
    assert counted == []


def test_the_right_digit_is_outlined_and_the_image_stays_in_the_address(open_page: OpenPage) -> None:
    app = open_page("training", image="test-3")
    assert '<div class="right answer"><b>0</b>' in shown(app)  # the fourth test digit is a 0
    assert app.query_params["image"] == "test-3"


def test_a_page_brings_the_first_point_of_the_run_that_was_just_started(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("training")
    recorder, first = Recorder(), segments(SMALL)[1]
    run_id = recorder.add(SMALL)
    task = recorder.take(run_id)
    assert task is not None
    looks: list[float] = []

    def train(seconds: float) -> None:  # what an engine does meanwhile
        looks.append(seconds)
        if len(looks) == 3:
            recorder.record(task, first)

    monkeypatch.setattr(run_watch, "sleep", train)
    app = open_page("training", run=run_id)
    assert len(looks) == 3
    assert said_of(run_id, first.ends, 0) in shown(app)


@pytest.mark.parametrize(
    ("age", "step", "every"),
    [(0.0, 0, run_watch.SOON_SECONDS), (60.0, 0, run_watch.POLL_SECONDS), (0.0, 5, run_watch.POLL_SECONDS)],
)
def test_a_run_that_is_about_to_begin_is_looked_at_more_often(
    open_page: OpenPage, age: float, step: int, every: float
) -> None:
    open_page("training")
    run_id = Recorder().add(SMALL)
    with Recorder()._transaction() as connection:
        connection.execute("UPDATE runs SET created = created - ?, step = ?", (age, step))
    run = RunStore().run(run_id)
    assert run_watch._every(run_watch._phases([run])) == every
    behind = RunStore().run(Recorder().add(TrainingSpec(steps=9)))
    assert run_watch._every(run_watch._phases([behind])) == run_watch.POLL_SECONDS
