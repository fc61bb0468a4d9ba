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
    "learning_rate": _changed(number(0, 0, 100)),
    "steps": _changed(integer(1, 1, 20_000)),
    "batch_size": _changed(integer(1, 1, 10_000)),
    "seed": _changed(integer(0, 0, 2**31 - 1)),
    "train_size": _changed(integer(1, 1, 60_000)),
    "optimiser": _changed(choice("", OPTIMISERS)),
    "momentum": _changed(number(0, 0, 0.9999)),
    "schedule": _changed(choice("", SCHEDULES)),
    "initialisation": _changed(choice("", INITIALISATIONS)),
    "augmentation": _changed(choice("", ["on", "off"])),
    "pixels": _changed(choice("", PIXELS)),
}
SETTINGS = [name for name in FIELDS if name != "preset"]
NUMBERS: dict[str, tuple[float, float, float, str]] = {  # lowest, highest, step, how it is written
    "learning_rate": (0.0, 100.0, 0.0001, "%g"),
    "steps": (1, 20_000, 1, "%d"),
    "batch_size": (1, 10_000, 1, "%d"),
    "seed": (0, 2**31 - 1, 1, "%d"),
    "train_size": (1, 60_000, 1, "%d"),
    "momentum": (0.0, 0.9999, 0.1, "%g"),
}


def chosen_spec(page: PageState) -> TrainingSpec:
    """The preset with the learner's changes."""
    return _changed_spec(page.preset, {n: getattr(page, n) for n in SETTINGS if getattr(page, n) is not None})


def _changed_spec(preset: str, changes: dict[str, Any]) -> TrainingSpec:
    changes = dict(changes)
    if "network" in changes:
        changes["model"] = NETWORKS[changes.pop("network")]
    if "augmentation" in changes:
        changes["augmentation"] = changes["augmentation"] == "on"
    spec = replace(PRESETS[preset].spec, **changes)
    return spec if spec.optimiser == "sgd" else replace(spec, momentum=0.0)  # the others have none


def _value(spec: TrainingSpec, name: str) -> Any:
    """A setting of a spec as its control shows it; None for a network without a name."""
    if name == "network":
        return next((known for known, model in NETWORKS.items() if model == spec.model), None)
    if name == "augmentation":
        return "on" if spec.augmentation else "off"
    return getattr(spec, name)


def choices_for(spec: TrainingSpec) -> dict[str, Any] | None:
    """The page's choices that give this spec, with the fewest changes; None: none do."""
    found = []
    for preset in PRESETS.values():
        now = {name: _value(spec, name) for name in SETTINGS}
        changes = {name: now[name] for name in SETTINGS if now[name] != _value(preset.spec, name)}
        if None not in changes.values() and _changed_spec(preset.name, changes) == spec:
            found.append({"preset": preset.name} | dict.fromkeys(SETTINGS) | changes)
    return min(found, key=lambda choices: sum(v is not None for v in choices.values()), default=None)


def preset_names() -> dict[str, str]:
    """The presets' names in the learner's language."""
    return {
        "fast": t("fast"),
        "accurate": t("accurate"),
        "book": t("the book's"),
        "notebook": t("the notebook's"),
    }


def _labels() -> dict[str, str]:
    return {
        "network": t("Network"),
        "learning_rate": t("Learning rate"),
        "steps": t("Steps"),
        "batch_size": t("Images in a batch"),
        "seed": t("Seed of the random numbers"),
        "train_size": t("Training images"),
        "optimiser": t("Optimiser"),
        "momentum": t("Momentum (of SGD)"),
        "schedule": t("Schedule of the learning rate"),
        "initialisation": t("First weights"),
        "augmentation": t("Vary the training images a little"),
        "pixels": t("Pixels"),
    }


def _options() -> dict[str, dict[str, str]]:
    """What can be chosen, with its names in the learner's language."""
    return {
        "network": {
            "notebook": t("the notebook's CNN"),
            "book": t("the book's SimpleConvNet"),
            "lenet5": "LeNet-5",
            "mlp": t("fully connected"),
        },
        "optimiser": {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"},
        "schedule": {"constant": t("constant"), "one_cycle": t("up, then down")},
        "initialisation": {
            "torch": t("PyTorch's own"),
            "kaiming": "Kaiming",
            "small": t("very small"),
            "zeros": t("all zero"),
        },
        "augmentation": {"on": t("yes"), "off": t("no")},
        "pixels": {"plain": t("as they are"), "shuffled": t("shuffled, all images alike")},
    }


def in_words(spec: TrainingSpec) -> str:
    """A run's settings in one line; what is as usual is left out."""
    options = _options()
    network = options["network"].get(_value(spec, "network") or "", t("a network of its own"))
    said = [network, options["optimiser"][spec.optimiser], f"{t('Learning rate')} {spec.learning_rate:g}"]
    said[-1] += f" ({options['schedule'][spec.schedule]})"
    if spec.momentum:
        said.append(f"{t('Momentum (of SGD)')} {spec.momentum:g}")
    said.append(
        t(
            "{steps:,} steps of {images:,} images, seed {seed}",
            steps=spec.steps,
            images=spec.batch_size,
            seed=spec.seed,
        )
    )
    if spec.train_size < 60_000:
        said.append(f"{t('Training images')} {spec.train_size:,}")
    if spec.initialisation != "torch":
        said.append(f"{t('First weights')}: {options['initialisation'][spec.initialisation]}")
    if spec.augmentation:
        said.append(t("turned and moved images"))
    if spec.pixels != "plain":
        said.append(t("shuffled pixels"))
    return " · ".join(said)


def name_of(page: PageState) -> str:
    """A name for the run of the chosen settings: the preset, what was changed of it, the seed."""
    labels, options = _labels(), _options()
    said = [preset_names()[page.preset]]
    for name in SETTINGS:
        value = getattr(page, name)
        if value is None or name == "seed" or value == _value(PRESETS[page.preset].spec, name):
            continue
        if name == "network":
            said.append(options[name][value])
        else:
            said.append(f"{labels[name]} {options[name][value] if name in options else f'{value:g}'}")
    return t("{preset}, seed {seed}", preset=", ".join(said), seed=chosen_spec(page).seed)


def preset_picker(page: PageState) -> None:
    """The preset to begin from; choosing one takes the learner's changes back."""
    names = preset_names()
    st.selectbox(
        t("Settings to begin from"),
        list(PRESETS),
        format_func=names.__getitem__,
        **page.widget("preset", after=lambda: page.set(**dict.fromkeys(SETTINGS))),
    )


def controls(page: PageState) -> None:
    """Every setting as it stands, to be changed."""
    spec, labels, options = chosen_spec(page), _labels(), _options()
    columns = st.columns(2)
    for i, name in enumerate(SETTINGS):
        key = f"setting.{name}"
        value = _value(spec, name)
        st.session_state[key] = float(value) if name in ("learning_rate", "momentum") else value
        with columns[i % 2]:
            if name in options:
                _select(page, name, labels[name], options[name], key)
            else:
                _number(
                    page, name, labels[name], key, disabled=name == "momentum" and spec.optimiser != "sgd"
                )


def _select(page: PageState, name: str, label: str, options: dict[str, str], key: str) -> None:
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        on_change=lambda: page.set(**{name: st.session_state[key]}),
    )


def _number(page: PageState, name: str, label: str, key: str, disabled: bool) -> None:
    low, high, step, written = NUMBERS[name]

    def changed() -> None:
        if st.session_state[key] is not None:
            page.set(**{name: st.session_state[key]})

    st.number_input(
        label, low, high, step=step, format=written, key=key, on_change=changed, disabled=disabled
    )
