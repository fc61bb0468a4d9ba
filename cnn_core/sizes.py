"""The output-size formula with its numbers in place, and what it leaves over (7.2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.ops import Pair, conv2d, output_size, pad


@dataclass(frozen=True)
class Size:
    """One axis of a convolution or pooling: the sizes that go in, and what comes out of them."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def out(self) -> int:
        """Floored, as PyTorch does; raises Problem where it is below 1."""
        return output_size(self.size, self.kernel, self.stride, self.padding, self.dilation)

    @property
    def span(self) -> int:
        """How many cells the kernel reaches over: more than its own size where it is dilated."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def left_over(self) -> int:
        """Cells at the far edge that no window reaches any more."""
        return (self.size + 2 * self.padding - self.span) % self.stride

    def formula(self, name: str = "H") -> str:
        """OH = (H + 2P − FH) / S + 1 with the numbers put in, floored where it is not whole, as LaTeX."""
        spread = self.dilation > 1
        general = f"D(F{name}-1) - 1" if spread else f"F{name}"
        numbers = rf"{self.dilation} \cdot ({self.kernel}-1) - 1" if spread else f"{self.kernel}"
        general = rf"\frac{{{name} + 2P - {general}}}{{S}}"
        numbers = rf"\frac{{{self.size} + 2 \cdot {self.padding} - {numbers}}}{{{self.stride}}}"
        if self.left_over:
            general, numbers = (rf"\left\lfloor {part} \right\rfloor" for part in (general, numbers))
        lines = rf"O{name} &= {general} + 1 \\[1em] &= {numbers} + 1 = {self.out}"  # two, for a phone's width
        return rf"\begin{{aligned}} {lines} \end{{aligned}}"


@dataclass(frozen=True)
class Sliding:
    """How a window slides over rows and over columns, and what the padding holds."""

    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    mode: str = "zeros"

    def sizes(self, shape: Sequence[int], kernel: Sequence[int]) -> tuple[Size, Size]:
        """Rows and columns of an input (H, W) under a kernel (FH, FW)."""
        axes = zip(shape, kernel, self.stride, self.padding, self.dilation, strict=True)
        rows, columns = (Size(*axis) for axis in axes)
        return rows, columns

    def spans(self, kernel: Sequence[int]) -> Pair:
        """How many rows and columns a kernel (FH, FW) reaches over."""
        rows, columns = self.sizes(kernel, kernel)
        return rows.span, columns.span

    def convolved(self, x: np.ndarray, kernel: np.ndarray, bias: ArrayLike = 0) -> np.ndarray:
        """One kernel on one map: (H, W), (FH, FW) -> (OH, OW); raises Problem where it does not fit."""
        offset = np.asarray(bias, x.dtype).reshape(1)
        return conv2d(
            x[None, None], kernel[None, None], offset, self.stride, self.padding, self.dilation, self.mode
        )[0, 0]


def same_padding(spans: Pair) -> Pair | None:
    """The padding that keeps the size at stride 1; None where no equal padding does (an even span)."""
    return ((spans[0] - 1) // 2, (spans[1] - 1) // 2) if spans[0] % 2 and spans[1] % 2 else None


def full_padding(spans: Pair) -> Pair:
    """The padding at which the kernel meets every input cell with every weight."""
    return spans[0] - 1, spans[1] - 1


def neighbourhood(
    x: np.ndarray, at: Pair, spans: Pair, out: Pair, sliding: Sliding
) -> tuple[np.ndarray, Pair]:
    """The part of the padded input (C, H, W) that makes the output cell ``at`` and the cells next to it.

    ``out`` is the output's (OH, OW). Returns the part, and where in its own output that cell stands.
    """
    padded = pad(x[None], sliding.padding, sliding.mode)[0]
    rows, cols = (_span(*axis) for axis in zip(at, spans, out, sliding.stride, strict=True))
    place = at[0] - rows.start // sliding.stride[0], at[1] - cols.start // sliding.stride[1]
    return padded[:, rows, cols], place


def opened(asked: str, x: np.ndarray, spans: Pair, out: Pair, sliding: Sliding) -> Pair:
    """The output cell that an address names as ``row,column``, else the one over x's sharpest edge (H, W)."""
    try:
        row, col = map(int, asked.split(","))
    except ValueError:
        edge = sharpest(x)
        axes = zip(edge, spans, sliding.padding, sliding.stride, strict=True)
        row, col = ((n + padding - span // 2) // stride for n, span, padding, stride in axes)
    return min(max(row, 0), out[0] - 1), min(max(col, 0), out[1] - 1)


def _span(at: int, span: int, out: int, stride: int) -> slice:
    """From the patch of the cell before to the patch of the cell after, where there are any."""
    first, last = max(0, at - 1), min(out - 1, at + 1)
    return slice(first * stride, last * stride + span)


def sharpest(x: np.ndarray) -> Pair:
    """Where brightness changes most from left to right, in the middle half of a picture (H, W)."""
    height, width = x.shape
    top, left = height // 4, width // 4
    change = np.abs(np.diff(x[top : height - top, left : width - left], axis=1, prepend=0))
    change[:, :1] = 0
    row, col = np.unravel_index(change.argmax(), change.shape)
    return int(row) + top, int(col) + left
