"""Kernels to begin from, and numbers as people type them or paste them from a spreadsheet (7.2.2)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_core.messages import Problem, text
from cnn_core.ops import Pair

LARGEST_NUMBER = 1e6

BOOK_INPUT = np.array([[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]], float)
BOOK_KERNEL = np.array([[2, 0, 1], [0, 1, 2], [1, 0, 2]], float)
BOOK_STRIDE_INPUT = np.array([[int(c) for c in row] for row in (
    "1230123", "0123012", "3012301", "2301230", "1230123", "0123012", "3012301")], float)  # fmt: skip
BOOK_POOLING_INPUT = np.array([[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]], float)
BOOK_SHIFT_INPUT = np.array([[int(c) for c in row] for row in (
    "120710", "092323", "301212", "240101", "601212", "240181")], float)  # fmt: skip
BOOK_SHIFTED_INPUT = np.array([[int(c) for c in row] for row in (
    "112071", "309232", "230121", "324010", "260121", "124018")], float)  # fmt: skip


@dataclass(frozen=True)
class Kernel:
    """A kernel with its name and one line, still English, on what it does; ``make`` takes a size."""

    name: str
    does: str
    make: Callable[[int], np.ndarray]  # odd sizes from 3 on; those of one size only ignore it
    sizes: tuple[int, ...] = (3,)


def _identity(size: int) -> np.ndarray:
    kernel = np.zeros((size, size))
    kernel[size // 2, size // 2] = 1
    return kernel


def _box(size: int) -> np.ndarray:
    return np.full((size, size), 1 / size**2)


def _gaussian(size: int) -> np.ndarray:
    """Binomial weights, the whole-number Gaussian: 1 2 1, 1 4 6 4 1, …"""
    line = np.array([math.comb(size - 1, i) for i in range(size)], float)
    kernel = np.outer(line, line)
    return kernel / kernel.sum()


def _motion(size: int) -> np.ndarray:
    return np.eye(size) / size


def gabor(size: int, degrees: float = 0.0) -> np.ndarray:
    """A small wave under a bell, lying across ``degrees``; its numbers add up to zero (Gabor 1946)."""
    half = size // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1] / max(1, half)
    turned = x * math.cos(math.radians(degrees)) + y * math.sin(math.radians(degrees))
    wave = np.exp(-2 * (x**2 + y**2)) * np.cos(math.pi * 1.25 * turned)
    return np.round(wave - wave.mean(), 3)


def _fixed(*rows: tuple[float, ...]) -> Callable[[int], np.ndarray]:
    return lambda size: np.array(rows, float)


ODD = (3, 5, 7, 9, 11)

KERNELS = {
    "book": Kernel(
        text("The book's example"),
        text("Nine small whole numbers to add up by hand."),
        lambda size: BOOK_KERNEL,
    ),
    "identity": Kernel(text("Identity"), text("Keeps every cell as it is."), _identity, (1, *ODD)),
    "left_edge": Kernel(
        text("The book's edge filter"),
        text("Lights up where it gets brighter from left to right."),
        _fixed((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
    ),
    "right_edge": Kernel(
        text("The same with its sign flipped"),
        text("Lights up where it gets darker from left to right: the other side of every edge."),
        _fixed((1, 0, -1), (1, 0, -1), (1, 0, -1)),
    ),
    "horizontal": Kernel(
        text("Horizontal-edge filter"),
        text("Lights up where it gets brighter from top to bottom."),
        _fixed((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    ),
    "sobel": Kernel(
        text("Sobel"),
        text("A vertical-edge filter that trusts the middle row most."),
        _fixed((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    ),
    "prewitt": Kernel(
        text("Prewitt"),
        text("A horizontal-edge filter that trusts all three columns alike."),
        _fixed((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
    ),
    "scharr": Kernel(
        text("Scharr"),
        text("Like Sobel, but answers to edges at every angle more evenly."),
        _fixed((-3, 0, 3), (-10, 0, 10), (-3, 0, 3)),
    ),
    "laplacian": Kernel(
        text("Laplacian"),
        text("Answers to edges and dots in every direction; flat areas give zero."),
        _fixed((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    ),
    "box": Kernel(text("Box blur"), text("Takes the mean of the window: details vanish."), _box, ODD),
    "gaussian": Kernel(
        text("Gaussian blur"), text("A mean that trusts the middle most: a softer blur."), _gaussian, ODD
    ),
    "sharpen": Kernel(
        text("Sharpen"),
        text("Adds to each cell what sets it apart from its neighbours."),
        _fixed((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    ),
    "emboss": Kernel(
        text("Emboss"),
        text("Makes the picture look pressed into paper, lit from the top left."),
        _fixed((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
    ),
    "motion": Kernel(
        text("Motion blur"), text("Smears along the diagonal, as if the camera had moved."), _motion, ODD
    ),
    "gabor": Kernel(
        text("Gabor"),
        text("A small wave: answers to stripes of its own width and direction."),
        gabor,
        (5, 7, 9, 11),
    ),
}


GABOR_ANGLES = range(0, 180, 15)  # degrees


def ready_made(name: str, size: int, degrees: float = 0) -> np.ndarray:
    """One of ``KERNELS`` in the size nearest to the wished one; ``degrees`` turn the Gabor kernel only."""
    nearest = min(KERNELS[name].sizes, key=lambda offered: abs(offered - size))
    return gabor(nearest, degrees) if name == "gabor" else KERNELS[name].make(nearest)


def recognised(kernel: np.ndarray) -> tuple[str, int] | None:
    """Which of ``KERNELS`` these numbers are, and its angle in degrees; None for a kernel of one's own."""
    size = kernel.shape[0]
    for name, entry in KERNELS.items():
        if kernel.shape != (size, size) or size not in entry.sizes:
            continue
        for degrees in GABOR_ANGLES if name == "gabor" else (0,):
            if np.allclose(kernel, ready_made(name, size, degrees), atol=1e-9):
                return name, degrees
    return None


def effect(kernel: np.ndarray) -> str:
    """What any kernel does, as its signs and its sum tell: a sentence, still English."""
    if not kernel.any():
        return text("Every number of the kernel is 0, and so is every sum.")
    if cancels(kernel):
        if np.allclose(kernel, -kernel[:, ::-1]):
            return text(
                "The kernel's left and right halves have opposite signs: where both sides are alike they "
                "cancel to 0, and a change from left to right leaves a number."
            )
        if np.allclose(kernel, -kernel[::-1]):
            return text(
                "The kernel's upper and lower halves have opposite signs: where both are alike they cancel "
                "to 0, and a change from top to bottom leaves a number."
            )
        return text("The kernel's numbers add up to 0: an even area gives 0, and only changes show.")
    if kernel.min() >= 0 and abs(kernel.sum() - 1) < 1e-6:
        return text("No number is negative, and they add up to 1: every output is a mean of its window.")
    if abs(kernel.sum() - 1) < 1e-6:
        return text("The kernel's numbers add up to 1: an even area stays as it is, and changes grow.")
    return text("The kernel's numbers add up to {total}: an even area comes out that many times as large.")


def resized(kernel: np.ndarray, size: int) -> np.ndarray:
    """The kernel (FH, FW) as a square of another size, its middle kept: cut, or with zeros around."""

    def middles(old: int) -> tuple[slice, slice]:
        """Which of the new rows, or columns, hold which of the old ones."""
        shared = min(old, size)
        into, out = (size - shared) // 2, (old - shared) // 2
        return slice(into, into + shared), slice(out, out + shared)

    (to_rows, rows), (to_columns, columns) = map(middles, kernel.shape)
    made = np.zeros((size, size))
    made[to_rows, to_columns] = kernel[rows, columns]
    return made


def cancels(kernel: np.ndarray) -> bool:
    """Whether the kernel's numbers add up to 0, but for rounding."""
    return bool(abs(kernel.sum()) <= 1e-6 * np.abs(kernel).sum())


def normalised(kernel: np.ndarray) -> np.ndarray:
    """Divided by its sum, so that the output keeps the input's brightness; raises Problem for a sum of 0."""
    if cancels(kernel):
        raise Problem("This kernel's numbers add up to 0, so it cannot be divided by their sum.")
    return kernel / kernel.sum()


def random_kernel(shape: Pair, seed: int) -> np.ndarray:
    """Small whole numbers, -3 to 3."""
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(float)


def random_input(shape: Pair, seed: int) -> np.ndarray:
    """Small whole numbers, 0 to 9."""
    return np.random.default_rng(seed).integers(0, 10, shape).astype(float)


def parse_matrix(raw: str, largest: int = 12) -> np.ndarray:
    """Rows of numbers as typed or pasted: rows by line or semicolon, cells by blank, comma or tab.

    Brackets are let pass, and so are fractions such as 1/9. Raises :class:`Problem`, with the remedy, for
    anything else, for rows of unequal length, and for more than ``largest`` rows or columns.
    """
    rows = [_cells(row) for row in re.split(r"[;\n]|\]\s*,?\s*\[", raw) if row.strip(" \t\r[](),")]
    if not rows:
        raise Problem("There are no numbers here yet: type a row of numbers in each line.")
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise Problem(
            "The rows have {shortest} to {longest} numbers: give each row equally many.",
            shortest=min(widths),
            longest=max(widths),
        )
    if max(len(rows), widths.pop()) > largest:
        raise Problem("At most {largest} rows and columns fit here: leave some out.", largest=largest)
    return np.array(rows, float)


def _cells(row: str) -> list[float]:
    decimal_comma = "," in row and ("\t" in row or re.search(r"\d,\d+\s+-?\d", row))
    if decimal_comma and not re.search(r",\s|\d\.\d", row):
        row = row.replace(",", ".")  # as Excel writes 0,5 in many languages
    return [_number(cell) for cell in re.split(r"[\s,\[\]()]+", row) if cell]


def _number(cell: str) -> float:
    top, slash, bottom = cell.replace("−", "-").partition("/")
    try:
        value = float(top) / (float(bottom) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        raise Problem("“{cell}” is not a number: use numbers such as 2, -1 or 0.5.", cell=cell[:20]) from None
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise Problem("“{cell}” is too large or no number: use numbers up to one million.", cell=cell[:20])
    return value


def format_matrix(matrix: np.ndarray) -> str:
    """What ``parse_matrix`` reads back to the same numbers: a line a row, cells by blanks."""
    return "\n".join(" ".join(f"{n:.10g}" for n in row) for row in matrix)


def compact(matrix: np.ndarray) -> str:
    """The same for an address: rows by semicolon, cells by comma."""
    return ";".join(",".join(f"{n:.10g}" for n in row) for row in matrix)
