"""Predict first: nothing gives the answer away, and a wrong one is told where it went another way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.browser_tools import wait_until_idle
from tests.components.cases_conv_grid import CASES
from tests.components.conftest import Open
from tests.grids import by_torch, centre, lit, pinned, point, reads, stands_at, texts

APP = Path(__file__).parent / "harness_conv_grid.py"


def answer(page: Any, value: str) -> None:
    page.locator("form.one input").fill(value)
    page.locator("form.one .check").click()


def test_predict_first_asks_for_the_size_and_shows_where_it_went_wrong(show: Open) -> None:
    page = show("predict")
    assert texts(page, "output-0") == ["?"]
    assert texts(page, "kernel-0") == ["2", "0", "1", "0", "1", "2", "1", "0", "2"]
    for rows, hint in [("1", "the first place counts too"), ("4", "the stride is larger")]:
        page.locator("form.size input").first.fill(rows)
        page.locator("form.size input").last.fill("2")
        page.locator("form.size .check").click()
        expect(page.locator(".verdict.wrong")).to_contain_text(hint)
        expect(page.locator(".verdict.wrong")).to_contain_text("(4 + 2·1 − 3) ÷ 2 + 1")
        if page.locator("form.size").is_hidden():
            page.locator(".predict input").uncheck()
            page.locator(".predict input").check()


def test_predict_first_confirms_the_size_and_the_numbers(show: Open) -> None:
    page = show("predict")
    expect(page.get_by_text("Hidden: size")).to_be_visible()
    expected = by_torch(**CASES["predict"])[0]
    for field in (page.locator("form.size input").first, page.locator("form.size input").last):
        field.fill("2")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.right")).to_contain_text("2×2")
    assert texts(page, "output-0") == ["?"] * 4
    expect(page.get_by_text("Hidden: numbers")).to_be_visible()
    answer(page, str(int(expected[0, 0])))
    expect(page.locator(".verdict.right")).to_contain_text(f"row 1, column 1 is {expected[0, 0]:.0f}")
    assert texts(page, "output-0") == [f"{expected[0, 0]:.0f}", "?", "?", "?"]
    page.mouse.click(*centre(page, "output-0", 1, 1))
    reads(page, "row 2, column 2: ?")
    answer(page, str(int(expected[1, 1] - 3)))
    expect(page.locator(".verdict.wrong")).to_contain_text("You left the bias out.")
    reads(page, f"= {expected[1, 1]:.0f}")
    page.mouse.click(*centre(page, "output-0", 0, 1))
    answer(page, "abc")
    expect(page.locator(".verdict.wrong")).to_contain_text("Type a number")
    page.locator("form.one .reveal").click()
    expect(page.locator(".verdict")).to_contain_text(f"row 1, column 2 is {expected[0, 1]:.0f}")
    page.mouse.click(*centre(page, "output-0", 1, 0))
    answer(page, str(int(expected[1, 0])))
    expect(page.get_by_text("Hidden: nothing")).to_be_visible()
    assert texts(page, "output-0") == [f"{value:.0f}" for value in expected.ravel()]


def give_size(page: Any, rows: int, cols: int) -> None:
    page.locator("form.size input").first.fill(str(rows))
    page.locator("form.size input").last.fill(str(cols))
    page.locator("form.size .check").click()


def test_nothing_of_the_grids_gives_the_size_away(show: Open) -> None:
    page = show("predict filters")
    expect(page.locator(".about")).to_have_text("Hidden while you predict.")
    expect(page.locator("[data-grid='matrix']")).to_be_hidden()
    assert page.locator(".cell.unused").count() == 0  # how much is left over
    point(page, "kernel-0", 0, 0)
    reads(page, "The weight")
    expect(page.locator("[data-grid='input-0'] .mark.linked")).to_be_hidden()
    assert "input cell" not in page.locator(".reading").inner_text()
    point(page, "input-0", 4, 4)
    reads(page, "Input row 5, column 5")
    assert not re.search("goes into|No window", page.locator(".reading").inner_text())
    give_size(page, 1, 1)
    expect(page.locator(".about")).to_contain_text("1×27 = 27 numbers are stored for the 75")
    assert page.locator("[data-grid='input-0'] .cell.unused").count() == 5 * 5 - 3 * 3
    point(page, "kernel-0", 0, 0)
    reads(page, "multiplies 1 input cell:")
    assert lit(page, "input-0") == {(0, 0)}


def test_a_caption_tells_no_range_of_numbers_that_are_asked_for(show: Open) -> None:
    page = show("predict picture")
    caption = page.locator("[data-grid='output-0'] figcaption")
    expect(caption).to_have_text("Output")
    give_size(page, 4, 4)
    expect(caption).to_have_text("Output 4×4")
    page.locator(".predict input").uncheck()
    expect(caption).to_contain_text("Output 4×4, from ")


def test_each_slip_is_told_from_the_number_it_gives(show: Open) -> None:
    page = show("slips")
    case = CASES["slips"]
    x, weight, bias = np.pad(case["x"], 1), np.array(case["weight"]), case["bias"]
    give_size(page, 3, 3)
    products = {(r, c): x[r : r + 3, c : c + 3] * weight for r, c in np.ndindex(3, 3)}
    value = {at: terms.sum() + bias for at, terms in products.items()}
    slips = [
        ((1, 1), value[1, 1] - bias, "You left the bias out."),
        ((0, 0), (x[:3, :3] * weight[::-1, ::-1]).sum() + bias, "You turned the kernel round by 180°"),
        ((0, 1), x[:3, 1:4].sum() + bias, "You added the inputs without their weights."),
        ((0, 2), np.abs(products[0, 2]).sum() + bias, "You lost the minus signs."),
        ((1, 0), np.abs(products[1, 0]).sum() - bias, "You lost the minus signs."),
        ((1, 2), value[1, 2] - 2 * bias, "Look at the sign of the bias: it is −100."),
        ((2, 0), value[2, 0] + 2 * 29 * 5, "Look at the sign of 29 × (−5): it gives −145."),
        ((2, 1), value[2, 1] - 37 * 4, "You left out 37 × 4."),
        ((2, 2), value[2, 1], "That is the number of row 3, column 2"),
    ]
    for at, wrong, hint in slips:
        page.mouse.click(*centre(page, "output-0", *at))
        expect(page.locator("form.one .ask")).to_contain_text(f"row {at[0] + 1}, column {at[1] + 1}")
        answer(page, str(wrong))
        verdict = page.locator(".verdict.wrong")
        expect(verdict).to_contain_text(f"is {value[at]}, not {wrong}. ".replace("-", "−"))
        expect(verdict).to_contain_text(hint)


def run_again(page: Any) -> None:
    """The page runs with the same values, as it does when something else on it changes."""
    wait_until_idle(page)
    told = page.get_by_text(re.compile("^Runs: "))
    runs = int(told.inner_text().removeprefix("Runs: "))
    page.get_by_role("button", name="Same values").click()
    expect(told).to_have_text(f"Runs: {runs + 1}")
    wait_until_idle(page)


def test_the_same_values_again_change_nothing(show: Open) -> None:
    page = show("predict")
    give_size(page, 2, 2)
    answer(page, str(int(by_torch(**CASES["predict"])[0, 0, 0])))
    page.mouse.click(*centre(page, "output-0", 1, 0))
    expect(page.locator("form.one .ask")).to_contain_text("row 2, column 1")
    page.locator("form.one input").fill("12")
    expect(page.locator("[aria-live]")).to_contain_text("Pinned")
    nodes = page.locator(".grid, .cell, .player, .questions, form input, .mark")
    nodes.evaluate_all("nodes => nodes.forEach((node) => { node.mine = true; })")
    before = page.locator(".root[data-row]").evaluate("root => root.innerHTML")
    run_again(page)
    assert page.locator(".root[data-row]").evaluate("root => root.innerHTML") == before
    assert nodes.evaluate_all("nodes => nodes.every((node) => node.mine)")
    expect(page.locator("form.one input")).to_have_value("12")
    expect(page.locator(".predict input")).to_be_checked()
    pinned(page, True)


def test_the_same_values_again_leave_a_run_where_it_is(show: Open) -> None:
    page = show("padding")
    page.get_by_role("slider").fill("6")
    page.get_by_role("button", name="Rewind").click()
    for _ in range(3):
        page.get_by_role("button", name="One step").click()
    expect(page.locator("[data-grid='output-0'] .cell:not(.hidden)")).to_have_count(4)
    run_again(page)
    expect(page.locator("[data-grid='output-0'] .cell:not(.hidden)")).to_have_count(4)
    stands_at(page, 0, 3)
