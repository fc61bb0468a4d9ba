"""One filter's weights in one step of training: where their gradient comes from, and how they change."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_core.slow_motion import FilterGradient
from ui.components import component, heard
from ui.language import t

MOST_SHARES = 50_000  # numbers: above it only those of the weight that is kept

_mount = component("step_grids", uses=("dom",))


@dataclass(frozen=True)
class Grid:
    """Numbers of one filter (FH, FW), and the sign that stands before them."""

    name: str  # its gap in the sentences
    title: str
    values: np.ndarray
    sign: str = ""
    like: int | None = None  # the grid whose scale it shares; None: its own


def sum_grids(
    key: str,
    found: FilterGradient,
    computed: np.ndarray,
    image: int,
    weight: tuple[int, int],
    titles: Mapping[str, str],
    sentences: Sequence[str],
    on_weight: Callable[[int, int], None],
    on_image: Callable[[int], None],
) -> None:
    """Input × output gradient = products, their sum, and the sum over the images, of each weight.

    ``computed`` (FH, FW) is torch's gradient. ``titles`` of input, gradient, products, share and total;
    ``sentences`` have gaps for row, column, count, x, g, product, share, total, torch.
    """
    shares = found.shares.reshape(len(found.shares), -1).T
    if shares.size > MOST_SHARES:
        kept = weight[0] * computed.shape[1] + weight[1]
        shares = shares[kept : kept + 1]
    data = {
        "kind": "sum",
        "input": _numbers(found.inputs[image]),
        "gradient": _numbers(found.output_gradient[image]),
        "total": _numbers(found.total),
        "torch": _numbers(computed),
        "shares": _numbers(shares),
        "stride": found.stride,
        "image": image,
        "weight": weight,
        "labels": {
            "titles": dict(titles),
            "sentences": list(sentences),
            "unit": t("in units of {unit}"),
            "keys": t("The weights of the filter. The arrow keys choose one, Enter keeps it."),
            "bars": t("The shares of all {count} images for this weight: up above 0, down below. Click one."),
            "barsClosed": t("Click the weight to see the shares of all images."),
            "bar": t("Image {image}: {share}"),
        },
    }
    _show(key, data, on_weight, on_image)


def change_grids(
    key: str,
    grids: Sequence[Grid],
    weight: tuple[int, int],
    sentences: Sequence[str],
    on_weight: Callable[[int, int], None],
) -> None:
    """Grids of one filter, cell by cell: ``sentences`` have gaps for row, column and each grid's name."""
    data = {
        "kind": "change",
        "grids": [
            {
                "name": grid.name,
                "title": grid.title,
                "sign": grid.sign,
                "values": _numbers(grid.values),
                "like": place if grid.like is None else grid.like,
            }
            for place, grid in enumerate(grids)
        ],
        "weight": weight,
        "labels": {
            "sentences": list(sentences),
            "unit": t("in units of {unit}"),
            "keys": t("The weights of the filter. The arrow keys choose one, Enter keeps it."),
        },
    }
    _show(key, data, on_weight, lambda image: None)


def _show(
    key: str,
    data: dict[str, Any],
    on_weight: Callable[[int, int], None],
    on_image: Callable[[int], None],
) -> None:
    def kept() -> None:
        place = heard(key, "weight")
        if place:
            on_weight(*map(int, place))

    def chosen() -> None:
        image = heard(key, "image")
        if image is not None:
            on_image(int(image))

    _mount(
        key=key,
        data=data,
        on_weight_change=kept,
        on_image_change=chosen,
    )


def _numbers(values: np.ndarray) -> dict[str, Any]:
    """float32 as base64: exact, and what is no number survives."""
    array = np.ascontiguousarray(values, dtype="<f4")
    return {"shape": array.shape, "data": base64.b64encode(array.tobytes()).decode()}
