"""The structure page's networks: chosen or built, their blocks, and what each layer costs in words."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cnn_core import own_network
from cnn_core.drawing import INPUT, network_figure
from cnn_core.messages import text
from cnn_core.models import (
    FIGURE_7_1,
    FIGURE_7_2,
    LENET5,
    MLP,
    NOTEBOOK,
    SIMPLE_CONV_NET,
    LayerSummary,
    ModelSpec,
)
from cnn_core.own_network import Stage
from ui import frame
from ui.components.blocks import blocks
from ui.language import explain, t
from ui.layer_window import layer_window
from ui.pictures import save, save_table
from ui.state import PageState, dial

NETWORKS = {
    "affine": FIGURE_7_1,
    "mlp": MLP,
    "cnn": FIGURE_7_2,
    "notebook": NOTEBOOK,
    "simple": SIMPLE_CONV_NET,
    "lenet5": LENET5,
}
OWN = "own"


def names() -> dict[str, str]:
    """What the networks are called."""
    return {
        "affine": t("The book's fully connected network (fig. 7-1)"),
        "mlp": t("A fully connected network of the notebook's size"),
        "cnn": t("The book's CNN (fig. 7-2)"),
        "notebook": t("The notebook's CNN"),
        "simple": t("The book's SimpleConvNet"),
        "lenet5": "LeNet-5",
        OWN: t("A CNN of your own"),
    }


def chosen_spec(page: PageState, side: str) -> ModelSpec:
    """The network that stands on one side of the page."""
    key = getattr(page, side)
    return own_network.network(own_network.read(page.own), page.hidden) if key == OWN else NETWORKS[key]


def show_network(page: PageState, side: str) -> list[LayerSummary]:
    """One network: chosen, drawn to scale, every block to be opened; returns the layers that fit."""
    label = t("First network") if side == "left" else t("Second network")
    st.selectbox(label, [*NETWORKS, OWN], format_func=names().__getitem__, **page.control(side))
    key, name = getattr(page, side), names()[getattr(page, side)]
    if key == OWN:
        _edit(page, side)
    rows, problem = own_network.as_far_as_it_goes(chosen_spec(page, side))
    if problem is not None:
        st.warning(explain(problem))
    draw = partial(
        network_figure, rows, frame.theme(), name, input_name=t("input"), parameters=t("{count} parameters")
    )
    field = f"{side}_layer"
    blocks(
        f"structure.{side}.blocks",
        lambda width: draw(width=width),
        _all_details(rows),
        getattr(page, field),
        lambda layer: page.set(**{field: layer}),
    )
    save(f"network-{key}-{side}.svg", draw, "image/svg+xml", t("Save picture"))
    opened = next((row for row in rows if row.name == getattr(page, field)), None)
    if opened is not None and opened.layer.kind == "conv":
        layer_window(opened, f"structure.{side}.window")
    return rows


def _edit(page: PageState, side: str) -> None:
    """The convolutions of a CNN of one's own, a row each, and the hidden layer."""
    stages = own_network.read(page.own)

    def put(at: int, **changed: int) -> None:
        now = [*own_network.read(page.own)]  # another field may have changed since the page ran
        now[at] = Stage(**{**vars(now[at]), **changed})
        page.set(own=own_network.written(tuple(now)))

    def number(column: object, at: int, name: str, label: str, low: int, high: int) -> None:
        key, value = f"structure.{side}.{name}.{at}", getattr(stages[at], name)
        column.number_input(  # type: ignore[attr-defined]
            label, low, high, **dial(key, value, lambda n: put(at, **{name: n}))
        )

    def resize(count: int) -> None:
        more = (own_network.read(page.own) + (Stage(),) * own_network.MOST_CONVS)[:count]
        page.set(own=own_network.written(more))

    many, hidden = st.columns(2)
    count = dial(f"structure.{side}.count", len(stages), resize)
    many.slider(t("Convolutions"), 1, own_network.MOST_CONVS, **count)
    hidden.slider(
        t("Units of the hidden layer"),
        1,
        500,
        **dial(f"structure.{side}.hidden", page.hidden, lambda n: page.set(hidden=n)),
    )
    fields = (
        ("filters", text("conv{number}: filters"), 1, own_network.MOST_FILTERS),
        ("kernel", text("conv{number}: kernel size"), 1, own_network.LARGEST_KERNEL),
        ("padding", text("conv{number}: padding"), 0, own_network.LARGEST_PADDING),
        ("pool", text("conv{number}: pooling (1: none)"), 1, own_network.LARGEST_POOL),
    )
    for at in range(len(stages)):
        for column, (name, label, low, high) in zip(st.columns(4), fields, strict=True):
            number(column, at, name, t(label, number=at + 1), low, high)


def kinds() -> dict[str, str]:
    """What the kinds of layers are called."""
    return {
        "conv": t("Convolution"),
        "linear": t("Affine (fully connected)"),
        "relu": "ReLU",
        "tanh": "tanh",
        "max_pool": t("Max pooling"),
        "avg_pool": t("Average pooling"),
        "flatten": t("Flatten"),
    }


def _all_details(rows: list[LayerSummary]) -> dict[str, list[str]]:
    """What each block of the drawing opens to, the input's too."""
    if not rows:
        return {}
    image = t("No parameters. The image itself comes in here: nothing is computed yet.")
    return {INPUT: [t("input"), _shape(rows[0].in_shape), image, t("Multiply-adds: 0")]} | {
        row.name: details(row) for row in rows
    }


def details(row: LayerSummary) -> list[str]:
    """A layer's title, its shapes, and its parameters and multiply-adds with the numbers in place."""
    lines = [f"{row.name} · {kinds()[row.layer.kind]}", f"{_shape(row.in_shape)} → {_shape(row.shape)}"]
    layer = row.layer
    if layer.kind == "conv":
        channels, size = row.inputs, layer.kernel
        high, wide = row.shape[1:]
        lines += [
            t(
                "Parameters: {filters} filters × ({channels}·{size}·{size} weights + 1 bias) = {total:,}",
                filters=layer.out,
                channels=channels,
                size=size,
                total=row.parameters,
            ),
            t(
                "Multiply-adds: {filters}·{high}·{wide} outputs × {channels}·{size}·{size} products = "
                "{total:,}",
                filters=layer.out,
                high=high,
                wide=wide,
                channels=channels,
                size=size,
                total=row.multiply_adds,
            ),
        ]
    elif layer.kind == "linear":
        lines += [
            t(
                "Parameters: {inputs}·{outputs} weights + {outputs} biases = {total:,}",
                inputs=row.inputs,
                outputs=layer.out,
                total=row.parameters,
            ),
            t("Multiply-adds: one for each weight, {total:,}", total=row.multiply_adds),
        ]
    else:
        lines += [_without_parameters(row), t("Multiply-adds: 0")]
    return lines


def _without_parameters(row: LayerSummary) -> str:
    if row.layer.kind == "flatten":
        return t("No parameters. All numbers stand in one row from here on: rows and columns are gone.")
    if row.layer.kind in ("max_pool", "avg_pool"):
        return t(
            "No parameters. One number is kept of every {size}×{size} window, in each channel by itself.",
            size=row.layer.kernel,
        )
    return t("No parameters. Every number is changed by itself, so the shape stays.")


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})" if len(shape) > 1 else str(shape[0])


def layer_table(rows: list[LayerSummary], name: str) -> None:
    """Every layer in a row of a table."""
    header = [t("Layer"), t("Kind"), t("Shape out"), t("Parameters"), t("Multiply-adds")]
    table = [
        (
            row.name,
            kinds()[row.layer.kind],
            " × ".join(map(str, row.shape)),
            row.parameters,
            row.multiply_adds,
        )
        for row in rows
    ]
    st.dataframe(
        [dict(zip(header, cells, strict=True)) for cells in table], hide_index=True, height="content"
    )
    save_table(name, header, table)
