"""The settings of a run: a preset to begin from, and what a learner changes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.models import NETWORKS
from cnn_core.presets import PRESETS
from cnn_core.spec import INITIALISATIONS, OPTIMISERS, PIXELS, SCHEDULES, TrainingSpec
from ui.language import t
from ui.state import Field, PageState, choice, integer, number

PRESET = choice("fast", list(PRESETS))


def _changed(field: Field) -> Field:
    """A setting that is the preset's until somebody changes it."""
    return replace(field, default=None)


FIELDS = {
    "preset": PRESET,
    "network": _changed(choice("", list(NETWORKS))),
    "optimiser": _changed(choice("", OPTIMISERS)),
    "learning_rate": _changed(number(0, 0, 100)),
    "momentum": _changed(number(0, 0, 0.9999)),
    "schedule": _changed(choice("", SCHEDULES)),
    "steps": _changed(integer(1, 1, 20_000)),
    "batch_size": _changed(integer(1, 1, 10_000)),
    "seed": _changed(integer(0, 0, 2**31 - 1)),
    "train_size": _changed(integer(1, 1, 60_000)),
    "pixels": _changed(choice("", PIXELS)),
    "augmentation": _changed(choice("", ["on", "off"])),
    "initialisation": _changed(choice("", INITIALISATIONS)),
}
SETTINGS = [name for name in FIELDS if name != "preset"]


def chosen_spec(page: PageState) -> TrainingSpec:
    """The preset with the learner's changes."""
    changes: dict[str, Any] = {n: getattr(page, n) for n in SETTINGS if getattr(page, n) is not None}
    if "network" in changes:
        changes["model"] = NETWORKS[changes.pop("network")]
    if "augmentation" in changes:
        changes["augmentation"] = changes["augmentation"] == "on"
    return replace(PRESETS[page.preset].spec, **changes)


def preset_names() -> dict[str, str]:
    """The presets' names in the learner's language."""
    return {
        "fast": t("fast"),
        "accurate": t("accurate"),
        "book": t("the book's"),
        "notebook": t("the notebook's"),
    }


def choose(page: PageState) -> TrainingSpec:
    """Show the preset and its settings, and return what is chosen."""
    names = preset_names()
    st.selectbox(
        t("Settings to begin from"),
        list(PRESETS),
        format_func=names.__getitem__,
        **page.widget("preset", after=lambda: page.set(**dict.fromkeys(SETTINGS))),
    )
    st.markdown(t(PRESETS[page.preset].expect))
    with st.expander(t("Change the settings")):
        _controls(page, chosen_spec(page))
    return chosen_spec(page)


def _controls(page: PageState, spec: TrainingSpec) -> None:
    network = next((name for name, model in NETWORKS.items() if model == spec.model), "notebook")
    _select(
        page,
        "network",
        t("Network"),
        list(NETWORKS),
        network,
        {
            "notebook": t("the notebook's CNN"),
            "book": t("the book's SimpleConvNet"),
            "lenet5": "LeNet-5",
            "mlp": t("fully connected"),
        },
    )
    _number(page, "learning_rate", t("Learning rate"), spec.learning_rate, 0.0, 100.0, "%g")
    _number(page, "steps", t("Steps"), spec.steps, 1, 20_000)
    _number(page, "batch_size", t("Images in a batch"), spec.batch_size, 1, 10_000)
    _number(page, "seed", t("Seed of the random numbers"), spec.seed, 0, 2**31 - 1)
    _number(page, "train_size", t("Training images"), spec.train_size, 1, 60_000)
    _select(
        page,
        "optimiser",
        t("Optimiser"),
        list(OPTIMISERS),
        spec.optimiser,
        {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"},
    )
    _number(page, "momentum", t("Momentum (of SGD)"), spec.momentum, 0.0, 0.9999, "%g")
    _select(
        page,
        "schedule",
        t("Schedule of the learning rate"),
        list(SCHEDULES),
        spec.schedule,
        {"constant": t("constant"), "one_cycle": t("up, then down")},
    )
    _select(
        page,
        "initialisation",
        t("First weights"),
        list(INITIALISATIONS),
        spec.initialisation,
        {"torch": t("PyTorch's own"), "kaiming": "Kaiming", "small": t("very small"), "zeros": t("all zero")},
    )
    _select(
        page,
        "augmentation",
        t("Training images are turned, scaled and moved a little"),
        ["on", "off"],
        "on" if spec.augmentation else "off",
        {"on": t("yes"), "off": t("no")},
    )
    _select(
        page,
        "pixels",
        t("Pixels"),
        list(PIXELS),
        spec.pixels,
        {"plain": t("as they are"), "shuffled": t("shuffled, all images alike")},
    )


def _select(
    page: PageState, name: str, label: str, options: list[str], now: str, names: dict[str, str]
) -> None:
    key = f"setting.{name}"
    st.session_state[key] = now
    st.selectbox(
        label,
        options,
        format_func=names.__getitem__,
        key=key,
        on_change=lambda: page.set(**{name: st.session_state[key]}),
    )


def _number(
    page: PageState, name: str, label: str, now: float, low: float, high: float, shown: str | None = None
) -> None:
    key = f"setting.{name}"
    st.session_state[key] = now
    step = None if isinstance(now, float) else 1

    def changed() -> None:
        if st.session_state[key] is not None:
            page.set(**{name: st.session_state[key]})

    st.number_input(label, low, high, step=step or 0.0001, format=shown, key=key, on_change=changed)
