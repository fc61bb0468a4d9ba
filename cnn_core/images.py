"""Pictures in: uploads opened safely, arrays of grey or RGB, drawn digits as MNIST has them, samples."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, ImageOps, UnidentifiedImageError

from cnn_core.data import DATA
from cnn_core.messages import Problem, text

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_SIDE = 512  # pixels: what a page shows and computes on
MAX_PIXELS = 30_000_000  # a phone's photo has 12 to 25 million; decoded, this takes 120 MB

_WORKING_SIDE = 280  # pixels in which a digit is looked for; a drawing pad has as many
_MNIST_STROKES = (2.0, 2.6)  # the middle half of MNIST's stroke widths, of a digit 20 pixels long

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


def prepare_digit(picture: Image.Image | np.ndarray) -> np.ndarray:
    """A drawn or photographed digit as MNIST would have it: float32 (28, 28), 0 is paper and 1 is ink.

    Light on dark or dark on light, of any size; takes what :func:`to_grey` takes. As in MNIST, the ink's
    longest side becomes 20 pixels and its centre of mass the middle. Strokes much thinner or thicker than
    MNIST's are brought to its width, since a network has seen no others. Without ink: zeros.
    """
    image = _image(picture).convert("L")
    image.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    ink = _ink(to_grey(image))
    if not ink.any():
        return np.zeros((28, 28), np.float32)
    ink = _with_stroke_width(_cropped(ink), *_MNIST_STROKES)
    return _centred_by_mass(_resized(ink, 20, Image.Resampling.BOX))


def _ink(grey: np.ndarray) -> np.ndarray:
    """The digit alone, 0 to 1 with soft edges; paper, shadows and specks are 0."""
    if np.median(_rim(grey)) > 0.5:
        grey = 1 - grey  # dark on light
    paper = np.median(_rim(grey))
    is_photo = np.mean(grey == paper) < 0.2  # real paper has no two equal places
    contrast = grey - (_paper(grey) if is_photo else paper)
    noise = np.median(np.abs(contrast)) if is_photo else 0
    strongest = np.sort(contrast, axis=None)[-10:].mean()
    if strongest < max(0.1, 6 * noise):
        return np.zeros_like(grey)
    ink = np.clip(2 * contrast / strongest - 0.5, 0, 1)
    return ink * _belonging(ink, is_photo)


def _rim(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _paper(grey: np.ndarray) -> np.ndarray:
    """The paper behind the ink, place by place: what is darkest nearby, however the light falls."""
    coarse = _resized(grey, 32, Image.Resampling.BOX)
    darkest = _nearby(_nearby(coarse, 5, np.minimum), 5, np.maximum)  # ink is narrower than a third of it
    return np.asarray(Image.fromarray(darkest).resize(grey.shape[::-1], Image.Resampling.BILINEAR))


def _nearby(values: np.ndarray, reach: int, extreme: np.ufunc) -> np.ndarray:
    """The extreme of the square of 2·reach + 1 round each value."""
    for axis in (0, 1):
        around = [(reach, reach) if axis == a else (0, 0) for a in (0, 1)]
        windows = sliding_window_view(np.pad(values, around, mode="edge"), 2 * reach + 1, axis)
        values = extreme.reduce(windows, axis=-1)
    return values


def _belonging(ink: np.ndarray, is_photo: bool) -> np.ndarray:
    """Where the digit is: the pieces of ink that are no speck and, in a photograph, not the table's edge."""
    coarse = _resized(ink, 64, Image.Resampling.BOX)  # small gaps close
    labels = _pieces(coarse > 0.02)
    amounts = np.bincount(labels.ravel(), coarse.ravel())
    amounts[0] = 0  # the paper
    keep = amounts > 0.04 * amounts.sum()
    inside = keep.copy()
    inside[_rim(labels)] = False
    if is_photo and inside.any():
        keep = inside
    around = _nearby(keep[labels], 1, np.maximum)  # with its soft edge
    return np.asarray(Image.fromarray(around).resize(ink.shape[::-1], Image.Resampling.NEAREST))


def _pieces(mask: np.ndarray) -> np.ndarray:
    """A number above 0 for each connected piece of the mask; 0 elsewhere."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    runs = [_runs(mask), _runs(mask.T).T]  # along rows, along columns
    while True:
        before = labels
        for run in runs:
            highest = np.zeros(run.max() + 1, labels.dtype)
            np.maximum.at(highest, run, labels)
            labels = np.where(mask, highest[run], 0)
        if np.array_equal(labels, before):
            return np.unique(labels, return_inverse=True)[1].reshape(mask.shape)


def _runs(mask: np.ndarray) -> np.ndarray:
    """A number for each stretch of equal values along the rows."""
    changes = np.diff(mask, axis=1, prepend=~mask[:, :1])
    return changes.cumsum().reshape(mask.shape)


def _cropped(ink: np.ndarray) -> np.ndarray:
    rows, cols = np.nonzero(ink.max(axis=1) > 0.1)[0], np.nonzero(ink.max(axis=0) > 0.1)[0]
    return ink[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _with_stroke_width(ink: np.ndarray, thinnest: float, thickest: float) -> np.ndarray:
    """The digit with strokes of a width between both, in pixels of a digit of 20; unchanged where it has."""
    longest = max(*ink.shape, 160)
    fine = _resized(ink, longest, Image.Resampling.BICUBIC) > 0.5
    width = _stroke_width(fine)
    wanted = float(np.clip(width * 20 / longest, thinnest, thickest)) / 20  # of the longest side
    change = (wanted * longest - width) / (1 - wanted)  # which makes the longest side longer by as much
    radius = abs(change) / 2
    if radius < 0.5 or not fine.any():
        return ink
    room = int(radius) + 1
    if change > 0:
        return _cropped(_grown(np.pad(fine, room), radius).astype(np.float32))
    thin = ~_grown(~np.pad(fine, room), radius)
    return _cropped(thin.astype(np.float32)) if thin.any() else ink


def _stroke_width(mask: np.ndarray) -> float:
    """Twice the area by the length of the outline, in pixels."""
    along_rows, along_cols = np.gradient(np.pad(mask, 2).astype(np.float32))
    return 2 * mask.sum() / max(float(np.hypot(along_rows, along_cols).sum()), 1.0)


def _grown(mask: np.ndarray, radius: float) -> np.ndarray:
    """The mask and all that lies within the radius of it."""
    height, width = mask.shape
    reach = int(radius)
    total = np.pad(mask, reach).cumsum(axis=1)
    total = np.pad(total, ((0, 0), (1, 0)))  # total[:, n] counts the first n columns
    grown = np.zeros_like(mask)
    for down in range(-reach, reach + 1):
        half = int(np.sqrt(radius**2 - down**2))
        rows = total[reach + down : reach + down + height]
        first = reach - half
        grown |= rows[:, first + 2 * half + 1 :][:, :width] > rows[:, first : first + width]
    return grown


def _resized(ink: np.ndarray, longest: int, resampling: Image.Resampling) -> np.ndarray:
    scale = longest / max(ink.shape)
    height, width = (max(1, round(n * scale)) for n in ink.shape)
    return np.asarray(Image.fromarray(ink).resize((width, height), resampling)).clip(0, 1)


def _centred_by_mass(small: np.ndarray) -> np.ndarray:
    """(h, w) of at most 20 -> (28, 28), moved by whole pixels so that the centre of mass is at (14, 14)."""
    out = np.zeros((28, 28), np.float32)
    places = []
    for axis in (0, 1):
        weights = small.sum(axis=1 - axis)
        centre = float((weights * np.arange(len(weights))).sum() / weights.sum())
        places.append(min(max(round(14 - centre), 0), 28 - len(weights)))
    top, left = places
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


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
