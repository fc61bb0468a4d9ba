"""One step of training as a class uses it: through the phases, at a weight, on by hand, with keys alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.slow_motion import FilterGradient, SlowStep, filter_gradient, open_run
from tests.browser_tools import LAPTOP, PHONE, Server, new_page, wait_until_idle
from tests.grids import centre, stands_at, values
from ui.language import translate


@pytest.fixture(scope="module")
def step() -> SlowStep:
    return open_run(RunStore(), load_mnist(), REFERENCE, 0).at(0)


@pytest.fixture(scope="module")
def gradient(step: SlowStep) -> FilterGradient:
    found = filter_gradient(step, 3)
    assert found is not None
    return found


def visit(page: Any, server: Server, query: str, lang: str = "en") -> Any:
    page.goto(f"{server.url}/slow_motion?lang={lang}&{query}")
    page.get_by_text(translate("The same in code", lang)).wait_for(timeout=120_000)
    wait_until_idle(page, 60_000)
    return page


def cell(page: Any, grid: str, row: int, col: int, of: int = 5) -> tuple[float, float]:
    """The middle of a grid's cell, on screen."""
    box = page.locator(f"[data-grid='{grid}'] .plate").bounding_box()
    return box["x"] + (col + 0.5) * box["width"] / of, box["y"] + (row + 0.5) * box["height"] / of


def numbers(text: str) -> list[float]:
    """The numbers of a sentence, with the signs and powers of ten that a learner reads."""
    powers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    found = re.findall(r"−?\d+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", text)
    return [float(n.replace("×10", "e").translate(powers)) for n in found]


def test_pointing_at_a_weight_tells_its_sum(
    browser_page: Any, server: Server, gradient: FilterGradient
) -> None:
    page = visit(browser_page, server, "phase=backward&filter=3&of=4&weight=0-0")
    reading = page.locator(".reading p")
    page.mouse.move(*cell(page, "total", 3, 1))
    expect(reading.first).to_contain_text("row 4, column 2")
    assert numbers(reading.first.inner_text())[-1] == pytest.approx(gradient.shares[4, 3, 1], rel=0.01)
    images, total, torch = numbers(reading.nth(1).inner_text())
    assert images == 100
    assert total == torch == pytest.approx(gradient.total[3, 1], rel=1e-3)


@pytest.mark.parametrize(
    ("lang", "phone", "words"),
    [
        ("en", False, "Output row {}, column {}: the sum of 576 products = "),
        ("ko", True, "출력 {}행 {}열: 곱 576개의 합 = "),
    ],
    ids=["English, laptop, mouse", "Korean, phone, finger"],
)
def test_slid_over_the_image_the_output_gradient_sums_up_to_each_weights_share(
    browser: Any, server: Server, gradient: FilterGradient, lang: str, phone: bool, words: str
) -> None:
    page = new_page(browser, viewport=PHONE if phone else LAPTOP, has_touch=phone, is_mobile=phone)
    visit(page, server, "phase=backward&filter=3&of=4&weight=2-1", lang)
    slide = page.locator(".st-key-slow_motion-slide")  # not the grids of the sum above it
    assert slide.count() == 0
    page.get_by_text(translate("Slide it: these sums are a convolution", lang)).click()
    page.wait_for_url(re.compile("slide=1"))
    expect(slide.locator("[data-grid='output-0'] .cell")).to_have_count(25)
    wait_until_idle(page)
    stands_at(slide, 2, 1)  # at the weight that was chosen
    shares = gradient.shares[4]
    power = int(np.floor(np.log10(np.abs(shares).max())))
    shown = values(slide, "output-0")
    np.testing.assert_allclose(shown * 10.0**power, shares, rtol=1e-3, atol=1e-3 * np.abs(shares).max())
    point_at = page.touchscreen.tap if phone else page.mouse.move
    reading = slide.locator(".reading")
    for row, col in ((0, 0), (4, 3), (1, 4)):
        point_at(*centre(slide, "output-0", row, col))
        stands_at(slide, row, col)
        expect(reading).to_contain_text(words.format(row + 1, col + 1))
        told = re.search(r"= (−?[\d.]+)", reading.inner_text())
        assert told is not None
        assert float(told[1].replace("−", "-")) == pytest.approx(shown[row, col], abs=0.0051)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.context.close()
    assert page.complaints == []


@pytest.mark.slow
def test_a_clicked_weight_shows_the_shares_and_a_bar_chooses_its_image(
    browser_page: Any, server: Server, gradient: FilterGradient
) -> None:
    page = visit(browser_page, server, "phase=backward&filter=3&of=4&weight=0-0")
    page.mouse.click(*cell(page, "share", 2, 2))
    page.wait_for_url(re.compile("weight=2-2"))
    wait_until_idle(page)
    bars = page.locator(".bars .bar")
    expect(bars).to_have_count(100)
    ups = page.locator(".bars .bar.above").count()
    assert ups == int((gradient.shares[:, 2, 2] >= 0).sum())
    largest = int(np.abs(gradient.shares[:, 2, 2]).argmax())
    bars.nth(largest).click()
    page.wait_for_url(re.compile(f"of={largest}"))
    expect(page.locator(".bar.chosen")).to_have_attribute("data-image", str(largest))


def test_the_keys_lead_through_the_phases_into_the_next_step_and_back(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "phase=loss")
    page.get_by_role("tab", name="Loss").focus()
    for name, url in (("Backward", "phase=backward"), ("Update", "phase=update")):
        page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile(url))
        expect(page.get_by_role("tab", name=name)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("hand=1"))
    expect(page.get_by_role("tab", name="Forward")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".bar[data-step='2'] .curve circle")).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Update")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".bar[data-step='1']")).to_be_visible()
    grids = page.get_by_role("application")
    grids.focus()
    before = page.locator(".reading p").first.inner_text()
    grids.press("ArrowDown")
    grids.press("ArrowDown")
    expect(page.locator(".reading p").first).not_to_have_text(before)
    grids.press("Enter")
    page.wait_for_url(re.compile("weight="))


@pytest.mark.slow
def test_it_plays_through_the_phases_until_it_is_paused(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("tab", name="Loss")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Backward")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.slow
def test_an_image_of_the_batch_is_chosen_with_its_loss(
    browser_page: Any, server: Server, step: SlowStep
) -> None:
    page = visit(browser_page, server, "phase=loss&of=0")
    tile = page.get_by_role("button", name=re.compile(r"^Image 8: "))
    expect(tile).to_have_attribute("title", re.compile(f"an? {step.labels[7]}, .*loss {step.losses[7]:.3g}"))
    tile.click()
    page.wait_for_url(re.compile("of=7"))
    expect(page.get_by_text(f"{step.losses[7]:.3g}", exact=True)).to_be_visible()
