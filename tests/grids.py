"""The grids as a person reads them off a page and points into them, and what torch says of their numbers."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from playwright.sync_api import expect


def by_torch(
    x: Any,
    weight: Any = None,
    bias: float = 0,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    **other: Any,
) -> np.ndarray:
    """(FN, OH, OW), or (C, OH, OW) for pooling, in double precision."""
    maps = torch.as_tensor(np.array(x, dtype=np.float64))
    maps = maps if maps.ndim == 3 else maps[None]
    op = other.get("op", "conv")
    if op == "max":
        return F.max_pool2d(maps, other["window"], stride, padding).numpy()
    if op == "avg":
        return F.avg_pool2d(maps, other["window"], stride, padding).numpy()
    kernel = torch.as_tensor(np.array(weight, dtype=np.float64))
    kernel = kernel.reshape(-1, len(maps), *kernel.shape[-2:])  # (FN, C, FH, FW)
    conv = torch.nn.Conv2d(
        len(maps),
        len(kernel),
        kernel.shape[2:],
        stride,
        padding,
        dilation,
        padding_mode=other.get("padding_mode", "zeros"),
        dtype=torch.float64,
    )
    conv.weight.data = kernel
    conv.bias.data = torch.as_tensor(np.broadcast_to(np.array(bias, np.float64), len(kernel)).copy())
    return conv(maps[None])[0].detach().numpy()


def pixels(address: str) -> np.ndarray:
    """Of a picture that is its own address (data:): uint8, or which of 256 colours where it has a palette."""
    return np.asarray(Image.open(BytesIO(b64decode(address.partition(",")[2]))))


def values(page: Any, grid: str) -> np.ndarray:
    """All numbers of a grid, to the last digit; NaN where a cell hides its number."""
    figure = page.locator(f"[data-grid='{grid}']")
    read = figure.locator(".cell").evaluate_all("cells => cells.map(cell => cell.dataset.value)")
    shape = (int(figure.get_attribute("data-rows")), int(figure.get_attribute("data-cols")))
    return np.array([float(text) if text else np.nan for text in read]).reshape(shape)


def texts(page: Any, grid: str) -> list[str]:
    """What stands in each cell, its lines joined by a space."""
    lines = (
        "cells => cells.map(c => [...c.querySelectorAll('text')].map(t => t.textContent).join(' ').trim())"
    )
    return page.locator(f"[data-grid='{grid}'] .cell").evaluate_all(lines)


def centre(page: Any, grid: str, row: int, col: int) -> tuple[float, float]:
    figure = page.locator(f"[data-grid='{grid}']")
    figure.locator(".plate").scroll_into_view_if_needed()
    box = figure.locator(".plate").bounding_box()
    rows, cols = int(figure.get_attribute("data-rows")), int(figure.get_attribute("data-cols"))
    return box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows


def point(page: Any, grid: str, row: int, col: int) -> None:
    page.mouse.move(*centre(page, grid, row, col))


def lit(page: Any, grid: str, kind: str = "linked") -> set[tuple[int, int]]:
    """The cells that a mark outlines."""
    mark = page.locator(f"[data-grid='{grid}'] .mark.{kind}")
    expect(mark).to_be_visible()
    figure = page.locator(f"[data-grid='{grid}']")
    size = float(figure.locator("svg").get_attribute("width")) / int(figure.get_attribute("data-cols"))
    corners = re.findall(r"M([\d.]+) ([\d.]+)h", mark.get_attribute("d"))
    return {(int(float(y) // size), int(float(x) // size)) for x, y in corners}


def outlines(page: Any, grid: str, block: tuple[int, int, int, int]) -> None:
    """Until the violet window lies round a block of cells on the screen: (row, column, rows, columns)."""
    page.wait_for_function(
        """([figure, [row, col, rows, cols]]) => {
            const plate = figure.querySelector(".plate").getBoundingClientRect();
            const mark = figure.querySelector(".mark.window").getBoundingClientRect();
            const [width, height] = [plate.width / figure.dataset.cols, plate.height / figure.dataset.rows];
            const far = [
                mark.left - plate.left - col * width, mark.right - plate.left - (col + cols) * width,
                mark.top - plate.top - row * height, mark.bottom - plate.top - (row + rows) * height,
            ];
            return far.every((pixels) => Math.abs(pixels) < 4);
        }""",
        arg=[page.locator(f"[data-grid='{grid}']").element_handle(), list(block)],
    )


def stands_at(page: Any, row: int, col: int) -> None:
    root = page.locator(".root[data-row]")
    expect(root).to_have_attribute("data-row", str(row))
    expect(root).to_have_attribute("data-col", str(col))


def pinned(page: Any, is_pinned: bool) -> None:
    expect(page.locator(".root[data-row]")).to_have_attribute("data-pinned", str(is_pinned).lower())


def reads(page: Any, sentence: str) -> None:
    expect(page.locator(".reading")).to_contain_text(sentence)


def swipe(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger goes down, moves in ten steps, and lifts."""
    touch = page.context.new_cdp_session(page)

    def send(kind: str, share: float) -> None:
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 0)
    for step in range(1, 11):
        send("touchMove", step / 10)
    send("touchEnd", 1)
