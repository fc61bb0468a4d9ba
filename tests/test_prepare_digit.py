"""What people draw becomes what MNIST holds: wherever, however large, however thick it was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from cnn_core.data import load_mnist
from cnn_core.features import predict_batch
from cnn_core.images import prepare_digit
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.strokes import Drawing, Stroke, raster

COUNT = 800
PAD = 280
SEVEN = Drawing((Stroke(((0.3, 0.25), (0.7, 0.25), (0.45, 0.8)), 0.08),))


def on_the_pad(digit: np.ndarray, scale: float, thicker: int, random: np.random.Generator) -> np.ndarray:
    """A test digit drawn somewhere on the pad: 140 px times the scale wide, its strokes grown or thinned."""
    side = round(140 * scale)
    image = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    if thicker:
        kind = ImageFilter.MaxFilter if thicker > 0 else ImageFilter.MinFilter
        image = image.filter(kind(2 * abs(thicker) + 1))
    pad = Image.new("L", (PAD, PAD))
    pad.paste(image, tuple(int(n) for n in random.integers(0, PAD - side + 1, 2)))
    return np.asarray(pad)


def accuracy(images: list[np.ndarray], labels: np.ndarray) -> float:
    answers = predict_batch(RunStore().model(REFERENCE), np.stack(images)).argmax(axis=1)
    return float((answers == labels).mean())


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray, float]:
    """Test digits, their labels, and how many of them the reference network reads as they are."""
    mnist = load_mnist()
    images, labels = mnist.test_images[:COUNT], mnist.test_labels[:COUNT]
    return images, labels, accuracy([image / np.float32(255) for image in images], labels)


@pytest.mark.parametrize(
    ("scale", "thicker"), [(1, 0), (0.5, 0), (2, 0), (1, 2), (1, -1), (2, 4), (2, -3), (0.5, 1)]
)
def test_moving_scaling_and_thickness_cost_at_most_one_point(
    digits: tuple[np.ndarray, np.ndarray, float], scale: float, thicker: int
) -> None:
    images, labels, plain = digits
    random = np.random.default_rng(0)
    prepared = [prepare_digit(on_the_pad(image, scale, thicker, random)) for image in images]
    assert accuracy(prepared, labels) >= plain - 0.01


def test_it_has_mnists_form() -> None:
    made = prepare_digit(raster(SEVEN))
    assert made.shape == (28, 28)
    assert made.dtype == np.float32
    assert 0 <= made.min() <= made.max() <= 1
    rows, cols = np.nonzero(made.max(axis=1))[0], np.nonzero(made.max(axis=0))[0]
    assert max(rows[-1] - rows[0], cols[-1] - cols[0]) + 1 == 20
    mass = [(made.sum(axis=1 - axis) * np.arange(28)).sum() / made.sum() for axis in (0, 1)]
    assert mass == pytest.approx([14, 14], abs=0.6)


def test_dark_ink_on_light_paper_is_the_same_digit() -> None:
    drawn = raster(SEVEN)
    assert np.abs(prepare_digit(255 - drawn) - prepare_digit(drawn)).max() < 0.02


def test_a_photograph_with_a_shadow_and_noise_is_read() -> None:
    random = np.random.default_rng(0)
    light = np.linspace(1, 0.55, PAD)[None, :] * 210  # the light falls from the left
    photo = light * (1 - 0.75 * raster(SEVEN) / 255.0) + random.normal(0, 4, (PAD, PAD))
    answers = predict_batch(
        RunStore().model(REFERENCE), prepare_digit(photo.clip(0, 255).astype(np.uint8))[None]
    )
    assert answers.argmax() == 7


@pytest.mark.parametrize("paper", [0, 255, 130])
def test_an_empty_picture_gives_zeros(paper: int) -> None:
    assert not prepare_digit(np.full((PAD, PAD), paper, np.uint8)).any()


def test_a_single_dot_is_no_error() -> None:
    dot = raster(Drawing((Stroke(((0.1, 0.9),), 0.03),)))
    assert prepare_digit(dot).any()
