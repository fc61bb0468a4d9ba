"""First-layer filters by what they answer to: as tiles, and how the groups form over the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import streamlit as st

from cnn_core import gratings
from cnn_core.charts import history_figure
from cnn_core.colours import palette
from cnn_core.figures import grey, limits, scale_text, signed
from cnn_core.numerals import numeral
from ui import frame
from ui.components.unit_board import unit_board
from ui.language import t
from ui.specimen import Specimen
from ui.specimen import weights as weights_at


@st.cache_data(show_spinner=False, max_entries=2_000)
def groups_at(run_id: str, step: int, layer: str) -> dict[str, list[int]]:
    """The filters of each kind at one step of a run."""
    return gratings.grouped(weights_at(run_id, step)[f"{layer}.weight"])


def group_board(
    weights: np.ndarray,
    chosen: int,
    scale: str,
    ends: tuple[float, float],
    on_press: Callable[[int], None],
) -> None:
    """Filters (FN, 1, FH, FW), each kind and polarity under its name, on the page's scale; press one."""
    tiles = weights[:, 0]
    if scale == "signed":
        pictures = signed(tiles, max(map(abs, ends)), frame.theme())
    else:
        pictures = np.repeat(grey(tiles, *ends)[..., None], 3, axis=-1)
    groups = {_called(name): numbers for name, numbers in gratings.by_name(weights).items()}
    called = {i: name for name, numbers in groups.items() for i in numbers}
    labels = [t("Filter {index}: {kind}", index=i, kind=called[i]) for i in range(len(weights))]
    unit_board("filters.board", pictures, groups, [chosen], labels, on_press, "chosen", 54)


def _called(name: gratings.Name) -> str:
    return f"{t(name.kind)}, {t(name.polarity)}" if name.polarity else t(name.kind)


def about_filter(weights: np.ndarray, index: int, kind: str) -> str:
    """What filter ``index`` of (FN, C, FH, FW) answers to, in a sentence."""
    found = gratings.orientation(weights[index])
    if kind == gratings.EVEN:
        return t(
            "Filter {index} answers most to **brightness** alone ({polarity}).",
            index=index,
            polarity=t(found.polarity),
        )
    if kind != gratings.UNCLEAR:
        return (
            t(
                "Filter {index} answers most to **{group}** ({polarity}).",
                index=index,
                group=t(found.group),
                polarity=t(found.polarity),
            )
            + " "
            + t(
                "One pattern explains {share:.0%} of its weights.",
                share=gratings.pattern_share(weights[index]),
            )
        )
    return t(
        "Filter {index} has **no clear pattern**: the best one explains {share:.0%} of its weights, and of "
        "random filters one in twenty reaches {chance:.0%}. It leans to {group}.",
        index=index,
        share=gratings.pattern_share(weights[index]),
        chance=gratings.chance_share(*weights.shape[-2:]),
        group=t(found.group),
    )


def groups_over_steps(looked_at: Specimen, layer: str) -> None:
    """How many filters each kind has at every step that is kept, with a mark at the step on screen."""
    groups = [groups_at(looked_at.run.id, step, layer) for step in looked_at.steps]
    curves = {t(kind): (looked_at.steps, numbers) for kind, numbers in gratings.counts(groups).items()}
    figure = history_figure(curves, frame.theme(), "", t("step"), t("filters"))
    colours = palette(frame.theme())
    figure.add_vline(looked_at.step, line={"color": colours.pointer, "width": 2})
    figure.update_layout(height=340, legend={"y": -0.3, "yanchor": "top"})
    st.plotly_chart(figure, key="filters.groups", config={"displayModeBar": False})


def in_words(now: dict[str, list[int]], before: dict[str, list[int]], step: int) -> str:
    """How many filters have a clear pattern at the step, and how many edges are among them."""
    total = sum(map(len, now.values()))
    return t(
        "At step {step:,}, **{clear} of {total}** filters have a clear pattern, **{edges}** of them edges; "
        "before training it was {first}. A filter counts where stripes or rings explain more of it than of "
        "95 in 100 random filters.",
        step=step,
        clear=total - len(now[gratings.UNCLEAR]),
        total=total,
        edges=sum(len(now[kind]) for kind in gratings.EDGES),
        first=total - len(before[gratings.UNCLEAR]),
    )


def weights_in_words(ends: dict[int, np.ndarray], last: int | None) -> Iterator[str]:
    """Whether neighbouring weights go together at a run's first and newest step: noise, or shapes.

    ``last``: the step with which the training ended; None while it goes on.
    """
    chance = gratings.chance_smoothness(next(iter(ends.values())).shape)
    for step, weights in ends.items():
        alike = gratings.smoothness(weights)
        if alike is None:
            continue
        when = t("At step {step:,}", step=step)
        if not step:
            when = t("Before training")
        elif step == last:
            when = t("After training")
        said = {"when": when, "range": scale_text(*limits(weights)), "alike": numeral(alike, ".2f")}
        if alike > chance:
            yield t(
                "{when} the weights run from {range}, and neighbours go together (correlation "
                "**{alike}**): smooth shapes.",
                **said,
            )
        else:
            yield t(
                "{when} the weights run from {range}, and neighbours do not go together (correlation "
                "**{alike}**): noise.",
                **said,
            )
    if weights.shape[-1] > 1:
        yield t("Of random weights, 95 in 100 stay below {chance:.2f}.", chance=chance)
