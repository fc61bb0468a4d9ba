"""The experiments page: a question and a guess first, real runs, and words with their numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.claims import FILE, SINGLE_CHANGES, Claim, recorded
from cnn_core.data import load_mnist
from cnn_core.experiments import EXPERIMENTS, FEW, Experiment
from cnn_core.features import mean_loss
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.worker import train_segment
from tests.pages.conftest import OpenPage, numbers, shown_in
from tests.trained import few_images, train_into
from ui import experiment_words

ME = "a" * 32

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same experiments with two steps a run."""
    for slug, experiment in EXPERIMENTS.items():
        variants = tuple(
            replace(v, spec=replace(v.spec, steps=2, batch_size=min(4, v.spec.batch_size), train_size=40 + i))
            for i, v in enumerate(experiment.variants)
        )
        monkeypatch.setitem(EXPERIMENTS, slug, replace(experiment, variants=variants))


def press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label == label).click()
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


def train_all(experiment: Experiment) -> list[str]:
    store, data = Recorder(), few_images(100, 100)
    return [train_into(store, variant.spec, data, variant.name) for variant in experiment.variants]


def test_it_opens_on_a_question_without_its_answer(open_page: OpenPage) -> None:
    app = open_page("experiments")
    experiment = EXPERIMENTS["learning_rate"]
    assert experiment.question in said(app)
    assert [b.label for b in app.button if b.label.startswith("Start")] == ["Start the experiment"]
    assert not app.get("progress")
    assert [run.id for run in RunStore().runs()] == [REFERENCE]


@pytest.mark.parametrize("slug", EXPERIMENTS)
def test_start_puts_all_runs_into_the_queue_under_their_names(open_page: OpenPage, slug: str) -> None:
    app = press(open_page("experiments", experiment=slug), "Start the experiment")
    experiment = EXPERIMENTS[slug]
    for variant in experiment.variants:
        run = RunStore().run(variant.spec.run_id)
        assert (run.state, run.name) == ("queued", f"{experiment.name}: {variant.name}")
    assert app.query_params["shown"] == "1"
    assert experiment.look in said(app)


def test_a_run_that_somebody_else_paused_is_said_to_wait_for_them(open_page: OpenPage) -> None:
    spec = EXPERIMENTS["learning_rate"].variants[0].spec
    RunStore().add(spec, "Mine", "b" * 32)
    RunStore().request(spec.run_id, "pause", "b" * 32)
    app = press(open_page("experiments"), "Start the experiment")
    assert RunStore().run(spec.run_id).state == "paused"
    assert [i.value.split(":")[0] for i in app.info] == ["Mine is paused or stopped"]


def test_another_experiment_begins_with_its_own_question(open_page: OpenPage) -> None:
    app = press(open_page("experiments", guess=1), "Start the experiment")
    app.button_group(key="widget.experiments.experiment").set_value("pooling").run()
    assert EXPERIMENTS["pooling"].question in said(app)
    assert "guess" not in app.query_params


@pytest.mark.parametrize("slug", EXPERIMENTS)
def test_the_words_take_their_numbers_from_the_runs(
    open_page: OpenPage, quick: None, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("experiments")
    ids = train_all(EXPERIMENTS[slug])
    _, words = experiment_words._WORDS[slug]
    monkeypatch.setitem(experiment_words._WORDS, slug, (lambda *_: True, words))
    accuracies = [RunStore().evaluations(i)[-1].accuracy for i in ids]
    for code in ("en", "ko"):
        app = open_page("experiments", experiment=slug, shown=1, lang=code)
        for accuracy in accuracies:
            assert f"{accuracy:.2%}" in said(app)
        assert any(f"{accuracies[0]:.2%}" in str(table.value) for table in app.dataframe)


@pytest.mark.parametrize("slug", ["few_images", "augmentation"])
def test_overfitting_is_seen_on_two_curves_of_each_run(open_page: OpenPage, quick: None, slug: str) -> None:
    open_page("experiments")
    ids, mnist = train_all(EXPERIMENTS[slug]), load_mnist()
    (chart,) = (
        chart
        for chart in shown_in(open_page("experiments", experiment=slug, shown=1), "live_chart")
        if chart["file"] == "overfitting"
    )
    parts = [(mnist.train_images, mnist.train_labels), (mnist.test_images, mnist.test_labels)]
    expected = [
        [mean_loss(RunStore().model(run, step), images[:FEW], labels[:FEW]) for step in (0, 2)]
        for run in ids
        for images, labels in parts
    ]
    for series, losses in zip(chart["series"], expected, strict=True):
        (line,) = series["lines"]
        assert numbers(line["x"]).tolist() == [0, 2]  # the steps at which it was tested
        assert numbers(line["y"]) == pytest.approx(losses, rel=1e-5)
    names = [series["name"] for series in chart["series"]]
    assert [name.rsplit(": ", 1)[1] for name in names] == ["learned from", "never seen"] * 2


def test_runs_that_came_out_otherwise_are_not_explained_as_usual(open_page: OpenPage, quick: None) -> None:
    open_page("experiments")
    train_all(EXPERIMENTS["momentum"])  # two steps: momentum cannot have won yet
    app = open_page("experiments", experiment="momentum", shown=1)
    assert "came out otherwise" in said(app)


def changes_of(app: AppTest) -> list[tuple[str, str, str]]:
    """The table of single changes, row by row."""
    (table,) = (t.value for t in app.dataframe if "What is changed" in t.value.columns)
    return [tuple(row) for row in table.itertuples(index=False)]


def test_which_single_change_passes_first_is_told_as_it_was_recorded(
    open_page: OpenPage, quick: None
) -> None:
    open_page("experiments")
    train_all(EXPERIMENTS["learning_rate"])
    app = open_page("experiments", experiment="learning_rate", shown=1)
    told = json.loads(FILE.read_text())["single_changes"]
    passed = sorted((name for name in told if told[name]["passed"]), key=lambda n: told[n]["steps"])
    missed = sorted((name for name in told if not told[name]["passed"]), key=lambda n: told[n]["steps"])
    assert set(missed[:-1]) == {"initialisation", "momentum"}  # of two epochs both; further one first
    missed[:-1] = sorted(missed[:-1], key=lambda n: -told[n]["accuracy"])
    assert changes_of(app) == [
        *(
            (SINGLE_CHANGES[n][0], f"{told[n]['steps']:,} steps", f"{told[n]['accuracy']:.2%}")
            for n in passed
        ),
        *(
            (SINGLE_CHANGES[n][0], f"not in {told[n]['steps']:,} steps", f"{told[n]['accuracy']:.2%}")
            for n in missed
        ),
    ]
    first = told[passed[0]]
    assert (
        f"({told['nothing']['steps']:,} steps) it reads **{told['nothing']['accuracy']:.2%}**. First of the "
        f"single changes comes **{SINGLE_CHANGES[passed[0]][0]}**, after {first['steps']:,} steps."
    ) in said(app)


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ({"optimiser": (100, True)}, "Adam instead of SGD"),
        ({"momentum": (100, True)}, "momentum 0.9"),
        ({"optimiser": (200, True)}, ""),  # two at once
        ({"optimiser": (1200, False), "learning_rate": (1200, False)}, ""),  # none
        ({"nothing": (5000, True)}, ""),  # the notebook gets there itself
    ],
    ids=["another first", "a third first", "two at once", "none", "the notebook too"],
)
def test_no_change_is_called_the_first_that_was_not(
    open_page: OpenPage,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, tuple[int, bool]],
    first: str,
) -> None:
    claims = recorded() | {
        name: Claim(recorded()[name].run, steps, 0.92 if passed else 0.5, passed)
        for name, (steps, passed) in changed.items()
    }
    monkeypatch.setattr("ui.experiment_results.recorded", lambda: claims)
    open_page("experiments")
    train_all(EXPERIMENTS["learning_rate"])
    app = open_page("experiments", experiment="learning_rate", shown=1)
    assert len(changes_of(app)) == len(claims)
    if first:
        assert f"comes **{first}**, after 100 steps" in said(app)
        assert changes_of(app)[0][0] == first
    else:
        assert "First of the single changes" not in said(app)
        assert "the table tells how far each of them came" in said(app)


@pytest.mark.slow
@pytest.mark.parametrize("slug", EXPERIMENTS)
def test_trained_for_real_each_experiment_comes_out_as_its_words_say(open_page: OpenPage, slug: str) -> None:
    open_page("experiments")
    store = Recorder()
    for variant in EXPERIMENTS[slug].variants:
        store.add(variant.spec, variant.name)
        task = store.take(variant.spec.run_id)
        assert task is not None
        store.record(task, train_segment(task, 3600.0))
    app = open_page("experiments", experiment=slug, shown=1)
    assert "What came out, and why" in [s.value for s in app.subheader]
    assert "came out otherwise" not in said(app)
    for variant in EXPERIMENTS[slug].variants:
        assert f"{RunStore().evaluations(variant.spec.run_id)[-1].accuracy:.2%}" in said(app) + str(
            [table.value for table in app.dataframe]
        )


def test_a_guess_is_told_right_or_wrong(open_page: OpenPage, quick: None) -> None:
    open_page("experiments")
    ids = train_all(EXPERIMENTS["few_images"])
    losses = [float(RunStore().metrics(i).loss.mean()) for i in ids]
    best = losses.index(min(losses))
    names = [v.name for v in EXPERIMENTS["few_images"].variants]
    app = open_page("experiments", experiment="few_images", shown=1, guess=best)
    assert app.success[0].value == f"You guessed right: {names[best]}."
    app = open_page("experiments", experiment="few_images", shown=1, guess=1 - best)
    assert app.info[0].value == f"You guessed {names[1 - best]}; it was {names[best]}."


def test_who_comes_later_guesses_before_seeing(open_page: OpenPage, quick: None) -> None:
    open_page("experiments")
    train_all(EXPERIMENTS["augmentation"])
    app = open_page("experiments", experiment="augmentation")
    assert "What came out, and why" not in [s.value for s in app.subheader]
    app = press(app, "Show what came out")
    assert "What came out, and why" in [s.value for s in app.subheader]


def test_the_code_trains_the_experiments_runs(
    open_page: OpenPage, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("experiments", experiment="few_images")
    ids = train_all(EXPERIMENTS["few_images"])
    monkeypatch.setattr("cnn_core.data.load_mnist", lambda: few_images(100, 100))
    left: dict[str, dict[str, float]] = {}
    exec(app.code[-1].value, left)
    assert list(left["accuracy"].values()) == [RunStore().evaluations(i)[-1].accuracy for i in ids]
