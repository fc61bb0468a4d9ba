"""The runs that are compared, the step at which all of them are looked at, and their first layers then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cnn_core.figures import filter_grid, limits, scale_text
from cnn_core.models import first_layer
from cnn_core.records import Run
from cnn_core.runs import REFERENCE
from ui import frame
from ui.language import explain, t
from ui.pictures import picture
from ui.specimen import run_name, store
from ui.specimen import weights as weights_at
from ui.state import PageState, control
from ui.step_slider import step_slider
from ui.training_pictures import as_filters

MOST = 4


def pick(page: PageState) -> list[Run]:
    """Choose the runs: those of the address, else the newest ones beside the reference run."""
    known = {run.id: run for run in store().runs() if store().snapshot_steps(run.id)}
    asked = [i for i in dict.fromkeys(page.runs.split(",")) if i in known]
    chosen = asked[:MOST]
    gone = [i for i in page.runs.split(",") if i and i not in known]
    if gone:
        st.warning(t("{count} of these runs are no longer here, or have not begun.", count=len(gone)))
    if len(asked) > MOST:
        st.info(
            t("The link names {count} runs. The first {most} are compared here.", count=len(asked), most=MOST)
        )
    chosen = chosen or [*[i for i in known if i != REFERENCE][:2], REFERENCE]

    def take(runs: list[str]) -> None:
        page.set(runs=",".join(runs), pair=page.default("pair"))

    st.multiselect(
        t("Runs"),
        list(known),
        format_func=lambda i: run_name(known[i]),
        max_selections=MOST,
        placeholder=t("Choose two to four runs"),
        **control("compare.runs", chosen, take),
    )
    for run in (known[i] for i in chosen):
        if run.damage:
            st.info(f"{run_name(run)}: {explain(run.damage)}")
    return [known[i] for i in chosen]


def named(runs: Sequence[Run]) -> dict[str, Run]:
    """The runs by names that differ."""
    names: dict[str, Run] = {}
    for run in runs:
        name = run_name(run)
        names[name if name not in names else f"{name} ({run.id[:6]})"] = run
    return names


def pick_step(page: PageState, runs: Sequence[Run]) -> int:
    """One step for all: any at which one of them was kept."""
    steps = sorted({step for run in runs for step in store().snapshot_steps(run.id)})
    of, label = " ".join(run.id for run in runs), t("Step, for all of them")
    return step_slider(label, steps, page.at, lambda step: page.set(at=step), of=of, key="compare.at")


def kept_at(run: Run, step: int) -> int:
    """The newest step at or before this one that was kept of the run."""
    kept = store().snapshot_steps(run.id)
    return max((at for at in kept if at <= step), default=kept[0])


def filters(runs: Mapping[str, Run], step: int) -> None:
    """The first layer of each run, all on one scale."""
    shown = {}
    for name, run in runs.items():
        at = kept_at(run, step)
        weights = weights_at(run.id, at)[f"{first_layer(run.spec.model)}.weight"]
        shown[name] = at, as_filters(run, weights)
    ends = limits(*(weights for _, weights in shown.values()))
    names = list(shown)
    for row in (names[:2], names[2:]):
        for column, name in zip(st.columns(2, gap="medium"), row, strict=False):
            at, weights = shown[name]
            said = t("{name}, step {step:,}", name=name, step=at)
            drawn = filter_grid(weights[:36], "grey", ends, _across(weights), 40, 3, frame.theme())
            with column:
                picture(drawn, f"compared-{names.index(name)}", t("The first layer's filters"), said)
    st.caption(t("First layers on one scale: black to white is {range}", range=scale_text(*ends)))


def _across(weights: np.ndarray) -> int:
    """So many filters in a row that the picture is about square, and 180 pixels wide."""
    return 4 if len(weights) <= 16 else 6
