"""Pictures and tables on a page: shown crisp, described, and ready to be saved."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import streamlit as st

from cnn_core.colours import palette, rgb
from cnn_core.figures import picture_png
from ui.language import t

Width = int | Literal["content", "stretch"]


def picture(
    pixels: np.ndarray,
    name: str,
    alt: str,
    caption: str = "",
    width: Width = "content",
    saved: bool = True,
) -> None:
    """One composed picture, uint8 (H, W, 3), with a button that saves it as ``name``.png."""
    with st.container(key=f"pixels-{name}"):  # style.css keeps its pixels crisp
        st.image(png_address(pixels), caption=caption or None, width=width, alt=alt)
    if saved:
        save_picture(lambda: pixels, name)


def save_picture(draw: Callable[[], np.ndarray], name: str) -> None:
    """A button that saves a picture, which is composed only when it is asked for, as ``name``.png."""
    save(name + ".png", lambda: picture_png(draw()), "image/png", t("Save picture"))


def png_address(pixels: np.ndarray) -> str:
    """The picture as a data: address: a file of Streamlit's can be gone before the browser asks for it."""
    return _encoded(pixels.tobytes(), pixels.shape)


@lru_cache(maxsize=32)
def _encoded(data: bytes, shape: tuple[int, ...]) -> str:
    """Encoded once, though thirty pages may show it: the same run, twice a second."""
    png = picture_png(np.frombuffer(data, np.uint8).reshape(shape))
    return "data:image/png;base64," + base64.b64encode(png).decode()


def quick_address(pixels: np.ndarray) -> str:
    """The same, encoded with the least work and not kept: for a picture that is soon another one."""
    return "data:image/png;base64," + base64.b64encode(picture_png(pixels, 1)).decode()


def svg_address(svg: str) -> str:
    """A drawing as a data: address, for an ``<img>``: nothing in it can run there."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def beside(pictures: Sequence[np.ndarray], gap: int = 8) -> np.ndarray:
    """RGB pictures (H, W, 3) of one height in a row, on the theme's paper."""
    high = max(p.shape[0] for p in pictures)
    wide = sum(p.shape[1] for p in pictures) + gap * (len(pictures) - 1)
    row = np.empty((high, wide, 3), np.uint8)
    row[:] = rgb(palette(st.context.theme.type or "light").paper)
    left = 0
    for p in pictures:
        row[: p.shape[0], left : left + p.shape[1]] = p
        left += p.shape[1] + gap
    return row


def drawing(draw: Callable[[int], str], name: str, alt: str, wide: int = 1240, narrow: int = 340) -> None:
    """A drawing that wraps itself to a width, as SVG, for laptops and for phones; saved as ``name``.svg."""
    for key, width in (("wide", wide), ("narrow", narrow)):  # style.css shows the one that fits
        with st.container(key=f"{key}-{name}"):
            st.image(draw(width), alt=alt)
    save(name + ".svg", lambda: draw(wide), "image/svg+xml", t("Save picture"))


def save(file_name: str, data: Callable[[], bytes | str], mime: str, label: str) -> None:
    """A quiet button that hands over a file, which is made only when it is asked for."""
    st.download_button(
        label,
        data,
        file_name=file_name,
        mime=mime,
        key=f"save.{file_name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def save_table(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A button that saves a table as ``name``.csv, with a mark that spreadsheets read as UTF-8."""

    def text() -> str:
        out = io.StringIO()
        csv.writer(out).writerows([header, *rows])
        return "\ufeff" + out.getvalue()

    save(name + ".csv", text, "text/csv", t("Save table"))
