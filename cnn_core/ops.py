"""Convolution and pooling in NumPy, by PyTorch's rules; arrays are (N, C, H, W).

What the book and deep learning call convolution is cross-correlation: the filter is not flipped.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import product
from typing import overload

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, DTypeLike

from cnn_core.messages import Problem

Pair = tuple[int, int]  # (height, width); an int stands for both

PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}

_BAND = 2**18  # values of im2col that are multiplied at once: larger ones leave the cache (bench_ops.py)


def conv2d(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    padding_mode: str = "zeros",
) -> np.ndarray:
    """Slide every filter over every input, and add its bias (7.2): ``torch.nn.Conv2d`` without groups.

    ``x`` (N, C, H, W), ``weight`` (FN, C, FH, FW), ``bias`` (FN,) -> (N, FN, OH, OW), of NumPy's common type
    of the three: float32 stays float32, whole numbers stay exact (int64), float16 is computed as float32.
    Raises :class:`Problem` where torch refuses.
    """
    x, weight = _images("x", x), _images("weight", weight)
    if 0 in weight.shape:
        raise Problem("The weights are empty: give at least one filter of at least 1×1.")
    if x.shape[1] != weight.shape[1]:
        raise Problem(
            "The input has {channels} channels, but each filter has {expected}: both must be equal.",
            channels=x.shape[1],
            expected=weight.shape[1],
        )
    offsets = _bias(bias, len(weight))
    dtype = _computed_in(x, weight, offsets)
    output_size(
        x.shape[2:], weight.shape[2:], stride, padding, dilation
    )  # raises where the filter does not fit
    padded = pad(x, padding, padding_mode).astype(dtype, copy=False)
    steps = pair("stride", stride, 1), pair("dilation", dilation, 1)
    with np.errstate(all="ignore"):  # NaN and infinity go through, as in torch
        out = _product(_windows(padded, weight.shape[2:], *steps), weight.astype(dtype, copy=False))
        out += offsets.astype(dtype, copy=False)[:, None, None]  # (FN,) -> (FN, 1, 1)
    return out


def max_pool2d(
    x: ArrayLike, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> np.ndarray:
    """The largest value of each window (7.3): (N, C, H, W) -> (N, C, OH, OW), of the type of ``x``.

    ``stride`` None: the window's own size. The border counts as smaller than any number.
    Raises :class:`Problem` where torch refuses.
    """
    x = _images("x", x)
    lowest = -np.inf if x.dtype.kind == "f" else _lowest(x.dtype)
    return _pool(x, kernel_size, stride, padding, np.maximum, lowest)


def avg_pool2d(
    x: ArrayLike, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> np.ndarray:
    """The mean of each window (7.3): (N, C, H, W) -> (N, C, OH, OW).

    float32 stays float32; whole numbers give float64, where torch would cut off what follows the point.
    ``stride`` None: the window's own size. The border counts as zeros (torch's ``count_include_pad``).
    Raises :class:`Problem` where torch refuses.
    """
    x = _images("x", x)
    x = x.astype(_computed_in(x) if x.dtype.kind == "f" else np.float64, copy=False)
    height, width = pair("kernel_size", kernel_size, 1)
    with np.errstate(all="ignore"):
        out = _pool(x, kernel_size, stride, padding, np.add, 0)
        out /= height * width
    return out


def im2col(
    x: ArrayLike,
    kernel_size: int | Pair,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Every window as a row (the book's 7.4): (N, C, H, W) -> (N*OH*OW, C*FH*FW), of the type of ``x``.

    Rows run over images, then output rows, then output columns; columns over channels, then the window.
    Raises :class:`Problem` where torch refuses.
    """
    x, kernel_size = _images("x", x), pair("kernel_size", kernel_size, 1)
    output_size(x.shape[2:], kernel_size, stride, padding, dilation)
    windows = _windows(pad(x, padding), kernel_size, pair("stride", stride, 1), pair("dilation", dilation, 1))
    n, c, oh, ow, fh, fw = windows.shape
    return np.array(windows.transpose(0, 2, 3, 1, 4, 5), order="C").reshape(n * oh * ow, c * fh * fw)


@overload
def output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int: ...  # type: ignore[overload-overlap]
@overload
def output_size(
    size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
) -> Pair: ...
def output_size(
    size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
) -> int | Pair:
    """How many places a window has: (size + 2·padding − window) / stride + 1, floored as in PyTorch (7.2.4).

    Ints give an int; with a pair (height, width) among them, a pair. Raises :class:`Problem` below 1.
    """
    sizes = pair("size", size, 1)
    kernel = pair("kernel_size", kernel_size, 1)
    steps = pair("stride", stride, 1)
    rims = pair("padding", padding, 0)
    gaps = pair("dilation", dilation, 1)
    padded = tuple(n + 2 * p for n, p in zip(sizes, rims, strict=True))
    spans = tuple(d * (k - 1) + 1 for d, k in zip(gaps, kernel, strict=True))
    is_pair = any(not _is_whole(value) for value in (size, kernel_size, stride, padding, dilation))
    if spans[0] > padded[0] or spans[1] > padded[1]:
        show = _times if is_pair else _first
        _refuse_kernel(show(kernel), show(spans), show(padded), dilated=spans != kernel)
    out = ((padded[0] - spans[0]) // steps[0] + 1, (padded[1] - spans[1]) // steps[1] + 1)
    return out if is_pair else out[0]


def pad(x: ArrayLike, padding: int | Pair, mode: str = "zeros") -> np.ndarray:
    """A border round each map: (N, C, H, W) -> (N, C, H + 2·PH, W + 2·PW), of the type of ``x``.

    ``mode``: zeros, reflect, replicate or circular, as in ``torch.nn.Conv2d``. Raises :class:`Problem` for
    a border that the mode cannot fill: reflect needs less than the map's size, circular at most that.
    """
    x = _images("x", x)
    rims = pair("padding", padding, 0)
    if mode not in PADDING_MODES:
        raise Problem(
            "There is no padding mode {mode}: choose one of {modes}.",
            mode=mode,
            modes=", ".join(PADDING_MODES),
        )
    sizes = x.shape[2:]
    if mode == "reflect" and (rims[0] >= sizes[0] or rims[1] >= sizes[1]):
        raise Problem(
            "Reflecting needs a padding below the input's size {size}: use less than {padding}, or zeros.",
            size=_times(sizes),
            padding=_times(rims),
        )
    if mode == "circular" and (rims[0] > sizes[0] or rims[1] > sizes[1]):
        raise Problem(
            "Going round needs a padding up to the input's size {size}: use less than {padding}, or zeros.",
            size=_times(sizes),
            padding=_times(rims),
        )
    padded = _bordered(x, rims, PADDING_MODES[mode])
    return padded.copy() if padded is x else padded


def pair(name: str, value: int | Sequence[int], least: int) -> Pair:
    """(height, width) of an argument that may be an int or a pair. Raises :class:`Problem`, with its name."""
    both = tuple(value) if isinstance(value, tuple | list | np.ndarray) else (value, value)
    if len(both) != 2 or not all(_is_whole(v) for v in both):
        raise Problem(
            "{name} must be a whole number, or a pair of them for height and width, not {value}.",
            name=name,
            value=value,
        )
    height, width = (operator.index(v) for v in both)
    if min(height, width) < least:
        raise Problem("{name} must be at least {least}, not {value}.", name=name, least=least, value=value)
    return height, width


def _windows(x: np.ndarray, kernel_size: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """Every window of a padded input, without a copy: (N, C, OH, OW, FH, FW)."""
    (fh, fw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    span = (dh * (fh - 1) + 1, dw * (fw - 1) + 1)
    return sliding_window_view(x, span, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]


def _product(windows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(FN, C*FH*FW) @ (C*FH*FW, places), for as many output rows at once as the processor's cache holds."""
    n, c, oh, ow, fh, fw = windows.shape
    filters = weight.reshape(len(weight), -1)
    columns = windows.transpose(0, 1, 4, 5, 2, 3)  # (N, C, FH, FW, OH, OW)
    out = np.empty((n, len(weight), oh, ow), weight.dtype)
    band = max(1, _BAND // (c * fh * fw * ow))
    for image, top in product(range(n), range(0, oh, band)):
        rows = columns[image, ..., top : top + band, :].reshape(c * fh * fw, -1)
        out[image, :, top : top + band] = (filters @ rows).reshape(len(weight), -1, ow)
    return out


def _pool(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None,
    padding: int | Pair,
    combine: Callable[..., np.ndarray],
    border: float | bool,
) -> np.ndarray:
    kernel = pair("kernel_size", kernel_size, 1)
    rims = pair("padding", padding, 0)
    steps = kernel if stride is None else pair("stride", stride, 1)
    if rims[0] > kernel[0] // 2 or rims[1] > kernel[1] // 2:
        raise Problem(
            "The padding {padding} is more than half of the window {kernel}: "
            "use less padding or a larger window.",
            padding=_times(rims),
            kernel=_times(kernel),
        )
    padded = x.shape[2] + 2 * rims[0], x.shape[3] + 2 * rims[1]
    if kernel[0] > padded[0] or kernel[1] > padded[1]:
        raise Problem(
            "The window {window} does not fit into the padded input {padded}: use a smaller window.",
            window=_times(kernel),
            padded=_times(padded),
        )
    windows = _windows(_bordered(x, rims, "constant", border), kernel, steps, (1, 1))
    out = windows[..., 0, 0].copy()
    for row, col in list(np.ndindex(*kernel))[1:]:
        combine(out, windows[..., row, col], out=out)
    return out


def _images(name: str, values: ArrayLike) -> np.ndarray:
    """An array of real numbers (N, C, H, W) of which only the batch may be empty."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of unequal length
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise Problem("{name} must hold real numbers in rows of equal length.", name=name)
    if array.ndim != 4:
        raise Problem(
            "{name} needs four axes (images or filters, channels, height, width), not the shape {shape}.",
            name=name,
            shape=array.shape,
        )
    if 0 in array.shape[1:]:
        raise Problem(
            "{name} is empty, its shape is {shape}: give at least one value.", name=name, shape=array.shape
        )
    return array


def _bias(bias: ArrayLike | None, filters: int) -> np.ndarray:
    offsets = np.zeros(filters, bool) if bias is None else np.asarray(bias)
    if offsets.shape != (filters,) or offsets.dtype.kind not in "fiub":
        raise Problem(
            "The bias needs one number for each filter, {filters} in all, not the shape {shape}.",
            filters=filters,
            shape=offsets.shape,
        )
    return offsets


def _computed_in(*arrays: np.ndarray) -> DTypeLike:
    common = np.result_type(*arrays)
    if common.kind != "f":
        return np.int64
    return np.float32 if common == np.float16 else common


def _lowest(dtype: np.dtype) -> int | bool:
    return False if dtype.kind == "b" else int(np.iinfo(dtype).min)


def _bordered(x: np.ndarray, rims: Pair, mode: str, value: float | bool = 0) -> np.ndarray:
    if rims == (0, 0):
        return x
    around = ((0, 0), (0, 0), (rims[0], rims[0]), (rims[1], rims[1]))
    if mode == "constant":
        return np.pad(x, around, constant_values=value)
    return np.pad(x, around, mode=mode)  # type: ignore[call-overload]


def _refuse_kernel(kernel: str, span: str, padded: str, dilated: bool) -> None:
    if dilated:
        raise Problem(
            "The kernel {kernel} spans {span} with its dilation and does not fit into "
            "the padded input {padded}: lower the dilation, raise the padding or use a smaller kernel.",
            kernel=kernel,
            span=span,
            padded=padded,
        )
    raise Problem(
        "The kernel {kernel} does not fit into the padded input {padded}: "
        "raise the padding or use a smaller kernel.",
        kernel=kernel,
        padded=padded,
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _times(sizes: Sequence[int]) -> str:
    return f"{sizes[0]}×{sizes[1]}"


def _first(sizes: Sequence[int]) -> str:
    return str(sizes[0])
