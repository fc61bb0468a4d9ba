"""Numbers as they are set in a text, with a true minus, and as they are typed in code."""

from __future__ import annotations

import numpy as np


def numeral(value: float, form: str = "g") -> str:
    """A number in one of Python's formats: −0.07, not -0.07."""
    return format(value, form).replace("-", "−")


def typed(value: float | np.floating) -> str:
    """A number as code has it: what reads back to the same number of its type, as short as can be."""
    return str(value).removesuffix(".0")
