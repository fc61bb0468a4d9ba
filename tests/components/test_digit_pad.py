"""The pad in a real browser: mouse, touch, eraser, undo, redo, clear; what Python gets is what is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core.strokes import from_json, raster
from tests.browser_tools import PHONE, new_page, wait_until_idle

APP = Path(__file__).parent / "harness_digit_pad.py"


@pytest.fixture
def pad(browser_page: Any, server: Any) -> Any:
    browser_page.goto(server.url)
    browser_page.locator("canvas").wait_for()
    wait_until_idle(browser_page)
    return browser_page


def drag(page: Any, *shares: tuple[float, float], steps: int = 8) -> None:
    box = page.locator("canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()


def says(page: Any, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_text(text)).to_be_visible()


def ink(page: Any) -> int:
    wait_until_idle(page)
    return int(re.search(r"ink (\d+)", page.get_by_text(re.compile(r"^ink \d+")).inner_text())[1])  # type: ignore[index]


def seen(page: Any) -> float:
    """The share of the canvas that is white."""
    return page.locator("canvas").evaluate(
        """canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const reds = data.filter((_, i) => i % 4 === 0);
            return reds.reduce((sum, red) => sum + red, 0) / reds.length / 255;
        }"""
    )


def canvas(page: Any) -> np.ndarray:
    """The canvas as it is seen: its grey pixels, uint8 (side, side)."""
    values = page.locator("canvas").evaluate(
        """canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
        }"""
    )
    side = round(len(values) ** 0.5)
    return np.array(values, np.uint8).reshape(side, side)


def told(page: Any) -> str:
    """The drawing as Python has it."""
    wait_until_idle(page)
    return str(page.locator(".stCode").inner_text())


def until(page: Any, condition: Callable[[], bool], seconds: float = 10) -> None:
    """Look again and again until the condition holds; fails if it does not in time."""
    for _ in range(int(seconds * 20)):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("the condition did not come true")


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_an_empty_pad_invites(pad: Any) -> None:
    says(pad, "Draw a digit here")
    expect(button(pad, "Undo")).to_be_disabled()
    expect(button(pad, "Clear")).to_be_disabled()


def test_what_is_drawn_with_the_mouse_reaches_python_as_it_is_seen(pad: Any) -> None:
    drag(pad, (0.2, 0.3), (0.8, 0.3), (0.4, 0.9))
    says(pad, re.compile("strokes 1, points"))
    assert ink(pad) / 280**2 == pytest.approx(seen(pad), rel=0.03)
    expect(pad.get_by_text("Draw a digit here")).to_be_hidden()


def test_python_draws_the_pixels_that_the_canvas_shows(pad: Any) -> None:
    drag(pad, (0.2, 0.3), (0.8, 0.25), (0.4, 0.9), steps=20)
    pad.get_by_label("Width of the line").fill("0.13")
    drag(pad, (0.3, 0.6), (0.3, 0.6))
    button(pad, "Eraser").click()
    drag(pad, (0.45, 0.1), (0.6, 0.95), steps=5)
    says(pad, re.compile("strokes 3,"))
    shown = canvas(pad).astype(int)
    difference = np.abs(shown - raster(from_json(told(pad)), size=len(shown)))
    assert difference.mean() < 1
    assert (difference > 128).mean() < 0.001


def test_points_carry_their_time_and_a_resting_hand_adds_none(pad: Any) -> None:
    drag(pad, (0.2, 0.2), (0.8, 0.2), steps=10)
    says(pad, re.compile("strokes 1, points 11"))
    drag(pad, (0.5, 0.5), (0.501, 0.501), (0.5, 0.5))
    says(pad, re.compile("strokes 2, points 12"))
    says(pad, re.compile("times 12, in order True, last [1-9]"))


def test_the_other_end_of_a_stylus_erases(pad: Any) -> None:
    drag(pad, (0.2, 0.5), (0.8, 0.5))
    says(pad, re.compile("^strokes 1"))
    before = ink(pad)
    pad.locator("canvas").evaluate(
        """canvas => {
            const box = canvas.getBoundingClientRect();
            canvas.setPointerCapture = () => {}; // this pen is not a real one
            const say = (type, x, buttons) => canvas.dispatchEvent(new PointerEvent(type, {
                pointerId: 7, pointerType: "pen", button: type === "pointermove" ? -1 : 5, buttons,
                clientX: box.left + x * box.width, clientY: box.top + box.height / 2, bubbles: true,
            }));
            say("pointerdown", 0.5, 32);
            say("pointermove", 0.6, 32);
            say("pointerup", 0.6, 0);
        }"""
    )
    says(pad, re.compile("^strokes 2"))
    assert ink(pad) < before
    expect(pad.get_by_role("button", name="Pen", exact=True)).to_have_attribute("aria-pressed", "true")
    drag(pad, (0.2, 0.3), (0.8, 0.3))  # the pen's own end draws again
    says(pad, re.compile("^strokes 3"))
    assert ink(pad) > before


def test_undo_redo_and_clear(pad: Any) -> None:
    drag(pad, (0.2, 0.2), (0.8, 0.2))
    drag(pad, (0.2, 0.8), (0.8, 0.8))
    says(pad, re.compile("strokes 2,"))
    button(pad, "Undo").click()
    says(pad, re.compile("strokes 1,"))
    button(pad, "Redo").click()
    says(pad, re.compile("strokes 2,"))
    button(pad, "Clear").click()
    says(pad, re.compile("strokes 0,"))
    assert seen(pad) == 0
    expect(button(pad, "Clear")).to_be_disabled()
    button(pad, "Undo").click()
    says(pad, re.compile("strokes 2,"))
    button(pad, "Undo").click()
    says(pad, re.compile("strokes 1,"))
    drag(pad, (0.2, 0.8), (0.8, 0.8))
    says(pad, re.compile("strokes 2,"))
    expect(button(pad, "Redo")).to_be_disabled()


def test_undo_by_keyboard(pad: Any) -> None:
    drag(pad, (0.2, 0.2), (0.8, 0.2))
    says(pad, re.compile("strokes 1,"))
    pad.locator("canvas").focus()
    pad.keyboard.press("Control+z")
    says(pad, re.compile("strokes 0,"))
    pad.keyboard.press("Control+Shift+Z")
    says(pad, re.compile("strokes 1,"))
    button(pad, "Eraser").focus()
    pad.keyboard.press("Control+z")
    says(pad, re.compile("strokes 0,"))
    pad.keyboard.press("Control+y")
    says(pad, re.compile("strokes 1,"))


def test_the_eraser_takes_ink_away(pad: Any) -> None:
    drag(pad, (0.1, 0.5), (0.9, 0.5))
    says(pad, re.compile("strokes 1,"))
    before = ink(pad)
    button(pad, "Eraser").click()
    drag(pad, (0.5, 0.1), (0.5, 0.9))
    says(pad, re.compile("strokes 2,"))
    assert 0 < ink(pad) < before
    assert ink(pad) / 280**2 == pytest.approx(seen(pad), rel=0.03)


def test_the_width_of_the_line_can_be_set(pad: Any) -> None:
    drag(pad, (0.2, 0.2), (0.8, 0.2))
    says(pad, re.compile("strokes 1,"))
    thin = ink(pad)
    pad.get_by_label("Width of the line").fill("0.16")
    drag(pad, (0.2, 0.7), (0.8, 0.7))
    says(pad, re.compile("strokes 2,"))
    assert ink(pad) > 2.5 * thin


def test_a_stroke_goes_on_beyond_the_edge(pad: Any) -> None:
    drag(pad, (0.5, 0.5), (1.4, 0.5), (1.4, 0.8), (0.5, 0.8))
    says(pad, re.compile("strokes 1,"))


def test_a_rerun_leaves_the_drawing_alone_and_another_version_replaces_it(pad: Any) -> None:
    drag(pad, (0.2, 0.2), (0.8, 0.2))
    says(pad, re.compile("strokes 1,"))
    before = seen(pad)
    pad.get_by_role("button", name="Rerun").click()
    says(pad, re.compile("reruns 1"))
    assert seen(pad) == before
    pad.get_by_role("button", name="Load a line").click()
    line = 0.6 * 0.1 + 3.14159 * 0.05**2
    until(pad, lambda: abs(seen(pad) - line) < 0.002)


def test_a_digit_is_loaded_changed_cleared_and_brought_back(pad: Any) -> None:
    button(pad, "Load a digit").click()
    until(pad, lambda: abs(seen(pad) - 0.25 * 0.6) < 0.002)
    expect(pad.get_by_text("Draw a digit here")).to_be_hidden()
    button(pad, "Eraser").click()
    drag(pad, (0.1, 0.5), (0.9, 0.5))
    says(pad, re.compile("strokes 1, .* base True"))
    shown = canvas(pad).astype(int)
    difference = np.abs(shown - raster(from_json(told(pad)), size=len(shown)))
    assert difference.mean() < 1.5
    button(pad, "Clear").click()
    says(pad, re.compile("strokes 0, .* base False"))
    button(pad, "Undo").click()
    says(pad, re.compile("strokes 1, .* base True"))


def test_every_control_is_large_enough_for_a_finger_and_has_a_name(pad: Any) -> None:
    for name in ("Pen", "Eraser", "Undo", "Redo", "Clear"):
        size = button(pad, name).bounding_box()
        assert min(size["width"], size["height"]) >= 40
    assert pad.get_by_label("Width of the line").locator("xpath=..").bounding_box()["height"] >= 40
    expect(pad.get_by_role("img", name="A pad for drawing a digit")).to_be_visible()


def test_a_finger_draws_on_a_phone_and_the_page_does_not_scroll(browser: Any, server: Any) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(server.url)
    page.locator("canvas").wait_for()
    wait_until_idle(page)
    box = page.locator("canvas").bounding_box()
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    top = page.evaluate("document.querySelector('.stMain').scrollTop")
    finger("touchStart", box["x"] + 2, box["y"] + 60)
    for i in range(1, 11):
        finger("touchMove", box["x"] + 2 + i * 20, box["y"] + 60 + i * 15)
    finger("touchEnd")
    says(page, re.compile("strokes 1,"))
    assert page.evaluate("document.querySelector('.stMain').scrollTop") == top
    assert ink(page) / 280**2 == pytest.approx(seen(page), rel=0.05)
    assert page.complaints == []
    page.context.close()
