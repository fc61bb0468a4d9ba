"""A hand does the same again after somebody else (Back, a picker) chose otherwise: Python hears of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser_tools import Server, wait_until_idle
from tests.components.cases_heard import FIRST

APP = str(Path(__file__).with_name("harness_heard.py"))


def visit(page: Any, server: Server, case: str, lang: str = "en") -> Any:
    page.goto(f"{server.url}/?case={case}&lang={lang}")
    says(page, FIRST[case])
    wait_until_idle(page)
    return page


def says(page: Any, chosen: object) -> None:
    expect(page.get_by_text(f"Chosen: {chosen!r}", exact=True)).to_be_visible()


def press(name: str) -> Callable[[Any], None]:
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def click(page: Any, what: str, x: float, y: float) -> None:
    """Click at these shares of the width and the height."""
    target = page.locator(what)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def keys(*names: str) -> Callable[[Any], None]:
    """Keys for the part that takes them."""

    def pressed(page: Any) -> None:
        page.get_by_role("application").focus()
        for name in names:
            page.keyboard.press(name)

    return pressed


def type_five(page: Any) -> None:
    field = page.get_by_role("textbox", name="row 1, column 1")
    field.fill("5")
    field.blur()


HAND: dict[str, tuple[Callable[[Any], None], object]] = {  # what it does, and what is chosen then
    "digit_pad": (press("Clear"), '{"strokes":[]}'),
    "confusion": (press("4 read as 9: 49"), (4, 9)),
    "digit_map": (lambda page: click(page, "canvas", 0.98, 0.98), 2),
    "occluder": (lambda page: click(page, ".frame", 18.5 / 28, 8.5 / 28), (8, 18)),
    "slow_steps": (lambda page: page.get_by_role("tab", name="c").click(), (2, 0)),
    "batch_wall": (lambda page: page.locator(".wall button").nth(1).click(), 1),
    "blocks": (press("Convolution"), "conv1"),
    "shift_lab": (keys("ArrowDown"), (1, 0)),
    "step_grids": (keys("ArrowDown", "Enter"), (1, 0)),
    "conv_picture": (keys("ArrowDown", "Enter"), (1, 0)),
    "channel_sum": (keys("ArrowDown", "Enter"), (1, 0)),
    "kernel_cells": (type_five, "5 0\n0 0"),
}


@pytest.mark.parametrize("case", FIRST)
def test_what_is_told_twice_is_heard_twice(browser_page: Any, server: Server, case: str) -> None:
    page = visit(browser_page, server, case)
    act, chosen = HAND[case]
    for _ in range(3):
        act(page)
        says(page, chosen)
        press("Somebody else")(page)
        says(page, FIRST[case])
        wait_until_idle(page)


def test_a_map_forgets_what_was_pointed_at_when_somebody_else_chooses(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "digit_map")
    reading = page.locator(".reading")
    page.locator("canvas").press("ArrowRight")  # by keys: no pointer takes it back when it leaves
    expect(reading).to_contain_text("Test digit 2:")
    expect(page.get_by_text("Pointed: 2", exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    says(page, 2)
    expect(reading).to_contain_text("Test digit 2:")  # it was chosen here
    press("Somebody else")(page)
    expect(reading).to_be_empty()
    page.locator("canvas").press("ArrowRight")  # from the digit that was chosen, not from the one before
    expect(reading).to_contain_text("Test digit 2:")


@pytest.mark.parametrize(
    ("lang", "stays", "falls", "rises"),
    [
        (
            "en",
            "The 0 stays at 40.0%.",
            "The 0 falls from 40.0% to 20.0%.",
            "The 0 rises from 40.0% to 45.0%.",
        ),
        (
            "ko",
            "0의 확률은 40.0% 그대로예요.",
            "0의 확률은 40.0%에서 20.0%로 떨어져요.",
            "0의 확률은 40.0%에서 45.0%로 올라가요.",
        ),
    ],
    ids=["English", "Korean"],
)
def test_the_patch_says_truly_how_the_first_answers_share_changes(
    browser_page: Any, server: Server, lang: str, stays: str, falls: str, rises: str
) -> None:
    page = visit(browser_page, server, "occluder", lang)
    reading = page.locator(".reading")
    expect(reading).to_contain_text(stays)
    keys("ArrowUp")(page)
    expect(reading).to_contain_text(falls)
    keys("ArrowUp")(page)
    expect(reading).to_contain_text(rises)
    expect(reading).not_to_contain_text(falls)
