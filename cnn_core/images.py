"""Pictures in: uploads opened safely, arrays of grey or RGB, drawn digits as MNIST has them, samples."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cnn_core.data import DATA
from cnn_core.messages import Problem, text

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_SIDE = 512  # pixels: what a page shows and computes on
MAX_PIXELS = 30_000_000  # a phone's photo has 12 to 25 million; decoded, this takes 120 MB

SAMPLES = {
    "camera": text("A photographer with his camera"),
    "cat": text("A cat"),
    "coffee": text("A cup of coffee"),
    "brick": text("A brick wall"),
    "city": text("A city of rectangles and circles"),
    "gratings": text("Stripes in every direction"),
    "garden": text("A garden of flowers"),
    "digits": text("Handwritten digits"),
}


def open_picture(data: bytes, max_side: int = MAX_SIDE, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """An uploaded file as a picture: upright, on white, mode L or RGB, no side longer than ``max_side``.

    PNG, JPEG, WebP, GIF (its first frame) or BMP; 16-bit grey is scaled to 8 bits. Nothing is decoded before
    the size is known. Raises :class:`Problem` for what is empty, no picture, too large, or damaged.
    """
    if not data:
        raise Problem("This file is empty: choose a picture (PNG, JPEG, WebP, GIF or BMP).")
    try:
        picture = Image.open(BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > max_pixels:
            raise Image.DecompressionBombError
        picture.draft(None, (max_side, max_side))  # a large JPEG is decoded at a fraction of its size
        upright = _flat(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError:
        raise Problem(
            "This file is not a picture that can be read here: choose a PNG, JPEG, WebP, GIF or BMP file."
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Problem(
            "This picture has more than {limit} million pixels: make it smaller and choose it again.",
            limit=max_pixels // 1_000_000,
        ) from None
    except Exception:  # decoders raise anything from OSError to IndexError on damaged files
        raise Problem("This picture is damaged or was cut off: save or send it once more.") from None
    upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return upright


def _flat(picture: Image.Image) -> Image.Image:
    """Mode L or RGB: whatever is transparent becomes white."""
    if picture.mode.startswith(("I", "F")):  # 16-bit grey, which convert("L") would clip
        grey = np.asarray(picture, np.float64) / 257
        return Image.fromarray(grey.round().clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def to_grey(picture: Image.Image | np.ndarray) -> np.ndarray:
    """Brightness: float32 (H, W), 0 is black and 1 is white.

    An array is (H, W), or (H, W, 3) for colour, of bytes or of numbers from 0 to 1; else :class:`Problem`.
    """
    return np.asarray(_image(picture).convert("L"), np.float32) / 255


def to_rgb(picture: Image.Image | np.ndarray) -> np.ndarray:
    """Red, green and blue: float32 (3, H, W), 0 to 1; takes what :func:`to_grey` takes."""
    rgb = np.asarray(_image(picture).convert("RGB"), np.float32) / 255
    return np.ascontiguousarray(rgb.transpose(2, 0, 1))  # (H, W, 3) -> (3, H, W)


def _image(picture: Image.Image | np.ndarray) -> Image.Image:
    if isinstance(picture, Image.Image):
        return _flat(picture)
    array = np.asarray(picture)
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,), (4,)) or 0 in array.shape:
        raise Problem(
            "A picture needs the shape (height, width) or (height, width, 3), not {shape}.", shape=array.shape
        )
    whitest = 1 if array.dtype.kind in "fb" else 255
    if array.dtype.kind not in "fiub" or not (array.min() >= 0 and array.max() <= whitest):  # NaN fails too
        raise Problem("A picture's numbers must lie between 0 and 1, or be bytes from 0 to 255.")
    return _flat(Image.fromarray(np.round(array * (255.0 / whitest)).astype(np.uint8)))


def samples() -> dict[str, Path]:
    """The pictures that ship with the project, by name (data/README.md says whose they are)."""
    return {name: DATA / "samples" / f"{name}.png" for name in SAMPLES}


def sample(name: str) -> np.ndarray:
    """A sample picture: float32 (H, W) where it is grey, (3, H, W) where it is colour, 0 to 1.

    Raises :class:`Problem` for an unknown name.
    """
    if name not in SAMPLES:
        raise Problem(
            "There is no sample {name}: choose one of {names}.", name=name, names=", ".join(SAMPLES)
        )
    picture = open_picture(samples()[name].read_bytes())
    return to_grey(picture) if picture.mode == "L" else to_rgb(picture)
