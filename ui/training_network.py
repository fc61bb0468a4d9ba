"""Change the network that is trained: its layers, with the shape and the parameters of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core import design, own_network
from cnn_core.design import Design
from cnn_core.models import INPUT_SHAPE, NETWORKS, LayerSummary
from cnn_core.own_network import Stage, as_far_as_it_goes
from ui.language import explain, t
from ui.state import PageState, control, dial
from ui.training_settings import chosen_spec, options, value_of

_OWN = "own"
_SHAPING = ("conv", "max_pool", "avg_pool", "linear")  # what changes a shape so that it is worth a word


def editor(page: PageState) -> None:
    """A known network to begin from, its layers to be changed, and what each of them comes to."""
    spec = chosen_spec(page)
    names = options()["network"] | {_OWN: t("a network of its own")}
    name = value_of(spec, "network")

    def take(chosen: str) -> None:
        if chosen != _OWN:
            page.set(network=chosen)

    shown = name if name in NETWORKS else _OWN
    st.selectbox(
        t("Network"),
        list(names),
        format_func=names.__getitem__,
        **control("setting.network", shown, take),
    )
    rows, wrong = as_far_as_it_goes(spec.model)
    steps = [_shape(row) for row in rows if row.layer.kind in _SHAPING]
    shapes = " → ".join(["×".join(map(str, INPUT_SHAPE)), *steps])
    st.markdown(t("{shapes}: **{count:,}** parameters", shapes=shapes, count=sum(r.parameters for r in rows)))
    if wrong is not None:
        st.warning(explain(wrong))
    built = design.design_of(spec.model)
    if built is None:
        st.caption(
            t("This network has a shape that cannot be changed here: choose another one to begin from.")
        )
    else:
        _layers(page, built)
    _table(rows)


def _shape(row: LayerSummary) -> str:
    return f"{row.name} {'×'.join(map(str, row.shape))}"


def _layers(page: PageState, built: Design) -> None:
    def put(**changes: Any) -> None:
        page.set(network=str(replace(built, **changes)))

    def put_stage(at: int, **changes: int) -> None:
        stages = [*built.stages]
        stages[at] = replace(stages[at], **changes)
        put(stages=tuple(stages))

    def put_units(at: int, units: int) -> None:
        hidden = [*built.hidden]
        hidden[at] = units
        put(hidden=tuple(hidden))

    convolutions, hidden = st.columns(2)
    with convolutions:
        _whole("convs", t("Convolutions"), len(built.stages), 0, own_network.MOST_CONVS,
               lambda n: put(stages=(built.stages + (Stage(),) * n)[:n]))  # fmt: skip
    with hidden:
        _whole("hiddens", t("Hidden layers"), len(built.hidden), 0, design.MOST_HIDDEN,
               lambda n: put(hidden=(built.hidden + (100,) * n)[:n]))  # fmt: skip
    for at, stage in enumerate(built.stages):
        _stage(at, stage, put_stage)
    for at, (units, column) in enumerate(
        zip(built.hidden, st.columns(max(1, len(built.hidden))), strict=False)
    ):
        with column:
            _whole(f"units.{at}", t("fc{number}: units", number=at + 1), units, 1, design.MOST_UNITS,
                   lambda n, at=at: put_units(at, n))  # type: ignore[misc]  # fmt: skip
    _for_all(built, put)


def _stage(at: int, stage: Stage, put: Callable[..., None]) -> None:
    """One convolution in a row."""
    ranges = {
        "filters": (t("conv{number}: filters", number=at + 1), 1, own_network.MOST_FILTERS),
        "kernel": (t("Kernel size"), 1, own_network.LARGEST_KERNEL),
        "padding": (t("Padding"), 0, 5),
        "pool": (t("Pooling (1: none)"), 1, own_network.LARGEST_POOL),
    }
    for (name, (label, low, high)), column in zip(ranges.items(), st.columns(4), strict=True):
        with column:
            _whole(f"{name}.{at}", label, getattr(stage, name), low, high,
                   lambda n, name=name: put(at, **{name: n}))  # type: ignore[misc]  # fmt: skip


def _for_all(built: Design, put: Callable[..., None]) -> None:
    """What all layers of a kind share."""
    activation, pooling, norm, drop = st.columns(4, vertical_alignment="bottom")
    with activation:
        names = {"relu": "ReLU", "tanh": "tanh", "sigmoid": t("sigmoid")}
        _one_of("activation", t("Activation"), names, built.activation, put)
    with pooling:
        _one_of("pooling", t("Pooling"), {"max": t("maximum"), "avg": t("average")}, built.pooling, put)
    with norm:
        st.toggle(t("Batch norm"), **dial("network.norm", built.batch_norm, lambda on: put(batch_norm=on)))
    with drop:
        dropout = dial("network.dropout", built.dropout, lambda n: put(dropout=round(n or 0.0, 4)))
        st.number_input(t("Dropout"), 0.0, 0.9, step=0.1, format="%g", **dropout)


def _one_of(name: str, label: str, names: dict[str, str], value: str, put: Callable[..., None]) -> None:
    chosen = control(f"network.{name}", value, lambda one: put(**{name: one}))
    st.selectbox(label, list(names), format_func=names.__getitem__, **chosen)


def _whole(name: str, label: str, value: int, low: int, high: int, put: Callable[[int], None]) -> None:
    def take(number: int | None) -> None:
        if number is not None:
            put(number)

    st.number_input(label, low, high, step=1, **dial(f"network.{name}", value, take))


def _table(rows: list[LayerSummary]) -> None:
    """Every layer that fits, with its shape and its parameters."""
    st.dataframe(
        {
            t("Layer"): [row.name for row in rows],
            t("Shape out"): [" × ".join(map(str, row.shape)) for row in rows],
            t("Parameters"): [row.parameters for row in rows],
        },
        hide_index=True,
        height="content",
        column_config={t("Parameters"): st.column_config.NumberColumn(format="localized")},
    )
