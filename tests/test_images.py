"""Uploads are opened safely or refused in one sentence; arrays keep their meaning; samples stay."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.images import MAX_SIDE, SAMPLES, open_picture, sample, samples, to_grey, to_rgb
from cnn_core.messages import Problem
from cnn_core.sample_pictures import DRAWN, draw


def file(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def gradient(height: int = 40, width: int = 60) -> Image.Image:
    """Red grows to the right, green downwards."""
    y, x = np.mgrid[:height, :width]
    rgb = np.stack([x * 255 // (width - 1), y * 255 // (height - 1), np.full_like(x, 90)], axis=-1)
    return Image.fromarray(rgb.astype(np.uint8))


# -- what is opened


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_allowed_format_opens_with_its_colours(kind: str) -> None:
    opened = open_picture(file(gradient(), kind))
    assert (opened.mode, opened.size) == ("RGB", (60, 40))
    assert np.abs(np.asarray(opened, int) - np.asarray(gradient(), int)).mean() < 12  # lossy, or few colours


def test_a_grey_picture_stays_grey() -> None:
    assert open_picture(file(gradient().convert("L"))).mode == "L"
    assert open_picture(file(gradient().convert("1"))).mode == "L"


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK"])
def test_every_mode_becomes_grey_or_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    opened = open_picture(file(gradient().convert(mode), kind))
    assert opened.mode == ("L" if mode == "L" else "RGB")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    clear.putpixel((0, 0), (0, 0, 0, 255))
    picture = clear.convert(mode)
    opened = open_picture(file(picture)) if mode != "PA" else open_picture(file(clear, "GIF"))
    grey = to_grey(opened)
    assert grey[0, 0] < 0.05
    assert grey[5, 5] > 0.95


def test_16_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    opened = open_picture(file(Image.fromarray(ramp)))
    assert opened.mode == "L"
    np.testing.assert_array_equal(np.asarray(opened), np.round(ramp / 257))


def test_a_photo_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 270 degrees to see it
    opened = open_picture(file(gradient(40, 60), "JPEG", exif=exif))
    assert opened.size == (40, 60)


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("L", (9, 9), grey) for grey in (255, 0)]
    data = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert to_grey(open_picture(data)).min() == 1


def test_a_large_picture_is_reduced_and_keeps_its_shape() -> None:
    assert open_picture(file(gradient(600, 1200))).size == (MAX_SIDE, MAX_SIDE // 2)
    assert open_picture(file(gradient(1200, 600), "JPEG"), max_side=100).size == (50, 100)
    assert open_picture(file(gradient(3, 1200))).size == (MAX_SIDE, 1)


def test_a_small_picture_is_left_as_it_is() -> None:
    assert np.array_equal(open_picture(file(gradient())), gradient())


# -- what is refused, each in one sentence with the remedy


def bomb() -> bytes:
    return file(Image.new("1", (12_000, 12_000)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (lambda: b"", "This file is empty: choose a picture"),
        (lambda: b"not a picture at all", "not a picture that can be read here: choose a PNG"),
        (lambda: b"\x89PNG\r\n\x1a\n but no more", "not a picture|damaged"),
        (lambda: file(gradient(), "TIFF"), "not a picture that can be read here: choose a PNG"),
        (lambda: file(gradient(), "PPM"), "not a picture that can be read here: choose a PNG"),
        (bomb, "more than 30 million pixels: make it smaller"),
        (lambda: file(gradient(400, 400))[:900], "damaged or was cut off: save or send it once more"),
        (
            lambda: file(gradient(400, 400), "JPEG")[:1500],
            "damaged or was cut off: save or send it once more",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_opened_gets_one_sentence(data, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        open_picture(data())


def test_a_picture_with_too_many_pixels_is_never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file(gradient(100, 101))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(Problem, match="pixels"):
        open_picture(data, max_pixels=10_000)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
    spots=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=6),
    keep=st.floats(0.05, 1),
)
def test_a_damaged_file_gives_a_picture_or_a_problem_and_nothing_else(kind, spots, keep) -> None:
    data = bytearray(file(gradient(20, 20), kind))
    for place, change in spots:
        data[int(place * len(data))] ^= change
    try:
        opened = open_picture(bytes(data[: int(keep * len(data))]))
    except Problem:
        return
    assert opened.mode in ("L", "RGB")
    assert max(opened.size) <= MAX_SIDE


# -- arrays


def test_grey_is_from_0_to_1() -> None:
    grey = to_grey(np.array([[0, 51], [255, 102]], np.uint8))
    assert grey.dtype == np.float32
    np.testing.assert_allclose(grey, [[0, 0.2], [1, 0.4]], rtol=1e-6)


def test_rgb_has_its_channels_first() -> None:
    rgb = to_rgb(gradient(40, 60))
    assert (rgb.shape, rgb.dtype) == ((3, 40, 60), np.float32)
    assert rgb[0, 0, -1] == 1
    assert rgb[1, -1, 0] == 1
    np.testing.assert_allclose(rgb[2], 90 / 255)


def test_numbers_from_0_to_1_and_bytes_are_the_same_picture() -> None:
    pixels = np.asarray(gradient())
    assert np.array_equal(to_grey(pixels), to_grey(pixels / 255))
    assert np.array_equal(to_grey(pixels), to_grey(gradient()))
    assert np.array_equal(to_rgb(pixels[..., 0] > 99)[0], (pixels[..., 0] > 99).astype(np.float32))


@pytest.mark.parametrize(
    "wrong",
    [
        np.ones(5),
        np.ones((3, 4, 5)),
        np.ones((0, 4)),
        np.array([[np.nan]]),
        np.array([[-1.0]]),
        np.array([[300]]),
    ],
    ids=["a row", "channels first", "empty", "NaN", "negative", "beyond a byte"],
)
def test_what_is_no_picture_is_a_problem(wrong: np.ndarray) -> None:
    for convert in to_grey, to_rgb:
        with pytest.raises(Problem):
            convert(wrong)


# -- samples


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_small_and_between_0_and_1(name: str) -> None:
    pixels = sample(name)
    assert pixels.dtype == np.float32
    assert pixels.ndim == 2 or pixels.shape[0] == 3
    assert max(pixels.shape) <= MAX_SIDE
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert pixels.std() > 0.05
    assert samples()[name].stat().st_size < 250_000


@pytest.mark.parametrize("name", ["coffee", "garden"])
def test_a_colour_sample_splits_into_different_channels(name: str) -> None:
    red, green, blue = sample(name)
    for one, other in (red, green), (green, blue), (red, blue):
        assert np.abs(one - other).mean() > 0.05


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_sample_is_what_the_code_draws(name: str) -> None:
    assert np.array_equal(np.asarray(Image.open(samples()[name])), draw(name))


def test_an_unknown_sample_is_a_problem_that_lists_the_others() -> None:
    with pytest.raises(Problem, match="no sample moon: choose one of camera, cat"):
        sample("moon")
