"""The microscope as a person uses it: point, click, keys and touch; a run trained here, and a drawn digit."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core.answers import ranges
from cnn_core.data import load_mnist
from cnn_core.excite import maximise_unit
from cnn_core.features import explain_unit, feature_maps, logits, receptive_field
from cnn_core.figures import limits, scale_text
from cnn_core.images import prepare_digit
from cnn_core.models import NOTEBOOK
from cnn_core.opened_map import explain_map
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.strokes import Drawing, Stroke, raster, to_json
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.trained import few_images, train_into
from ui.network_answers import MEASURED

TRAINS = True  # its runs are its own
SPEC = TrainingSpec(
    model=NOTEBOOK, optimiser="adam", learning_rate=2e-3, steps=20, batch_size=50, train_size=600
)
DIGITS = load_mnist().test_images[:5] / np.float32(255)
ONE = Drawing((Stroke(((0.5, 0.15), (0.48, 0.5), (0.5, 0.85)), 0.09),))


@dataclass(frozen=True)
class Trained:
    """A run that this module has trained, and a digit that somebody has drawn."""

    run: str
    store: RunStore
    drawing: str


@pytest.fixture(scope="module")
def trained(server: Server) -> Trained:
    store = Recorder(server.home / "runs.sqlite")
    run = train_into(store, SPEC, few_images())
    return Trained(run, store, "drawing-" + store.put_artifact("drawing", to_json(ONE).encode()))


def visit(page: Any, server: Server, query: str = "") -> Any:
    page.goto(f"{server.url}/feature_maps?lang=en{query}")
    page.locator(".net[data-painted]").wait_for(timeout=60_000)
    wait_until_idle(page)
    return page


def reference(server: Server) -> Any:
    """The network on the page, from the server's own store."""
    return RunStore(server.home / "runs.sqlite").model(REFERENCE)


def strip(page: Any, layer: str) -> Any:
    return page.locator(".layer", has=page.get_by_text(layer, exact=True)).locator("canvas")


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_a_click_opens_a_map_and_its_numbers_add_up(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    strip(page, "conv2").click(position={"x": 5, "y": 5})
    page.wait_for_url(re.compile("layer=conv2"))
    words = page.locator(".words")
    expect(words).to_contain_text("the 16 product maps add up to")
    page.get_by_role("button", name="Show all 16 input maps").click()
    address = dict(re.findall(r"(\w+)=(\w+)", page.url))
    place = int(address.get("channel", 0)), int(address["row"]), int(address["col"])
    unit = explain_unit(reference(server), DIGITS[0], "conv2", *place)
    total, bias, value = (number(b) for b in words.locator("b").all_inner_texts()[3:6])
    assert (total, bias, value) == pytest.approx((unit.terms.sum(), unit.bias, unit.value), rel=2e-3)
    cards = [number(text) for text in page.locator(".card .note b").all_inner_texts()]
    assert sum(cards) == pytest.approx(total, abs=0.01)


@pytest.mark.slow
def test_an_answer_is_walked_down_to_a_pixel_and_back(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&layer=fc2&channel=7")
    term = page.locator("button.term").first
    product = float(term.locator("b").get_attribute("data-value"))
    unit = explain_unit(reference(server), DIGITS[0], "fc2", 7)
    assert product == pytest.approx(max(t.product for t in unit.strongest(20)), rel=1e-4)
    term.click()
    page.wait_for_url(re.compile("layer=relu4"))
    for layer in ("fc1", "pool2", "relu3", "conv3", "pool1", "relu2", "conv2", "relu1", "conv1"):
        source = page.locator(".st-key-unit_view button.plate, button.plate").first
        expect(source).to_have_attribute("title", f"Open this unit of {layer}")
        source.press("Enter")
        page.wait_for_url(re.compile(f"layer={layer}&"))
    expect(page.locator("button.plate").first).to_be_disabled()  # the image itself
    page.get_by_role("button", name=re.compile("Back to relu1")).click()
    page.wait_for_url(re.compile("layer=relu1&"))
    page.go_back()
    page.wait_for_url(re.compile("layer=conv1&"))


def test_by_keyboard_one_walks_the_network_and_the_map(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    net = page.locator(".net")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        net.press(key)
    expect(page.locator(".reading")).to_contain_text("relu1, map 1 (0 to 15)")
    net.press("Enter")
    page.wait_for_url(re.compile("layer=relu1&channel=1"))
    maps = feature_maps(reference(server), DIGITS[0])
    row, col = np.unravel_index(int(maps["relu1"][1].argmax()), (24, 24))
    words = page.locator(".words")
    expect(words).to_contain_text(f"Row {row}, column {col}")
    output = page.locator("figure.output .plate")
    output.press("ArrowUp")
    expect(words).to_contain_text(f"Row {row - 1}, column {col}")
    output.press("Enter")
    page.wait_for_url(re.compile(f"row={row - 1}&"))


def test_in_space_the_network_is_turned_and_still_opens(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&space=1")
    stage = page.locator(".stage")
    at_first = stage.get_attribute("style")
    page.locator(".net").press("Shift+ArrowRight")
    expect(stage).not_to_have_attribute("style", at_first)
    turned = stage.get_attribute("style")
    box = page.locator(".net").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 40, steps=3)
    page.mouse.up()
    expect(stage).not_to_have_attribute("style", turned)
    page.locator(".net").press("ArrowDown")
    page.locator(".net").press("Enter")
    page.wait_for_url(re.compile("layer=conv1"))


def test_the_part_of_the_image_that_a_unit_sees_is_framed(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&layer=pool1&channel=2&row=1&col=4")
    for frame, canvas in ((".mark.field", ".layer canvas"), ("figure.image .mark", "figure.image canvas")):
        box, image = (page.locator(place).first.bounding_box() for place in (frame, canvas))
        pixel = image["width"] / 28
        field = receptive_field(NOTEBOOK, "pool1", 1, 4)
        assert (box["y"] - image["y"]) / pixel == pytest.approx(field.top, abs=0.5)
        assert (box["x"] - image["x"]) / pixel == pytest.approx(field.left, abs=0.5)
        assert box["width"] / pixel == pytest.approx(field.right - field.left, abs=0.7)
    visit(page, server, "&layer=fc1&channel=2")
    expect(page.locator("figure.image figcaption")).to_have_text("The image: it sees all of it")
    box, image = (page.locator(place).first.bounding_box() for place in (".mark.field", ".layer canvas"))
    assert box["width"] == pytest.approx(image["width"], abs=1)


def test_a_click_on_another_slice_shows_its_numbers(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&layer=conv2&channel=3&row=6&col=8")
    page.locator(".card").nth(4).get_by_role("button").nth(1).click()
    page.wait_for_url("**part=**")
    part = int(re.search("part=([0-9]+)", page.url)[1])  # type: ignore[index]
    opened = explain_map(reference(server), DIGITS[0], "conv2", 3)
    expect(page.locator(".st-key-unit\\.numbers, .st-key-unit-numbers")).to_contain_text(
        f"{opened.products[part, 6, 8]:.2f}".replace("-", "−")
    )


def test_the_search_for_the_best_input_tells_how_far_it_is(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&layer=fc2&channel=4&about=likes")
    search = page.get_by_role("button", name="Search the input that excites it most")
    search.wait_for(timeout=60_000)
    page.evaluate(
        """() => {
            window.told = [];  // on a quick machine each is on the page for a few frames only
            const note = () => {
                const so = document.querySelector('[data-testid="stProgress"]')?.innerText.trim();
                if (so && so !== told.at(-1)) told.push(so);
            };
            new MutationObserver(note).observe(
                document.body, { childList: true, characterData: true, subtree: true });
        }"""
    )
    search.click()
    page.get_by_text("The input that excites it most, searched from noise").wait_for(timeout=60_000)
    page.wait_for_url("**best=1**")
    moments = maximise_unit(reference(server), "fc2", 4)
    expected = [f"Answer so far: {moment.value:.3g}".replace("-", "−") for moment in moments]
    told = page.evaluate("told")
    assert told
    assert told == [moment for moment in expected if moment in told]  # in order, and nothing else


def test_what_lies_beyond_a_fixed_scale_is_told(browser_page: Any, server: Server) -> None:
    model, images = reference(server), load_mnist().test_images
    ends = ranges(model, images[:MEASURED])
    maps = feature_maps(model, images[711])  # found by trying: it is seldom that a digit leaves the range
    beyond = {name: int((np.abs(maps[name]) > max(map(abs, ends[name]))).sum()) for name in ends}
    told = ", ".join(f"{name} {count}" for name, count in beyond.items() if count)
    assert told
    page = visit(browser_page, server, "&scale=held&image=test-711")
    expect(page.locator(".reading")).to_contain_text(f"▲ Beyond the fixed scale: {told}.")
    expect(page.locator(".name", has_text="conv1")).to_contain_text(scale_text(*ends["conv1"]))
    visit(page, server, "&scale=held&image=test-0&step=0")
    expect(page.locator(".reading")).not_to_contain_text("▲")
    expect(page.locator(".name", has_text="conv1")).to_contain_text(scale_text(*ends["conv1"]))


def test_a_run_trained_here_answers_at_each_step_and_for_a_drawing(
    browser_page: Any, server: Server, trained: Trained
) -> None:
    drawn = prepare_digit(raster(ONE))
    images = {"test-4": DIGITS[4], trained.drawing: drawn}
    for step in (0, SPEC.steps):
        for ref, pixels in images.items():
            page = visit(browser_page, server, f"&run={trained.run}&step={step}&image={ref}")
            best = int(logits(trained.store.model(trained.run, step), pixels).argmax())
            expect(page.locator(".digits .best")).to_have_text(str(best))


def test_a_finger_opens_a_map_on_a_phone(browser: Any, server: Server) -> None:
    page = visit(new_page(browser, viewport=PHONE, has_touch=True), server)
    try:
        strip(page, "conv3").tap(position={"x": 30, "y": 8})
        page.wait_for_url(re.compile("layer=conv3"))
        expect(page.locator(".words")).to_contain_text("the 32 product maps")
        expect(page.locator("figure.output .plate")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.get_by_text("What it looks for").click()
        page.get_by_text("The images they come from").wait_for(timeout=60_000)
        assert page.complaints == []
    finally:
        page.context.close()


def answered(page: Any, act: Callable[[], None]) -> dict[str, Any]:
    """What the server answers to an act, before the page runs: for each component what it shows."""
    address = page.url
    with page.expect_response(re.compile("/live/")) as asked:
        act()
    shown: dict[str, Any] = asked.value.json()["shown"]
    assert page.url == address
    return shown


def holds(shown: dict[str, Any], maps: dict[str, np.ndarray]) -> None:
    """The strips that were answered are these maps."""
    layers = {layer["name"]: layer for layer in shown["feature_maps.network"]["layers"]}
    assert list(layers) == list(maps)
    for name, values in maps.items():
        assert layers[name]["range"] == scale_text(*limits(values))
        peaks = np.frombuffer(b64decode(layers[name]["peaks"]), "<f4")
        np.testing.assert_array_equal(peaks, values.reshape(len(values), -1).max(axis=1)[: len(peaks)])


def test_another_step_repaints_the_network_and_the_page_follows(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    strips = page.locator(".net").get_attribute("data-painted")
    slider = page.get_by_role("slider", name="Step").first
    shown = answered(page, lambda: slider.press("ArrowLeft"))
    expect(page.locator(".net")).not_to_have_attribute("data-painted", strips)
    step = int(slider.get_attribute("aria-valuetext"))
    model = RunStore(server.home / "runs.sqlite").model(REFERENCE, step)
    holds(shown, feature_maps(model, DIGITS[0]))
    page.wait_for_url(f"**step={step}")
    step = re.search("step=([0-9]+)", page.url)[1]  # type: ignore[index]
    expect(page.locator(".stCode")).to_contain_text(f'model("{REFERENCE}", {step})')


def test_a_fixed_scale_stays_while_a_hand_moves_to_another_step(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&scale=held")
    before = page.locator(".name").all_inner_texts()
    slider = page.get_by_role("slider", name="Step").first
    shown = answered(page, lambda: slider.press("ArrowLeft"))
    step = int(slider.get_attribute("aria-valuetext"))
    holds(shown, feature_maps(RunStore(server.home / "runs.sqlite").model(REFERENCE, step), DIGITS[0]))
    assert page.locator(".name").all_inner_texts() == before


def test_another_run_repaints_the_network_and_the_page_follows(
    browser_page: Any, server: Server, trained: Trained
) -> None:
    page = visit(browser_page, server)
    runs = page.get_by_role("combobox", name="Run")
    shown = answered(page, lambda: runs.select_option(trained.run))
    holds(shown, feature_maps(trained.store.model(trained.run), DIGITS[0]))
    page.wait_for_url(f"**run={trained.run}**")
    expect(page.locator(".stCode")).to_contain_text(f'model("{trained.run}", {SPEC.steps})')
    page.go_back()
    expect(runs).to_have_value(REFERENCE)
    expect(page.locator(".stCode")).to_contain_text(f'model("{REFERENCE}"')


def test_the_choice_of_the_image_stays_open_for_another_one(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    page.locator(".st-key-specimen-choice button").first.click()
    for digit in "38":
        shown = answered(page, page.get_by_role("button", name=f"Any {digit}").click)
        number = int(page.get_by_role("spinbutton", name="Number of the test digit").input_value())
        assert load_mnist().test_labels[number] == int(digit)
        image = load_mnist().test_images[number] / np.float32(255)
        holds(shown, feature_maps(reference(server), image))
        expect(page.get_by_text(re.compile(f": an? {digit}"))).to_be_visible()
    page.wait_for_url("**image=test-**")
