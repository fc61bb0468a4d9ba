"""What a run that this test has trained answers to a drawn digit: why, cut, taught, and its mistakes.

Before training and after it, in Korean on a phone and in English on a laptop: the pages say what the core
computes. The network, its units and the pad are in test_own_run.py.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core import attribution
from cnn_core.colours import palette, rgb
from cnn_core.data import load_mnist
from cnn_core.edit import Edit
from cnn_core.features import filters, logits, predict, predict_batch
from cnn_core.figures import grey, grid, limits, signed
from cnn_core.mistakes import confusions, disagreements_picture, mistakes_picture
from cnn_core.numerals import numeral
from cnn_core.surgery import Trial, flips
from cnn_core.teach import moved, taught, weights_of
from tests.browser.visits import (
    COLD,
    Visit,
    changes,
    comes_to,
    content,
    prepared,
    read_all,
)
from tests.browser_tools import wait_until_idle
from tests.grids import pixels
from tests.trained import SEVEN
from ui.teach_lesson import TESTED

TRAINS = True  # its runs are its own
IMAGE = prepared(SEVEN)
WAYS = {  # the list's words for each way, what the core makes of a class, and what the page says of it
    "saliency": (
        "Saliency",
        attribution.saliency,
        "How much the score would rise with more ink at each pixel, to begin with. The strongest is at "
        "row {row}, column {col}: {value} for full ink.",
    ),
    "occlusion": (
        "Occlusion",
        attribution.occlusion,
        "How much the score falls when patches of 5×5 pixels are emptied: for each pixel, the mean of "
        "all patches that cover it. The strongest is at row {row}, column {col}: {value}.",
    ),
    "cam-relu1": (
        "Grad-CAM at {layer}",
        lambda model, image, digit: attribution.grad_cam(model, image, "relu1", digit, signed=True),
        "Where the maps of {layer} speak for the score, and against it, which Grad-CAM usually leaves out. "
        "The strongest is at row {row}, column {col}: {value}. The deeper the layer, the coarser the "
        "picture.",
    ),
    "integrated": (
        "Integrated gradients",
        partial(attribution.integrated_gradients, steps=32),
        "Each pixel's share in the score. Together they give {total}; from an empty image to this one "
        "the score changes by {gain} (32 steps between the two, so nearly the same). The strongest is at "
        "row {row}, column {col}: {value}.",
    ),
}


def test_why_a_seven_unfolds_into_numbers_that_add_up_to_the_score(visit: Visit) -> None:
    page = visit.open("why", target=7)
    score = float(logits(visit.model, IMAGE)[7])
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


def test_why_one_digit_and_not_another_is_asked_by_hand_and_shown_in_each_way(visit: Visit) -> None:
    page, scores = visit.open("why"), logits(visit.model, IMAGE).astype(float)
    against, target = np.argsort(-scores)[:2].tolist()
    root = page.locator("[role=treeitem][aria-level='1'] .share")
    visit.pick("why-target", str(target))
    visit.arrives(f"target={target}")
    comes_to(root, scores[target])
    visit.choose("… and not a …?", str(against))
    visit.arrives(f"against={against}")
    comes_to(root, scores[target] - scores[against])
    empty = logits(visit.model, np.zeros_like(IMAGE)).astype(float)
    gain = scores[target] - scores[against] - (empty[target] - empty[against])
    for way, (name, made_by, said) in WAYS.items():
        visit.choose("Which pixels speak for it?", visit.say(name, layer="relu1"))
        made = attribution.every_class(partial(made_by, visit.model, IMAGE))
        shown = made[target] - made[against]
        row, col = np.unravel_index(int(np.abs(shown).argmax()), shown.shape)
        numbers_said = {"total": float(shown.sum()), "gain": gain, "value": float(shown[row, col])}
        texts = {key: numeral(number, "+.3g") for key, number in numbers_said.items()}
        visit.shows(said, layer="relu1", row=row, col=col, **texts)
        picture = pixels(page.locator(f".st-key-pixels-why-{way} img").get_attribute("src")).astype(int)
        heat = picture[3:196:7, 204 + 3 : 204 + 196 : 7]  # the middle of each pixel, seven by seven
        limit = attribution.common_limit(made)
        np.testing.assert_allclose(heat, signed(shown, limit).astype(int), atol=3)
        np.testing.assert_allclose(picture[3:196:7, 3:196:7, 0], grey(IMAGE, 0, 1), atol=1)


def test_a_muted_map_changes_what_the_core_says_it_changes(visit: Visit) -> None:
    page = visit.open("surgery", layer="conv1")
    trial = tried(visit)
    losses = [trial.accuracy_without("conv1", unit) for unit in range(4)]
    tiles = page.get_by_role("button", name=re.compile(r"conv1.*%"))
    expect(tiles).to_have_count(4, timeout=COLD)
    visit.press(page.get_by_text(visit.say("by what matters"), exact=True))  # the worst loss comes first
    page.wait_for_url("**order=rank**")
    first = int(np.argsort(losses, kind="stable")[0])
    named = visit.say(
        "Unit {unit} of {layer}: {accuracy:.1%} read correctly without it",
        unit=first,
        layer="conv1",
        accuracy=losses[first],
    )
    expect(tiles.first).to_have_accessible_name(named)
    visit.press(tiles.first)
    page.wait_for_url(f"**edit=conv1-{first}**")
    reads_with(visit, trial, Edit().muting("conv1", [first]))


def tried(visit: Visit) -> Trial:
    """The network before the fixed part of the test set."""
    mnist = load_mnist()
    return Trial(visit.model, mnist.test_images[:TESTED], mnist.test_labels[:TESTED])


def reads_with(visit: Visit, trial: Trial, edit: Edit) -> None:
    """The page says what is read with the edit: of the drawing, and of the fixed part of the test set."""
    shares = predict(edit.apply(visit.model), IMAGE)
    expect(visit.page.locator("h4", has_text=f"{shares.max():.1%}").first).to_be_visible()
    answers = trial.answers_with(edit)
    found = flips(trial.labels, trial.answers, answers)
    visit.shows(
        "Of the first {tested:,} test digits it reads **{before:.1%}** correctly as trained and "
        "**{after:.1%}** with the edit. Lost: **{lost}**, won: **{gained}**, misread in another way: "
        "**{otherwise}**.",
        tested=TESTED,
        before=trial.accuracy(trial.answers),
        after=trial.accuracy(answers),
        lost=len(found.lost),
        gained=len(found.gained),
        otherwise=len(found.otherwise),
    )


def test_a_hidden_unit_is_muted_a_weight_is_typed_and_both_are_undone(visit: Visit) -> None:
    page, trial = visit.open("surgery"), tried(visit)
    undo = page.locator(".st-key-surgery-undo button").first
    lost = [len(found(trial, Edit().muting("fc1", [unit])).lost) for unit in range(16)]
    unit = int(np.argmax(lost))
    visit.pick("surgery-layer", "fc1")
    visit.arrives("layer=fc1")
    said = {"unit": unit, "layer": "fc1", "accuracy": trial.accuracy_without("fc1", unit)}
    tile = visit.button("Unit {unit} of {layer}: {accuracy:.1%} read correctly without it", **said)
    expect(tile).to_be_visible(timeout=COLD)
    wait_until_idle(page, COLD)
    visit.press(tile)
    visit.arrives(f"edit=fc1-{unit}")
    muted = Edit().muting("fc1", [unit])
    reads_with(visit, trial, muted)
    flipped(visit, trial, muted)

    visit.pick("surgery-layer", "conv1")
    visit.arrives("layer=conv1")
    cell = page.get_by_label(visit.say("row {row}, column {col}", row=2, col=3))
    before = cell.input_value()
    cell.fill("−2.5")
    visit.arrives("w-")
    rows = visit.model.conv1.weight.detach().numpy()[0, 0].copy()
    rows[1, 2] = -2.5
    typed = muted.with_kernel("conv1", 0, 0, rows)
    reads_with(visit, trial, typed)
    flipped(visit, trial, typed)

    visit.press(undo)
    visit.arrives(f"edit=fc1-{unit}")
    expect(cell).to_have_value(before)
    reads_with(visit, trial, muted)
    visit.press(undo)
    expect(page).not_to_have_url(re.compile("edit="))
    reads_with(visit, trial, Edit())


def found(trial: Trial, edit: Edit) -> Any:
    """Which digits flip with an edit."""
    return flips(trial.labels, trial.answers, trial.answers_with(edit))


def flipped(visit: Visit, trial: Trial, edit: Edit) -> None:
    """The digits that flipped are pictured, as far as there is room for them."""
    answers, flip = trial.answers_with(edit), found(trial, edit)
    assert len(flip.lost) + len(flip.gained)
    for name, places in (("lost", flip.lost[:56]), ("won", flip.gained[:56])):
        if not len(places):
            expect(visit.page.locator(f".st-key-pixels-flips-{name}")).to_have_count(0)
            continue
        shown = load_mnist().test_images[places], trial.labels[places]
        drawn = disagreements_picture(*shown, trial.answers[places], answers[places], 8)
        visit.shows_picture(f"flips-{name}", drawn)


def test_one_step_of_teaching_changes_what_the_core_says_it_changes(visit: Visit) -> None:
    page = visit.open("teach", label=1, rate=0.3)
    pupil = taught(visit.model, IMAGE, 1, 0.3)
    mnist = load_mnist()
    images, labels = mnist.test_images[:TESTED] / np.float32(255), mnist.test_labels[:TESTED]
    before, after = (predict_batch(model, images).argmax(axis=1) for model in (visit.model, pupil))
    visit.press(visit.button("Teach it: one step"))
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


def test_what_it_is_and_how_fast_to_learn_are_set_by_hand_and_the_weights_move_so(visit: Visit) -> None:
    page = visit.open("teach")
    visit.pick("widget-teach-label", "7")
    visit.arrives("label=7")
    slider = page.get_by_role("slider", name=visit.say("Learning rate"))
    slider.press("ArrowRight")
    visit.arrives("label=7", "rate=0.1")
    visit.press(visit.button("Teach it: one step"))
    visit.arrives("taught=")
    pupil = taught(visit.model, IMAGE, 7, 0.1)
    was, now = predict(visit.model, IMAGE), predict(pupil, IMAGE)
    visit.shows(
        "Steps of teaching: {steps}. Now it reads a **{digit}** ({share:.1%}); as trained it read a "
        "{was} ({then:.1%}).",
        steps=1,
        digit=int(now.argmax()),
        share=float(now.max()),
        was=int(was.argmax()),
        then=float(was.max()),
    )
    layers = moved(weights_of(visit.model), weights_of(pupil))
    most = max(layers, key=lambda layer: layer.share)
    visit.shows(
        "**{layer}** moved most for its size: by {share:.2%} of the length of its weights.",
        layer=most.layer,
        share=most.share,
    )
    table = page.get_by_test_id("stDataFrame").locator("td")
    expect(table).to_have_count(4 * len(layers))
    expected = [(m.layer, f"{m.count:,}", f"{m.change:.3g}", f"{m.share:.3%}") for m in layers]
    assert table.all_text_contents() == [text for row in expected for text in row]
    change = (filters(pupil, "conv1") - filters(visit.model, "conv1"))[:, 0]
    visit.shows_picture("filters-change", grid(change, 4, "signed", limits(change), 44, 4))


def test_the_matrix_counts_all_test_digits_and_the_map_is_pointed_at(visit: Visit) -> None:
    page = visit.open("mistakes")
    labels, answers = load_mnist().test_labels, read_all(visit.model).answers
    right = int((answers == labels).sum())
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
    truth, answer = labels[number], answers[number]
    visit.shows("Test digit {number}: {truth} read as {answer}", number=number, truth=truth, answer=answer)


def test_a_cell_of_the_matrix_shows_its_digits_the_surest_mistake_first(visit: Visit) -> None:
    page, reading, labels = visit.open("mistakes"), read_all(visit.model), load_mnist().test_labels
    for kind in (0, -1):  # the most frequent mistake, and a rare one
        truth, answer, count = confusions(labels, reading.answers)[kind]
        cell = visit.button("{truth} read as {answer}: {count}", truth=truth, answer=answer, count=count)
        visit.press(cell)
        visit.arrives(f"confused={truth}-{answer}")
        expect(cell).to_have_attribute("aria-pressed", "true")
        of_kind = np.flatnonzero((labels == truth) & (reading.answers == answer))
        assert len(of_kind) == count
        sure = reading.shares.max(axis=1)
        shown = of_kind[np.argsort(-sure[of_kind], kind="stable")][:24]
        drawn = [load_mnist().test_images[shown], labels[shown], reading.answers[shown], 8]
        visit.shows_picture("mistakes", mistakes_picture(*drawn, sure=sure[shown]))
        surest = {"number": shown[0], "truth": truth, "answer": answer}
        one = page.get_by_role("combobox", name=visit.say("Look into one of them"))
        expect(one).to_have_value(visit.say("Test digit {number}: {truth} read as {answer}", **surest))


def test_the_digits_of_the_map_take_another_colour_and_move_with_the_step(visit: Visit) -> None:
    page = visit.open("mistakes")
    labels, answers = load_mnist().test_labels, read_all(visit.model).answers
    wrong = labels != answers
    more = [int((labels[wrong] == digit).sum() - (answers[wrong] == digit).sum()) for digit in range(10)]
    rarer, commoner = int(np.argmax(more)), int(np.argmin(more))  # as an answer than as a true digit
    canvas = page.locator("canvas").first
    by_truth = content(canvas)
    visit.press(page.get_by_text(visit.say("its answer"), exact=True))
    changes(canvas, by_truth)
    page.wait_for_url("**colour=answer**")
    wait_until_idle(page, COLD)
    here = content(canvas)
    assert ink(here, rarer) < ink(by_truth, rarer)
    assert ink(here, commoner) > ink(by_truth, commoner)
    page.get_by_role("slider", name=visit.say("Step (0 is before training)")).press(
        "End" if visit.step == 0 else "Home"
    )
    changes(canvas, here)
    page.wait_for_url(lambda url: ("step=0" in url) is (visit.step != 0))
    assert "colour=answer" in page.url


def ink(picture: str, digit: int) -> int:
    """How many pixels of the map have a digit's colour in full, as those have that were read wrong."""
    light = palette("light")
    colours = (*light.series, light.pointer, light.broken, light.soft)
    return int((pixels(picture)[..., :3] == rgb(colours[digit])).all(axis=-1).sum())
