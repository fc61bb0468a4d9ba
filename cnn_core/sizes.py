"""The output-size formula with its numbers in place, and what it leaves over (7.2.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.ops import Pair, output_size, pad


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
        """OH = ⌊(H + 2P − span) / S⌋ + 1 with the numbers put in, as LaTeX."""
        top = rf"{self.size} + 2 \cdot {self.padding} - {self.span}"
        fraction = rf"\frac{{{top}}}{{{self.stride}}}"
        if self.left_over:
            fraction = rf"\left\lfloor {fraction} \right\rfloor"
        kernel = rf"D(F{name}-1) - 1" if self.dilation > 1 else f"F{name}"
        general = rf"\frac{{{name} + 2P - {kernel}}}{{S}} + 1"
        lines = rf"O{name} &= {general} \\[1em] &= {fraction} + 1 = {self.out}"  # two, for a phone's width
        return rf"\begin{{aligned}} {lines} \end{{aligned}}"


def same_padding(spans: Pair) -> int | None:
    """The padding that keeps the size at stride 1; None where no equal padding does (an even span)."""
    return (spans[0] - 1) // 2 if spans[0] == spans[1] and spans[0] % 2 else None


def full_padding(spans: Pair) -> int | None:
    """The padding at which the kernel meets every input cell with every weight; None where sides differ."""
    return spans[0] - 1 if spans[0] == spans[1] else None


def neighbourhood(
    x: np.ndarray, at: Pair, spans: Pair, out: Pair, stride: int = 1, padding: int = 0, mode: str = "zeros"
) -> tuple[np.ndarray, Pair]:
    """The part of the padded input (H, W) that makes the output cell ``at`` and the cells next to it.

    ``out`` is the output's (OH, OW). Returns the part, and where in its own output that cell stands.
    """
    padded = pad(x[None, None], padding, mode)[0, 0]
    rows, cols = (_span(*axis, stride) for axis in zip(at, spans, out, strict=True))
    place = at[0] - rows.start // stride, at[1] - cols.start // stride
    return padded[rows, cols], place


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
