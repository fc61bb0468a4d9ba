"""The mistakes page: its numbers are the network's, its digits are of the kind that was asked for."""

from __future__ import annotations

import base64
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from cnn_core.data import load_mnist
from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage, code_of
from ui import mistakes_map
from ui.components.digit_map import placed
from ui.mistakes_map import KEY, MATRIX, mapped, moved_to
from ui.specimen import Specimen, load_image


def said(app: object) -> str:
    return " ".join(m.value for m in app.markdown)  # type: ignore[attr-defined]


def test_it_counts_what_the_run_has_counted_and_the_code_says_the_same(open_page: OpenPage) -> None:
    app = open_page("mistakes")
    answers = RunStore().evaluation(REFERENCE)
    assert answers is not None
    labels = load_mnist().test_labels
    right = int((answers == labels).sum())
    assert f"reads **{right:,} of 10,000** test images" in said(app)
    left = code_of(app)
    counts: np.ndarray = left["output"]  # type: ignore[assignment]
    assert np.trace(counts) == right
    assert left["places"].shape == (10_000, 2)  # type: ignore[attr-defined]


def test_the_surest_mistake_comes_first_and_leads_to_other_pages(open_page: OpenPage) -> None:
    app = open_page("mistakes")
    options = app.selectbox[-1].options
    numbers = [int(re.search(r"digit (\d+):", option)[1]) for option in options]  # type: ignore[index]
    labels, answers = load_mnist().test_labels, RunStore().evaluation(REFERENCE)
    assert all(labels[n] != answers[n] for n in numbers)  # type: ignore[index]
    found = mapped(REFERENCE, 2400, 2400)
    assert found is not None
    sure = found.shares.max(axis=1)
    assert sure[numbers].tolist() == sorted(sure[numbers].tolist(), reverse=True)


def test_one_kind_of_mistake_shows_only_its_digits_and_is_in_the_address(open_page: OpenPage) -> None:
    app = open_page("mistakes", confused="4-9")
    assert all("4 read as 9" in option for option in app.selectbox[-1].options)
    app.selectbox(key="widget.mistakes.confused").select("all").run()
    assert "confused" not in app.query_params
    assert not app.exception


def test_every_mistake_can_be_reached_sheet_by_sheet(open_page: OpenPage) -> None:
    labels, answers = load_mnist().test_labels, RunStore().evaluation(REFERENCE)
    reached: list[int] = []
    app = open_page("mistakes")
    sheets = int(app.number_input(key="mistakes.sheet").max)
    for sheet in range(1, sheets + 1):
        app.number_input(key="mistakes.sheet").set_value(sheet).run()
        assert app.query_params.get("sheet", "1") == str(sheet)
        reached += [int(re.search(r"digit (\d+):", option)[1]) for option in app.selectbox[-1].options]  # type: ignore[index]
    assert sorted(reached) == np.flatnonzero(labels != answers).tolist()
    app.selectbox(key="widget.mistakes.confused").select("4-9").run()
    assert "sheet" not in app.query_params


def test_what_the_page_says_of_neighbours_is_what_the_map_shows(open_page: OpenPage) -> None:
    app = open_page("mistakes", step=0)
    before, after = mapped(REFERENCE, 0, 2400), mapped(REFERENCE, 2400, 2400)
    assert before is not None
    assert after is not None
    assert before.alike < 0.5 < after.alike
    assert f"the same digit **{before.alike:.0%}** of the time" in said(app)


def test_a_moved_step_is_answered_at_once_where_it_has_been_read(open_page: OpenPage) -> None:
    open_page("mistakes")
    store = RunStore()
    at = Specimen(store.run(REFERENCE), 2400, store.snapshot_steps(REFERENCE), load_image("test-0"))
    assert moved_to(at, "pca", {"step": 0}) == {}
    before = mapped(REFERENCE, 0, 2400)
    assert before is not None
    shown = moved_to(at, "pca", {"step": 0})
    counts = np.array(shown[MATRIX]["counts"])
    assert np.trace(counts) == (before.answers == load_mnist().test_labels).sum()
    assert shown[KEY] == placed(before.places, load_mnist().test_labels, before.answers)
    assert shown[KEY]["points"] != moved_to(at, "pca", {"step": 2400})[KEY]["points"]
    assert moved_to(at, "pca", {"image": "test-17"}) == {KEY: {"at": 17}}
    assert moved_to(at, "pca", {"image": "drawing-0"}) == {}


def test_digits_move_from_step_to_step_and_the_map_does_not_flip(open_page: OpenPage) -> None:
    open_page("mistakes")
    steps = RunStore().snapshot_steps(REFERENCE)
    last = mapped(REFERENCE, steps[-1], steps[-1])
    near = mapped(REFERENCE, steps[-3], steps[-1])
    assert last is not None
    assert near is not None
    moved = np.sqrt(((near.places - last.places) ** 2).sum(axis=1)).mean()
    flipped = np.sqrt(((near.places * [-1, 1] - last.places) ** 2).sum(axis=1)).mean()
    assert moved < 0.5 < flipped


@pytest.mark.parametrize("installed", [False, True])
def test_umap_can_be_chosen_only_where_it_is_installed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    monkeypatch.setattr(mistakes_map, "has_umap", lambda: installed)
    monkeypatch.setattr(mistakes_map, "umap_layout", lambda hidden, like: like[:, ::-1])
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Unmoving))
    app = open_page("mistakes", plane="umap")
    assert len(app.warning) == (not installed)
    assert any("UMAP keeps together" in c.value for c in app.caption) is installed
    assert any(b.key == "widget.mistakes.plane" for b in app.button_group) is installed
    assert len(code_of(app)["places"]) == (2_000 if installed else 10_000)  # type: ignore[arg-type]


class Unmoving:
    """Stands in for UMAP: everything stays where it begins."""

    def __init__(self, init: np.ndarray, **settings: object) -> None:
        self.init = init

    def fit_transform(self, values: np.ndarray) -> np.ndarray:
        return self.init


def test_it_speaks_korean(open_page: OpenPage) -> None:
    assert open_page("mistakes", lang="ko").header[0].value == "무엇을 틀릴까요?"


def test_the_map_fills_its_frame_and_a_line_lies_in_the_middle() -> None:
    def shown(places: list[tuple[float, float]]) -> list[list[int]]:
        labels = np.zeros(len(places), np.int64)
        coded = base64.b64decode(placed(np.array(places, np.float32), labels, labels)["points"])
        return np.frombuffer(coded, "<i2").reshape(-1, 2).tolist()  # type: ignore[no-any-return]

    assert shown([(0, -3), (1, 5), (2, 1)]) == [[-32767, -32767], [0, 32767], [32767, 0]]
    assert shown([(0, 7), (2, 7)]) == [[-32767, 0], [32767, 0]]
