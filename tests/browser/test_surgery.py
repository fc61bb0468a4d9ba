"""Cut and change on a network that this test has trained: mute a tile, type a weight, undo, open the link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from cnn_core.edit import Edit
from cnn_core.features import predict
from cnn_core.images import prepare_digit
from cnn_core.recording import Recorder
from cnn_core.strokes import from_json, raster
from cnn_core.surgery import Trial
from tests.browser_tools import Server, new_page, wait_until_idle
from tests.trained import SEVEN, few_images, train_into
from tests.trained import SMALL as SPEC
from ui.surgery_trial import TESTED

TRAINS = True  # its runs are its own
COLD = 120_000  # ms: the server imports torch, and measures how much each unit matters
MUTED = re.compile("edit=conv1-")


@pytest.fixture(scope="module")
def store(server: Server) -> Recorder:
    return Recorder(server.home / "runs.sqlite")


@pytest.fixture(scope="module")
def view(server: Server, store: Recorder) -> str:
    """The page on the run and a drawn digit; the step is still to be added."""
    run_id = train_into(store, SPEC, few_images(600, 100))
    drawing = store.put_artifact("drawing", SEVEN.encode())
    return f"{server.url}/surgery?lang=en&run={run_id}&image=drawing-{drawing}"


def accuracy_with(store: Recorder, step: int, edit: Edit) -> str:
    """The accuracy on the fixed part of the test set, as the page writes it."""
    run_id = SPEC.run_id
    images, labels = load_mnist().test_images[:TESTED], load_mnist().test_labels[:TESTED]
    trial = Trial(store.model(run_id, step), images, labels)
    return f"{trial.accuracy(trial.answers_with(edit)):.1%} with the edit"


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 60])
def test_a_press_on_a_tile_mutes_it_and_the_answer_for_the_drawn_digit_follows(
    browser_page: Any, view: str, store: Recorder, step: int
) -> None:
    page = browser_page
    page.goto(f"{view}&step={step}")
    tile = page.get_by_role("button", name=re.compile("Unit 2 of conv1: "))
    expect(tile).to_have_attribute("aria-pressed", "false", timeout=COLD)
    wait_until_idle(page, COLD)
    tile.click()
    page.wait_for_url(re.compile(r"edit=conv1-2(&|$)"))
    expect(tile).to_have_attribute("aria-pressed", "true")
    edit = Edit().muting("conv1", [2])
    expect(page.get_by_text(accuracy_with(store, step, edit))).to_be_visible()
    digit = prepare_digit(raster(from_json(SEVEN)))
    best = int(predict(edit.apply(store.model(SPEC.run_id, step)), digit).argmax())
    expect(page.get_by_role("heading", name=re.compile(rf"reads an? {best}\b"))).to_be_visible()

    tile.focus()  # by keyboard: the next tile
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("edit=conv1-2-3"))
    expect(page.get_by_text(accuracy_with(store, step, Edit().muting("conv1", [2, 3])))).to_be_visible()
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_idle(page)
    expect(tile).to_have_attribute("aria-pressed", "false")
    expect(page).not_to_have_url(MUTED)
    page.get_by_role("button", name="Redo").click()
    page.wait_for_url(re.compile(r"edit=conv1-2(&|$)"))


@pytest.mark.slow
def test_a_weight_that_is_typed_changes_the_network_and_its_link_opens_elsewhere(
    browser_page: Any, browser: Any, view: str, store: Recorder
) -> None:
    page = browser_page
    page.goto(view)
    cell = page.get_by_label("row 2, column 3")
    expect(cell).to_be_visible(timeout=COLD)
    wait_until_idle(page, COLD)
    before = cell.input_value()
    cell.fill("9.5")
    page.wait_for_url(re.compile("edit=w-[0-9a-f]{64}"))
    link = page.url
    weights = store.weights(SPEC.run_id)["conv1.weight"][0, 0].copy()
    weights[1, 2] = 9.5
    expected = accuracy_with(store, 60, Edit().with_kernel("conv1", 0, 0, weights))
    expect(page.get_by_text(expected)).to_be_visible()

    other = new_page(browser)
    other.goto(link)
    expect(other.get_by_label("row 2, column 3")).to_have_value("9.5", timeout=COLD)
    expect(other.get_by_text(expected)).to_be_visible()
    other.context.close()

    page.get_by_role("button", name="Undo").click()
    expect(page).not_to_have_url(re.compile("edit="))
    expect(cell).to_have_value(before)
