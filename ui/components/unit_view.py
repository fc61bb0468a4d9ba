"""One map of a network, opened: input maps, filter slices, product maps, their sum; each pixel leads back."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import streamlit as st

from cnn_core.figures import shade_colours
from cnn_core.models import ModelSpec
from cnn_core.opened_map import OpenedMap
from cnn_core.walk import layer_row, receptive_field
from ui.components import component
from ui.components.network_view import Unit, field_of
from ui.language import t

MOST = 128  # input maps that are sent; of the others their sum
TERMS = 6  # the strongest terms for a linear layer's unit, and as many against

_mount = component("unit_view", uses=("dom",))


def unit_view(
    key: str,
    opened: OpenedMap,
    spec: ModelSpec,
    image: np.ndarray,
    at: tuple[int, int],
    *,
    part: int,
    on_point: Callable[[int, int], None],
    on_walk: Callable[[Unit], None],
    on_part: Callable[[int], None],
    theme: str = "light",
    asked: int = 0,
) -> None:
    """Show ``opened`` at the pixel ``at``; the image is (28, 28), 0 to 1.

    ``on_point`` gets the pixel that a learner keeps, ``on_walk`` the unit of the layer before that is opened,
    ``on_part`` the input map, as ``part`` names it, whose numbers are asked for. When ``asked`` has risen a
    narrow screen scrolls to the view.
    """

    def told(name: str) -> dict[str, int] | None:
        return st.session_state[key].get(name)

    def pointed() -> None:
        if place := told("point"):
            on_point(int(place["row"]), int(place["col"]))

    def walked() -> None:
        if place := told("walk"):
            on_walk(Unit(opened.source_layer, int(place["channel"]), int(place["row"]), int(place["col"])))

    def parted() -> None:
        if place := told("part"):
            on_part(int(place["channel"]))

    _mount(
        key=key,
        data=numbers(opened, spec, at)
        | {
            "part": part,
            "image": _text(image),
            "colours": _text(shade_colours("signed", theme), np.uint8),
            "greys": _text(shade_colours("grey", theme), np.uint8),
            "asked": asked,
            "labels": _labels(opened),
        },
        on_point_change=pointed,
        on_walk_change=walked,
        on_part_change=parted,
    )


def numbers(opened: OpenedMap, spec: ModelSpec, at: tuple[int, int]) -> dict[str, object]:
    """What the script adds up and shows: float32 as text, shapes beside.

    Product maps and ``rest`` add up to ``sums``, and so do the two ``sides`` of a linear layer's unit; with
    the bias that is ``output``. A vector that a linear layer reads is told by its terms alone.
    """
    is_vector = opened.kind == "linear" and opened.inputs.shape[1:] == (1, 1)
    most = 0 if is_vector else MOST
    order = opened.strongest(*at) if len(opened.inputs) > most else np.arange(len(opened.inputs))
    kept, others = order[:most], order[most:]
    weights = opened.weights
    return {
        "kind": opened.kind,
        "layer": opened.layer,
        "source": opened.source_layer,
        "at": at,
        "channels": [opened.channels[i] for i in kept],
        "count": opened.inputs.size if opened.kind == "linear" else len(opened.inputs),
        "inShape": opened.inputs.shape[1:],
        "outShape": opened.output.shape,
        "inputs": _text(opened.inputs[kept]),
        "weights": None if weights is None else _text(weights[kept]),
        "weightShape": None if weights is None else weights.shape[1:],
        "products": _text(opened.products[kept]),
        "rest": _text(opened.products[others].sum(axis=0)),
        "others": len(others),
        "sums": None if weights is None else _text(opened.sums),
        "sides": _sides(opened) if opened.kind == "linear" else None,
        "bias": _text(np.array([opened.bias])),
        "output": _text(opened.output),
        "after": opened.after,
        "activated": None if opened.activated is None else _text(opened.activated),
        "window": _window(opened),
        "field": _field(opened, spec),
    }


def _sides(opened: OpenedMap) -> list[dict[str, object]]:
    """The terms for and against, each with where it came from."""
    return [
        {
            "terms": [{"at": term.source, "numbers": term[1:4]} for term in side.strongest],
            "others": side.others,
            "rest": side.rest,
        }
        for side in opened.sides(TERMS)
    ]


def _field(opened: OpenedMap, spec: ModelSpec) -> dict[str, int]:
    """The part of the image that the output's first cell sees, and how far it jumps from cell to cell."""
    is_map = len(layer_row(spec, opened.layer)[1].shape) == 3
    top, left, bottom, _ = receptive_field(spec, opened.layer, channel=opened.channel).full
    return {
        "top": top,
        "left": left,
        "size": bottom - top,
        "jump": field_of(spec, opened.layer)["jump"] if is_map else 0,
    }


def _window(opened: OpenedMap) -> dict[str, int | None]:
    """How an output pixel's window lies on the input; kernel None: a linear layer reads the whole map."""
    layer = opened.window
    if opened.kind == "linear":
        return {"kernel": None}
    if opened.kind == "flatten":
        shape = opened.inputs.shape[1:]
        row, col = np.unravel_index(opened.channel % int(np.prod(shape)), shape)
        return {"kernel": 1, "stride": 1, "padding": 0, "row": int(row), "col": int(col)}
    return {"kernel": layer.kernel or 1, "stride": layer.stride, "padding": layer.padding}


def _text(values: np.ndarray, kind: type[np.generic] = np.float32) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode()


def _labels(opened: OpenedMap) -> dict[str, str]:
    return {
        "image": t("The image"),
        "sees": t("The image; the frame: what it sees"),
        "seesAll": t("The image: it sees all of it"),
        "output": t("{layer}, map {channel}", layer=opened.layer, channel=opened.channel),
        "number": t("{layer}, number {channel}", layer=opened.layer, channel=opened.channel),
        "sumMap": t("Sum of the products"),
        "biased": t("+ bias {bias}: {name}"),
        "scale": t("One scale for these: full colour at ±{limit}."),
        "scales": t("Full colour: inputs at ±{input}, filter slices at ±{weight}, products at ±{product}."),
        "scalesOfImage": t("Full colour: filter slices at ±{weight}, products at ±{product}."),
        "sum": t("{count} products add up to {sum}; with the bias {bias} that is {value}."),
        "single": t(
            "Row {row}, column {col} (from 0): the products add up to {sum}; with the bias {bias} that is "
            "{value}."
        ),
        "sums": t(
            "Row {row}, column {col} (from 0): the {count} product maps add up to {sum}; with the bias "
            "{bias} that is {value}."
        ),
        "after": t("{layer} makes {value} of it."),
        "max": t(
            "Row {row}, column {col} (from 0): the largest of {count} values is {value}. It won, and goes on."
        ),
        "avg": t("Row {row}, column {col} (from 0): the mean of {count} values is {value}."),
        "one": t("Row {row}, column {col} (from 0): {layer} makes {value} of {input}."),
        "alone": t("{layer} makes {value} of {input}."),
        "same": t("{layer} hands {value} on."),
        "walk": t("Open this unit of {source}", source=opened.source_layer),
        "numbers": t("Show the numbers of input map {channel}"),
        "all": t("Show all {count} input maps"),
        "fewer": t("Show the strongest only"),
        "rest": t("{count} more maps give {sum}."),
        "maps": t("Map by map"),
        "together": t("All of them at once"),
        "for": t("For"),
        "against": t("Against"),
        "pixel": t("pixel ({row}, {col})"),
        "others": t("{count} others"),
        "keys": t("The arrow keys move the point, Enter keeps it."),
        "padding": t("padding"),
    }
