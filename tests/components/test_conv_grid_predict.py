"""Predict first: nothing gives the answer away, and a wrong one is told where it went another way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
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


def stands_still(page: Any) -> None:
    """Whatever a hand tries, the window stays, and nothing tells how often it fits."""
    reading, slider = page.locator(".reading"), page.locator(".slider")
    played = [page.locator(f".player .{name}") for name in ("rewind", "back", "play", "step")]
    rows, cols = (page.locator("[data-grid='input-0']").get_attribute(f"data-{n}") for n in ("rows", "cols"))
    page.locator(".stage").focus()
    for key in ("End", "ArrowDown", "ArrowRight", " ", "i", "End", "Enter", "o"):
        page.keyboard.press(key)
    corner = centre(page, "input-0", int(rows) - 1, int(cols) - 1)
    page.mouse.click(*corner)
    page.mouse.move(*centre(page, "input-0", 0, 0))
    page.mouse.down()
    page.mouse.move(*corner, steps=3)
    page.mouse.up()
    page.locator(".stage").focus()
    page.mouse.move(5, 5)
    expect(reading).to_contain_text("row 1, column 1: ?")
    expect(page.locator("[aria-live]")).to_contain_text("row 1, column 1: ?")
    stands_at(page, 0, 0)
    for button in played:
        expect(button).to_be_disabled()
    expect(slider).to_be_disabled()
    assert "row 1, column 1" in slider.get_attribute("aria-valuetext")
    assert slider.get_attribute("max") == "1"  # whatever the output's size


def test_the_window_stands_still_until_the_size_is_found(show: Open) -> None:
    page = show("predict filters")
    stands_still(page)
    page = show("predict")
    stands_still(page)
    give_size(page, 2, 2)
    page.locator(".stage").focus()
    page.keyboard.press("End")
    reads(page, "row 2, column 2: ?")
    expect(page.locator(".slider")).to_have_attribute("max", "3")
    page.keyboard.press("Enter")
    pinned(page, True)
    page.locator(".predict input").uncheck()
    page.locator(".predict input").check()  # asked again, from where the window begins
    pinned(page, False)
    stands_still(page)


def test_a_small_number_is_asked_as_exactly_as_it_is_told(show: Open) -> None:
    page = show("decimals")
    told = [["0.004", "0.33", "0.13"], ["0.033", "0", "12.35"]]
    for wrong, answers in [(True, [["0", "0.3", "0.1"], ["0.03", "0.01", "12"]]), (False, told)]:
        give_size(page, 2, 3)
        for row, col in np.ndindex(2, 3):
            page.mouse.click(*centre(page, "output-0", row, col))
            expect(page.locator("form.one .ask")).to_contain_text(f"row {row + 1}, column {col + 1}")
            answer(page, answers[row][col])
            said = f"row {row + 1}, column {col + 1} is {told[row][col]}"
            verdict = page.locator(".verdict.wrong" if wrong else ".verdict.right")
            expect(verdict).to_contain_text(f"{said}, not {answers[row][col]}. " if wrong else f"{said}. ")
        page.locator(".predict input").uncheck()
        page.locator(".predict input").check()


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


def test_each_wrong_size_is_told_where_it_went_another_way(show: Open) -> None:
    page = show("size hints")
    hints = {
        4: "You counted the steps; the first place counts too: + 1.",
        3: "You left the padding out.",
        10: "You moved by one cell; the stride is larger.",
        6: "The window must fit in whole: what is left over at the edge is dropped.",
        7: "Count the places where the window fits.",
    }
    assert by_torch(**CASES["size hints"]).shape == (1, 5, 5)
    formula = "(8 + 2·2 − 3) ÷ 2 + 1, floored, is 5."
    for i, (wrong, hint) in enumerate(hints.items()):
        rows, cols, axis = (wrong, 5, "rows") if i % 2 else (5, wrong, "columns")
        give_size(page, rows, cols)
        verdict = page.locator(".verdict.wrong")
        expect(verdict).to_have_text(f"{hint} For the {axis}: {formula}")
        page.locator(".predict input").uncheck()
        page.locator(".predict input").check()
        expect(verdict).to_have_count(0)


POOLING_SLIPS = {
    "predict max": {
        (0, 0): ("3", "That is the average; the largest is asked for."),
        (1, 0): ("7", "That is the first value of the window, not the largest."),
        (0, 1): ("8", "That is the number of row 1, column 1: the window stood one place off."),
        (1, 1): ("100", "Look at the values in the window once more."),
    },
    "predict avg": {
        (0, 0): ("12", "That is the sum; divide it by the number of cells."),
        (0, 1): ("5", "That is the largest; the average is asked for."),
        (1, 1): ("4.5", "That is the number of row 2, column 1: the window stood one place off."),
        (1, 0): ("100", "Look at the values in the window once more."),
    },
}


@pytest.mark.parametrize("case", POOLING_SLIPS)
def test_each_slip_of_pooling_is_told_from_the_number_it_gives(show: Open, case: str) -> None:
    page = show(case)
    expected = by_torch(**CASES[case])[0]
    give_size(page, 2, 2)
    for at, (wrong, hint) in POOLING_SLIPS[case].items():
        page.mouse.click(*centre(page, "output-0", *at))
        expect(page.locator("form.one .ask")).to_contain_text(f"row {at[0] + 1}, column {at[1] + 1}")
        answer(page, wrong)
        said = f"Output row {at[0] + 1}, column {at[1] + 1} is {expected[at]:g}, not {wrong}. {hint}"
        expect(page.locator(".verdict.wrong")).to_have_text(said)
    assert texts(page, "output-0") == [f"{value:g}" for value in expected.ravel()]


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
