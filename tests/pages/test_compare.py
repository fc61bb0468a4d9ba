"""The compare page: runs on one clock, one digit through each, the mistakes that tell two of them apart."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from cnn_core.data import load_mnist
from cnn_core.features import feature_maps
from cnn_core.figures import feature_map_strip
from cnn_core.mistakes import disagreements
from cnn_core.models import MLP
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from tests.grids import pixels
from tests.pages.conftest import OpenPage, code_of
from tests.trained import DIVERGED, few_images, train_into
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
