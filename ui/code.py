"""The code at the foot of a page, and the tables of torch's arguments with their present values."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.numerals import typed
from cnn_core.ops import Pair
from cnn_core.sizes import Sliding
from ui.language import t
from ui.pictures import save_table


def tensor(array: np.ndarray) -> str:
    """The rows of a matrix as a learner would type them, each in a line of its own."""
    return "[" + ",\n    ".join("[" + ", ".join(map(typed, row)) + "]" for row in array) + "]"


def picture_code(ref: str) -> str:
    """The lines that load a picture by its name on the pages, as ``x`` (H, W) of 0 to 1."""
    kind, _, rest = ref.partition("-")
    if kind == "test":
        return f"""
from cnn_core.data import load_mnist

x = torch.tensor(load_mnist().test_images[{int(rest)}]) / 255"""
    if kind == "drawing":
        return f"""
from cnn_core.images import prepare_digit
from cnn_core.runs import RunStore
from cnn_core.strokes import from_json, raster

strokes = RunStore().artifact("{rest}").data
x = torch.tensor(prepare_digit(raster(from_json(strokes.decode()))))"""
    if kind == "upload":
        return f"""
from cnn_core.images import open_picture, to_grey
from cnn_core.runs import RunStore

file = RunStore().artifact("{rest}").data  # or open("my picture.png", "rb").read()
x = torch.tensor(to_grey(open_picture(file)))"""
    return f"""
from cnn_core.images import open_picture, samples, to_grey

x = torch.tensor(to_grey(open_picture(samples()["{rest}"].read_bytes())))"""


def arguments_table(name: str, rows: list[tuple[str, object, str]]) -> None:
    """Every argument of a torch layer: its present value, and what it is for."""
    header = [t("Argument"), t("Value"), t("What it is")]
    st.dataframe(
        [dict(zip(header, map(str, row), strict=True)) for row in rows], hide_index=True, height="content"
    )
    save_table(name, header, rows)


def shortly(pair: Pair) -> int | Pair:
    """A pair as a learner would type it: one number where both are equal."""
    return pair[0] if pair[0] == pair[1] else pair


def conv2d_table(
    kernel: tuple[int, ...], page: Any, sliding: Sliding, shape: tuple[int, ...], out: tuple[int, ...]
) -> None:
    """nn.Conv2d's arguments as the convolution page has them."""
    arguments_table(
        "conv2d-arguments",
        [
            ("in_channels", 1, t("channels of the input: one, as it is grey")),
            ("out_channels", 1, t("filters, and so output maps")),
            ("kernel_size", kernel, t("rows and columns of the window")),
            ("stride", shortly(sliding.stride), t("how far the window jumps")),
            ("padding", shortly(sliding.padding), t("cells added on each side")),
            ("dilation", shortly(sliding.dilation), t("distance between the kernel's cells")),
            ("groups", 1, t("1: every filter sees all channels")),
            ("bias", True, t("whether one number is added to every output cell")),
            ("padding_mode", sliding.mode, t("what the added cells hold")),
            ("(N, C, H, W)", (1, 1, *shape), t("shape that goes in")),
            ("(N, FN, OH, OW)", (1, 1, *out), t("shape that comes out")),
        ],
    )


def conv2d_code(x: np.ndarray, kernel: np.ndarray, page: Any, sliding: Sliding) -> str:
    """What the convolution page shows, in PyTorch; it leaves ``output`` (OH, OW)."""
    taken = f"\nx = torch.tensor({tensor(x)})" if page.view == "numbers" else picture_code(page.picture)
    return f"""
import torch
from torch import nn
{taken}
kernel = torch.tensor({tensor(kernel)})
layer = nn.Conv2d(1, 1, kernel_size={kernel.shape}, stride={shortly(sliding.stride)},
                  padding={shortly(sliding.padding)}, dilation={shortly(sliding.dilation)},
                  padding_mode={sliding.mode!r})
with torch.no_grad():
    layer.weight.copy_(kernel)
    layer.bias.fill_({typed(page.bias)})
    output = layer(x.float()[None, None])[0, 0]  # (1, 1, H, W) -> (OH, OW)
"""


def pool2d_table(page: Any, shape: tuple[int, ...], out: tuple[int, ...]) -> None:
    """The pooling layer's arguments as the pooling page has them."""
    rows: list[tuple[str, object, str]] = [
        ("kernel_size", page.window, t("rows and columns of the window")),
        ("stride", page.stride, t("how far the window jumps; if left out, the window's own size")),
        ("padding", page.padding, t("cells added on each side; at most half the window")),
    ]
    if page.op == "max":
        rows += [
            ("dilation", 1, t("distance between the window's cells")),
            ("return_indices", False, t("also say where each maximum stood")),
        ]
    else:
        rows += [
            ("count_include_pad", True, t("whether added cells count in the mean")),
            ("divisor_override", None, t("another number to divide by")),
        ]
    rows += [
        ("ceil_mode", False, t("round the output's size up instead of down")),
        ("(N, C, H, W)", (1, 1, *shape), t("shape that goes in")),
        ("(N, C, OH, OW)", (1, 1, *out), t("shape that comes out: as many channels")),
    ]
    arguments_table("pool2d-arguments", rows)


def pool2d_code(x: np.ndarray, page: Any, layer: str) -> str:
    """What the pooling page shows, in PyTorch; it leaves ``output`` (OH, OW)."""
    taken = f"\nx = torch.tensor({tensor(x)})" if page.view == "numbers" else picture_code(page.picture)
    moved = ""
    if page.down or page.right:
        moved = f"x = torch.roll(x, shifts=({page.down}, {page.right}), dims=(0, 1))\n"
    return f"""
import torch
from torch import nn
{taken}
{moved}layer = nn.{layer}(kernel_size={page.window}, stride={page.stride}, padding={page.padding})
output = layer(x.float()[None, None])[0, 0]  # (1, 1, H, W) -> (OH, OW)
parameters = sum(p.numel() for p in layer.parameters())
"""
