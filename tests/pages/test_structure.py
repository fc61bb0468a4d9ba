"""The structure page: two networks with what they cost, and what flattening does to neighbours."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from cnn_core import own_network
from cnn_core.models import (
    FIGURE_7_1,
    FIGURE_7_2,
    FLATTEN,
    LENET5,
    NETWORKS,
    ModelSpec,
    conv,
    linear,
    parameter_count,
    summary,
)
from cnn_core.recording import Recorder
from cnn_core.worker import train_segment
from tests.pages.conftest import OpenPage, code_of
from ui import flattening_experiment
from ui.network_parts import details


def test_it_opens_on_the_books_two_networks(open_page: OpenPage) -> None:
    app = open_page("structure")
    shown = " ".join(m.value for m in app.markdown)
    assert f"**{parameter_count(FIGURE_7_1):,}** parameters" in shown
    assert f"**{parameter_count(FIGURE_7_2):,}** parameters" in shown


def test_the_notebooks_network_has_its_123222_parameters(open_page: OpenPage) -> None:
    app = open_page("structure", right="notebook")
    assert any("**123,222** parameters" in m.value for m in app.markdown)
    table = app.dataframe[1].value
    assert table["Parameters"].sum() == 123_222
    assert table["Shape out"].tolist()[:1] == ["16 × 24 × 24"]


@pytest.mark.parametrize("name", ["mlp", "notebook", "simple", "lenet5"])
def test_the_code_builds_the_network_on_screen(open_page: OpenPage, name: str) -> None:
    spec = NETWORKS["book" if name == "simple" else name]
    left = code_of(open_page("structure", right=name))
    assert left["parameters"] == parameter_count(spec)
    assert tuple(left["x"].shape) == (1, 10)


def test_the_code_gives_the_place_that_the_page_names(open_page: OpenPage) -> None:
    app = open_page("structure", row=3, col=5)
    assert any("number **89** of 784" in m.value for m in app.markdown)
    assert code_of(app)["position"] == 89


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app = open_page("structure", lang="ko")
    assert app.header[0].value == "CNN에는 완전연결 신경망에 없는 무엇이 있을까요?"


def test_a_network_that_does_not_exist_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("structure", left="transformer", digit=10_000)
    assert [w.value for w in app.warning] == [
        "The address asks for left=transformer, which this page does not have. It shows the usual view.",
        "The address asks for digit=10000, which this page does not have. It shows the usual view.",
    ]


def test_a_layers_formulas_come_to_what_torch_counts() -> None:
    built = LENET5.build()
    for row in summary(LENET5):
        module = built.get_submodule(row.name)
        if isinstance(module, nn.Conv2d | nn.Linear):
            told = [line.split(" = ")[-1].split(" ")[-1] for line in details(row)[2:]]
            count = sum(p.numel() for p in module.parameters())
            outputs = torch.Size(row.shape[1:]).numel()  # (FN, OH, OW) or (outputs,)
            assert told == [f"{count:,}", f"{module.weight.numel() * outputs:,}"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_block_opens_to_its_shape_parameters_and_multiply_adds(open_page: OpenPage, lang: str) -> None:
    app = open_page("structure", left="lenet5", right="notebook", lang=lang)
    found = [e.proto for e in app.get("bidi_component") if "blocks" in e.proto.component_name]
    for drawn, spec in zip(found, (LENET5, NETWORKS["notebook"]), strict=True):
        data, rows = json.loads(drawn.json), summary(spec)
        for width in ("wide", "narrow"):
            parts = re.findall(r'data-part="([^"]+)"', data[width])
            assert parts == ["input", *(row.name for row in rows)] == list(data["details"])
        assert data["details"]["input"][1] == "(1, 28, 28)"
        for part, row in zip(data["details"].values(), [None, *rows], strict=True):
            costs = (row.parameters, row.multiply_adds) if row is not None else (0, 0)
            title, shape, parameters, work = part
            assert title
            assert not row or ", ".join(map(str, row.shape)) in shape
            nothing = {"en": "No parameters.", "ko": "매개변수가 없어요."}[lang]
            assert f"{costs[0]:,}" in parameters if costs[0] else parameters.startswith(nothing)
            assert f"{costs[1]:,}" in work


def test_a_network_of_ones_own_is_built_as_the_address_says(open_page: OpenPage) -> None:
    app = open_page("structure", right="own", own="8,3,1,2;4,5,0,1", hidden=20)
    left = code_of(app)
    stages = own_network.read("8,3,1,2;4,5,0,1")
    assert left["parameters"] == parameter_count(own_network.network(stages, 20))
    app.number_input(key="structure.right.filters.0").set_value(6).run()
    app.slider(key="structure.right.count").set_value(1).run()
    assert app.query_params["own"] == "6,3,1,2"
    assert code_of(app)["parameters"] == 6 * 10 + (6 * 14 * 14 + 1) * 20 + 210


def test_two_fields_changed_before_the_page_ran_are_both_taken(open_page: OpenPage) -> None:
    app = open_page("structure", right="own", own="8,3,1,2;4,5,0,1")
    app.number_input(key="structure.right.kernel.0").set_value(7)
    app.number_input(key="structure.right.pool.1").set_value(2)
    app.run()
    assert app.query_params["own"] == "8,7,1,2;4,5,0,2"


def test_an_illegal_size_is_explained_at_its_layer_and_the_layers_before_it_stay(open_page: OpenPage) -> None:
    app = open_page("structure", right="own", own="16,5,0,2;32,5,0,2;32,7,0,1")
    assert len(app.warning) == 1
    assert app.warning[0].value.startswith("conv3: a window of 7×7 does not fit into maps of 4×4")
    assert app.dataframe[-1].value["Layer"].tolist()[-1] == "pool2"
    assert code_of(app)["position"] == 28 * 8 + 14


def test_the_flattening_experiment_trains_four_runs_and_tells_what_they_read(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ModelSpec((conv(2, 9, stride=9), FLATTEN, linear(10)))  # the page's own take half a minute
    specs = {
        which: replace(spec, model=small, steps=2, learning_rate=0.001 * place)
        for place, (which, spec) in enumerate(flattening_experiment.SPECS.items(), start=1)
    }
    monkeypatch.setattr(flattening_experiment, "SPECS", specs)
    app = open_page("structure")
    next(b for b in app.button if b.label == "Train all four").click().run()
    recorder = Recorder(tmp_path / "runs.sqlite")
    assert {run.spec for run in recorder.runs()} >= set(specs.values())
    assert any("0 of 4 runs are done" in m.value for m in app.markdown)
    for run_id in recorder.waiting():
        task = recorder.take(run_id)
        assert task
        recorder.record(task, train_segment(task, 600))
    app.run()
    said = next(m.value for m in app.markdown if m.value.startswith("Test digits read correctly"))
    for spec in specs.values():
        assert f"**{recorder.evaluations(spec.run_id)[-1].accuracy:.1%}**" in said
