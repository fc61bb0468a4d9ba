"""The channels page as a person uses it: maps, filters, im2col and a colour picture, each recomputed."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F

from cnn_core.channel_examples import COLOUR_FILTERS, FILTERS, numbers
from cnn_core.figures import picture_png, signed
from cnn_core.images import sample
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.grids import pixels


def visit(page: Any, server: Server, query: str = "", lang: str = "en") -> Any:
    page.goto(f"{server.url}/channels?lang={lang}{query}")
    page.locator("[data-testid=stCode]").wait_for(timeout=90_000)
    wait_until_idle(page, 60_000)
    return page


def grids(page: Any) -> Any:
    """The first of the page's grids: the numbers, not the picture's patch."""
    return page.locator(".root[data-row]").first


def values(page: Any, grid: str) -> np.ndarray:
    figure = grids(page).locator(f"[data-grid='{grid}']")
    expect(figure.locator(".cell").first).to_be_visible()
    read = figure.locator(".cell").evaluate_all("all => all.map(c => Number(c.dataset.value))")
    return np.array(read).reshape(int(figure.get_attribute("data-rows")), -1)


def by_torch(x: np.ndarray, weight: np.ndarray, bias: list[float], **sliding: int) -> np.ndarray:
    x, weight = (torch.tensor(np.asarray(a, float)) for a in (x, weight))
    return F.conv2d(x[None], weight, torch.tensor(bias, dtype=torch.float64), **sliding)[0].numpy()


NUMBER = r"[−-]?\d+(?:\.\d+)?(?:e[−-]?\d+)?"


def number(told: str) -> float:
    return float(told.replace("−", "-"))


@contextmanager
def opened(browser: Any, server: Server, lang: str, way: str, query: str) -> Iterator[Any]:
    """The page on a laptop with a mouse, or on a phone under a finger; its console must stay silent."""
    finger = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if way == "tap" else {}
    page = new_page(browser, **finger)
    yield visit(page, server, query, lang)
    page.context.close()
    assert page.complaints == []


def touch(page: Any, way: str, plate: Any, at: tuple[float, float]) -> None:
    """Point at a place of a plate, (across, down) from 0 to 1, with the mouse, or tap there."""
    plate.scroll_into_view_if_needed()
    box = plate.bounding_box()
    place = box["x"] + box["width"] * at[0], box["y"] + box["height"] * at[1]
    page.mouse.move(*place) if way == "mouse" else page.touchscreen.tap(*place)


def corner(page: Any, grid: str, columns: int) -> list[int]:
    """The row and column to which the violet window of a grid goes."""
    figure = grids(page).locator(f"[data-grid='{grid}']")
    right, down = re.findall(
        r"[\d.]+", figure.locator(".mark.window").evaluate("mark => mark.style.transform")
    )
    cell = figure.locator(".plate").bounding_box()["width"] / columns
    return [round(float(down) / cell), round(float(right) / cell)]


def colour(page: Any) -> Any:
    """The colour picture with its maps."""
    return page.locator(".root[data-progress]")


def pointed(page: Any) -> list[int]:
    return [int(n) for n in colour(page).get_attribute("data-at").split(",")]


def pixel(page: Any, name: str) -> str:
    """The number that a map tells at the point."""
    return colour(page).locator(f"[data-map={name}] canvas").get_attribute("data-value")


def painted(page: Any, name: str) -> bool:
    """Whether a map is filled to its last row."""
    alpha = "c => c.getContext('2d').getImageData(5, c.height - 1, 1, 1).data[3]"
    return colour(page).locator(f"[data-map={name}] canvas").evaluate(alpha) == 255


def rgb_at(page: Any, name: str, row: int, col: int) -> list[int]:
    read = "(c, [row, col]) => [...c.getContext('2d').getImageData(col, row, 1, 1).data.slice(0, 3)]"
    return colour(page).locator(f"[data-map={name}] canvas").evaluate(read, [row, col])


def painting(page: Any, name: str) -> np.ndarray:
    """All pixels of a map, (H, W, 3)."""
    canvas = colour(page).locator(f"[data-map={name}] canvas")
    return pixels(canvas.evaluate("canvas => canvas.toDataURL()"))[..., :3]


def numbers_of_the_pixel(page: Any, row: int, col: int, lang: str) -> None:
    """Until the numbers below the picture are those of this pixel."""
    english, korean = f"row {row + 1}, column {col + 1} of the output", f"(출력 {row + 1}행 {col + 1}열)"
    told = {"en": english, "ko": korean}[lang]
    expect(page.get_by_text(told)).to_be_visible()
    wait_until_idle(page)


def drawing_text(drawn: Any) -> str:
    """The words of a drawing that is an image's source."""
    return b64decode(drawn.get_attribute("src").split(",", 1)[1]).decode()


def test_two_filters_make_two_maps_and_im2col_gives_the_same(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&im2col=1")
    maps = by_torch(numbers(1), FILTERS[:2], [0, 3])
    for f in (0, 1):
        np.testing.assert_array_equal(values(page, f"output-{f}"), maps[f])
    np.testing.assert_array_equal(values(page, "result"), (maps - [[[0]], [[3]]]).reshape(2, -1).T)
    unfolded = F.unfold(torch.tensor(numbers(1)[None], dtype=torch.float64), 3)[0].T.numpy()
    np.testing.assert_array_equal(values(page, "matrix"), unfolded)
    grids(page).locator(".stage").focus()
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    expect(grids(page).locator(".reading")).to_contain_text(f"+ 3 (bias) = {maps[1, 0, 1]:g}")


@pytest.mark.parametrize(
    ("lang", "way", "filter_2"), [("en", "mouse", "Filter 2 3×3"), ("ko", "tap", "필터 2 3×3")]
)
def test_every_map_is_torchs_and_a_touch_of_the_other_map_opens_its_filter(
    browser: Any, server: Server, lang: str, way: str, filter_2: str
) -> None:
    with opened(browser, server, lang, way, "&seed=3&padding=1&stride=2&bias2=-4") as page:
        x, maps = numbers(3), by_torch(numbers(3), FILTERS[:2], [0, -4], padding=1, stride=2)
        for c in range(3):
            np.testing.assert_array_equal(values(page, f"input-{c}")[1:-1, 1:-1], x[c])
        for f in (0, 1):
            np.testing.assert_array_equal(values(page, f"output-{f}"), maps[f])
        touch(page, way, grids(page).locator("[data-grid='output-1'] .plate"), (0.5, 0.5))
        expect(grids(page).locator("[data-grid='kernel-2'] figcaption")).to_have_text(filter_2)
        reading = f"= {maps[1, 1, 1]:g}".replace("-", "−")
        expect(grids(page).locator(".reading")).to_contain_text(reading)
        parts = [values(page, f"part-{c}") for c in range(3)]
        np.testing.assert_array_equal(sum(parts) - 4, maps[1])


def test_a_patch_lights_its_row_of_the_matrix_and_a_row_its_patch(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&im2col=1")
    for n, (grid, spot) in {4: ("output-0", (0.5, 0.5)), 8: ("matrix", (0.1, 8.5 / 9))}.items():
        touch(page, "mouse", grids(page).locator(f"[data-grid='{grid}'] .plate"), spot)
        row, col = divmod(n, 3)
        expect(grids(page).locator(".reading")).to_contain_text(f"row {row + 1}, column {col + 1}")
        assert corner(page, "input-0", 5) == [row, col]
        assert corner(page, "matrix", 27) == [n, 0]
        assert corner(page, "result", 2) == [n, 0]


@pytest.mark.parametrize(("lang", "way"), [("en", "mouse"), ("ko", "tap")])
def test_the_colour_pictures_maps_open_at_any_pixel_down_to_its_numbers(
    browser: Any, server: Server, lang: str, way: str
) -> None:
    x, weight = sample("garden")[:, ::2, ::2], COLOUR_FILTERS["edges"]
    parts = F.conv2d(torch.tensor(x, dtype=torch.float64)[None], torch.tensor(weight)[:, None], groups=3)[
        0
    ].numpy()
    with opened(browser, server, lang, way, "&filter=edges&picture_bias=0.5") as page:
        for area in ("part1", "sum2", "output", "channel2", "picture"):
            touch(page, way, colour(page).locator(f"[data-map={area}] .frame"), (0.3, 0.4))
            row, col = pointed(page)
            told = {
                **{f"part{c}": parts[c, row, col] for c in range(3)},
                **{f"sum{c}": parts[: c + 1, row, col].sum() for c in range(3)},
                "output": parts[:, row, col].sum() + 0.5,
            }
            for name, value in told.items():
                assert float(pixel(page, name)) == pytest.approx(value, abs=1e-6)
            reading = [number(n) for n in re.findall(NUMBER, colour(page).locator(".reading").inner_text())]
            expected = [row + 1, col + 1, *parts[:, row, col], parts[:, row, col].sum(), 0.5, told["output"]]
            assert reading[:8] == pytest.approx(expected, rel=0.006, abs=1e-6)
        numbers_of_the_pixel(page, row, col, lang)
        inner = page.locator(".root[data-row]").last
        assert number(re.findall(NUMBER, inner.locator(".reading").inner_text())[-1]) == pytest.approx(
            told["output"], abs=0.006
        )
        page.wait_for_url(re.compile(rf"at={row}(,|%2C){col}")) if way == "tap" else None


@pytest.mark.slow
def test_the_maps_fill_channel_by_channel_and_then_the_bias_is_added(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "&filter=blue_not_yellow&at=10,10")
    rows = 158
    for progress, there in ((0, []), (rows, ["part0", "sum0"]), (2 * rows, ["part1", "sum1"])):
        colour(page).locator("input[type=range]").fill(str(progress))
        expect(colour(page)).to_have_attribute("data-progress", str(progress))
        for name in there:
            assert painted(page, name)
        later = {"part2", "sum2", "output"} | ({"part1", "sum1"} if progress < 2 * rows else set())
        assert not any(painted(page, name) for name in later)
    colour(page).locator("button.step").click()
    assert painted(page, "sum2")
    assert not painted(page, "output")
    colour(page).locator("button.rewind").click()
    colour(page).locator("button.play").click()
    expect(colour(page).locator(".reading")).to_contain_text("The slice for red slides")
    expect(colour(page).locator(".reading")).to_contain_text("bias −0.2 is added to every pixel")
    expect(colour(page)).to_have_attribute("data-progress", str(4 * rows))
    assert painted(page, "output")


def test_the_three_channels_are_the_pictures_and_the_slices_the_filters(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "&filter=blue_not_yellow")
    x, weight = np.rint(sample("garden")[:, ::2, ::2] * 255), COLOUR_FILTERS["blue_not_yellow"]
    for c in range(3):
        np.testing.assert_array_equal(painting(page, f"channel{c}"), np.repeat(x[c][..., None], 3, axis=-1))
        cells = page.locator(f"[data-map=slice{c}] td")
        shown = cells.evaluate_all("all => all.map(cell => Number(cell.dataset.value))")
        np.testing.assert_array_equal(np.reshape(shown, (3, 3)), weight[c])
        written = [number(text.replace(".", "0.")) for text in cells.all_inner_texts()]
        np.testing.assert_array_equal(np.reshape(written, (3, 3)), weight[c])
    np.testing.assert_array_equal(painting(page, "picture"), x.transpose(1, 2, 0))


def test_the_keyboard_moves_the_point_of_the_picture_and_keeps_it(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&filter=edges&picture_bias=0.5&at=10,20")
    x = torch.tensor(sample("garden")[:, ::2, ::2], dtype=torch.float64)
    parts = F.conv2d(x[None], torch.tensor(COLOUR_FILTERS["edges"])[:, None], groups=3)[0]
    colour(page).locator("[data-map=output] .frame").focus()
    for key, row, col in [
        ("ArrowRight", 10, 21),
        ("ArrowDown", 11, 21),
        ("Shift+ArrowDown", 21, 21),
        ("Shift+ArrowLeft", 21, 11),
        ("ArrowUp", 20, 11),
        ("Shift+ArrowLeft", 20, 1),
        ("Shift+ArrowLeft", 20, 0),  # the edge
    ]:
        page.keyboard.press(key)
        expect(colour(page)).to_have_attribute("data-at", f"{row},{col}")
        for c in range(3):
            assert float(pixel(page, f"part{c}")) == pytest.approx(float(parts[c, row, col]), abs=1e-6)
        total = float(parts[:, row, col].sum()) + 0.5
        assert float(pixel(page, "output")) == pytest.approx(total, abs=1e-6)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"at=20(,|%2C)0\b"))
    numbers_of_the_pixel(page, 20, 0, "en")


def test_without_motion_the_maps_come_whole_one_after_the_other(browser: Any, server: Server) -> None:
    page = visit(new_page(browser, reduced_motion="reduce"), server, "&filter=blue_not_yellow")
    rows = 158
    colour(page).evaluate(
        """root => {
            const real = window.setTimeout;
            const hop = 1800; // milliseconds: nobody waits for it here
            window.setTimeout = (act, wait, ...rest) => real(act, wait === hop ? 0 : wait, ...rest);
            window.seen = [];
            const look = () => window.seen.push(Number(root.dataset.progress));
            new MutationObserver(look).observe(root, { attributeFilter: ["data-progress"] });
        }"""
    )
    colour(page).locator("button.rewind").click()
    colour(page).locator("button.play").click()
    page.wait_for_function(f"window.seen.includes({4 * rows})")
    shown = list(dict.fromkeys(page.evaluate("window.seen")))
    assert shown == [step * rows for step in range(5)]
    assert painted(page, "output")
    page.context.close()
    assert page.complaints == []


def test_every_setting_is_moved_by_hand_and_reaches_the_grids(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&seed=2&padding=1")

    def moved(name: str) -> None:
        slider = page.locator(f".st-key-widget-channels-{name} input")
        slider.press("ArrowRight")
        page.wait_for_url(re.compile(rf"[?&]{name}="))

    def shows(seed: int, biases: list[float], **sliding: int) -> None:
        maps = by_torch(numbers(seed), FILTERS[: len(biases)], biases, **sliding)
        grid = grids(page).locator(f"[data-grid='output-{len(maps) - 1}']")
        expect(grid.locator(".cell")).to_have_count(maps[0].size)
        last = f"{maps[-1, -1, -1]:g}"
        expect(grid.locator(".cell").last).to_have_attribute("data-value", last)
        for f, plane in enumerate(maps):
            np.testing.assert_array_equal(values(page, f"output-{f}"), plane)

    moved("filters")
    shows(2, [0, 3, -1], padding=1)
    moved("stride")
    shows(2, [0, 3, -1], padding=1, stride=2)
    moved("padding")
    shows(2, [0, 3, -1], padding=2, stride=2)
    bias = page.get_by_role("spinbutton", name="Bias of filter 3")
    bias.fill("7")
    bias.press("Enter")
    shows(2, [0, 3, 7], padding=2, stride=2)
    page.get_by_role("button", name="Other numbers").click()
    shows(3, [0, 3, 7], padding=2, stride=2)
    page.get_by_text("Show im2col").click()
    unfolded = F.unfold(torch.tensor(numbers(3)[None], dtype=torch.float64), 3, padding=2, stride=2)[0]
    weights = torch.tensor(np.asarray(FILTERS, float)).flatten(1)
    result = grids(page).locator("[data-grid='result'] .cell")
    expect(result).to_have_count(unfolded.shape[1] * 3)
    np.testing.assert_array_equal(values(page, "result"), (weights @ unfolded).T.numpy())


def test_every_slider_of_the_blocks_reaches_the_diagram(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&n=2&c=4&size=20&fn=6&k=3&p=2&s=1")
    drawn = page.locator(".st-key-wide-convolution-blocks img")
    now = {"c": 4, "size": 20, "fn": 6, "k": 3, "p": 2, "s": 1}
    page.get_by_text("A batch of images").click()
    page.wait_for_url(re.compile("batch=1"))
    for name in ("n", *now):
        before = drawn.get_attribute("src")
        page.locator(f".st-key-widget-channels-{name} input").press("ArrowRight")
        now |= {name: now.get(name, 2) + 1}
        page.wait_for_url(re.compile(rf"[?&]{name}={now[name]}\b"))
        expect(drawn).not_to_have_attribute("src", before)
        layer = torch.nn.Conv2d(now["c"], now["fn"], now["k"], now["s"], now["p"])
        x = torch.zeros(now["n"], now["c"], now["size"], now["size"])
        shapes = [x.shape, layer.weight.shape, (now["fn"], 1, 1), layer(x).shape]
        told = re.findall(r"\(([\d, ]+)\)", drawing_text(drawn))
        assert told == [", ".join(map(str, shape)) for shape in shapes]


def test_the_colours_stand_for_one_range_whatever_the_picture(browser_page: Any, server: Server) -> None:
    page = visit(browser_page, server, "&filter=edges&picture_bias=0&sample=coffee")
    ends = colour(page).locator(".ends span")
    assert ends.all_inner_texts() == ["−9", "0", "9"]  # 3 slices of three weights 1 on white
    x = torch.tensor(sample("coffee")[:, ::2, ::2], dtype=torch.float64)
    output = F.conv2d(x[None], torch.tensor(COLOUR_FILTERS["edges"])[None])[0]
    largest = float(output.abs().max())
    row, col = divmod(int(output.abs().flatten().argmax()), output.shape[-1])
    shares = [float(output[0, row, col]) / 9]
    shown = [rgb_at(page, "output", row, col)]
    page.get_by_text("Stretch the colours to these values").click()
    expect(ends.last).to_have_text(f"{largest:.3g}")
    shares.append(float(output[0, row, col]) / largest)
    shown.append(rgb_at(page, "output", row, col))
    for share, colours in zip(shares, shown, strict=True):
        np.testing.assert_allclose(colours, signed(np.array(share), 1.0), atol=2)


def test_while_a_learner_predicts_nothing_on_the_page_tells_the_answer(
    browser_page: Any, server: Server
) -> None:
    page = visit(browser_page, server, "&at=60,100")
    expect(page.get_by_text("(3, 5, 5) → (2, 3, 3)")).to_be_visible()
    grids(page).get_by_label("Predict first").check()
    expect(page.get_by_text("(3, 5, 5) → (2, 3, 3)")).to_have_count(0)
    expect(page.get_by_text("Hidden while you predict.").first).to_be_visible()
    patch = page.locator(".root[data-row]").last
    patch.get_by_label("Predict first").check()
    expect(colour(page).locator(".reading")).to_have_text("Hidden while you predict.")
    assert "".join(colour(page).locator("figcaption b").all_inner_texts()) == ""
    patch.get_by_label("Predict first").uncheck()
    expect(colour(page).locator(".reading")).to_contain_text("Row 61, column 101")


def test_a_photo_of_ones_own_splits_into_its_channels(browser_page: Any, server: Server) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (60, 40, 3)).astype(np.uint8)
    page = visit(browser_page, server, "&sample=own&filter=blue_not_yellow&picture_bias=0")
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": picture_png(photo)}
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_url(re.compile("photo=upload-"))
    expect(colour(page).locator("[data-map=output] canvas")).to_have_attribute("width", "38")
    touch(page, "mouse", colour(page).locator("[data-map=output] .frame"), (0.5, 0.5))
    row, col = pointed(page)
    x = torch.tensor(photo.transpose(2, 0, 1) / 255)
    expected = F.conv2d(x[None], torch.tensor(COLOUR_FILTERS["blue_not_yellow"])[None])[0, 0, row, col]
    assert float(pixel(page, "output")) == pytest.approx(float(expected), abs=1e-6)
    assert (row, col) == (29, 19)


@pytest.mark.parametrize("batch", [0, 1])
def test_the_block_diagram_carries_torchs_shapes(browser_page: Any, server: Server, batch: int) -> None:
    page = visit(browser_page, server, f"&batch={batch}&n=7&c=4&size=21&fn=6&k=3&p=2&s=1")
    drawn = page.locator(".st-key-wide-convolution-blocks img")
    before = drawn.get_attribute("src")
    page.locator(".st-key-widget-channels-s input").press("ArrowRight")
    expect(drawn).not_to_have_attribute("src", before)
    layer = torch.nn.Conv2d(4, 6, 3, stride=2, padding=2)
    x = torch.zeros(7, 4, 21, 21) if batch else torch.zeros(4, 21, 21)
    shapes = [x.shape, layer.weight.shape, (6, 1, 1), layer(x).shape]
    told = drawing_text(drawn)
    assert re.findall(r"\(([\d, ]+)\)", told) == [", ".join(map(str, shape)) for shape in shapes]
    weights = layer.weight.numel()
    expect(page.get_by_text(f"{weights:,} weights and 6 biases")).to_be_visible()
