"""Cleaning up one's own runs: chosen by age and size, listed first, then gone for good."""

from __future__ import annotations

import streamlit as st

from cnn_core.upkeep import Stored, remove, stale, stored
from ui.language import t
from ui.specimen import run_name, store
from ui.training_runs import attempt

DAY = 86_400


def clean_up(learner: str) -> None:
    """Choose by age and by size which of the learner's runs go, see them, and let them go."""
    mine = [entry for entry in stored(store()) if learner and entry.run.owner == learner]
    if not mine:
        return
    with st.expander(t("Clean up your runs"), key="training.upkeep"):
        total = sum(entry.size for entry in mine)
        st.markdown(
            t("Your runs take {size:.1f} MB on this computer: {count}.", count=len(mine), size=total / 1e6)
        )
        age, size = st.columns(2)
        days = age.number_input(t("Remove what is older than so many days"), 0, 3650, 30, key="clean.days")
        kept = size.number_input(t("And keep at most so many MB"), 0, 1_000_000, 500, key="clean.kept")
        going = stale(store(), days * DAY, kept * 1_000_000, learner)
        if not going:
            st.caption(t("Nothing of yours is so old or so large. Runs that wait or train always stay."))
            return
        _list(going)
        st.button(
            t("Remove these for good: {count}", count=len(going)),
            icon=":material/delete_forever:",
            on_click=_remove,
            args=(going,),
        )


def _remove(going: list[Stored]) -> None:
    attempt(lambda: remove(store(), [entry.run.id for entry in going]))


def _list(going: list[Stored]) -> None:
    st.dataframe(
        {
            t("Name"): [run_name(entry.run) for entry in going],
            t("Step"): [f"{entry.run.step:,} / {entry.run.spec.steps:,}" for entry in going],
            "MB": [round(entry.size / 1e6, 1) for entry in going],
        },
        hide_index=True,
        height="content",
    )
