"""A drawing is its strokes: kept, read back, and drawn to the same pixels every time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.messages import Problem
from cnn_core.strokes import MOST_BYTES, SIZE, Stroke, from_json, raster, to_json

SHARES = st.floats(-0.2, 1.2).map(lambda n: round(n, 4))
STROKES = st.lists(
    st.builds(
        Stroke,
        st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=9).map(tuple),
        st.floats(0.01, 0.2).map(lambda n: round(n, 4)),
        st.booleans(),
    ),
    max_size=5,
)


@given(STROKES)
def test_json_brings_back_the_same_strokes(strokes: list[Stroke]) -> None:
    assert from_json(to_json(strokes)) == strokes


@given(STROKES)
def test_the_same_strokes_give_the_same_pixels(strokes: list[Stroke]) -> None:
    pixels = raster(strokes)
    assert pixels.shape == (SIZE, SIZE)
    assert pixels.dtype == np.uint8
    assert (pixels == raster(from_json(to_json(strokes)))).all()


def test_a_point_is_a_round_dot_of_its_width() -> None:
    pixels = raster([Stroke(((0.5, 0.5),), 0.1)])
    area = pixels.sum() / 255
    assert area == pytest.approx(np.pi * 14**2, rel=0.03)
    assert pixels[140, 140] == 255
    assert pixels[140, 120] == 0


def test_a_line_covers_what_lies_within_half_its_width() -> None:
    pixels = raster([Stroke(((0.2, 0.5), (0.8, 0.5)), 0.1)])
    assert (pixels[130:150, 60:220] == 255).all()
    assert pixels[:124].max() == pixels[157:].max() == 0


def test_the_eraser_takes_away() -> None:
    line = Stroke(((0.2, 0.5), (0.8, 0.5)), 0.1)
    assert raster([line, Stroke(((0.1, 0.5), (0.9, 0.5)), 0.2, eraser=True)]).max() == 0


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
