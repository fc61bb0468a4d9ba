"""Numbers in a text."""

from __future__ import annotations

from cnn_core.numerals import numeral


def test_a_minus_is_a_minus_and_the_format_is_pythons() -> None:
    assert numeral(-0.07) == "−0.07"
    assert numeral(-1234, ",.0f") == "−1,234"
    assert numeral(2.5, "+.1f") == "+2.5"
    assert numeral(1e-7, ".2g") == "1e−07"
