"""Pages of the microscope on a run that this test has trained, at two steps, with a drawn digit.

On a phone in Korean before training, on a laptop in English after it: the pages say what the core computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core import gratings
from cnn_core.data import load_mnist
from cnn_core.edit import Edit
from cnn_core.excite import maximise_unit, top_patches
from cnn_core.features import explain_unit, logits, predict, predict_batch
from cnn_core.images import prepare_digit
from cnn_core.recording import Recorder
from cnn_core.strokes import from_json, raster
from cnn_core.surgery import Trial
from cnn_core.teach import taught
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.grids import pixels
from tests.trained import SEVEN, few_images, train_into
from tests.trained import SMALL as SPEC
from ui.language import translate
from ui.network_answers import ASKED
from ui.teach_lesson import TESTED

TRAINS = True  # its runs are its own
COLD = 120_000  # ms: the server imports torch
PLACES = [(0, "ko", {"viewport": PHONE, "has_touch": True}), (60, "en", {})]


@dataclass(frozen=True)
class Visit:
    """A page of the site, on the run at one step, and what it should say."""

    page: Any
    url: str
    step: int
    model: Any
    say: Any  # a message and its values -> the sentence, in the visit's language

    def open(self, slug: str, **choices: object) -> Any:
        more = "".join(f"&{name}={value}" for name, value in choices.items())
        self.page.goto(self.url.format(slug=slug) + more)
        self.page.get_by_test_id("stCode").last.wait_for(timeout=COLD)
        wait_until_idle(self.page, timeout=COLD)
        return self.page

    def shows(self, message: str, **values: object) -> None:
        """The sentence stands on the page, whatever of it is bold."""
        sentence = self.say(message, **values).replace("**", "")
        expect(self.page.get_by_text(sentence).first).to_be_visible(timeout=COLD)

    def reads(self, drawing: str) -> None:
        """The page says what the network makes of the strokes."""
        shares = predict(self.model, prepared(drawing))
        best = int(shares.argmax())
        self.shows("It reads a **{best}** ({share:.1%})", best=best, share=float(shares[best]))


def prepared(drawing: str) -> np.ndarray:
    return prepare_digit(raster(from_json(drawing)))


def numbers(shown: Any) -> list[float]:
    """What stands on the page; a layer's name among it is none."""
    texts = [text.replace("−", "-") for text in shown.all_inner_texts()]
    return [float(text) if re.fullmatch(r"[-+.\de]+", text) else float("nan") for text in texts]


@pytest.fixture(scope="module")
def store(server: Server) -> Recorder:
    store = Recorder(server.home / "runs.sqlite")
    train_into(store, SPEC, few_images(600, 100))
    return store


@pytest.fixture(params=PLACES, ids=["phone-before", "laptop-after"])
def visit(request: Any, browser: Any, server: Server, store: Recorder) -> Iterator[Visit]:
    step, code, context = request.param
    page = new_page(browser, **context)
    drawing = store.put_artifact("drawing", SEVEN.encode())
    url = f"{server.url}/{{slug}}?lang={code}&run={SPEC.run_id}&step={step}&image=drawing-{drawing}"
    say = partial(_say, code)
    yield Visit(page, url, step, store.model(SPEC.run_id, step), say)
    assert page.complaints == []
    page.context.close()


def _say(code: str, message: str, **values: object) -> str:
    return translate(message, code, **values)


def test_the_filters_are_grouped_by_what_they_answer_to(visit: Visit) -> None:
    visit.open("filters")
    for number, name in enumerate(gratings.names(visit.model.conv1.weight.detach().numpy())):
        called = ", ".join(visit.say(part) for part in name if part)
        label = visit.say("Filter {index}: {kind}", index=number, kind=called)
        expect(visit.page.get_by_role("button", name=label, exact=True)).to_be_visible()


def test_a_map_of_a_drawn_digit_is_opened_and_adds_up_to_what_the_network_computes(visit: Visit) -> None:
    image = prepared(SEVEN)
    page = visit.open("feature_maps", layer="conv1", channel=2, row=9, col=11)
    unit = explain_unit(visit.model, image, "conv1", 2, 9, 11)
    words = page.locator(".words b")
    expect(words).to_have_count(7)  # row, column, sum, bias, value, and what ReLU makes of it
    assert numbers(words)[2:5] == pytest.approx([unit.terms.sum(), unit.bias, unit.value], rel=1e-3, abs=1e-9)
    output = page.locator("figure.output .plate")
    output.press("ArrowDown")
    below = explain_unit(visit.model, image, "conv1", 2, 10, 11)
    expect(words.first).to_have_text("10")
    assert numbers(words)[2:5] == pytest.approx(
        [below.terms.sum(), below.bias, below.value], rel=1e-3, abs=1e-9
    )


def test_the_terms_for_and_against_a_hidden_unit_add_up(visit: Visit) -> None:
    page = visit.open("feature_maps", layer="fc1", channel=3)
    unit = explain_unit(visit.model, prepared(SEVEN), "fc1", 3)
    page.get_by_role("heading", name=visit.say("For"), exact=True).wait_for()
    count, total, bias, value = numbers(page.locator(".words b"))[:4]
    assert count == unit.terms.size
    assert [total, bias, value] == pytest.approx([unit.terms.sum(), unit.bias, unit.value], rel=1e-3)
    terms = page.locator(".term b")
    exact = [float(b.get_attribute("data-value")) for b in terms.all()]
    assert sum(exact) == pytest.approx(unit.terms.sum(), abs=1e-5)
    assert numbers(terms) == pytest.approx(exact, rel=5e-3)


def test_what_a_channel_looks_for_is_found_among_real_digits_and_searched_for(visit: Visit) -> None:
    page, mnist = visit.open("feature_maps", layer="conv1", channel=2, about="likes"), load_mnist()
    top = top_patches(visit.model, mnist.test_images[:ASKED], "conv1", 2)
    digits = ", ".join(map(str, mnist.test_labels[top.indices]))
    visit.shows("The images they come from; the frame: what it sees. Digits: {digits}", digits=digits)
    page.get_by_role("button", name=visit.say("Search the input that excites it most")).click()
    found = page.locator(".st-key-pixels-best-input img")
    expect(found).to_be_visible(timeout=COLD)
    shown = pixels(found.get_attribute("src"))[::6, ::6, 0] / 255  # six pixels a side
    *_, best = maximise_unit(visit.model, "conv1", 2)
    np.testing.assert_allclose(shown, best.image, atol=0.01)
    assert best.image.any()


def test_a_drawn_digit_is_read_and_a_stroke_more_is_read_while_it_is_drawn(
    visit: Visit, store: Recorder
) -> None:
    page = visit.open("draw")
    visit.reads(SEVEN)
    address, before = page.url, page.locator("h3", has_text="%").first.inner_text()
    box = page.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=6)
    expect(page.locator("h3", has_text="%").first).not_to_have_text(before)
    assert page.url == address  # the pen is still down
    page.mouse.up()
    page.wait_for_url(lambda url: "image=drawing-" in url and url != address)
    name = re.search(r"drawing-(\w+)", page.url)[1]  # type: ignore[index]
    visit.reads(store.artifact(name).data.decode())


def test_why_a_seven_unfolds_into_numbers_that_add_up_to_the_score(visit: Visit) -> None:
    page = visit.open("why", target=7)
    score = float(logits(visit.model, prepared(SEVEN))[7])
    rows = page.get_by_role("tree", name=visit.say("What the score is made of")).get_by_role("treeitem")
    levels = [int(row.get_attribute("aria-level")) for row in rows.all()]
    shares = [float(share.get_attribute("data-value")) for share in rows.locator(".share").all()]
    assert shares[0] == pytest.approx(score, abs=1e-4)
    assert sum(s for s, level in zip(shares, levels, strict=True) if level == 2) == pytest.approx(
        score, abs=1e-4
    )
    folded = page.locator("[role=treeitem][aria-level='2'][aria-expanded='false']").first
    folded.focus()
    folded.press("ArrowRight")
    expect(page.locator("[role=treeitem][aria-level='2'][aria-expanded='true']")).to_have_count(2)


def test_a_muted_map_changes_what_the_core_says_it_changes(visit: Visit) -> None:
    page = visit.open("surgery", layer="conv1")
    images, labels = load_mnist().test_images[:TESTED], load_mnist().test_labels[:TESTED]
    trial = Trial(visit.model, images, labels)
    losses = [trial.accuracy_without("conv1", unit) for unit in range(4)]
    tiles = page.get_by_role("button", name=re.compile(r"conv1.*%"))
    expect(tiles).to_have_count(4, timeout=COLD)
    page.get_by_text(visit.say("by what matters"), exact=True).click()  # the worst loss comes first
    page.wait_for_url("**order=rank**")
    first = int(np.argsort(losses, kind="stable")[0])
    named = visit.say(
        "Unit {unit} of {layer}: {accuracy:.1%} read correctly without it",
        unit=first,
        layer="conv1",
        accuracy=losses[first],
    )
    expect(tiles.first).to_have_accessible_name(named)
    tiles.first.click()
    page.wait_for_url(f"**edit=conv1-{first}**")
    edit = Edit().muting("conv1", [first])
    shares = predict(edit.apply(visit.model), prepared(SEVEN))
    best = int(shares.argmax())
    expect(page.locator("h4", has_text=f"{shares[best]:.1%}")).to_be_visible()
    answers = trial.answers_with(edit)
    expect(page.get_by_text(f"{trial.accuracy(answers):.1%}").first).to_be_visible()


def test_one_step_of_teaching_changes_what_the_core_says_it_changes(visit: Visit) -> None:
    page = visit.open("teach", label=1, rate=0.3)
    pupil = taught(visit.model, prepared(SEVEN), 1, 0.3)
    mnist = load_mnist()
    images, labels = mnist.test_images[:TESTED] / np.float32(255), mnist.test_labels[:TESTED]
    before, after = (predict_batch(model, images).argmax(axis=1) for model in (visit.model, pupil))
    page.get_by_role("button", name=visit.say("Teach it: one step")).click()
    page.wait_for_url("**taught=**")
    visit.shows(
        "Of {count:,} test digits it read **{before:.1%}** correctly and now reads **{after:.1%}**: "
        "**{lost}** forgotten, **{won}** won, **{otherwise}** misread in another way.",
        count=TESTED,
        before=float((before == labels).mean()),
        after=float((after == labels).mean()),
        lost=int(((before == labels) & (after != labels)).sum()),
        won=int(((before != labels) & (after == labels)).sum()),
        otherwise=int(((before != labels) & (after != labels) & (before != after)).sum()),
    )


def test_the_matrix_counts_all_test_digits_and_the_map_is_pointed_at(visit: Visit) -> None:
    page = visit.open("mistakes")
    mnist = load_mnist()
    answers = predict_batch(visit.model, mnist.test_images / np.float32(255)).argmax(axis=1)
    right = int((answers == mnist.test_labels).sum())
    visit.shows(
        "At step {step:,} the network reads **{right:,} of {count:,}** test images: **{accuracy:.2%}**.",
        step=visit.step,
        right=right,
        count=10_000,
        accuracy=right / 10_000,
    )
    canvas = page.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    canvas.press("ArrowRight")
    canvas.press("Enter")
    page.wait_for_url("**image=test-**")
    number = int(re.search(r"image=test-(\d+)", page.url)[1])  # type: ignore[index]
    truth, answer = mnist.test_labels[number], answers[number]
    visit.shows("Test digit {number}: {truth} read as {answer}", number=number, truth=truth, answer=answer)


def test_the_digits_of_the_map_take_another_colour_and_move_with_the_step(visit: Visit) -> None:
    page = visit.open("mistakes")
    canvas = page.locator("canvas").first
    by_truth = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_text(visit.say("its answer"), exact=True).click()
    changes(canvas, by_truth)
    page.wait_for_url("**colour=answer**")
    wait_until_idle(page, COLD)
    here = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("slider", name=visit.say("Step (0 is before training)")).press(
        "End" if visit.step == 0 else "Home"
    )
    changes(canvas, here)
    page.wait_for_url(lambda url: ("step=0" in url) is (visit.step != 0))
    assert "colour=answer" in page.url


def changes(canvas: Any, before: str) -> None:
    """Wait until the canvas shows something else."""
    canvas.evaluate(
        """(canvas, before) => new Promise((done) => {
            const look = () => (canvas.toDataURL() === before ? requestAnimationFrame(look) : done());
            look();
        })""",
        before,
    )
