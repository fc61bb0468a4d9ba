"""The filters page: before and after on one scale, one filter at work, a sentence for what is not there."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import gratings
from cnn_core.figures import picture_png
from cnn_core.images import open_picture, to_grey
from cnn_core.models import FLATTEN, LENET5, MLP, NOTEBOOK, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.ops import conv2d
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.strokes import Drawing, Stroke, to_json
from tests.pages.conftest import OpenPage, code_of
from tests.trained import few_images, train_into


def test_the_code_gives_the_books_grey_scale(open_page: OpenPage) -> None:
    left = code_of(open_page("filters"))
    output = np.asarray(left["output"])
    before, after = (RunStore().weights(REFERENCE, step)["conv1.weight"] for step in (0, None))
    low, high = min(before.min(), after.min()), max(before.max(), after.max())
    assert np.allclose(output, (after - low) / (high - low))


def test_training_turns_noise_into_smooth_shapes() -> None:
    before, after = (
        gratings.smoothness(RunStore().weights(REFERENCE, step)["conv1.weight"]) for step in (0, None)
    )
    assert before is not None
    assert after is not None
    assert abs(before) < 0.15
    assert after > before + 0.2


def sentences(app: AppTest) -> str:
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.warning])


def boards(app: AppTest) -> list[dict[str, Any]]:
    """The tiles, with the groups that they stand in."""
    shown = [json.loads(e.proto.json) for e in app.get("bidi_component")]
    return [data for data in shown if "groups" in data]


def test_of_weights_that_became_smooth_it_says_so(open_page: OpenPage) -> None:
    words = sentences(open_page("filters"))
    assert re.search(r"Before training the weights run from .* do not go together", words)
    assert re.search(r"After training the weights run from .* neighbours go together", words)


def test_of_a_run_that_learned_nothing_it_says_that_it_is_noise_still(open_page: OpenPage) -> None:
    spec = TrainingSpec(model=NOTEBOOK, optimiser="sgd", learning_rate=1e-6, steps=2, train_size=400)
    run = train_into(Recorder(), spec, few_images(400, 50))
    words = sentences(open_page("filters", run=run))
    assert "smooth shapes" not in words
    assert re.search(r"After training the weights run from .* do not go together", words)


def test_of_a_run_that_goes_on_it_does_not_speak_as_of_one_that_is_over(open_page: OpenPage) -> None:
    spec = TrainingSpec(model=NOTEBOOK, optimiser="adam", steps=2, train_size=400)
    run = train_into(Recorder(), spec, few_images(400, 50), finished=False)
    app = open_page("filters", run=run)
    assert "After training" not in sentences(app)
    assert "At step 2 the weights run from" in sentences(app)


def test_a_run_that_diverged_gets_a_sentence_and_its_first_step_is_shown(open_page: OpenPage) -> None:
    unbounded = ModelSpec((conv(4, 5), max_pool(2), conv(6, 3), FLATTEN, linear(10)))
    spec = TrainingSpec(
        model=unbounded, learning_rate=100.0, optimiser="sgd", momentum=0.9, steps=20, train_size=400
    )
    run = train_into(Recorder(), spec, few_images(400, 50))
    app = open_page("filters", run=run)
    assert "diverged" in app.warning[0].value
    app = open_page("filters", run=run, step=0)
    assert not app.warning
    assert "One filter at work" in [e.value for e in app.subheader]


def test_filters_of_one_weight_have_no_neighbours_to_speak_of(open_page: OpenPage) -> None:
    model = ModelSpec((conv(4, 1), RELU, max_pool(4), FLATTEN, linear(10)))
    spec = TrainingSpec(model=model, optimiser="adam", steps=2, train_size=400)
    words = sentences(open_page("filters", run=train_into(Recorder(), spec, few_images(400, 50))))
    assert "nan" not in words.lower()
    assert "neighbours" not in words


def test_the_tiles_stand_by_kind_and_polarity(open_page: OpenPage) -> None:
    weights = RunStore().weights(REFERENCE)["conv1.weight"]
    (board,) = boards(open_page("filters"))
    shown = {group["title"]: group["units"] for group in board["groups"]}
    assert sorted(number for numbers in shown.values() for number in numbers) == list(range(16))
    for title, numbers in shown.items():
        for number in numbers:
            found = gratings.orientation(weights[number])
            assert title in (f"{found.group}, {found.polarity}", gratings.UNCLEAR)
            assert board["labels"][number] == f"Filter {number}: {title}"
    assert (
        sum(title.startswith(gratings.HORIZONTAL_EDGE) for title in shown) == 2
    )  # brighter above, and below


def test_the_groups_are_charted_over_all_steps(open_page: OpenPage) -> None:
    store = RunStore()
    steps = store.snapshot_steps(REFERENCE)
    groups = [gratings.grouped(store.weights(REFERENCE, step)["conv1.weight"]) for step in steps]
    app = open_page("filters", step=254)
    (chart,) = app.get("plotly_chart")
    figure = json.loads(chart.proto.spec)
    drawn = {curve["name"]: list(map(int, curve["y"])) for curve in figure["data"]}
    assert drawn == gratings.counts(groups)
    assert all(list(map(int, curve["x"])) == steps for curve in figure["data"])
    assert [line["x0"] for line in figure["layout"]["shapes"]] == [254]


def test_a_picture_of_ones_own_is_filtered(open_page: OpenPage) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)
    app = open_page("filters", filter=3)
    app.session_state["picture.picture.choice"] = True
    app.run()
    app.file_uploader(key="picture.picture.file").upload("mine.png", picture_png(noise)).run()
    assert app.query_params["picture"].startswith("upload-")
    assert not app.warning
    weights = RunStore().weights(REFERENCE)["conv1.weight"]
    chosen = dict.fromkeys(
        [
            3,
            *(
                gratings.strongest(weights, kind)
                for kind in (gratings.VERTICAL_EDGE, gratings.HORIZONTAL_EDGE)
            ),
        ]
    )
    x = to_grey(open_picture(picture_png(noise)))
    maps = [conv2d(x[None, None], weights[i : i + 1])[0, 0] for i in chosen]
    shown = [i.caption for e in [*app.get("image"), *app.get("imgs")] for i in e.proto.imgs]
    limit = max(abs(m).max() for m in maps)
    assert any(f"filters {', '.join(map(str, chosen))} applied" in s and f"±{limit:.3g}" in s for s in shown)


def test_the_step_of_the_address_is_shown(open_page: OpenPage) -> None:
    app = open_page("filters", step=0)
    assert code_of(app)["after"].tobytes() == code_of(app)["before"].tobytes()


def test_a_filter_can_be_chosen_and_is_named(open_page: OpenPage) -> None:
    app = open_page("filters")
    app.number_input(key="filters.number").set_value(5).run()
    assert app.query_params["filter"] == "5"
    assert any(m.value.startswith("Filter 5 answers most to") for m in app.markdown)


def test_a_run_that_does_not_exist_gets_a_sentence_and_the_page_goes_on(open_page: OpenPage) -> None:
    app = open_page("filters", run="0123456789abcdef")
    assert len(app.warning) == 1
    assert "0123456789abcdef" in app.warning[0].value
    assert "output" in code_of(app)
    app.button[0].click().run()
    assert not app.warning


@pytest.mark.parametrize(
    "address", [{"scale": "signed"}, {"filter": "999"}, {"picture": "test-3"}, {"lang": "ko"}]
)
def test_other_views_open(open_page: OpenPage, address: dict[str, str]) -> None:
    app = open_page("filters", **address)
    assert "output" in code_of(app)


@pytest.mark.parametrize("step", [0, 2400])
def test_the_named_groups_are_counted_at_the_step(open_page: OpenPage, step: int) -> None:
    app = open_page("filters", step=step)
    groups = gratings.grouped(RunStore().weights(REFERENCE, step)["conv1.weight"])
    clear = 16 - len(groups[gratings.UNCLEAR])
    edges = sum(len(groups[kind]) for kind in gratings.EDGES)
    words = next(m.value for m in app.markdown if m.value.startswith("At step"))
    assert f"**{clear} of 16** filters have a clear pattern, **{edges}** of them edges" in words


def test_the_strongest_edge_filters_are_one_press_away(open_page: OpenPage) -> None:
    app = open_page("filters")
    for label, kind in (("vertical", gratings.VERTICAL_EDGE), ("horizontal", gratings.HORIZONTAL_EDGE)):
        next(b for b in app.button if b.label == f"Strongest {label}-edge filter").click().run()
        found = gratings.strongest(RunStore().weights(REFERENCE)["conv1.weight"], kind)
        assert app.query_params.get("filter", "0") == str(found)
        assert any(f"answers most to **{kind}**" in m.value for m in app.markdown)


def test_a_filter_without_a_pattern_is_said_to_have_none(open_page: OpenPage) -> None:
    groups = gratings.grouped(RunStore().weights(REFERENCE, 0)["conv1.weight"])
    app = open_page("filters", step=0, filter=groups[gratings.UNCLEAR][1])
    assert any("**no clear pattern**" in m.value for m in app.markdown)


def test_a_drawing_of_another_page_can_be_filtered(open_page: OpenPage) -> None:
    drawing = to_json(Drawing((Stroke(((0.3, 0.2), (0.3, 0.8)), 0.1),)))
    ref = "drawing-" + RunStore().put_artifact("drawing", drawing.encode())
    app = open_page("filters", image=ref)
    app.selectbox(key="picture.picture").set_value(ref).run()
    assert app.query_params["picture"] == ref
    assert not app.warning


@pytest.mark.parametrize("model", [LENET5, MLP])
def test_other_networks_and_steps_open(open_page: OpenPage, model: ModelSpec) -> None:
    spec = TrainingSpec(model=model, optimiser="adam", steps=10, train_size=400, batch_size=20)
    run_id = train_into(Recorder(), spec, few_images(400, 50))
    for step in (0, 10):
        app = open_page("filters", run=run_id, step=step, lang="ko")
        assert not app.warning
        assert "output" in code_of(app)
