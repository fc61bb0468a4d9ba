"""The microscope on a run that this test has trained, with a drawn digit: the network, its units, the pad.

Before training and after it, in Korean on a phone and in English on a laptop: the pages say what the core
computes. What a network answers, and why, is in test_own_answers.py.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core import gratings
from cnn_core.answer_charts import answer_bars
from cnn_core.answers import ask
from cnn_core.data import load_mnist
from cnn_core.distort import Distortion, distort
from cnn_core.excite import class_response, maximise_unit, ranked_channels, top_patches
from cnn_core.explain import UnitExplanation
from cnn_core.features import explain_unit, feature_maps, filters, predict, receptive_field
from cnn_core.figures import enlarge, grey, grid, limits, signed
from cnn_core.models import NETWORKS, summary
from cnn_core.ops import conv2d
from cnn_core.recording import Recorder
from cnn_core.spec import TrainingSpec
from cnn_core.strokes import drawn_by, from_json, timed, to_json
from tests.browser.visits import (
    COLD,
    Visit,
    numbers,
    prepared,
    strip,
    strip_colours,
)
from tests.browser_tools import LAPTOP, Server, wait_until_idle
from tests.grids import pixels
from tests.trained import SEVEN, few_images, train_into
from tests.trained import SMALL as SPEC
from ui.draw_answer import BARS_WIDTH
from ui.network_answers import ASKED
from ui.network_story import STORY
from ui.pictures import beside, svg_address

TRAINS = True  # its runs are its own
IMAGE = prepared(SEVEN)


def conv1(visit: Visit) -> np.ndarray:
    """The first layer's filters (4, 1, 5, 5)."""
    return np.asarray(visit.model.conv1.weight.detach().numpy())


def tile(visit: Visit, number: int) -> Any:
    """A filter's tile, by what it is called."""
    called = ", ".join(visit.say(part) for part in gratings.names(conv1(visit))[number] if part)
    return visit.button("Filter {index}: {kind}", index=number, kind=called)


def test_the_filters_are_grouped_by_what_they_answer_to_and_charted_over_the_steps(
    visit: Visit, own_runs: Recorder
) -> None:
    visit.open("filters")
    for number in range(4):
        expect(tile(visit, number)).to_be_visible()
    steps = own_runs.snapshot_steps(SPEC.run_id)
    weights = [own_runs.weights(SPEC.run_id, step)["conv1.weight"] for step in steps]
    counts = gratings.counts([gratings.grouped(of_step) for of_step in weights])
    expected = {visit.say(kind): (steps, filters) for kind, filters in counts.items()}
    assert visit.curves("filters-groups") == expected


def test_a_filter_is_pressed_and_applied_to_the_drawing_beside_the_strongest_of_a_kind(
    visit: Visit,
) -> None:
    page, weights = visit.open("filters"), conv1(visit)
    edges = {
        "Strongest vertical-edge filter": gratings.strongest(weights, gratings.VERTICAL_EDGE),
        "Strongest horizontal-edge filter": gratings.strongest(weights, gratings.HORIZONTAL_EDGE),
    }
    visit.press(tile(visit, 3))
    visit.arrives("filter=3")
    expect(tile(visit, 3)).to_have_attribute("aria-pressed", "true")
    visit.choose("Picture", visit.say("Your drawing"))
    visit.arrives("picture=drawing-")
    visit.shows_picture("filter-applied", at_work(weights, [3, *edges.values()]))
    for label, found in edges.items():
        button = visit.button(label)
        if found is None:
            expect(button).to_be_disabled()
            continue
        visit.press(button)
        expect(tile(visit, found)).to_have_attribute("aria-pressed", "true")
        wait_until_idle(page)
        visit.shows_picture("filter-applied", at_work(weights, [found, *edges.values()]))


def at_work(weights: np.ndarray, chosen: list[int | None]) -> np.ndarray:
    """The drawing, and what each of these filters makes of it, all on one scale."""
    each = dict.fromkeys(i for i in chosen if i is not None)
    maps = [conv2d(IMAGE[None, None], weights[i : i + 1])[0, 0] for i in each]
    limit = max(map(abs, limits(*maps)))
    shown = [np.repeat(grey(IMAGE, 0, 1)[..., None], 3, axis=-1), *(signed(m, limit) for m in maps)]
    return beside([enlarge(one, 8) for one in shown])


def test_a_map_is_opened_pointed_at_and_adds_up_to_what_the_network_computes(visit: Visit) -> None:
    page = visit.open("feature_maps", layer="conv1", channel=2, row=9, col=11)
    expect(page.locator(".words b")).to_have_count(7)
    tells(page, explain_unit(visit.model, IMAGE, "conv1", 2, 9, 11))
    output = page.locator("figure.output .plate")
    output.press("ArrowDown")
    tells(page, explain_unit(visit.model, IMAGE, "conv1", 2, 10, 11))
    values = feature_maps(visit.model, IMAGE)["conv1"][2]
    for at in (values.argmax(), values.argmin()):  # what ReLU leaves, and what it does not
        row, col = map(int, np.unravel_index(int(at), values.shape))
        cell = output.locator("canvas").evaluate("canvas => canvas.offsetWidth") / len(values)
        output.hover(position={"x": (col + 0.5) * cell, "y": (row + 0.5) * cell})
        tells(page, explain_unit(visit.model, IMAGE, "conv1", 2, row, col))
    page.mouse.move(0, 0)
    tells(page, explain_unit(visit.model, IMAGE, "conv1", 2, 9, 11))


def tells(page: Any, unit: UnitExplanation) -> None:
    """The words below an opened map are about this pixel: the sum, the bias, the value, and ReLU's."""
    words = page.locator(".words b")
    for at, place in enumerate(unit.position[1:]):
        expect(words.nth(at)).to_have_text(str(place))
    *_, total, bias, value, _, activated = numbers(words)
    expected = [unit.terms.sum(), unit.bias, unit.value, max(0.0, unit.value)]
    assert [total, bias, value, activated] == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_a_press_on_a_strip_opens_its_map_and_frames_what_it_sees(visit: Visit) -> None:
    page = visit.open("feature_maps")
    maps = feature_maps(visit.model, IMAGE)
    at = tuple(map(int, np.unravel_index(int(maps["conv1"].argmax()), maps["conv1"].shape)))
    press_unit(visit, "conv1", maps["conv1"], at)
    unit = explain_unit(visit.model, IMAGE, "conv1", *at)
    tells(page, unit)
    frames(page, ".mark.field", ".layer canvas", unit)
    frames(page, "figure.image .mark", "figure.image canvas", unit)

    gain = maps["pool1"] - maps["relu1"][:, ::4, ::4]  # over its window's first cell: that one has not won
    channel, row, col = map(int, np.unravel_index(int(gain.argmax()), gain.shape))
    press_unit(visit, "pool1", maps["pool1"], (channel, row, col))
    won = explain_unit(visit.model, IMAGE, "pool1", channel, row, col)
    cells = page.locator(".values td")
    expect(cells).to_have_count(16)
    window = maps["relu1"][channel, 4 * row : 4 * row + 4, 4 * col : 4 * col + 4]
    assert numbers(cells) == pytest.approx(window.ravel().tolist(), rel=1e-3, abs=1e-9)
    winners = cells.evaluate_all("cells => cells.map(cell => cell.classList.contains('won'))")
    assert won.winner is not None
    assert np.flatnonzero(winners).tolist() == [4 * won.winner[0] + won.winner[1]]
    assert numbers(page.locator(".words b"))[3] == pytest.approx(won.value, rel=1e-3)
    frames(page, "figure.image .mark", "figure.image canvas", won)


def press_unit(visit: Visit, layer: str, maps: np.ndarray, unit: tuple[int, ...]) -> None:
    """Press one cell of a map in the strip of its layer, whose maps are (n, H, H): it opens."""
    canvas, (channel, row, col) = strip(visit.page, layer), unit
    wide, high = canvas.evaluate("canvas => [canvas.offsetWidth, canvas.offsetHeight]")
    tiles = {across: (wide + 2) / across - 2 for across in range(len(maps), 0, -1)}  # two pixels between
    across, tile = next(
        (n, tile) for n, tile in tiles.items() if math.ceil(len(maps) / n) * (tile + 2) - 2 == high
    )
    x, y = (
        begin * (tile + 2) + (cell + 0.5) * tile / maps.shape[1]
        for begin, cell in ((channel % across, col), (channel // across, row))
    )
    visit.press(canvas, position={"x": x, "y": y})
    visit.arrives(f"layer={layer}", f"row={row}", f"col={col}", f"channel={channel}" if channel else "")
    visit.page.mouse.move(0, 0)


def frames(page: Any, mark: str, canvas: str, unit: UnitExplanation) -> None:
    """The part of the image that the unit sees is framed."""
    box, image = (page.locator(place).first.bounding_box() for place in (mark, canvas))
    pixel = image["width"] / 28
    field = receptive_field(SPEC.model, unit.layer, *unit.position[1:])
    assert (box["y"] - image["y"]) / pixel == pytest.approx(field.top, abs=0.5)
    assert (box["x"] - image["x"]) / pixel == pytest.approx(field.left, abs=0.5)
    assert box["width"] / pixel == pytest.approx(field.right - field.left, abs=0.7)
    assert box["height"] / pixel == pytest.approx(field.bottom - field.top, abs=0.7)


def test_the_terms_for_and_against_a_hidden_unit_add_up(visit: Visit) -> None:
    page = visit.open("feature_maps", layer="fc1", channel=3)
    unit = explain_unit(visit.model, IMAGE, "fc1", 3)
    page.get_by_role("heading", name=visit.say("For"), exact=True).wait_for()
    count, total, bias, value = numbers(page.locator(".words b"))[:4]
    assert count == unit.terms.size
    assert [total, bias, value] == pytest.approx([unit.terms.sum(), unit.bias, unit.value], rel=1e-3)
    terms = page.locator(".term b")
    exact = [float(b.get_attribute("data-value")) for b in terms.all()]
    assert sum(exact) == pytest.approx(unit.terms.sum(), abs=1e-5)
    assert numbers(terms) == pytest.approx(exact, rel=5e-3)


def test_what_a_channel_looks_for_is_found_among_real_digits_and_searched_for(visit: Visit) -> None:
    page, mnist = visit.open("feature_maps", layer="conv1", channel=2), load_mnist()
    images, labels = mnist.test_images[:ASKED], mnist.test_labels[:ASKED]
    visit.press(page.get_by_text(visit.say("What it looks for"), exact=True))
    visit.arrives("about=likes")
    top = top_patches(visit.model, images, "conv1", 2)
    digits = ", ".join(map(str, labels[top.indices]))
    visit.shows("The images they come from; the frame: what it sees. Digits: {digits}", digits=digits)
    fields = [field[:4] for field in top.fields]
    visit.shows_picture("exciting-patches", grid(top.patches(), 3, scale=(0, 255), tile_size=84))
    visit.shows_picture("exciting-images", grid(top.images, 3, scale=(0, 255), tile_size=84, boxes=fields))
    weights = filters(visit.model, "conv1")[2]
    visit.shows_picture("unit-filter", grid(weights, 16, mode="signed", tile_size=26, gap=3))
    ((_, fires),) = visit.curves("unit-response").values()
    assert fires == pytest.approx(class_response(visit.model, images, labels, "conv1", 2), abs=1e-4)
    visit.press(page.get_by_role("button", name=visit.say("Search the input that excites it most")))
    found = page.locator(".st-key-pixels-best-input img")
    expect(found).to_be_visible(timeout=COLD)
    shown = pixels(found.get_attribute("src"))[::6, ::6, 0] / 255  # six pixels a side
    *_, best = maximise_unit(visit.model, "conv1", 2)
    np.testing.assert_allclose(shown, best.image, atol=0.01)
    assert best.image.any()


def test_layer_beside_layer_the_story_shows_what_the_core_finds(visit: Visit) -> None:
    page, mnist = visit.open("feature_maps"), load_mnist()
    visit.press(page.get_by_text(visit.say("Layer by layer: what do the channels look for?")))
    visit.arrives("story=1")
    asked = ask(visit.model, mnist.test_images[:ASKED], mnist.test_labels[:ASKED])
    maps, layers = feature_maps(visit.model, IMAGE), ["relu1", "relu2", "fc2"]
    for layer in layers:
        channels = ranked_channels(maps[layer])[:STORY]
        patches = [p for c in channels for p in asked.patches(layer, int(c), STORY).patches()]
        visit.shows_picture(f"story-{layer}", grid(patches, STORY, scale=(0, 255), tile_size=56, gap=3))
    visit.shows(
        "How much of a channel's strongest answer the digit decides, on average: {shares}.",
        shares=", ".join(f"{layer} {asked.by_class(layer).mean():.0%}" for layer in layers),
    )


def test_the_maps_are_shown_otherwise_by_hand(visit: Visit) -> None:
    page = visit.open("feature_maps")
    maps = feature_maps(visit.model, IMAGE)
    net = page.locator(".net")
    expect(net).not_to_have_class(re.compile("space"))  # flat, until somebody asks
    visit.shows_strip("conv1", strip_colours(maps["conv1"]))
    visit.press(page.locator(".st-key-feature_maps-view button").first)
    visit.press(page.get_by_text(visit.say("each map its own"), exact=True))
    visit.arrives("scale=each")
    visit.shows_strip("conv1", np.concatenate([strip_colours(one[None]) for one in maps["conv1"]]))
    visit.press(page.get_by_text(visit.say("black to white"), exact=True))
    visit.arrives("scale=each", "colours=grey")
    visit.shows_strip("conv1", np.concatenate([strip_colours(one[None], "grey") for one in maps["conv1"]]))
    visit.press(page.get_by_text(visit.say("strongest answer first"), exact=True))
    visit.arrives("order=strength")
    visit.shows_strip("fc1", strip_colours(np.sort(maps["fc1"])[::-1], "grey"))
    visit.press(page.get_by_text(visit.say("In space, to be turned about")))
    visit.arrives("space=1")
    expect(net).to_have_class(re.compile("space"))
    assert "rotateY" in page.locator(".stage").get_attribute("style")


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_is_on_one_screen_with_the_shapes_of_its_layers(
    browser_page: Any, server: Server, own_runs: Recorder, name: str
) -> None:
    spec = TrainingSpec(model=NETWORKS[name], steps=1, batch_size=20, train_size=20)
    run, page = train_into(own_runs, spec, few_images(20, 10)), browser_page
    page.goto(f"{server.url}/feature_maps?lang=en&run={run}&step=0")
    page.locator(".net[data-painted]").wait_for(timeout=COLD)
    wait_until_idle(page, COLD)
    box = page.locator(".net").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= LAPTOP["height"]
    assert box["x"] + box["width"] <= LAPTOP["width"]
    named = page.locator(".layer .name").evaluate_all(
        "names => names.map(name => ['b', 'i'].map(part => name.querySelector(part).textContent))"
    )
    shapes = [["input", "1×28×28"]]
    assert named == shapes + [[row.name, "×".join(map(str, row.shape))] for row in summary(spec.model)]


def test_a_drawn_digit_is_read_and_a_stroke_more_is_read_while_it_is_drawn(
    visit: Visit, own_runs: Recorder
) -> None:
    page = visit.open("draw")
    visit.reads(SEVEN)
    visit.shows_strip("conv1", strip_colours(feature_maps(visit.model, IMAGE)["conv1"]))
    address, before = page.url, page.locator("h3", has_text="%").first.inner_text()
    painted = int(page.locator(".net").get_attribute("data-painted"))
    box = page.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=6)
    expect(page.locator("h3", has_text="%").first).not_to_have_text(before)
    with page.expect_response(
        lambda answer: "/live/" in answer.url and lowest(asked(answer)) > 0.69
    ) as answer:
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"])
    so_far = asked(answer.value)
    assert len(from_json(so_far).strokes) == 2
    maps = feature_maps(visit.model, prepared(so_far))
    visit.shows_strip("input", strip_colours(maps["input"], "grey", (0, 1)))
    for layer in ("conv1", "pool1", "fc2"):
        visit.shows_strip(layer, strip_colours(maps[layer]))
    assert int(page.locator(".net").get_attribute("data-painted")) > painted
    assert page.url == address  # the pen is still down
    page.mouse.up()
    page.wait_for_url(lambda url: "image=drawing-" in url and url != address)
    name = re.search(r"drawing-(\w+)", page.url)[1]  # type: ignore[index]
    visit.reads(own_runs.artifact(name).data.decode())


def asked(answer: Any) -> str:
    """The drawing that the browser asked about."""
    return str(json.loads(answer.request.post_data))


def lowest(drawing: str) -> float:
    """Where the newest stroke is lowest, from 0 at the pad's top to 1."""
    return max(y for _, y in from_json(drawing).strokes[-1].points)


def test_each_change_of_the_drawn_digit_by_its_slider_is_read_as_the_core_reads_it(visit: Visit) -> None:
    page = visit.open("draw")
    by_hand = {
        "Move right (pixels)": ("right", 3),
        "Move down (pixels)": ("down", -2),
        "Turn (degrees, clockwise)": ("degrees", 40),
        "Scale (times)": ("size", 0.7),
        "Thicken the line (pixels)": ("thicken", 1.5),
        "Add noise": ("noise", 0.3),
    }
    so_far: dict[str, float] = {}
    for label, (name, value) in by_hand.items():
        page.get_by_role("slider", name=visit.say(label)).fill(str(value))
        so_far[name] = value
        shares = predict(visit.model, distort(IMAGE, Distortion(**so_far)))
        visit.says("Changed so, it reads a **{best}** ({share:.1%})", shares)
    visit.arrives("right=3", "down=-2", "degrees=40", "size=0.7", "thicken=1.5", "noise=0.3")
    visit.press(visit.button("Undo all changes"))
    visit.says("Changed so, it reads a **{best}** ({share:.1%})", predict(visit.model, IMAGE))


def test_the_strokes_replay_beside_the_answer_before_and_after_training_and_a_digit_is_loaded(
    visit: Visit, own_runs: Recorder
) -> None:
    page = visit.open("draw")
    alt = visit.say("The probability of each digit, before training and at the chosen step")
    models = {step: own_runs.model(SPEC.run_id, step) for step in sorted({0, visit.step})}
    named = {visit.say("Step {step}", step=s): predict(m, IMAGE) for s, m in models.items()}
    bars = svg_address(answer_bars(named, "light", BARS_WIDTH, alt))
    expect(page.get_by_role("img", name=alt).first).to_have_attribute("src", bars)

    visit.press(page.get_by_text(visit.say("Replay the strokes, and watch the answer change")))
    visit.arrives("replay=1")
    strokes = timed(from_json(SEVEN))
    slider = page.get_by_role("slider", name=visit.say("Moment of the drawing"))
    moments = [time for stroke in strokes.strokes for time in stroke.times]
    for key, moment in (("Home", moments[0]), ("ArrowRight", moments[1]), ("End", moments[-1])):
        slider.press(key)
        shares = predict(visit.model, prepared(to_json(drawn_by(strokes, moment))))
        share = int(100 * round(float(shares.max()), 4) + 0.5)
        said = visit.say("It reads a {digit} ({share})", digit=int(shares.argmax()), share=f"{share}%")
        expect(page.locator(".said")).to_have_text(said)

    visit.press(page.locator(".st-key-draw-any button").nth(4))
    visit.arrives("image=test-")
    number = int(re.search(r"image=test-(\d+)", page.url)[1])  # type: ignore[index]
    assert load_mnist().test_labels[number] == 4
    digit = load_mnist().test_images[number] / np.float32(255)
    visit.says("It reads a **{best}** ({share:.1%})", predict(visit.model, digit))
