"""The output-size formula with its numbers in place, and what it leaves over (7.2.4)."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.ops import output_size


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
        lines = rf"O{name} &= {general} \\ &= {fraction} + 1 = {self.out}"  # two, for a phone's width
        return rf"\begin{{aligned}} {lines} \end{{aligned}}"
