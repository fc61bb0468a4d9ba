"""The opened map on screen: what stands there adds up, however wide the layer; frames say what is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from cnn_core.opened_map import OpenedMap, explain_map
from tests.browser_tools import Server
from tests.components.harness_unit_view import CASES

APP = str(Path(__file__).with_name("harness_unit_view.py"))


def opened(case: str) -> OpenedMap:
    spec, layer, channel = CASES[case]
    torch.manual_seed(0)
    return explain_map(spec.build().eval(), load_mnist().test_images[0] / 255, layer, channel)


def visit(page: Any, server: Server, case: str) -> Any:
    page.goto(f"{server.url}/?case={case}")
    page.locator(".words b").first.wait_for()
    return page


def numbers(locator: Any) -> list[float]:
    return [float(text.replace("−", "-")) for text in locator.all_inner_texts()]


@pytest.mark.parametrize(("case", "inputs"), [("vector", 300), ("flattened", 4 * 6 * 6), ("pixels", 784)])
def test_for_and_against_and_their_others_add_up_to_the_sum(
    browser_page: Any, server: Server, case: str, inputs: int
) -> None:
    page, unit = visit(browser_page, server, case), opened(case)
    count, total, bias, value = numbers(page.locator(".words b"))[:4]
    assert count == inputs
    exact = page.locator(".words b").nth(3).get_attribute("title").replace("−", "-")
    assert float(exact) == pytest.approx(float(unit.output[0, 0]), abs=0)  # on pointing
    assert (total, bias, value) == pytest.approx((unit.sums[0, 0], unit.bias, unit.output[0, 0]), rel=1e-3)
    sides = page.locator(".side")
    each = [numbers(sides.nth(i).locator(".term b")) for i in (0, 1)]
    assert [len(side) for side in each] == [7, 7]  # six and the others
    assert min(each[0]) > 0 > max(each[1])
    rounded = sum(5e-3 * abs(number) for side in each for number in side)  # to three digits each
    assert sum(map(sum, each)) == pytest.approx(total, abs=rounded)
    exact = [float(b.get_attribute("data-value")) for b in page.locator(".term b").all()]
    assert sum(exact) == pytest.approx(unit.sums[0, 0], abs=1e-9)


def test_more_maps_than_are_shown_are_told_with_what_they_give(browser_page: Any, server: Server) -> None:
    page, unit = visit(browser_page, server, "maps"), opened("maps")
    place = tuple(n // 2 for n in unit.output.shape)
    for cards in (9, 128):
        expect(page.locator(".card")).to_have_count(cards)
        rest = page.locator(".rest.note")
        expect(rest).to_contain_text(f"{140 - cards} more maps")
        shown = [float(b.get_attribute("data-value")) for b in page.locator(".card b").all()]
        hidden = float(rest.get_attribute("data-sum"))
        assert sum(shown) + hidden == pytest.approx(unit.sums[place], abs=1e-5)
        if cards == 9:
            page.get_by_role("button", name="Show all 128 input maps").click()


def test_the_sum_before_the_bias_is_a_map_of_its_own(browser_page: Any, server: Server) -> None:
    page, unit = visit(browser_page, server, "maps"), opened("maps")
    captions = page.locator(".top figcaption")
    expect(captions.nth(1)).to_have_text("Sum of the products")
    expect(captions.nth(2)).to_contain_text(f"+ bias {unit.bias:.3g}".replace("-", "−"))
    page.locator("figure.sum .plate").click(position={"x": 2, "y": 2})
    page.get_by_text("Told: point 0 0").wait_for()


def test_the_image_says_what_the_unit_sees(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "maps")
    frame, caption = page.locator("figure.image .mark"), page.locator("figure.image figcaption")
    expect(caption).to_have_text("The image; the frame: what it sees")
    assert 0 < frame.bounding_box()["width"] < page.locator("figure.image canvas").bounding_box()["width"]
    visit(page, server, "pixels")
    expect(caption).to_have_text("The image: it sees all of it")
    expect(frame).to_be_visible()


def test_pooling_frames_the_cell_that_won(browser_page: Any, server: Server) -> None:
    page, unit = visit(browser_page, server, "pooled"), opened("pooled")
    place = tuple(n // 2 for n in unit.output.shape)
    won = page.locator(".values td.won")
    expect(won).to_have_count(1)
    assert numbers(won)[0] == pytest.approx(unit.output[place], rel=1e-3)
    assert numbers(won)[0] == max(numbers(page.locator(".values td")))


def test_a_click_on_a_term_a_slice_or_an_input_map_tells_which(browser_page: Any, server: Server) -> None:
    page, unit = visit(browser_page, server, "flattened"), opened("flattened")
    channel, row, col = unit.sides()[0].strongest[0].source  # type: ignore[misc]
    page.locator("button.term").first.click()
    page.get_by_text(f"Told: walk Unit(layer='pool1', channel={channel}, row={row}, col={col})").wait_for()
    page.get_by_role("button", name="Show the numbers of input map 2").first.click()
    page.get_by_text("Told: part 2").wait_for()
