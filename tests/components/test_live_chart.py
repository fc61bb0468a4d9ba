"""The live chart in a real browser: zoom, cursor and nodes stay as points arrive; what it reads is exact."""

from __future__ import annotations

import base64
import csv
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from playwright.sync_api import expect

from tests.browser_tools import PHONE, new_page, wait_until_idle
from ui.components.live_chart import Panel, Series, _lines, _packed, live_chart

APP = Path(__file__).parent / "harness_live_chart.py"
PLOT = "svg.plot"
FIND_ROOT = """
    const hosts = [...document.querySelectorAll('.st-key-chart *')];
    const root = hosts.find((node) => node.shadowRoot).shadowRoot.querySelector('.root');
"""


def unpack(packed: dict[str, Any]) -> np.ndarray:
    """What live_chart.js makes of it."""
    if "count" in packed:
        return packed["first"] + packed["step"] * np.arange(packed["count"])
    return np.frombuffer(base64.b64decode(packed["base64"]), f"<f{packed['bytes']}").astype(float)


@given(arrays(float, st.integers(0, 12), elements=st.floats(allow_nan=True)))
def test_numbers_reach_the_browser_exactly(values: np.ndarray) -> None:
    assert np.array_equal(unpack(_packed(values)), values, equal_nan=True)


def test_the_steps_of_a_long_run_take_no_room() -> None:
    assert len(str(_packed(np.arange(1.0, 12_001)))) < 60


@pytest.mark.parametrize("line", [([1, 1], [0, 0]), ([2, 1], [0, 0]), ([1, 2], [0]), ([1, np.nan], [0, 0])])
def test_an_x_that_does_not_ascend_or_fit_is_refused(line: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        _lines(Series("run", [line]), 1)


def test_a_series_must_have_a_line_for_each_panel() -> None:
    with pytest.raises(ValueError, match="1 lines for 2 panels"):
        live_chart([Panel("a"), Panel("b")], [Series("run", [([1], [1])])], "chart", "Step")


# In the browser


def opened(page: Any, server: Any, case: str) -> Any:
    page.goto(f"{server.url}/?case={case}")
    page.locator(PLOT).wait_for()
    if case != "growing":
        wait_until_idle(page)
    return page


def box(page: Any) -> dict[str, float]:
    return dict(page.locator(PLOT).bounding_box())


def x_of(page: Any, share: float) -> float:
    """The page's x of a share of the axis, between the plot's margins (58 and 14 pixels)."""
    plot = box(page)
    return plot["x"] + 58 + share * (plot["width"] - 72)


def axis(page: Any) -> list[str]:
    return list(page.locator(".tick.x").all_text_contents())


def reading(page: Any) -> list[str]:
    """Where the read-out stands, and its first run's loss, its mean, its accuracy, that one's step."""
    cells = page.locator("tbody tr").first.locator("td span").all_inner_texts()
    return [page.locator("thead th").first.inner_text(), *cells]


def count(page: Any) -> int:
    return int(re.search(r"\d+", page.get_by_text(re.compile(r"^steps \d+$")).inner_text())[0])  # type: ignore[index]


def drag(page: Any, start: float, end: float) -> None:
    y = box(page)["y"] + 100
    page.mouse.move(x_of(page, start), y)
    page.mouse.down()
    page.mouse.move(x_of(page, end), y, steps=5)
    page.mouse.up()


def test_zoom_cursor_and_nodes_stay_while_points_arrive(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "growing")
    drag(page, 0.1, 0.3)
    expect(page.locator(".tick.x").first).to_have_text("20")
    page.mouse.move(x_of(page, 0.5), box(page)["y"] + 80)
    expect(page.locator(".flag")).to_have_text("40")
    page.evaluate(
        f"""() => {{ {FIND_ROOT}
            const kept = [root.querySelector('svg.plot'), ...root.querySelectorAll('.line path, table')];
            window.blank = 0;
            const look = () => {{
                const drawn = root.querySelector('.mean').getAttribute('d');
                window.blank += !drawn || kept.some((node) => !node.isConnected);
                requestAnimationFrame(look);
            }};
            look();
        }}"""
    )
    before = (axis(page), reading(page), page.locator(".mean").first.get_attribute("d"), count(page))
    page.wait_for_function(
        "n => [...document.querySelectorAll('.stText')].some((t) => t.innerText === `steps ${n}`)",
        arg=before[3] + 30,
    )
    assert (axis(page), reading(page), page.locator(".mean").first.get_attribute("d")) == before[:3]
    expect(page.locator(".flag")).to_have_text("40")
    assert page.evaluate("window.blank") == 0
    page.mouse.dblclick(x_of(page, 0.5), box(page)["y"] + 80)
    expect(page.locator(".tick.x").first).to_have_text("0")


def test_without_zoom_it_follows_the_newest_point(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "growing")
    expect(page.locator("thead th").first).to_have_text("Step 200", timeout=15_000)
    assert axis(page)[-1] == "200"


def test_a_rerun_with_the_same_data_touches_nothing(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "compared")
    page.evaluate(
        f"""() => {{ {FIND_ROOT}
            window.touched = 0;
            const all = {{ subtree: true, childList: true, attributes: true, characterData: true }};
            new MutationObserver((found) => {{ window.touched += found.length; }}).observe(root, all);
        }}"""
    )
    page.get_by_role("button", name="Rerun").click()
    page.get_by_text("reruns 1").wait_for()
    wait_until_idle(page)
    assert page.evaluate("window.touched") == 0


def test_the_keys_read_exact_values_and_the_mean_is_the_running_mean(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "compared")
    loss = (0.08 + 2.2 * np.exp(-np.arange(1, 201) / 25)) * np.random.default_rng(0).lognormal(
        0, 0.3, 20_000
    )[:200]
    weights = (1 - 2 / 16) ** np.arange(50)[::-1]
    mean = (weights * loss[:50]).sum() / weights.sum()
    page.locator(PLOT).focus()
    page.keyboard.press("Home")
    expect(page.locator(".flag")).to_have_text("0")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".flag")).to_have_text("50")
    accuracy = 0.981 - 0.88 * np.exp(-50 / 30)
    assert reading(page) == [
        "Step 50",
        f"{loss[49]:.4g}".ljust(6, "0"),
        f"mean {mean:.4f}",
        f"{accuracy:.2%}",
        "",
    ]
    page.keyboard.press("ArrowRight")
    expect(page.locator(".flag")).to_have_text("51")
    assert reading(page)[-1] == "Step 50"  # the newest evaluation until then, and it says so
    page.keyboard.press("End")
    expect(page.locator(".flag")).to_have_text("200")


def test_wheel_buttons_and_keys_zoom_and_pan(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "compared")
    page.mouse.move(x_of(page, 0.5), box(page)["y"] + 100)
    page.mouse.wheel(0, -300)
    expect(page.locator(".flag")).to_have_text("100")
    expect(page.locator(".tick.x").first).to_have_text("0")  # an unasked wheel scrolls the page
    page.mouse.click(x_of(page, 0.5), box(page)["y"] + 100)
    page.mouse.wheel(0, -300)
    page.mouse.move(10, 10)
    expect(page.locator(".tick.x").first).not_to_have_text("0")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".tick.x").first).to_have_text("0")
    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator(".tick.x").first).to_have_text("50")
    page.get_by_role("button", name="Zoom out").click()
    expect(page.locator(".tick.x").first).to_have_text("0")
    page.locator(PLOT).focus()
    page.keyboard.press("End")
    page.keyboard.press("+")
    page.mouse.move(x_of(page, 0.2), box(page)["y"] + 100)
    page.keyboard.down("Shift")
    drag(page, 0.2, 0.75)
    page.keyboard.up("Shift")
    page.mouse.move(10, 10)
    expect(page.locator(".tick.x").first).to_have_text("50")
    page.keyboard.press("Escape")
    expect(page.locator(".tick.x").first).to_have_text("0")


def test_two_fingers_zoom_and_one_reads(browser: Any, server: Any) -> None:
    page = new_page(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    opened(page, server, "compared")
    touch = page.context.new_cdp_session(page)
    y = box(page)["y"] + 100

    def fingers(kind: str, *shares: float) -> None:
        points = [{"x": x_of(page, share), "y": y, "id": i} for i, share in enumerate(shares)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 0.5)
    fingers("touchEnd")
    expect(page.locator(".flag")).to_have_text("100")
    fingers("touchStart", 0.45)
    fingers("touchStart", 0.45, 0.55)
    for spread in (0.08, 0.12, 0.16, 0.2):
        fingers("touchMove", 0.5 - spread, 0.5 + spread)
    fingers("touchEnd")
    expect(page.locator(".tick.x").first).not_to_have_text("0")
    expect(page.get_by_role("button", name="Show all")).to_be_enabled()
    assert page.complaints == []
    page.context.close()


def test_a_finger_that_goes_up_scrolls_the_page_and_one_that_goes_sideways_reads(
    browser: Any, server: Any
) -> None:
    page = new_page(browser, viewport={"width": 390, "height": 500}, has_touch=True, is_mobile=True)
    opened(page, server, "compared")
    touch = page.context.new_cdp_session(page)
    top = box(page)["y"]

    def swipe(start: tuple[float, float], end: tuple[float, float]) -> None:
        for step in range(11):
            x, y = (a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
            kind = "touchMove" if step else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe((x_of(page, 0.2), top + 80), (x_of(page, 0.75), top + 84))
    expect(page.locator(".flag")).to_have_text("150")
    assert box(page)["y"] == top
    swipe((x_of(page, 0.5), top + 100), (x_of(page, 0.5), top - 60))
    plot = page.locator(PLOT).element_handle()
    page.wait_for_function("([plot, top]) => plot.getBoundingClientRect().y < top - 50", arg=[plot, top])
    assert page.complaints == []
    page.context.close()


def test_from_the_first_points_on_the_y_axis_stands_and_a_zoom_fits_it(
    browser_page: Any, server: Any
) -> None:
    page = opened(browser_page, server, "young")
    loss, accuracy = (page.locator(".panel").nth(i).locator(".tick.y") for i in (0, 1))
    expect(loss.first).to_have_text("0.0")
    expect(accuracy.first).to_have_text("0%")
    expect(accuracy.last).to_have_text("100%")
    opened(page, server, "compared")
    drag(page, 0.8, 0.95)
    expect(accuracy.first).to_have_text(re.compile("^9"))
    page.get_by_role("button", name="Show all").click()
    expect(accuracy.first).to_have_text("0%")


def test_a_peak_among_thousands_is_drawn_and_read(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "long")
    path = page.locator(".raw").first.get_attribute("d")
    assert len(path.split("L")) < 4 * box(page)["width"]
    ticks = page.locator(".panel").first.locator(".tick.y").all_text_contents()
    assert float(ticks[-1]) == 10  # the axis reaches beyond the peak of 9.25
    heights = [float(y) for y in re.findall(r",([\d.]+)", path)]
    assert min(heights) < 60
    share = 7_777 / 20_000
    drag(page, share - 0.005, share + 0.005)
    expect(page.locator(".tick.x").first).not_to_have_text("0")
    page.locator(PLOT).focus()
    page.mouse.move(x_of(page, 0.5), box(page)["y"] + 50)
    expect(page.locator(".flag")).to_be_visible()
    while (at := int(page.locator(".flag").text_content().replace(",", ""))) != 7_777:
        page.keyboard.press("ArrowRight" if at < 7_777 else "ArrowLeft")
        expect(page.locator(".flag")).not_to_have_text(f"{at:,}")
    assert reading(page)[1] == "9.250"


def test_what_is_no_number_is_a_gap_and_is_named(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "gaps")
    assert page.locator(".raw").first.get_attribute("d").count("M") == 2
    assert reading(page)[1:3] == ["∞", ""]


def test_log_scale_shows_powers_of_ten_evenly(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "compared")
    page.get_by_role("button", name="Log scale").click()
    expect(page.get_by_role("button", name="Log scale")).to_have_attribute("aria-pressed", "true")
    ticks = page.locator(".panel").first.locator(".tick.y")
    tops = dict(
        zip(ticks.all_text_contents(), [float(t.get_attribute("y")) for t in ticks.all()], strict=True)
    )
    assert tops["0.1"] - tops["0.3"] == pytest.approx(tops["1"] - tops["3"], abs=0.3)


def test_before_the_first_point_it_says_what_will_come(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "empty")
    expect(page.locator(".waiting")).to_be_visible()
    assert axis(page)[-1] == "200"
    assert "Loss, Accuracy by Step" in page.get_by_role("img").get_attribute("aria-label")


def test_it_is_saved_as_a_drawing_and_as_numbers(browser_page: Any, server: Any) -> None:
    page = opened(browser_page, server, "compared")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the chart as SVG").click()
    drawing = Path(saved.value.path()).read_text("utf-8")
    ET.fromstring(drawing)
    assert saved.value.suggested_filename == "chart.svg"
    assert "var(" not in drawing
    assert "=notebook" in drawing
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the values as CSV").click()
    rows = list(csv.reader(Path(saved.value.path()).read_text("utf-8-sig").splitlines()))
    assert rows[0][:3] == ["Step", "fast: Loss", "fast: Accuracy"]
    assert rows[0][5] == "'=notebook: Loss"  # no formula in a spreadsheet
    assert [float(row[0]) for row in rows[1:]] == list(range(201))
    assert float(rows[51][2]) == 0.981 - 0.88 * np.exp(-50 / 30)
    assert rows[52][2] == ""
