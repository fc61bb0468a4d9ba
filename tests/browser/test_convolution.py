"""The convolution page as a person uses it: cells, presets, pictures, pasted numbers, keyboard and touch."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.figures import signed
from cnn_core.kernels import BOOK_INPUT, BOOK_KERNEL, KERNELS, parse_matrix
from tests.browser_tools import LAPTOP, PHONE, Server, new_page, wait_until_idle
from tests.grids import pixels
from ui.picture_input import load_picture

EDGE = "-1,0,1;-1,0,1;-1,0,1"
OUTPUT = "[data-grid='output-0'] .cell"


def visit(page: Any, server: Server, query: str = "") -> Any:
    page.goto(f"{server.url}/convolution?lang=en{query}")
    page.get_by_text("The same in code").wait_for(timeout=60_000)
    wait_until_idle(page)
    return page


def by_torch(x: np.ndarray, kernel: np.ndarray, **settings: Any) -> np.ndarray:
    x, kernel = (torch.tensor(np.asarray(a, float))[None, None] for a in (x, kernel))
    return F.conv2d(x, kernel, **settings)[0, 0].numpy()


def shows(page: Any, expected: np.ndarray) -> None:
    """Until the output grid holds these numbers."""
    cells = page.locator(OUTPUT)
    expect(cells).to_have_count(expected.size)
    for i, value in enumerate(expected.ravel()):
        expect(cells.nth(i)).to_have_attribute("data-value", re.compile(f"^{value:g}$"))


def cell(page: Any, row: int, col: int) -> Any:
    return page.get_by_label(f"row {row}, column {col}", exact=True)


def kernel_of(page: Any) -> list[list[float]]:
    return parse_matrix(parse_qs(urlparse(page.url).query)["kernel"][0]).tolist()


def test_a_changed_cell_changes_the_output_as_it_is_typed(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    shows(page, by_torch(BOOK_INPUT, BOOK_KERNEL))
    cell(page, 2, 2).click()
    page.keyboard.type("5")
    changed = BOOK_KERNEL.copy()
    changed[1, 1] = 5
    shows(page, by_torch(BOOK_INPUT, changed))
    page.keyboard.press("Enter")
    expect(cell(page, 3, 2)).to_be_focused()
    page.keyboard.type("-1/2", delay=200)  # the page answers between the keys, and takes none of them away
    changed[2, 1] = -0.5
    shows(page, by_torch(BOOK_INPUT, changed))
    page.keyboard.press("ArrowUp")
    expect(cell(page, 3, 2)).to_have_value("−0.5")
    page.wait_for_function("decodeURIComponent(location.search).includes('0,5,2')")
    assert kernel_of(page) == changed.tolist()


def test_a_kernel_is_pasted_from_a_spreadsheet(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    paste = """(field, text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text", text);
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
    }"""
    cell(page, 1, 1).evaluate(paste, "1\t-1\n0\t2\n")
    shows(page, by_torch(BOOK_INPUT, np.array([[1, -1], [0, 2]])))
    cell(page, 1, 1).evaluate(paste, "1 x\n0 2")
    expect(page.get_by_text("“x” is not a number")).to_be_visible()
    shows(page, by_torch(BOOK_INPUT, np.array([[1, -1], [0, 2]])))


@pytest.mark.slow
def test_what_is_no_number_gets_a_sentence_until_the_cell_is_mended(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server)
    cell(page, 1, 1).fill("two")
    page.keyboard.press("Tab")
    expect(page.get_by_text("“two” is not a number")).to_be_visible()
    expect(cell(page, 1, 1)).to_have_value("2")
    cell(page, 1, 1).fill("3")
    expect(page.get_by_text("“two” is not a number")).to_be_hidden()
    changed = BOOK_KERNEL.copy()
    changed[0, 0] = 3
    shows(page, by_torch(BOOK_INPUT, changed))


@pytest.mark.parametrize(("written", "told"), [("7 8", "7␣8"), ("7;8", "7；8"), ("7,8,9", "7，8，9")])
def test_two_numbers_in_one_cell_get_a_sentence_and_change_nothing(
    browser_page: Any, server: Server, written: str, told: str
) -> None:
    page = visit(browser_page, server, "&kernel=1,2,3")
    kernel = np.array([[1, 2, 3]])
    cell(page, 1, 2).click()
    page.keyboard.type(written)
    page.keyboard.press("Tab")
    expect(page.get_by_text(f"“{told}” is not a number")).to_be_visible()
    expect(cell(page, 1, 2)).to_have_value("2")
    shows(page, by_torch(BOOK_INPUT, kernel))
    wait_until_idle(page)
    shows(page, by_torch(BOOK_INPUT, kernel))
    page.wait_for_url(re.compile(r"kernel=1(,|%2C)2(,|%2C)3$"))
    cell(page, 1, 2).fill("5")
    expect(page.get_by_text("is not a number")).to_be_hidden()
    shows(page, by_torch(BOOK_INPUT, np.array([[1, 5, 3]])))


def test_presets_and_buttons_reach_the_cells(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server)
    page.get_by_role("combobox", name="Ready-made kernels").click()
    page.get_by_role("option", name=KERNELS["laplacian"].name).click()
    shows(page, by_torch(BOOK_INPUT, KERNELS["laplacian"].make(3)))
    expect(cell(page, 2, 2)).to_have_value("−4")
    page.get_by_role("button", name="same size").click()
    shows(page, by_torch(BOOK_INPUT, KERNELS["laplacian"].make(3), padding=1))
    page.get_by_role("button", name="stride 2").click()
    expect(page.locator(OUTPUT)).to_have_count(9)
    expect(cell(page, 2, 2)).to_have_value("1")


def exact(page: Any) -> float:
    """The exact value that the numbers below the picture tell of the pixel in the middle."""
    told = re.search(r"exactly ([−\d.e-]+)\)", page.locator("[data-grid='output-0']").locator(
        "xpath=ancestor::*[contains(@class,'root')]").locator(".reading").inner_text())  # fmt: skip
    assert told
    return float(told[1].replace("−", "-"))


def click(page: Any, plate: str, row: int, col: int, shape: tuple[int, int]) -> None:
    box = page.locator(f".plate.{plate} .frame").bounding_box()
    page.mouse.click(
        box["x"] + (col + 0.5) * box["width"] / shape[1], box["y"] + (row + 0.5) * box["height"] / shape[0]
    )


def test_the_numbers_open_where_the_pointer_rests_and_close_when_it_leaves(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, f"&view=picture&picture=test-0&kernel={EDGE}&at=4,5")
    expected = by_torch(load_picture("test-0"), parse_matrix(EDGE))
    row, col = (int(n) for n in np.unravel_index(expected.argmax(), expected.shape))
    box = page.locator(".plate.output .frame").bounding_box()
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / 26, box["y"] + (row + 0.5) * box["height"] / 26)
    expect(page.get_by_text(f"row {row + 1}, column {col + 1} of the output")).to_be_visible()
    wait_until_idle(page)
    assert exact(page) == pytest.approx(expected[row, col], abs=1e-6)
    sentence = page.locator(".panel .reading")  # names the cell as the picture does
    expect(sentence).to_contain_text(f"Output row {row + 1}, column {col + 1}: ")
    page.mouse.move(5, 5)
    expect(page.get_by_text("row 5, column 6 of the output")).to_be_visible()
    assert parse_qs(urlparse(page.url).query)["at"] == ["4,5"]


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"padding": 2, "stride": 2}])
def test_a_click_on_a_pixel_opens_its_numbers(
    browser_page: Any, server: Server, settings: dict[str, int]
) -> None:
    query = "".join(f"&{name}={value}" for name, value in settings.items())
    page = visit(browser_page, server, f"&view=picture&picture=test-0&kernel={EDGE}{query}")
    expected = by_torch(load_picture("test-0"), parse_matrix(EDGE), **settings)
    row, col = (int(n) for n in np.unravel_index(expected.argmin(), expected.shape))
    click(page, "output", row, col, expected.shape)
    page.wait_for_url(re.compile(rf"at={row}(,|%2C){col}\b"))
    expect(page.get_by_text(f"row {row + 1}, column {col + 1} of the output")).to_be_visible()
    wait_until_idle(page)
    assert exact(page) == pytest.approx(expected[row, col], abs=1e-6)


def test_the_patch_is_outlined_while_pointing_and_the_keyboard_does_the_same(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, f"&view=picture&picture=test-0&kernel={EDGE}&at=4,5")
    reading = page.locator(".below .reading")
    expect(reading).to_contain_text("row 5, column 6 comes from rows 5 to 7 and columns 6 to 8")
    page.locator(".plate.output .frame").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(reading).to_contain_text("row 6, column 7 comes from rows 6 to 8 and columns 7 to 9")
    inside = page.locator(".plate.input .mark").bounding_box()
    frame = page.locator(".plate.input .frame").bounding_box()
    pixel = frame["width"] / 28
    assert inside["x"] + 2 - frame["x"] == pytest.approx(6 * pixel, abs=1.5)
    assert inside["width"] - 4 == pytest.approx(3 * pixel, abs=1.5)
    page.keyboard.press("Enter")
    expect(page.get_by_text("row 6, column 7 of the output")).to_be_visible()


def test_a_patch_beyond_the_edge_tells_of_the_padding_and_shows_what_it_holds(
    browser_page: Any, server: Server
) -> None:
    page = visit(
        browser_page,
        server,
        f"&view=picture&picture=sample-camera&kernel={EDGE}&padding=2&mode=circular&at=0,0",
    )
    reading = page.locator(".below .reading")
    expect(reading).to_contain_text(
        "row 1, column 1 comes from row 1 and column 1 of the input. In the padding: 8 of its 9"
    )
    x = load_picture("sample-camera")
    seen = page.locator(".lens").evaluate(
        """lens => {
            const pen = lens.getContext("2d");
            const side = lens.width / 3;
            const middle = (cell) => (cell + 0.5) * side;
            const grey = (row, col) => pen.getImageData(middle(col), middle(row), 1, 1).data[0];
            return Array.from({ length: 9 }, (_, i) => grey(Math.floor(i / 3), i % 3));
        }"""
    )
    np.testing.assert_allclose(np.reshape(seen, (3, 3)), np.roll(x, (2, 2), (0, 1))[:3, :3] * 255, atol=2)
    page.locator(".plate.output .frame").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(reading).to_contain_text(
        "comes from row 1 and columns 9 to 11 of the input. In the padding: 6 of its 9"
    )


def test_colours_are_fixed_or_stretched_and_the_raw_range_is_told(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, f"&view=picture&picture=sample-camera&kernel={EDGE}")
    expected = by_torch(load_picture("sample-camera"), parse_matrix(EDGE))
    caption, image = page.locator(".caption"), page.locator(".plate.output img")
    expect(caption).to_contain_text("full colour at ±3.")
    told = re.search(r"values here: (\S+) … (\S+)", caption.inner_text().replace("−", "-"))
    assert told
    np.testing.assert_allclose([float(n) for n in told.groups()], [expected.min(), expected.max()], atol=5e-3)
    np.testing.assert_allclose(pixels(image.get_attribute("src")), (expected + 3) / 6 * 255, atol=1.5)
    page.get_by_text("Stretch the colours to these values").click()
    limit = np.abs(expected).max()
    expect(caption).to_contain_text(f"full colour at ±{limit:.3g}.")
    stretched = pixels(image.get_attribute("src"))
    np.testing.assert_allclose(stretched, (expected + limit) / (2 * limit) * 255, atol=1.5)


@pytest.mark.parametrize(
    ("lang", "viewport", "label", "scale"),
    [
        ("ko", PHONE, "이 그림에 여러 커널", "모두 같은 색 눈금: ±"),
        ("en", LAPTOP, "Several kernels on this picture", "One scale for all: full colour at ±"),
    ],
    ids=["Korean, phone", "English, laptop"],
)
def test_several_kernels_side_by_side_are_torchs_on_one_scale(
    browser: Any, server: Server, lang: str, viewport: Any, label: str, scale: str
) -> None:
    page = new_page(browser, viewport=viewport)
    page.goto(f"{server.url}/convolution?lang={lang}&view=picture&picture=test-3&padding=1")
    page.get_by_text(label).click(timeout=60_000)
    limit = float(page.get_by_text(scale).inner_text().split("±")[1].split("에")[0].rstrip("."))
    digit = load_picture("test-3")
    for name in ("left_edge", "right_edge", "laplacian"):
        image = page.locator(f".st-key-pixels-compared-{name} img")
        expected = signed(by_torch(digit, KERNELS[name].make(3), padding=1), limit, "light")
        shown = pixels(image.get_attribute("src"))
        np.testing.assert_allclose(shown.astype(int), expected.astype(int), atol=2)
        assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 20
    page.context.close()
    assert page.complaints == []


def test_a_kernel_joins_those_that_are_compared(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&view=picture&picture=test-3&several=1&compare=laplacian&bias=-1")
    box = page.get_by_role("combobox", name="Kernels to compare")
    box.scroll_into_view_if_needed()
    box.click()
    page.keyboard.type("Scharr")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("scharr"))
    limit = 16 + 1  # Scharr's weights of one sign, and the bias
    expect(page.get_by_text(f"One scale for all: full colour at ±{limit}.")).to_be_visible()
    for name in ("laplacian", "scharr"):
        image = page.locator(f".st-key-pixels-compared-{name} img")
        expect(image).to_be_visible()
        expected = signed(by_torch(load_picture("test-3"), KERNELS[name].make(3)) - 1, limit, "light")
        np.testing.assert_allclose(pixels(image.get_attribute("src")).astype(int), expected, atol=2)


def test_a_bias_against_a_kernel_of_one_sign_stays_within_full_colour(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "&view=picture&picture=sample-camera&kernel=1,1;1,1&bias=-2")
    expected = by_torch(load_picture("sample-camera"), np.ones((2, 2))) - 2
    caption = page.locator(".caption")
    told = re.search(r"full colour at ±([\d.]+)\.", caption.inner_text())
    assert told
    limit = float(told[1])
    assert abs(expected).max() <= limit
    np.testing.assert_allclose(
        pixels(page.locator(".plate.output img").get_attribute("src")),
        (expected + limit) / (2 * limit) * 255,
        atol=1.5,
    )


def test_a_kernel_edit_repaints_the_picture_before_the_page_follows(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, f"&view=picture&picture=sample-camera&kernel={EDGE}")
    image, address = page.locator(".plate.output img"), page.url
    with page.expect_response(re.compile("/live/")) as asked:
        cell(page, 1, 1).fill("4")
    answered = asked.value.json()["shown"]["convolution.picture"]["output"]
    expect(image).to_have_attribute("src", answered)
    expect(page.get_by_text("full colour at ±7")).to_be_visible()
    assert page.url == address
    expected = by_torch(load_picture("sample-camera"), parse_matrix(EDGE.replace("-1", "4", 1)))
    np.testing.assert_allclose(pixels(answered), (expected + 7) / 14 * 255, atol=1.01)
    page.wait_for_url("**kernel=4*")
    wait_until_idle(page)
    expect(image).to_have_attribute("src", answered)  # what the page itself computes is the same


def test_an_edit_and_a_button_right_after_it_both_count(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, f"&view=picture&picture=sample-camera&kernel={EDGE}")
    page.get_by_text("Change the whole kernel").click()
    cell(page, 1, 1).fill("4")
    page.get_by_role("button", name="Flip").click(delay=80)  # ms that a hand holds a button down
    page.wait_for_url(re.compile("kernel="))
    expect(cell(page, 3, 3)).to_have_value("4")
    expect(cell(page, 1, 1)).to_have_value("1")


@pytest.mark.slow
def test_a_photo_of_the_camera_becomes_the_picture(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&view=picture")
    image = page.locator(".plate.input img")
    sample = image.get_attribute("src")
    page.get_by_text("Another digit, or your own picture").click()
    page.get_by_text("Use the camera").click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")  # it has a picture
    page.get_by_role("button", name="Take Photo").click()
    page.wait_for_url("**picture=upload-**", timeout=30_000)
    expect(image).not_to_have_attribute("src", sample)


@pytest.mark.slow
def test_a_copied_address_opens_the_same_view(browser: Any, browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&bias=2&padding=1")
    cell(page, 1, 1).fill("7")
    page.wait_for_url(re.compile("kernel=7"))
    other = new_page(browser)
    other.goto(page.url)
    changed = BOOK_KERNEL.copy()
    changed[0, 0] = 7
    shows(other, by_torch(BOOK_INPUT, changed, padding=1) + 2)
    other.context.close()


def test_on_a_phone_a_tap_opens_a_pixel_and_nothing_is_cut_off(browser: Any, server: Server) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, server, f"&view=picture&picture=test-0&kernel={';'.join([','.join(['0.125'] * 11)] * 11)}")
    page.locator(".table input").nth(120).wait_for()
    page.locator(".plate.output .mark").wait_for()
    edges = page.locator(".plate .frame, .table input").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= PHONE["width"]
    frame = page.locator(".plate.output .frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 3.5 / 18, box["y"] + box["height"] * 2.5 / 18)
    page.wait_for_url(re.compile(r"at=2(,|%2C)3\b"))
    page.context.close()
    assert page.complaints == []
