"""Numbers as they are set in a text: with a true minus."""

from __future__ import annotations


def numeral(value: float, form: str = "g") -> str:
    """A number in one of Python's formats: −0.07, not -0.07."""
    return format(value, form).replace("-", "−")
