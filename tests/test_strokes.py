"""A drawing is its strokes: kept, read back, and drawn to the same pixels every time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.data import load_mnist
from cnn_core.images import prepare_digit
from cnn_core.messages import Problem
from cnn_core.strokes import (
    LONGEST_PAUSE,
    MOST_BYTES,
    SIZE,
    Drawing,
    Stroke,
    drawn_by,
    from_json,
    on_digit,
    raster,
    timed,
    to_json,
)

SHARES = st.floats(-0.2, 1.2).map(lambda n: round(n, 4))


@st.composite
def strokes(draw: st.DrawFn) -> Stroke:
    points = draw(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=9))
    times = draw(st.sampled_from([(), tuple(range(0, 16 * len(points), 16))]))
    width = draw(st.floats(0.01, 0.2).map(lambda n: round(n, 4)))
    return Stroke(tuple(points), width, draw(st.booleans()), times)


BASES = st.just(b"") | st.binary(min_size=784, max_size=784)
DRAWINGS = st.builds(Drawing, st.lists(strokes(), max_size=5).map(tuple), BASES)


@given(DRAWINGS)
def test_json_brings_back_the_same_drawing(drawing: Drawing) -> None:
    assert from_json(to_json(drawing)) == drawing


@given(DRAWINGS)
@settings(max_examples=20)
def test_the_same_drawing_gives_the_same_pixels(drawing: Drawing) -> None:
    pixels = raster(drawing)
    assert pixels.shape == (SIZE, SIZE)
    assert pixels.dtype == np.uint8
    assert (pixels == raster(from_json(to_json(drawing)))).all()


def drawn(*strokes: Stroke) -> np.ndarray:
    return raster(Drawing(strokes))


def test_a_point_is_a_round_dot_of_its_width() -> None:
    pixels = drawn(Stroke(((0.5, 0.5),), 0.1))
    area = pixels.sum() / 255
    assert area == pytest.approx(np.pi * 14**2, rel=0.03)
    assert pixels[140, 140] == 255
    assert pixels[140, 120] == 0


def test_a_line_covers_what_lies_within_half_its_width() -> None:
    pixels = drawn(Stroke(((0.2, 0.5), (0.8, 0.5)), 0.1))
    assert (pixels[130:150, 60:220] == 255).all()
    assert pixels[:124].max() == pixels[157:].max() == 0


def test_the_eraser_takes_away() -> None:
    line = Stroke(((0.2, 0.5), (0.8, 0.5)), 0.1)
    assert drawn(line, Stroke(((0.1, 0.5), (0.9, 0.5)), 0.2, eraser=True)).max() == 0


def test_a_digit_to_change_keeps_its_pixels_and_the_network_gets_them() -> None:
    for digit in load_mnist().test_images[:5] / np.float32(255):
        pixels = raster(on_digit(digit))
        blocks = pixels.reshape(28, 10, 28, 10)
        assert (blocks == np.round(digit * 255).astype(np.uint8)[:, None, :, None]).all()
        assert np.corrcoef(prepare_digit(pixels).ravel(), digit.ravel())[0, 1] > 0.85


def test_the_eraser_changes_a_digit_only_where_it_went() -> None:
    whole = on_digit(np.ones((28, 28)))
    hole = raster(Drawing((Stroke(((0.5, 0.5),), 0.2, eraser=True),), whole.base))
    assert hole[140, 140] == 0
    assert hole[140, 100] == hole[0, 0] == 255


@pytest.mark.parametrize("pixels", [np.zeros((27, 28)), np.full((28, 28), 2), np.full((28, 28), np.nan)])
def test_what_is_no_digit_cannot_be_put_on_the_pad(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        on_digit(pixels)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "x",
            "[]",
            "{}",
            "null",
            '{"strokes": 5}',
            '{"strokes": [5]}',
            '{"strokes": [{"p": [], "w": 0.1}]}',
        ],
        *['{"strokes": [{"p": [[0, 0]], "w": 0}]}', '{"strokes": [{"p": [[NaN, 0]], "w": 0.1}]}'],
        *['{"strokes": [{"p": [[0, 0, 0]], "w": 0.1}]}', '{"strokes": [{"p": [[9, 0]], "w": 0.1}]}'],
        *['{"strokes": [], "base": "AAAA"}', '{"strokes": [], "base": 5}', '{"strokes": [], "base": "%"}'],
        *[
            '{"strokes": [{"p": [[0, 0]], "w": 0.1, "t": [0, 1]}]}',
            '{"strokes": [{"p": [[0, 0]], "w": 0.1, "t": [1e3]}]}',
        ],
        '{"strokes": [{"p": [[0, 0]], "w": 1' + "0" * 400 + "}]}",
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Problem, match="not a drawing"):
        from_json(text)


def test_a_drawing_that_is_far_too_large_is_refused() -> None:
    with pytest.raises(Problem, match="too large"):
        from_json(" " * (MOST_BYTES + 1))
    many = json.dumps({"strokes": [{"p": [[0, 0]], "w": 0.1}] * 1001})
    with pytest.raises(Problem, match="too large"):
        from_json(many)


@given(st.lists(strokes(), min_size=1, max_size=4))
def test_a_timed_drawing_is_drawn_point_by_point_until_it_is_whole(lines: list[Stroke]) -> None:
    whole = timed(Drawing(tuple(lines)))
    times = [time for stroke in whole.strokes for time in stroke.times]
    assert times == sorted(times)
    assert [s.points for s in whole.strokes] == [s.points for s in lines]
    assert drawn_by(whole, times[-1]) == whole
    for moment in (times[0], times[len(times) // 2]):
        part = drawn_by(whole, moment)
        assert sum(len(s.points) for s in part.strokes) == sum(time <= moment for time in times)
    assert drawn_by(whole, times[0] - 1).strokes == ()


def test_long_pauses_are_shortened() -> None:
    lines = [Stroke(((0.1, 0.1), (0.2, 0.2)), 0.1, False, times) for times in ((0, 20), (9_000, 9_030))]
    assert [s.times for s in timed(Drawing(tuple(lines))).strokes] == [
        (0, 20),
        (20 + LONGEST_PAUSE, 50 + LONGEST_PAUSE),
    ]
