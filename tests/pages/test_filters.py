"""The filters page: before and after on one scale, one filter at work, a sentence for what is not there."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core import gratings
from cnn_core.models import LENET5, MLP, ModelSpec
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
    before, after = (RunStore().weights(REFERENCE, step)["conv1.weight"] for step in (0, None))
    assert abs(gratings.smoothness(before)) < 0.15
    assert gratings.smoothness(after) > gratings.smoothness(before) + 0.2


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
