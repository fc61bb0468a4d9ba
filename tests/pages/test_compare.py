"""The compare page: runs on one clock, one digit through each, the mistakes that tell two of them apart."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data import load_mnist
from cnn_core.features import feature_maps
from cnn_core.figures import feature_map_strip, filter_grid, scale_text
from cnn_core.mistakes import disagreements, disagreements_picture
from cnn_core.models import MLP
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from tests.grids import pixels
from tests.pages.conftest import OpenPage, code_of, numbers, shown_in
from tests.trained import DIVERGED, SMALL, few_images, train_into
from ui.network_answers import story_layers
from ui.way_through import MAP

FIRST = TrainingSpec(model=MLP, optimiser="adam", learning_rate=1e-3, steps=40, train_size=400, batch_size=40)
SECOND = replace(FIRST, pixels="shuffled", steps=20)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def two(open_page: OpenPage) -> tuple[str, str]:
    """Two runs of the store that the page will look at."""
    open_page("training")
    store, data = Recorder(), few_images()
    return train_into(store, FIRST, data, "first"), train_into(store, SECOND, data, "second")


@pytest.fixture
def four(open_page: OpenPage) -> list[str]:
    """Four runs that answer otherwise, with small batches whose last one is smaller still."""
    open_page("training")
    store, data = Recorder(), few_images()
    specs = [replace(FIRST, batch_size=16, steps=steps, seed=steps) for steps in (2, 6, 15, 40)]
    return [train_into(store, spec, data, f"run {spec.steps}") for spec in specs]


def pictures_of(app: AppTest) -> list[tuple[np.ndarray, str]]:
    """All pictures of the page in their order: pixels and caption."""
    shown = [one for element in [*app.get("image"), *app.get("imgs")] for one in element.proto.imgs]
    return [(pixels(one.url), one.caption) for one in shown if one.url.startswith("data:")]


def matrices_of(app: AppTest) -> list[np.ndarray]:
    """The numbers in the cells of the three matrices: the difference, the first run's, the second's."""
    figures = [json.loads(chart.proto.spec)["data"][0] for chart in app.get("plotly_chart")]
    texts = [numbers(figure["text"]) for figure in figures if figure["type"] == "heatmap"]
    plain = [[str(n).replace("−", "-").replace("+", "") or "0" for n in text.ravel()] for text in texts]
    return [np.array(text, int).reshape(10, 10) for text in plain]


def confusions(run_id: str) -> np.ndarray:
    """Counted one by one: a row for each true digit, a column for each answer."""
    counts = np.zeros((10, 10), int)
    answers = RunStore().evaluation(run_id)
    for label, answer in zip(few_images().test_labels, answers, strict=True):  # type: ignore[arg-type]
        counts[label, answer] += 1
    return counts


def test_it_opens_on_the_reference_run_and_says_where_others_come_from(open_page: OpenPage) -> None:
    app = open_page("compare")
    assert app.multiselect(key="compare.runs").value == [REFERENCE]
    assert "only one run" in app.info[0].value


def test_it_opens_on_the_newest_runs_beside_the_reference_run(
    open_page: OpenPage, two: tuple[str, str]
) -> None:
    assert set(open_page("compare").multiselect(key="compare.runs").value) == {*two, REFERENCE}


def test_one_digit_goes_through_each_as_its_network_sees_it(
    open_page: OpenPage, two: tuple[str, str]
) -> None:
    app = open_page("compare", runs=",".join(two), image="test-7")
    shares = code_of(app)["output"]
    assert isinstance(shares, dict)
    said = [m.value for m in app.markdown]
    for name, run_id in zip(("first", "second"), two, strict=True):
        best = int(np.argmax(shares[run_id]))
        assert f"**{name}**: **{best}** ({shares[run_id][best]:.1%})" in said
        assert best == RunStore().evaluation(run_id)[7]  # type: ignore[index]


def test_the_maps_of_the_same_digit_stand_beside_one_another(
    open_page: OpenPage, two: tuple[str, str]
) -> None:
    app = open_page("compare", runs=",".join(two), image="test-7", at=0)
    ways = [html.proto.body for html in app.get("html") if '"layer-rows narrow"' in html.proto.body]
    digit = load_mnist().test_images[7] / np.float32(255)
    for run_id, way in zip(two, ways, strict=True):
        spec = RunStore().run(run_id).spec
        maps = feature_maps(RunStore().model(run_id, 0), seen(spec, digit))
        names = re.findall(r"<b>(\w+)</b>", way)
        assert names == ["input", *story_layers(spec.model)[:-1]]
        for name, address in zip(names, re.findall(r'src="([^"]+)"', way), strict=True):
            shown = maps[name][:16] if maps[name].ndim == 3 else maps[name]
            mode = "signed" if shown.min() < 0 else "grey"
            columns = min(8, len(shown)) if shown.ndim == 3 else 25
            painted = feature_map_strip(shown, mode, columns=columns, tile_size=MAP, gap=1)
            np.testing.assert_array_equal(pixels(address), painted)
    assert ways[0] != ways[1]


def test_a_network_that_diverged_is_said_so_beside_the_other(
    open_page: OpenPage, two: tuple[str, str]
) -> None:
    broken = train_into(Recorder(), DIVERGED, few_images(), "broken")
    app = open_page("compare", runs=f"{two[0]},{broken}", image="test-7")
    assert [w.value for w in app.warning if "**broken**" in w.value and "diverged" in w.value]
    assert any(m.value.startswith("**first**: **") for m in app.markdown)


def test_one_step_moves_all_and_each_shows_what_it_had_kept_by_then(
    open_page: OpenPage, two: tuple[str, str]
) -> None:
    app = open_page("compare", runs=",".join(two), at=0)
    shares = code_of(app)["output"]
    assert isinstance(shares, dict)
    assert {run_id: float(shares[run_id].max()) < 0.3 for run_id in two} == dict.fromkeys(two, True)
    end = open_page("compare", runs=",".join(two), at=40)
    assert f"'{two[0]}': 40" in end.code[-1].value
    assert f"'{two[1]}': 20" in end.code[-1].value


def test_disagreements_are_counted_by_who_is_right(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("compare", runs=",".join(two), who="first")
    labels = few_images().test_labels
    found = disagreements(labels, *(RunStore().evaluation(i) for i in two))  # type: ignore[arg-type]
    said = str(app.get("button_group"))
    assert f"only first is right: {len(found['first'])}" in said
    assert len(found["all"]) == sum(len(found[who]) for who in ("first", "second", "neither"))


def test_runs_that_are_gone_get_a_sentence(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("compare", runs=f"{two[0]},gone,x", pair="2-3")
    assert app.warning[0].value.startswith("2 of these runs")
    assert not app.exception


def test_it_speaks_korean(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("compare", runs=",".join(two), lang="ko", clock="images")
    assert "같은 숫자를 각 신경망에" in [s.value for s in app.subheader]


def test_the_filters_of_each_run_stand_at_one_step_on_one_scale(open_page: OpenPage) -> None:
    open_page("training")
    store, data = Recorder(), few_images(100, 50)
    spec = replace(SMALL, steps=6, train_size=100)
    small, large = replace(spec, initialisation="small"), replace(spec, initialisation="kaiming", steps=4)
    runs = [train_into(store, one, data, name) for one, name in ((small, "small"), (large, "large"))]
    for at, kept in ((0, (0, 0)), (3, (3, 3)), (6, (6, 4))):
        weights = [store.weights(run, step)["conv1.weight"] for run, step in zip(runs, kept, strict=True)]
        low, high = float(np.min(weights)), float(np.max(weights))
        app = open_page("compare", runs=",".join(runs), at=at)
        shown = {caption: drawn for drawn, caption in pictures_of(app) if ", step " in caption}
        assert list(shown) == [f"small, step {kept[0]}", f"large, step {kept[1]}"]
        for drawn, own in zip(shown.values(), weights, strict=True):
            np.testing.assert_array_equal(drawn, filter_grid(own, "grey", (low, high), 4, 40, 3))
        alone = filter_grid(weights[0], "grey", "shared", 4, 40, 3)
        assert not np.array_equal(next(iter(shown.values())), alone)  # a scale of its own would show
        assert f"black to white is {scale_text(low, high)}" in " ".join(c.value for c in app.caption)


def test_the_clock_of_images_counts_what_each_batch_size_has_seen(open_page: OpenPage) -> None:
    open_page("training")
    store, data = Recorder(), few_images(100, 50)
    specs = {
        "thirty": replace(FIRST, train_size=100, batch_size=30, steps=6),  # 30, 30, 30, 10, 30, 30
        "five": replace(FIRST, train_size=100, batch_size=5, steps=8),
    }
    runs = [train_into(store, spec, data, name) for name, spec in specs.items()]
    app = open_page("compare", runs=",".join(runs), clock="images")
    (chart,) = shown_in(app, "live_chart")
    assert (chart["xLabel"], chart["xMax"]) == ("images", 160)
    seen = {"thirty": [30, 60, 90, 100, 130, 160], "five": [5, 10, 15, 20, 25, 30, 35, 40]}
    for series, run in zip(chart["series"], runs, strict=True):
        loss, tests = series["lines"]
        steps = [0, *seen[series["name"]]]
        assert numbers(loss["x"]).tolist() == steps[1:]
        assert np.allclose(numbers(loss["y"]), store.metrics(run).loss)
        assert numbers(tests["x"]).tolist() == [steps[row.step] for row in store.evaluations(run)]
    by_steps = open_page("compare", runs=",".join(runs), clock="steps")
    first = shown_in(by_steps, "live_chart")[0]["series"][0]["lines"][0]
    assert numbers(first["x"]).tolist() == [1, 2, 3, 4, 5, 6]


def test_four_runs_are_compared_and_of_five_the_first_four_with_a_sentence(
    open_page: OpenPage, four: list[str]
) -> None:
    app = open_page("compare", runs=",".join(four))
    assert app.multiselect(key="compare.runs").value == four
    assert len([c for _, c in pictures_of(app) if ", step " in c]) == 4
    assert not app.info
    fifth = train_into(Recorder(), replace(FIRST, steps=3), few_images(), "fifth")
    for runs in ([fifth, *four], [*four, fifth]):
        app = open_page("compare", runs=",".join(runs))
        assert app.multiselect(key="compare.runs").value == runs[:4]
        assert app.info[0].value == "The link names 5 runs. The first 4 are compared here."
    assert not any("fifth" in caption for _, caption in pictures_of(app))


@pytest.mark.parametrize("pair", ["0-1", "1-2", "2-1", "2-0"])
def test_a_pair_of_three_compares_these_two_and_in_this_order(
    open_page: OpenPage, four: list[str], pair: str
) -> None:
    three = four[:3]
    app = open_page("compare", runs=",".join(three), pair=pair)
    first, second = (three[int(place)] for place in pair.split("-"))
    counts = [confusions(run) for run in (first, second)]
    difference, *shown = matrices_of(app)
    np.testing.assert_array_equal(shown, counts)
    np.testing.assert_array_equal(difference, counts[0] - counts[1])
    assert not np.array_equal(*counts)
    names = [RunStore().run(run).name for run in (first, second)]
    assert [tab.label for tab in app.tabs] == [f"{names[0]} minus {names[1]}", *names]
    rights = [f"{np.trace(matrix) / 200:.2%}" for matrix in counts]
    said = " ".join(c.value for c in app.caption)
    assert f"{names[0]} reads {rights[0]}, {names[1]} {rights[1]}" in said


@pytest.mark.parametrize("who", ["all", "first", "second", "neither"])
def test_the_picture_shows_exactly_the_digits_on_which_they_disagree(
    open_page: OpenPage, four: list[str], who: str
) -> None:
    app = open_page("compare", runs=",".join(four[1:3]), who=who)
    labels, images = few_images().test_labels, load_mnist().test_images
    first, second = (RunStore().evaluation(run) for run in four[1:3])
    assert first is not None
    assert second is not None
    wanted = {
        "all": [i for i in range(200) if first[i] != second[i]],
        "first": [i for i in range(200) if first[i] == labels[i] != second[i]],
        "second": [i for i in range(200) if second[i] == labels[i] != first[i]],
        "neither": [i for i in range(200) if len({labels[i], first[i], second[i]}) == 3],
    }[who]
    assert wanted
    shown = wanted[:30]
    (drawn,) = (one for one, caption in pictures_of(app) if caption.startswith(f"The first {len(shown)}:"))
    tops, lefts = [80 * (i // 10) for i in range(len(shown))], [58 * (i % 10) for i in range(len(shown))]
    assert drawn.shape[:2] == (tops[-1] + 78, 9 * 58 + 56)
    for top, left, digit in zip(tops, lefts, shown, strict=True):
        np.testing.assert_array_equal(drawn[top : top + 56 : 2, left : left + 56 : 2, 0], images[digit])
    whole = disagreements_picture(images[shown], labels[shown], first[shown], second[shown], 10)
    np.testing.assert_array_equal(drawn, whole)
    swapped = disagreements_picture(images[shown], labels[shown], second[shown], first[shown], 10)
    assert not np.array_equal(drawn, swapped)
