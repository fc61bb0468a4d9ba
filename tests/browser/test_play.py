"""The time machine: play goes through a run's snapshots, and who prefers less motion goes by hand."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from cnn_core.runs import REFERENCE, reference_store
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from ui.language import translate

PATIENCE = 60_000


def open_filters(page: Any, server: Server, step: str) -> tuple[Any, Any]:
    """The slider of the steps, and the picture at the step."""
    page.goto(f"{server.url}/filters?lang=en{step}")
    page.get_by_role("button", name="Play the steps").or_(
        page.get_by_role("button", name="Next step kept")
    ).wait_for(timeout=PATIENCE)
    wait_until_idle(page, timeout=PATIENCE)
    return page.get_by_role("slider", name="Step (0 is before training)"), page.locator("img").nth(1)


def test_play_goes_to_the_end_and_only_then_into_the_address(browser_page: Any, server: Server) -> None:
    page = browser_page
    slider, picture = open_filters(page, server, "&step=254")
    before, visited = picture.get_attribute("src"), page.evaluate("history.length")
    page.get_by_role("button", name="Play the steps").click()
    expect(page.get_by_role("button", name="Stop playing")).to_be_visible()
    expect(slider).to_have_attribute("aria-valuetext", "486", timeout=PATIENCE)
    assert "step=254" in page.url
    expect(slider).to_have_attribute("aria-valuetext", "2400", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Play the steps")).to_be_visible(timeout=PATIENCE)
    page.wait_for_url(lambda url: "step=" not in url)  # the newest step is the usual one
    assert picture.get_attribute("src") != before
    assert page.evaluate("history.length") == visited + 1


def test_quick_presses_are_all_counted(browser_page: Any, server: Server) -> None:
    page = browser_page
    slider, _ = open_filters(page, server, "")
    steps = reference_store().snapshot_steps(REFERENCE)
    for _ in range(6):
        slider.press("ArrowLeft")
    page.wait_for_url(f"**step={steps[-7]}")
    wait_until_idle(page)
    expect(slider).to_have_attribute("aria-valuetext", str(steps[-7]))


@pytest.mark.slow
def test_stop_keeps_the_step_that_is_on_screen(browser_page: Any, server: Server) -> None:
    page = browser_page
    slider, _ = open_filters(page, server, "&step=0")
    page.get_by_role("button", name="Play the steps").click()
    expect(slider).not_to_have_attribute("aria-valuetext", "0", timeout=PATIENCE)
    page.get_by_role("button", name="Stop playing").click()
    page.wait_for_url(lambda url: "step=" in url and "step=0" not in url)
    wait_until_idle(page, timeout=PATIENCE)
    assert f"step={slider.get_attribute('aria-valuetext')}" in page.url


@pytest.mark.slow
def test_with_less_motion_each_press_is_one_step(browser: Any, server: Server) -> None:
    page = new_page(browser, reduced_motion="reduce")
    slider, _ = open_filters(page, server, "&step=0")
    page.get_by_role("button", name="Next step kept").click()
    expect(slider).to_have_attribute("aria-valuetext", "6", timeout=PATIENCE)
    page.wait_for_url("**step=6**")
    assert page.get_by_role("button", name="Stop playing").count() == 0
    assert page.complaints == []
    page.context.close()


@pytest.mark.slow
def test_on_compare_all_runs_are_played_together(browser_page: Any, server: Server) -> None:
    page = browser_page
    page.goto(f"{server.url}/compare?lang=en&at=0")
    page.get_by_role("button", name="Play the steps").click(timeout=PATIENCE)
    slider = page.get_by_role("slider", name="Step, for all of them")
    expect(slider).not_to_have_attribute("aria-valuetext", "0", timeout=PATIENCE)
    page.get_by_role("button", name="Stop playing").click()
    page.wait_for_url(lambda url: "at=" in url and "at=0" not in url)


@pytest.mark.parametrize(
    ("code", "context"), [("en", {}), ("ko", {"viewport": PHONE, "has_touch": True})], ids=["laptop", "phone"]
)
def test_the_training_page_goes_back_to_any_step(
    browser: Any, server: Server, code: str, context: dict[str, Any]
) -> None:
    page, store = new_page(browser, **context), reference_store()
    page.goto(f"{server.url}/training?lang={code}")
    slider = page.get_by_role("slider", name=translate("Step (0 is before training)", code))
    slider.wait_for(timeout=PATIENCE)
    wait_until_idle(page, timeout=PATIENCE)
    labels = load_mnist().test_labels
    wall = page.locator("[data-picture=digits] figcaption")
    for key, step in (("Home", 0), ("ArrowRight", store.snapshot_steps(REFERENCE)[1])):
        slider.press(key)
        expect(page.locator(".marked")).to_have_text(str(step))
        answers = store.evaluation(REFERENCE, step)
        assert answers is not None
        right = int((answers == labels[: len(answers)]).sum())
        expect(wall).to_contain_text(str(int((answers[:60] != labels[:60]).sum())))
        page.wait_for_url(f"**step={step}**")  # the hand rests, and the page follows
        said = translate(
            "At step {step:,} the network reads **{right:,} of {count:,}** test images: **{accuracy:.2%}**.",
            code,
            step=max(row.step for row in store.evaluations(REFERENCE) if row.step <= step),
            right=right,
            count=len(answers),
            accuracy=right / len(answers),
        )
        expect(page.get_by_text(said.replace("**", ""))).to_be_visible()
    slider.press("End")
    slider.press("ArrowLeft")
    expect(page.locator(".marked")).to_have_text(f"{store.snapshot_steps(REFERENCE)[-2]:,}")
    page.get_by_role("button", name=translate("Play the steps", code)).click()
    page.wait_for_url(lambda url: "step=" not in url, timeout=PATIENCE)
    expect(page.locator(".marked")).to_be_hidden()
    assert page.complaints == []
    page.context.close()
