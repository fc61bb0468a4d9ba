"""Pictures show the numbers they are given: ends, zero, sign, size; and nothing to show is no crash."""

from __future__ import annotations

import io
import re
import time
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnn_core import figures
from cnn_core.colours import PALETTES, css_variables, palette, rgb
from cnn_core.models import NETWORKS, NOTEBOOK, summary

THEMES = ["light", "dark"]


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        shares = np.array(rgb(colour)) / 255
        linear = np.where(shares <= 0.03928, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_paper(theme: str) -> None:
    colours = palette(theme)
    for text in (colours.ink, colours.soft, colours.accent, colours.pointer):
        assert contrast(text, colours.paper) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.negative, colours.paper) >= 3
    assert contrast(colours.positive, colours.paper) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_css_has_every_colour_of_the_theme(theme: str) -> None:
    found = dict(re.findall(r"--cnn-([a-z0-9-]+): (#[0-9A-F]{6});", css_variables(theme)))
    colours = PALETTES[theme]  # type: ignore[index]
    assert found["paper"] == colours.paper
    assert found["on-accent"] == colours.on_accent
    assert [found[f"series-{i}"] for i in range(1, 8)] == list(colours.series)


def test_the_smallest_weight_is_black_and_the_largest_white() -> None:
    weights = np.array([[-3.0, 1.0], [0.0, 5.0]])
    picture = figures.grey(weights)
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[0, 128], [96, 255]]


def test_a_fixed_grey_scale_keeps_its_ends() -> None:
    assert figures.grey([-9, 0, 1, 9], 0, 1).tolist() == [0, 0, 255, 255]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=30))
def test_grey_keeps_the_order(values: list[float]) -> None:
    shown = figures.grey(values)
    order = np.argsort(values, kind="stable")
    assert (np.diff(shown[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("theme", THEMES)
def test_zero_is_neutral_and_the_sign_shows(theme: str) -> None:
    colours = palette(theme)
    shown = figures.signed([-2.0, 0.0, 2.0, 1.0], theme=theme)
    assert tuple(shown[0]) == rgb(colours.negative)
    assert tuple(shown[1]) == rgb(colours.neutral)
    assert tuple(shown[2]) == rgb(colours.positive)
    halfway = (np.array(rgb(colours.neutral)) + rgb(colours.positive)) / 2
    assert np.abs(shown[3] - halfway).max() <= 1


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=20))
def test_the_signed_scale_is_symmetric(values: list[float]) -> None:
    limit = 50.0
    index = np.rint(np.clip(np.array(values, np.float32) / np.float32(limit), -1, 1) * 255)
    ramp = figures.signed(np.arange(-255, 256) / 255, 1.0)
    assert (figures.signed(values, limit) == ramp[index.astype(int) + 255]).all()


def test_signed_zeros_and_nothing_are_neutral() -> None:
    assert (figures.signed(np.zeros((2, 2))) == rgb(palette().neutral)).all()
    assert figures.signed(np.zeros((0, 3))).shape == (0, 3, 3)


@pytest.mark.parametrize("mode", ["grey", "signed"])
def test_what_is_no_number_has_a_colour_of_its_own(mode: str) -> None:
    broken = rgb(palette().broken)
    picture = figures.grid([np.array([[np.nan, 1.0], [np.inf, -1.0]])], 1, mode, tile_size=2, gap=0)
    assert tuple(picture[0, 0]) == tuple(picture[1, 0]) == broken
    assert tuple(picture[0, 1]) != broken != tuple(picture[1, 1])


def test_enlarging_is_crisp() -> None:
    small = np.array([[1, 2], [3, 4]], np.uint8)
    assert figures.enlarge(small, 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_a_grid_puts_its_tiles_row_by_row() -> None:
    tiles = [np.full((2, 2), value) for value in (0.0, 0.5, 1.0)]
    picture = figures.grid(tiles, 2, tile_size=5, gap=3)
    assert picture.shape == (3 + 2 * (4 + 3), 3 + 2 * (4 + 3), 3)  # 5 px hold a factor of 2
    assert (picture[3:7, 3:7] == 0).all()
    assert (picture[3:7, 10:14] == 128).all()
    assert (picture[10:14, 3:7] == 255).all()
    assert (picture[10:14, 10:14] == rgb(palette().paper)).all()


def test_the_scale_is_shared_or_each_or_fixed() -> None:
    tiles = [np.array([[0.0, 1.0]]), np.array([[0.0, 4.0]])]

    def second_pixels(scale: figures.Scale) -> list[int]:
        picture = figures.grid(tiles, 1, scale=scale, tile_size=2, gap=0)
        return picture[:, 1, 0].tolist()

    assert second_pixels("shared") == [64, 255]
    assert second_pixels("each") == [255, 255]
    assert second_pixels((0, 8)) == [32, 128]


def test_tiles_of_different_sizes_share_a_grid() -> None:
    picture = figures.grid([np.zeros((2, 2)), np.ones((4, 4))], 2, tile_size=8, gap=1)
    assert picture.shape == (10, 19, 3)
    assert (picture[1:9, 10:18] == 255).all()


def test_the_selected_tile_has_a_violet_frame() -> None:
    tiles = np.zeros((3, 4, 4))
    violet = np.array(rgb(palette().pointer))
    picture = figures.grid(tiles, 3, tile_size=4, gap=4, selected=1)
    framed = (picture == violet).all(axis=2)
    assert framed.any()
    assert not framed[:, :8].any()
    assert not framed[:, 20:].any()
    assert not (figures.grid(tiles, 3, tile_size=4, gap=4) == violet).all(axis=2).any()


def test_a_part_of_each_tile_can_be_framed() -> None:
    boxes = [(0, 0, 2, 2), (2, 2, 4, 4)]
    picture = figures.grid([np.ones((4, 4))] * 2, 2, scale=(0, 1), tile_size=40, gap=6, boxes=boxes)
    violet = (picture == rgb(palette("light").pointer)).all(axis=-1)
    for i, (top, left, bottom, right) in enumerate(boxes):
        tile = violet[6:46, 6 + 46 * i : 46 + 46 * i]
        rows, columns = np.nonzero(tile)
        assert (rows.min(), rows.max() + 1) == (10 * top, 10 * bottom)
        assert (columns.min(), columns.max() + 1) == (10 * left, 10 * right)
        assert not tile[10 * top + 5, 10 * left + 5]  # what is framed can be seen


def test_an_outline_frames_a_box_and_nothing_else() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    framed = figures.outline(picture, (1, 2, 6, 7), thickness=1)
    violet = (framed == rgb(palette().pointer)).all(axis=2)
    assert violet.sum() == 16  # the edge of 5×5
    assert violet[1, 2:7].all()
    assert violet[1:6, 6].all()
    assert not picture.any()


def test_filters_are_drawn_on_the_scale_of_all_filters() -> None:
    weights = np.zeros((9, 1, 5, 5))
    weights[0, 0, 0, 0], weights[8, 0, 4, 4] = -1, 1
    picture = figures.filter_grid(weights, tile_size=5, gap=1)
    assert picture.shape == (2 * 6 + 1, 8 * 6 + 1, 3)
    assert (picture[1, 1] == 0).all()
    assert (picture[11, 5] == 255).all()
    assert (picture[3, 3] == 128).all()


def test_filters_of_many_channels_have_a_row_each() -> None:
    assert figures.filter_grid(np.zeros((2, 3, 5, 5)), tile_size=5, gap=1).shape == (13, 19, 3)


def test_a_strip_shows_maps_or_the_numbers_of_a_vector() -> None:
    assert figures.feature_map_strip(np.zeros((4, 6, 6)), tile_size=12, gap=2).shape == (16, 58, 3)
    vector = figures.feature_map_strip(np.arange(100.0), tile_size=10)
    assert vector.shape == (2 * 11 + 1, 50 * 11 + 1, 3)
    assert (vector[1, 1] == 0).all()
    assert (vector[-2, -2] == 255).all()


def test_nothing_to_show_is_an_empty_strip() -> None:
    picture = figures.grid([], 8, tile_size=20)
    assert (picture == rgb(palette().paper)).all()
    assert figures.feature_map_strip(np.zeros((0, 4, 4))).size
    assert figures.limits() == figures.limits([]) == figures.limits([np.nan]) == (0, 0)


def test_a_grid_of_64_maps_is_quick() -> None:
    maps = np.random.default_rng(0).normal(size=(64, 24, 24))
    figures.grid(maps, 8)

    def seconds() -> float:
        begin = time.perf_counter()
        figures.grid(maps, 8, "signed")
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(10)) < 0.02  # 5 ms on a quiet machine


def test_a_png_holds_the_same_pixels() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(figures.picture_png(picture)))) == picture).all()


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((-0.31234, 0.278), "−0.312 … 0.278"),
        ((0, 1), "0 … 1"),
        ((-0.0, 12345.6), "0 … 12,346"),
        ((1e-7, np.nan), "1e−07 … ?"),
    ],
)
def test_the_range_is_written_for_the_eye(ends: tuple[float, float], text: str) -> None:
    assert figures.scale_text(*ends) == text


def test_a_confusion_matrix_shows_its_counts_and_its_few_mistakes() -> None:
    matrix = np.diag([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    matrix[4, 9] = 5
    figure = figures.confusion_figure(matrix, title="Mistakes", x_label="answer", y_label="digit")
    heat = figure.data[0]
    assert np.array_equal(heat.text, matrix)
    assert heat.z[4][9] == -1
    assert heat.z[0][0] == 1
    assert heat.z[0][1] == 0
    assert figure.layout.yaxis.autorange == "reversed"  # the first row is on top
    assert figure.layout.title.text == "Mistakes"


def test_a_history_has_a_line_for_each_run_told_apart_by_more_than_colour() -> None:
    curves = {f"run {i}": ([0, 1], [2.3, 1 / (i + 1)]) for i in range(9)}
    lines = figures.history_figure(curves).data
    assert [line.name for line in lines] == list(curves)
    assert list(lines[1].y) == [2.3, 0.5]
    assert len({(line.line.color, line.line.dash) for line in lines}) == 9


def test_responses_below_zero_have_the_other_colour() -> None:
    bars = figures.response_figure([-1, 2]).data[0]
    assert list(bars.marker.color) == [palette().negative, palette().positive]


@pytest.mark.parametrize(
    "figure",
    [
        figures.confusion_figure(np.zeros((10, 10), int), title="Empty"),
        figures.response_figure([], title="Empty"),
        figures.history_figure({}, title="Empty"),
        figures.history_figure({"run": ([], [])}, title="Empty"),
    ],
    ids=["confusion", "responses", "no curves", "an empty curve"],
)
def test_no_data_gives_an_empty_titled_chart(figure: Any) -> None:
    assert figure.layout.title.text == "Empty"
    assert len(figure.data) == 0


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_drawn_with_every_layer_in_words(name: str, theme: str) -> None:
    rows = summary(NETWORKS[name])
    svg = figures.network_figure(rows, theme, f"<{name}>", parameters="{count} parameters")
    root = ET.fromstring(svg)
    words = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    for row in rows:
        assert row.name in words
        assert not row.parameters or f"{row.parameters:,}" in words
    assert float(root.attrib["font-size"]) >= 12
    assert float(root.attrib["width"]) <= 1240
    assert root.attrib["aria-label"] == f"<{name}>"
    for element in root.iter("{http://www.w3.org/2000/svg}polygon"):
        corners = np.array([[float(v) for v in p.split(",")] for p in element.attrib["points"].split()])
        assert (corners >= 0).all()
        assert (corners <= [float(root.attrib["width"]), float(root.attrib["height"])]).all()


def test_blocks_are_to_scale() -> None:
    svg = figures.network_figure(summary(NOTEBOOK))
    blocks = {}
    for group in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        name = group.findtext("{http://www.w3.org/2000/svg}text") or ""
        front = group.find("{http://www.w3.org/2000/svg}polygon")
        assert front is not None
        corners = np.array([[float(v) for v in p.split(",")] for p in front.attrib["points"].split()])
        blocks[name] = np.ptp(corners, axis=0)
    assert blocks["conv1"][0] / blocks["conv2"][0] == pytest.approx(16 / 32, rel=0.02)
    assert blocks["conv1"][1] / blocks["pool1"][1] == pytest.approx(24 / 10, rel=0.02)
    assert blocks["flatten"][1] / blocks["fc1"][1] == pytest.approx(576 / 100, rel=0.02)


def test_an_empty_network_is_an_empty_titled_drawing() -> None:
    root = ET.fromstring(figures.network_figure([], title="Nothing"))
    assert [child.text for child in root] == ["Nothing"]
