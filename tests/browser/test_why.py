"""The why page on a network that this test has trained: unfold an answer, drag the patch, by hand and key."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core import attribution
from cnn_core.features import logits, predict
from cnn_core.images import prepare_digit
from cnn_core.models import FLATTEN, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.recording import Recorder
from cnn_core.spec import TrainingSpec
from cnn_core.strokes import Drawing, Stroke, from_json, raster, to_json
from cnn_core.worker import train_segment
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle

TRAINS = True  # its runs are its own
SPEC = TrainingSpec(
    model=ModelSpec(
        (conv(4, 5), RELU, max_pool(2), conv(8, 5), RELU, max_pool(2), FLATTEN, linear(32), RELU, linear(10))
    ),
    steps=20,
    batch_size=50,
    train_size=2000,
)
SEVEN = to_json(Drawing((Stroke(((0.25, 0.2), (0.75, 0.2), (0.4, 0.85)), 0.08),)))
ROWS = "[role=treeitem]"


@pytest.fixture(scope="module")
def run(server: Server) -> tuple[Recorder, str, str]:
    """A store with a run of 20 steps and a drawing: store, the run's id, the drawing's image."""
    store = Recorder(server.home / "runs.sqlite")
    run_id = store.add(SPEC)
    task = store.take(run_id)
    assert task is not None
    store.record(task, train_segment(task, seconds=3600))
    return store, run_id, f"drawing-{store.put_artifact('drawing', to_json(from_json(SEVEN)).encode())}"


def visit(page: Any, server: Server, **address: object) -> None:
    query = "&".join(f"{name}={value}" for name, value in address.items())
    page.goto(f"{server.url}/why?lang=en&{query}")
    page.get_by_text("The same in code").wait_for(timeout=60_000)
    wait_until_idle(page, timeout=60_000)


def shares(page: Any) -> list[tuple[int, float]]:
    """Depth and exact share of every row of the tree."""
    found = page.locator(ROWS).evaluate_all(
        "rows => rows.map(row => [row.ariaLevel, row.querySelector('.share').dataset.value])"
    )
    return [(int(level), float(value)) for level, value in found]


def adds_up(rows: list[tuple[int, float]]) -> int:
    """Every row is the sum of the rows just below it; how many are unfolded."""
    unfolded = 0
    for at, (level, value) in enumerate(rows):
        inside = [
            (deep, share)
            for i, (deep, share) in enumerate(rows)
            if i > at and all(d > level for d, _ in rows[at + 1 : i + 1])
        ]
        below = [share for deep, share in inside if deep == level + 1]
        if below:
            unfolded += 1
            assert sum(below) == pytest.approx(value, abs=1e-5 * sum(map(abs, below)) + 1e-9)
    return unfolded


@pytest.mark.parametrize("step", [0, 20])
def test_a_drawn_digits_answer_adds_up_before_and_after_training(
    browser_page: Any, server: Server, run: tuple[Recorder, str, str], step: int
) -> None:
    store, run_id, drawing = run
    visit(browser_page, server, run=run_id, step=step, image=drawing, target=7)
    expect(browser_page.get_by_role("tree", name="What the score is made of")).to_be_visible()
    rows = shares(browser_page)
    answer = logits(store.model(run_id, step), prepare_digit(raster(from_json(SEVEN))))
    assert rows[0][1] == pytest.approx(float(answer[7]), abs=1e-4)
    assert adds_up(rows) == 2


def test_it_unfolds_by_mouse_and_keys_down_to_pixels_and_the_address_keeps_it(
    browser_page: Any, server: Server, run: tuple[Recorder, str, str]
) -> None:
    page = browser_page
    _, run_id, drawing = run
    visit(page, server, run=run_id, image=drawing)
    first_map = page.locator(f"{ROWS}[aria-level='3'][aria-expanded='false']").first
    first_map.click()
    expect(page.locator(f"{ROWS}[aria-level='4']").first).to_be_visible()
    for level in (4, 5, 6, 7):  # a place, its map, a place there, the image patch
        row = page.locator(f"{ROWS}[aria-level='{level}'][aria-expanded='false']").first
        row.focus()
        row.press("ArrowRight")
        expect(page.locator(f"{ROWS}[aria-level='{level + 1}']").first).to_be_visible()
    expect(page.get_by_role("treeitem", name=re.compile("^Pixel in row"))).not_to_have_count(0)
    before = shares(page)
    assert adds_up(before) == 7
    page.wait_for_url(re.compile(r"open=\d+\.\d+\.\d+\.\d+\.\d+\.0"))
    page.reload()
    expect(page.locator(ROWS)).to_have_count(len(before), timeout=60_000)
    assert shares(page) == before
    page.locator(f"{ROWS}[aria-level='2'][aria-expanded='true']").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"{ROWS}[aria-level='3']")).to_have_count(0)


def test_the_patch_answers_under_the_hand_and_the_address_keeps_its_place(
    browser_page: Any, server: Server, run: tuple[Recorder, str, str]
) -> None:
    page = browser_page
    store, run_id, drawing = run
    model, pixels = store.model(run_id), prepare_digit(raster(from_json(SEVEN)))
    visit(page, server, run=run_id, image=drawing, size=9)

    def shows(row: int, col: int) -> None:
        hidden = predict(model, attribution.occluded(pixels, row - 4, col - 4, 9))
        expect(page.get_by_text(f"With the patch around row {row}, column {col} it")).to_be_visible()
        told = page.locator(".answer").evaluate_all("rows => rows.map(row => Number(row.dataset.value))")
        assert told == pytest.approx(hidden.tolist(), abs=1e-5)

    frame = page.get_by_role("application", name=re.compile("The digit and the patch"))
    frame.scroll_into_view_if_needed()
    shows(10, 14)
    box = frame.bounding_box()
    cell = box["width"] / 28
    page.mouse.move(box["x"] + 14.5 * cell, box["y"] + 10.5 * cell)
    page.mouse.down()
    page.mouse.move(box["x"] + 18.5 * cell, box["y"] + 8.5 * cell, steps=3)
    shows(8, 18)  # before the hand lets go
    page.mouse.up()
    page.wait_for_url(re.compile("row=8&col=18"))
    frame.press("ArrowDown")
    shows(9, 18)
    page.wait_for_url(re.compile("row=9&col=18"))
    wait_until_idle(page)
    page.go_back()
    shows(8, 18)
    page.mouse.click(box["x"] + 18.5 * cell, box["y"] + 9.5 * cell)  # where it was before
    page.wait_for_url(re.compile("row=9&col=18"))


@pytest.mark.slow
def test_a_phone_unfolds_by_touch_and_asks_why_not(
    browser: Any, server: Server, run: tuple[Recorder, str, str]
) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True)
    try:
        visit(page, server, run=run[1], step=20, target=7, against=9, way="cam-conv2")
        page.locator(f"{ROWS}[aria-level='2'][aria-expanded='false']").first.tap()
        expect(page.locator(f"{ROWS}[aria-level='2'][aria-expanded='true']")).to_have_count(2)
        assert adds_up(shares(page)) == 3
        expect(page.get_by_text("blue speaks for 7 rather than 9")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.complaints == []
    finally:
        page.context.close()
