"""The draw page in a browser: the answer follows the pen, a test digit is changed, the strokes replay."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle

READS = re.compile(r"^It reads an? \d \(")


def opened(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("canvas").first.wait_for(timeout=60_000)
    wait_until_idle(page, timeout=60_000)


def place(page: Any, x: float, y: float) -> tuple[float, float]:
    box = page.locator("canvas").first.bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_it_answers_while_the_pen_is_down_and_the_strokes_replay(browser_page: Any, server: Server) -> None:
    page = browser_page
    opened(page, f"{server.url}/draw?lang=en")
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("The pad is empty.").wait_for()
    page.wait_for_url("**image=drawing-**")
    wait_until_idle(page)
    empty = page.url
    page.mouse.move(*place(page, 0.28, 0.25))
    page.mouse.down()
    page.mouse.move(*place(page, 0.72, 0.25), steps=8)
    expect(page.get_by_text(READS)).to_be_visible()  # before the pen goes up
    expect(page.locator(".net")).to_be_visible()  # and what each layer makes of it
    assert page.url == empty
    page.mouse.move(*place(page, 0.45, 0.85), steps=8)
    page.mouse.up()
    page.wait_for_url(lambda url: "image=drawing-" in url and url != empty)
    expect(page.get_by_text(re.compile(r"^It reads a 7"))).to_be_visible()

    page.get_by_text("Replay the strokes, and watch the answer change").click()
    page.wait_for_url("**replay=1**")
    expect(page.get_by_text(re.compile("The answer settled on 7"))).to_be_visible()
    said = page.locator(".said")
    expect(said).to_have_text(re.compile("It reads a 7"))
    slider = page.get_by_role("slider", name="Moment of the drawing")
    slider.focus()
    page.keyboard.press("Home")
    expect(said).not_to_have_text(re.compile("It reads a 7"))
    page.get_by_role("button", name="Play", exact=True).click()
    expect(said).to_have_text(re.compile("It reads a 7"))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # it has come to its end


@pytest.mark.parametrize("slug", ["draw", "teach"])
def test_the_pad_is_cleared_again_after_a_test_digit_was_put_on_it(
    browser_page: Any, server: Server, slug: str
) -> None:
    page = browser_page
    opened(page, f"{server.url}/{slug}?lang=en")
    for _ in range(2):
        page.get_by_role("button", name="Clear", exact=True).click()
        page.wait_for_url("**image=drawing-**")
        page.locator("[class*='st-key-draw-any']").get_by_text("1", exact=True).click()
        page.wait_for_url("**image=test-**")
        wait_until_idle(page)


def test_a_map_below_the_pad_opens_on_its_own_page(browser_page: Any, server: Server) -> None:
    page = browser_page
    opened(page, f"{server.url}/draw?lang=en&image=test-3")
    page.locator(".net .plate").nth(1).click(position={"x": 10, "y": 10})
    page.wait_for_url("**/feature_maps?**layer=conv1**")
    assert "image=test-3" in page.url
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_visible()


def test_where_it_breaks_is_answered_while_the_slider_is_held(browser_page: Any, server: Server) -> None:
    page = browser_page
    opened(page, f"{server.url}/draw?lang=en")
    address, title = page.url, page.get_by_role("heading", name=re.compile("^Changed so, it reads a"))
    expect(title).to_have_text(re.compile("reads a 7"))
    slider = page.get_by_role("slider", name="Turn (degrees, clockwise)")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.6, 0.7, 0.75):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    expect(title).not_to_have_text(re.compile("reads a 7"))
    page.mouse.up()
    page.wait_for_url(re.compile("degrees="))
    assert page.url.startswith(address)
    degrees = re.search(r"degrees=(\d+)", page.url)[1]  # type: ignore[index]
    expect(slider).to_have_value(degrees)
    page.get_by_role("button", name="Undo all changes").click()
    expect(slider).to_have_value("0")
    expect(title).to_have_text(re.compile("reads a 7"))
    expect(page).not_to_have_url(re.compile("degrees="))
    page.go_back()
    expect(slider).to_have_value(degrees)


def test_a_test_digit_is_put_on_the_pad_and_changed_on_a_phone(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, reduced_motion="reduce")
    opened(page, f"{server.url}/draw?lang=en")
    page.locator("[class*='st-key-draw-any']").get_by_text("1", exact=True).click()
    page.wait_for_url("**image=test-**")
    expect(page.get_by_text(re.compile(r"^It reads a 1"))).to_be_visible()
    page.get_by_role("button", name="Eraser", exact=True).click()
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    page.wait_for_url("**image=drawing-**")
    slider = page.get_by_role("slider", name="Turn (degrees, clockwise)")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_url("**degrees=5**")
    expect(page.get_by_text(re.compile(r"^Changed so, it reads an? \d"))).to_be_visible()
    assert page.complaints == []
    page.context.close()


def test_a_run_that_has_vanished_is_said_to_and_the_reference_run_is_one_press_away(
    browser_page: Any, server: Server
) -> None:
    page = browser_page
    opened(page, f"{server.url}/draw?lang=en&run=0123456789abcdef&image=test-3")
    gone = page.get_by_text("The reference run is shown instead.")
    expect(gone).to_be_visible()
    expect(page.get_by_text(READS)).to_be_visible()  # the page goes on
    page.get_by_role("button", name="Use the reference run").click()
    expect(gone).to_have_count(0)
    expect(page).not_to_have_url(re.compile("run="))
    assert "image=test-3" in page.url


def test_an_uploaded_photo_opens_from_its_link_in_another_browser(
    browser: Any, browser_page: Any, server: Server
) -> None:
    page = browser_page
    opened(page, f"{server.url}/draw?lang=en")
    sheet = Image.new("L", (300, 240), 255)
    sheet.paste(Image.fromarray(255 - load_mnist().test_images[1]).resize((140, 140)), (90, 40))
    photo = BytesIO()
    sheet.save(photo, "PNG")
    page.locator(".st-key-specimen").get_by_role("button", name=re.compile("^Test digit 0: a 7")).click()
    upload = {"name": "two.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    page.locator("input[type=file]").set_input_files(upload)
    page.wait_for_url("**image=upload-**")
    expect(page.get_by_text(re.compile("^It reads a 2"))).to_be_visible()
    said = page.get_by_text(READS).inner_text()
    other = new_page(browser)
    opened(other, page.url)
    expect(other.get_by_text(said, exact=True)).to_be_visible()
    expect(other.get_by_text("Your picture")).to_be_visible()
    assert other.complaints == []
    other.context.close()
