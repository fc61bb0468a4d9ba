"""A drawn digit becomes what MNIST would have made of it, and a network reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageFilter

from cnn_core.data import load_mnist
from cnn_core.features import predict_batch
from cnn_core.images import prepare_digit
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.strokes import SIZE as PAD
from cnn_core.strokes import Drawing, Stroke, raster

HERE = Path(__file__).parent / "data"


def drawn(points: np.ndarray, pen: float, size: float = 180) -> np.ndarray:
    """Points (n, 2), 0 to 100 and y upwards, drawn on the pad, ``size`` pixels large, by a pen that wide."""
    places = 0.5 + (points - 50) / 100 * (size, -size) / PAD
    return raster(Drawing((Stroke(tuple((x, y) for x, y in places.tolist()), pen / PAD),)))


def curve(points: np.ndarray) -> np.ndarray:
    """A smooth line through the points (Catmull and Rom), as a hand would draw it."""
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 4, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    ]
    return np.vstack([*pieces, points[-1:]])


def on_the_pad(digit: np.ndarray, scale: float, grow: int, at: tuple[float, float]) -> np.ndarray:
    """An MNIST digit drawn on the pad: scale 1 makes its 28 pixels 140, ``grow`` widens each side."""
    side = round(140 * scale)
    large = (
        Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC).point(lambda v: 255 * (v > 127))
    )
    pad = Image.new("L", (PAD, PAD))
    pad.paste(large, tuple(round((PAD - side) * place) for place in at))
    for _ in range(abs(grow)):
        pad = pad.filter(ImageFilter.MaxFilter(3) if grow > 0 else ImageFilter.MinFilter(3))
    return np.asarray(pad)


def photographed(ink: np.ndarray, seed: int = 0) -> np.ndarray:
    """A dark pen on paper in uneven light, with grain, and the table's dark edge: uint8 (300, 400)."""
    y, x = np.mgrid[:300, :400] / 300
    sheet = np.pad(ink / 255, ((10, 10), (60, 60)))
    seen = (0.78 - 0.25 * x + 0.1 * y) * (1 - 0.65 * sheet) + np.random.default_rng(seed).normal(
        0, 0.02, y.shape
    )
    seen[:, :18] = 0.15
    return np.round(255 * seen.clip(0, 1)).astype(np.uint8)


THREE = curve(np.array([[20, 90], [70, 95], [75, 70], [40, 52], [80, 35], [65, 5], [20, 8]], float))


def test_a_digit_is_20_pixels_long_and_its_centre_of_mass_in_the_middle() -> None:
    digit = prepare_digit(drawn(THREE, pen=16))
    assert (digit.shape, digit.dtype) == ((28, 28), np.float32)
    rows, cols = np.nonzero(digit)
    assert max(np.ptp(rows), np.ptp(cols)) + 1 == 20
    for places, axis in ((np.arange(28), 1), (np.arange(28), 0)):
        assert abs((digit.sum(axis) * places).sum() / digit.sum() - 14) <= 0.5
    assert digit.max() == 1


def test_an_mnist_digit_stays_what_it_is() -> None:
    digits = load_mnist().test_images[:200]
    changes = [np.abs(prepare_digit(digit) - digit / 255).sum() / (digit / 255).sum() for digit in digits]
    assert np.median(changes) < 0.2  # of the ink; a move by one pixel would change about 0.5


@pytest.mark.parametrize(
    "nothing", [np.zeros((PAD, PAD)), np.ones((90, 60)), np.full((5, 7), 0.4), np.zeros((1, 1))]
)
def test_an_empty_picture_gives_zeros(nothing: np.ndarray) -> None:
    assert not prepare_digit(nothing).any()


def test_paper_without_a_digit_gives_zeros() -> None:
    assert not prepare_digit(np.random.default_rng(0).normal(0.7, 0.02, (200, 300)).clip(0, 1)).any()


def test_where_and_how_large_it_is_drawn_hardly_matters() -> None:
    digit = prepare_digit(drawn(THREE, pen=16))
    moved = np.roll(drawn(THREE, pen=16), (-30, 25), axis=(0, 1))
    assert np.array_equal(prepare_digit(moved), digit)
    small = prepare_digit(drawn(THREE, pen=8, size=90))
    assert np.abs(small - digit).sum() < 0.1 * digit.sum()


def test_dark_on_light_is_the_same_as_light_on_dark() -> None:
    ink = drawn(THREE, pen=16)
    digit = prepare_digit(ink)
    assert np.abs(prepare_digit(255 - ink) - digit).sum() < 0.01 * digit.sum()


@pytest.mark.parametrize("pen", [1, 3, 8, 20, 32])
def test_thin_and_thick_pens_end_near_mnists_stroke_width(pen: float) -> None:
    digits = load_mnist().test_images
    few, much = np.percentile((digits[load_mnist().test_labels == 3] / 255).sum(axis=(1, 2)), [10, 90])
    assert few <= prepare_digit(drawn(THREE, pen=pen)).sum() <= much


def test_a_single_dot_is_ink() -> None:
    assert prepare_digit(drawn(np.array([[10.0, 90.0]]), pen=8)).any()


def test_a_speck_is_no_part_of_the_digit() -> None:
    ink = drawn(THREE, pen=16)
    spoilt = ink.copy()
    spoilt[262:267, 8:13] = 255
    assert np.array_equal(prepare_digit(spoilt), prepare_digit(ink))


def test_a_second_stroke_is_part_of_the_digit() -> None:
    ink = drawn(np.array([[30.0, 60], [20, 30], [75, 30]]), pen=16)
    bar = drawn(np.array([[70.0, 100], [85, 90]]), pen=16)
    both = prepare_digit(np.maximum(ink, bar))
    assert np.abs(both - prepare_digit(ink)).sum() > 10


def test_a_photograph_in_uneven_light_gives_the_digit_alone() -> None:
    ink = drawn(THREE, pen=16)
    digit, photo = prepare_digit(ink), prepare_digit(photographed(ink))
    assert np.abs(photo - digit).sum() < 0.15 * digit.sum()


@settings(deadline=None, max_examples=100, derandomize=True)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_picture_gives_28_by_28_values_from_0_to_1(picture: np.ndarray) -> None:
    digit = prepare_digit(picture)
    assert digit.shape == (28, 28)
    assert digit.min() >= 0
    assert digit.max() <= 1


# -- what a network makes of it


def accuracy(digits: list[np.ndarray], labels: np.ndarray) -> float:
    answers = predict_batch(RunStore().model(REFERENCE), np.stack(digits)).argmax(axis=1)
    return float((answers == labels).mean())


@pytest.mark.parametrize("pen", [6, 16, 28])
def test_digits_that_others_drew_with_a_pen_are_read(pen: float) -> None:
    corpus = np.load(HERE / "pen_digits.npz")
    pads = [drawn(curve(points), pen) for points in corpus["points"].astype(float)]
    assert accuracy([prepare_digit(pad) for pad in pads], corpus["labels"]) > 0.94


def test_digits_that_others_drew_are_read_from_photographs() -> None:
    corpus = np.load(HERE / "pen_digits.npz")
    photos = [
        photographed(drawn(curve(points), 12), i) for i, points in enumerate(corpus["points"].astype(float))
    ]
    assert accuracy([prepare_digit(photo) for photo in photos], corpus["labels"]) > 0.94


def test_digits_that_others_wrote_on_paper_are_read_far_better_than_merely_reduced() -> None:
    corpus = np.load(HERE / "paper_digits.npz")
    sheets = [
        Image.fromarray(np.pad(pixels, 1).astype(np.float32) / 16).resize(
            (PAD, PAD), Image.Resampling.BICUBIC
        )
        for pixels in corpus["pixels"]
    ]
    pads = [np.clip(np.asarray(sheet) * 8 - 3, 0, 1) for sheet in sheets]  # a pen's sharp edge
    reduced = [np.asarray(Image.fromarray(pad).resize((28, 28), Image.Resampling.BOX)) for pad in pads]
    prepared = accuracy([prepare_digit(pad) for pad in pads], corpus["labels"])
    assert prepared > 0.93
    assert prepared > accuracy(reduced, corpus["labels"]) + 0.05


@pytest.mark.parametrize(
    ("scale", "grow"), [(1, 0), (0.5, 0), (2, 0), (1, 2), (1, -1), (2, 7), (2, -3), (0.5, 1)]
)
def test_mnist_digits_lose_at_most_a_point_however_they_are_drawn(scale: float, grow: int) -> None:
    lose_at_most_a_point(scale, grow, count=250)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scale", "grow"), [(1, 0), (0.5, 0), (2, 0), (1, 2), (1, -1), (2, 7), (2, -3), (0.5, 1)]
)
def test_all_mnist_digits_lose_at_most_a_point(scale: float, grow: int) -> None:
    lose_at_most_a_point(scale, grow, count=10_000)


def lose_at_most_a_point(scale: float, grow: int, count: int) -> None:
    mnist, rng = load_mnist(), np.random.default_rng(5)
    pads = [on_the_pad(digit, scale, grow, tuple(rng.random(2))) for digit in mnist.test_images[-count:]]
    labels = mnist.test_labels[-count:]
    plain = accuracy(list(mnist.test_images[-count:].astype(np.float32) / 255), labels)
    assert accuracy([prepare_digit(pad) for pad in pads], labels) >= plain - 0.01
