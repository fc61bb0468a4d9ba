"""Small pictures of what passes through a network, as HTML: ten bars, and a layer a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from cnn_core.figures import feature_map_strip
from ui import frame
from ui.language import t
from ui.pictures import quick_address

CSS = Path(__file__).parent / "small_pictures.css"
MOST_MAPS = 16  # of a layer, in its row


def number(value: float, digits: int = 3) -> str:
    """For the eye: 0.0123, −1.2×10⁻⁵."""
    if not math.isfinite(value):
        return "NaN"
    shown = f"{value:.{digits}g}"
    if "e" in shown:
        mantissa, _, exponent = shown.partition("e")
        shown = f"{mantissa}×{power_of_ten(int(exponent))}"
    return shown.replace("-", "−")


def power_of_ten(exponent: int) -> str:
    """10⁻⁵."""
    return f"10{str(exponent).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def ten_bars(values: np.ndarray, right: int, written: Callable[[float], str] = number) -> None:
    """Show a bar for each digit."""
    st.html(bars_html(values, right, written))


def bars_html(
    values: np.ndarray, right: int | None, written: Callable[[float], str] = number, full: float = 0.0
) -> str:
    """A bar for each digit, to the left below zero; the right digit is outlined, the answer strong.

    ``full``: the value whose bar is as long as there is room; the largest one, where that is more.
    """
    finite = np.nan_to_num(values, nan=0, posinf=0, neginf=0)
    low, high = min(0.0, float(finite.min())), max(full, float(finite.max()))
    span = (high - low) or 1.0
    answer = int(finite.argmax())
    rows = []
    for digit, value in enumerate(finite):
        start, end = sorted((0.0, float(value)))
        bar = f"left:{100 * (start - low) / span:.1f}%;width:{100 * (end - start) / span:.1f}%"
        kind = ("right " if digit == right else "") + ("answer" if digit == answer else "")
        rows.append(
            f'<div class="{kind}"><b>{digit}</b><span><i style="{bar}"></i></span>'
            f"<em>{written(float(values[digit]))}</em></div>"
        )
    return f'<div class="ten-bars">{"".join(rows)}</div>'


@dataclass(frozen=True)
class Row:
    """A layer: its name, its shape, what stands in its row, and a word behind it."""

    name: str
    values: np.ndarray  # (C, H, W) or (n,)
    notes: Sequence[str] = ()  # behind it


def layer_rows(rows: Iterable[Row], alt: str) -> None:
    """Show one layer a row."""
    st.html(rows_html(rows, alt))


def rows_html(rows: Iterable[Row], alt: str, side: int = 48, narrow: bool = False) -> str:
    """One layer a row: at most 16 maps, ``side`` pixels each; ``narrow`` is for a column: eight in a line.

    Grey where nothing is below zero, else orange and blue.
    """
    kind = "layer-rows narrow" if narrow else "layer-rows"
    return f'<div class="{kind}">{"".join(_row(row, alt, side, narrow) for row in rows)}</div>'


def _row(row: Row, alt: str, side: int, narrow: bool) -> str:
    about = ["×".join(map(str, row.values.shape))]
    if row.values.ndim == 3 and len(row.values) > MOST_MAPS:
        about.append(t("first {count}", count=MOST_MAPS))
    shown = f'<img alt="{escape(alt)}: {escape(row.name)}" src="{_strip(row.values, side, narrow)}">'
    return (
        f"<div><div><b>{escape(row.name)}</b>{_small(about)}</div>"
        f'<div class="strip">{shown}</div>'
        f"<div>{_small(row.notes)}</div></div>"
    )


def _small(lines: Iterable[str]) -> str:
    return "".join(f"<small>{escape(line)}</small>" for line in lines)


def _strip(values: np.ndarray, side: int, narrow: bool) -> str:
    shown: Sequence[np.ndarray] | np.ndarray = values[:MOST_MAPS] if values.ndim == 3 else values
    mode = "signed" if np.nanmin(np.append(values, 0)) < 0 else "grey"
    columns = None if not narrow else min(8, len(shown)) if values.ndim == 3 else 25
    picture = feature_map_strip(shown, mode, "shared", columns, side, gap=1, theme=frame.theme())
    return quick_address(picture)
