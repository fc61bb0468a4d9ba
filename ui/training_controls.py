"""The controls of the training page's settings: of the training, of the network, of the learner's kernel."""

from __future__ import annotations

import streamlit as st

from cnn_core.presets import PRESETS
from cnn_core.spec import steps_for_epochs
from ui import training_kernel, training_network
from ui.language import t
from ui.state import PageState, control, dial
from ui.training_settings import MOST_STEPS, SETTINGS, chosen_spec, labels, options, preset_names, value_of

NUMBERS: dict[str, tuple[float, float, float, str]] = {  # lowest, highest, step, how it is written
    "learning_rate": (0.0, 100.0, 0.0001, "%g"),
    "steps": (1, MOST_STEPS, 1, "%d"),
    "batch_size": (1, 10_000, 1, "%d"),
    "seed": (0, 2**31 - 1, 1, "%d"),
    "train_size": (1, 60_000, 1, "%d"),
    "momentum": (0.0, 0.9999, 0.1, "%g"),
    "weight_decay": (0.0, 10.0, 0.01, "%g"),
}
_OF_TRAINING = [name for name in SETTINGS if name not in ("network", "kernels", "held")]


def preset_picker(page: PageState) -> None:
    """The preset to begin from; choosing one takes the learner's changes back."""
    names = preset_names()
    st.selectbox(
        t("Settings to begin from"),
        list(PRESETS),
        format_func=names.__getitem__,
        **page.control("preset", after=lambda: page.set(**dict.fromkeys(SETTINGS))),
    )


def controls(page: PageState) -> None:
    """Every setting as it stands, to be changed."""
    training, network, kernel = st.tabs(
        [t("Training"), t("Network"), t("Your own kernel")], key="training.tabs"
    )
    with training:
        _training(page)
    with network:
        training_network.editor(page)
    with kernel:
        training_kernel.controls(page)


def _training(page: PageState) -> None:
    spec, called, names = chosen_spec(page), labels(), options()
    columns = st.columns(2)
    for i, name in enumerate(_OF_TRAINING):
        value = value_of(spec, name)
        with columns[i % 2]:
            if name in names:
                _select(page, name, called[name], names[name], value)
            else:
                unused = name == "momentum" and spec.optimiser != "sgd"
                exact = float(value) if isinstance(NUMBERS[name][0], float) else value
                _number(page, name, called[name], exact, unused)
    with columns[len(_OF_TRAINING) % 2]:
        _epochs(page)


def _select(page: PageState, name: str, label: str, names: dict[str, str], value: object) -> None:
    st.selectbox(
        label,
        list(names),
        format_func=names.__getitem__,
        **control(f"setting.{name}", value, lambda chosen: page.set(**{name: chosen})),
    )


def _number(page: PageState, name: str, label: str, value: float, disabled: bool) -> None:
    low, high, step, written = NUMBERS[name]

    def take(number: float | None) -> None:
        if number is not None:
            page.set(**{name: number})

    shown = dial(f"setting.{name}", value, take)
    st.number_input(label, low, high, step=step, format=written, disabled=disabled, **shown)


def _epochs(page: PageState) -> None:
    """The steps once more, counted in passes over the training images."""
    spec = chosen_spec(page)
    most = MOST_STEPS / spec.steps_per_epoch

    def take(epochs: float | None) -> None:
        if epochs is not None:
            page.set(steps=min(MOST_STEPS, steps_for_epochs(epochs, spec.train_size, spec.batch_size)))

    st.number_input(
        t("Epochs: passes over all training images"),
        0.0,
        most,
        step=min(1.0, most),
        format="%.4g",
        **dial("setting.epochs", min(most, spec.steps / spec.steps_per_epoch), take),
    )
