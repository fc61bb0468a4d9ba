"""The why page: its numbers add up, what is unfolded is in the address, and it says what it cannot do."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn_core import attribution
from cnn_core.features import logits, predict
from cnn_core.models import MLP
from cnn_core.reasons import Reasons
from cnn_core.recording import Blob, Recorder, Segment
from cnn_core.records import digest, pack
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.strokes import Drawing, Stroke, to_json
from tests.pages.conftest import OpenPage, code_of
from ui.specimen import keep_drawing, load_image
from ui.why_paths import Unfolded
from ui.why_tree import number

ONE = to_json(Drawing((Stroke(((0.5, 0.2), (0.5, 0.8)), 0.08),)))


def said(app: Any) -> str:
    return " ".join(m.value for m in app.markdown)


def captions(app: Any) -> str:
    return " ".join(str(caption) for image in app.get("image") for caption in image.captions)


def component(app: Any, part: str) -> dict[str, Any]:
    """What the page has given to a component."""
    for element in app.get("bidi_component"):
        data = json.loads(element.proto.json or "{}") if element.proto.json else {}
        if part in data:
            return data
    raise AssertionError(f"no component with {part}")


def adds_up(rows: list[dict[str, Any]]) -> int:
    """Each open row is the sum of the rows one deeper below it; how many are open."""
    count = 0
    for at, row in enumerate(rows):
        below = []
        for other in rows[at + 1 :]:
            if other["depth"] <= row["depth"]:
                break
            if other["depth"] == row["depth"] + 1:
                below.append(float(other["exact"]))
        if below:
            count += 1
            size = np.abs(below).sum()
            assert sum(below) == pytest.approx(float(row["exact"]), abs=2e-6 * size + 1e-12)
    return count


def test_it_opens_on_the_answer_with_its_strongest_unit_unfolded(open_page: OpenPage) -> None:
    app = open_page("why")
    model, image = RunStore().model(REFERENCE), load_image("test-0").pixels
    assert f"reads a **7** ({predict(model, image)[7]:.1%})" in said(app)
    nodes = component(app, "nodes")["nodes"]
    assert adds_up(nodes) == 2
    assert float(nodes[0]["exact"]) == pytest.approx(float(logits(model, image)[7]), abs=1e-5)
    told = re.search(r"Together they give ([+−.\d]+); .* changes by ([+−.\d]+) \(", said(app))
    assert told is not None
    total, gain = (float(text.replace("−", "-")) for text in told.groups())
    empty = float(logits(model, np.zeros_like(image))[7])
    assert gain == pytest.approx(float(logits(model, image)[7]) - empty, abs=0.06)
    assert total == pytest.approx(gain, abs=0.4)
    left = code_of(app)
    assert left["output"] == pytest.approx([float(n["exact"]) for n in nodes if n["depth"] == 1])
    assert sum(left["output"]) == pytest.approx(left["score"].share, abs=1e-4)  # type: ignore[call-overload, attr-defined]


def test_the_address_unfolds_down_to_pixels(open_page: OpenPage) -> None:
    app = open_page("why", open="0.43.2.5.46.0.281.0-33.x")
    nodes = component(app, "nodes")["nodes"]
    assert adds_up(nodes) == 10
    assert {"Hidden unit 33", "Map 43 of pool2", "The image", "Pixel in row 12, column 19"} <= {
        n["name"] for n in nodes
    }
    assert len([n for n in nodes if n["id"].startswith("33.")]) == 30 + 2
    assert all(n["pictures"] for n in nodes if not n["id"].endswith(("x", "bias")))


def test_why_not_another_digit_is_the_difference(open_page: OpenPage) -> None:
    app = open_page("why", target=7, against=9, way="saliency")
    scores = logits(RunStore().model(REFERENCE), load_image("test-0").pixels)
    nodes = component(app, "nodes")["nodes"]
    assert float(nodes[0]["exact"]) == pytest.approx(float(scores[7] - scores[9]), abs=1e-5)
    assert "a difference of" in said(app)
    assert "blue speaks for 7 rather than 9" in captions(app)


@pytest.mark.parametrize("way", ["integrated", "saliency", "occlusion", "cam-relu1", "cam-pool2"])
def test_every_way_is_shown_with_its_scale(open_page: OpenPage, way: str) -> None:
    app = open_page("why", way=way, step=0)
    assert "One scale for all ten digits" in captions(app)
    assert "row" in said(app)


def test_grad_cam_can_be_asked_at_every_layer_with_maps_and_says_that_it_is_signed(
    open_page: OpenPage,
) -> None:
    app = open_page("why", way="cam-relu3")
    layers = ["conv1", "relu1", "conv2", "relu2", "pool1", "conv3", "relu3", "pool2"]
    options = app.selectbox(key="why.way").options
    assert options[3:] == [f"Grad-CAM at {layer}" for layer in layers]
    assert "against it, which Grad-CAM usually leaves out" in said(app)


def test_a_part_that_gives_more_than_the_whole_is_said_to(open_page: OpenPage) -> None:
    """Before training scores are small sums of larger parts."""
    reasons = Reasons(RunStore().model(REFERENCE, 0), load_image("test-0").pixels)
    scores = [reasons.score(digit) for digit in range(10)]
    digit, best = next(
        (d, max(parts, key=lambda part: part.share))
        for d, score in enumerate(scores)
        for parts in [[part for part in reasons.open(score) if part.kind == "unit"]]
        if 0 < score.share < max(part.share for part in parts)
    )
    app = open_page("why", step=0, target=digit, open="none")
    unit = best.path[-1]
    assert f"**Hidden unit {unit}** alone gives" in said(app)
    assert "more than the whole" in said(app)


def test_the_patch_answers_with_the_networks_own_probabilities(open_page: OpenPage) -> None:
    app = open_page("why", size=9, row=8, col=12)
    data = component(app, "answers")
    table = np.frombuffer(base64.b64decode(data["answers"]), "<f4").reshape(28, 28, 10)
    model, image = RunStore().model(REFERENCE), load_image("test-0").pixels
    for row, col in ((8, 12), (0, 0), (27, 20)):
        hidden = attribution.occluded(image, row - 4, col - 4, 9)
        assert table[row, col] == pytest.approx(predict(model, hidden), abs=1e-5)
    assert data["at"] == [8, 12]


def test_drawings_and_the_untrained_network_add_up_too(open_page: OpenPage) -> None:
    open_page("why")
    app = open_page("why", image=keep_drawing(ONE), step=0, open="strongest")
    assert adds_up(component(app, "nodes")["nodes"]) == 2


def finished(home: Path, spec: TrainingSpec, weights: dict[str, np.ndarray]) -> str:
    """A run whose only snapshot holds these weights."""
    store = Recorder(home / "runs.sqlite")
    run_id = store.add(spec)
    task = store.take(run_id)
    assert task is not None
    data = pack(weights)
    blob = Blob(1, data, digest(data))
    store.record(task, Segment([], [], [blob], blob, 1.0, {}, b"", True))
    return run_id


def test_a_network_without_convolutions_unfolds_into_the_image(open_page: OpenPage, tmp_path: Path) -> None:
    weights = {k: v.numpy() for k, v in MLP.build().state_dict().items()}
    run_id = finished(tmp_path, TrainingSpec(model=MLP, steps=1), weights)
    app = open_page("why", run=run_id, open="strongest", way="cam-conv1")
    assert adds_up(component(app, "nodes")["nodes"]) == 2
    assert app.selectbox(key="why.way").options == ["Integrated gradients", "Saliency", "Occlusion"]


@pytest.mark.parametrize("open_", ["cat", "1.x.2", "123456", "-1.a"])
def test_an_address_that_unfolds_nothing_real_gets_a_sentence(open_page: OpenPage, open_: str) -> None:
    app = open_page("why", open=open_)
    assert "open=" in app.warning[0].value
    assert adds_up(component(app, "nodes")["nodes"]) == 2


def test_what_this_network_does_not_have_is_just_not_unfolded(open_page: OpenPage) -> None:
    assert adds_up(component(open_page("why", open="99999.3"), "nodes")["nodes"]) == 1


def test_unfolding_and_folding_are_written_as_they_are_read() -> None:
    seen = Unfolded.parse("17.5-3")
    assert seen.opened == {(), (17,), (17, 5), (3,)}
    assert str(seen) == "3-17.5"
    assert str(seen.closing((17, 5))) == "3-17"
    assert str(seen.closing((17,)).closing((3,))) == "none"
    assert Unfolded.parse("none").opened == {()}
    more = seen.showing_more((17,), True)
    assert Unfolded.parse(str(more)) == more
    assert str(more.showing_more((17,), False)) == "3-17.5"
    assert str(Unfolded.at().showing_more((), True)) == "x"
    assert Unfolded.parse("x").more == {()}


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.2149, "+3.21"), (-0.000097, "−0.0000970"), (0.0, "0"), (1234.5, "+1234"), (-14.0, "−14.0")],
)
def test_numbers_have_three_digits_and_a_sign(value: float, text: str) -> None:
    assert number(value) == text


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app = open_page("why", lang="ko", against=9)
    assert app.header[0].value == "왜 이렇게 답했을까요?"
    assert "차이는" in said(app)
