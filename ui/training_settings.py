"""The settings of a run: a preset to begin from, and what a learner changes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnn_core import design
from cnn_core.messages import Problem
from cnn_core.models import NETWORKS
from cnn_core.own_kernels import canonical
from cnn_core.presets import PRESETS
from cnn_core.script import training_script
from cnn_core.spec import INITIALISATIONS, OPTIMISERS, PIXELS, SCHEDULES, TrainingSpec
from ui.language import t
from ui.state import Field, PageState, choice, integer, number

PRESET = choice("fast", list(PRESETS))


def _changed(field: Field) -> Field:
    """A setting that is the preset's until somebody changes it."""
    return replace(field, default=None)


def _network(raw: str) -> str:
    """A known network's name, or a network of one's own in the text of its choices."""
    return raw if raw in NETWORKS else str(design.read(raw))


MOST_STEPS = 20_000
USUAL_DECAY = {"adamw": 0.01}  # torch's defaults; of the others it is 0
FIELDS = {
    "preset": PRESET,
    "network": Field(None, _network),
    "learning_rate": _changed(number(0, 0, 100)),
    "steps": _changed(integer(1, 1, MOST_STEPS)),
    "batch_size": _changed(integer(1, 1, 10_000)),
    "seed": _changed(integer(0, 0, 2**31 - 1)),
    "train_size": _changed(integer(1, 1, 60_000)),
    "optimiser": _changed(choice("", OPTIMISERS)),
    "momentum": _changed(number(0, 0, 0.9999)),
    "weight_decay": _changed(number(0, 0, 10)),
    "schedule": _changed(choice("", SCHEDULES)),
    "initialisation": _changed(choice("", INITIALISATIONS)),
    "augmentation": _changed(choice("", ["on", "off"])),
    "pixels": _changed(choice("", PIXELS)),
    "kernels": Field(None, canonical),
    "held": _changed(choice("", ["on", "off"])),
}
SETTINGS = [name for name in FIELDS if name != "preset"]
_ON_OFF = {"augmentation": "augmentation", "held": "kernels_held"}


def chosen_spec(page: PageState) -> TrainingSpec:
    """The preset with the learner's changes."""
    return _changed_spec(page.preset, {n: getattr(page, n) for n in SETTINGS if getattr(page, n) is not None})


def _changed_spec(preset: str, changes: dict[str, Any]) -> TrainingSpec:
    changes = dict(changes)
    if "network" in changes:
        name = changes.pop("network")
        changes["model"] = NETWORKS[name] if name in NETWORKS else design.read(name).network()
    for name, field in _ON_OFF.items():
        if name in changes:
            changes[field] = changes.pop(name) == "on"
    spec = replace(PRESETS[preset].spec, **changes)
    return spec if spec.optimiser == "sgd" else replace(spec, momentum=0.0)  # the others have none


def problem(page: PageState) -> Problem | None:
    """Why the chosen settings cannot be trained, if they cannot."""
    try:
        chosen_spec(page).check()
    except Problem as why:
        return why
    return None


def code(page: PageState) -> str:
    """The script of the chosen settings; none where they cannot be trained."""
    return "" if problem(page) else training_script(chosen_spec(page))


def value_of(spec: TrainingSpec, name: str) -> Any:
    """A setting of a spec as its control shows it; None for a network that no choices give."""
    if name == "network":
        known = next((known for known, model in NETWORKS.items() if model == spec.model), None)
        own = None if known else design.design_of(spec.model)
        return str(own) if own else known
    if name in _ON_OFF:
        return "on" if getattr(spec, _ON_OFF[name]) else "off"
    return getattr(spec, name)


def choices_for(spec: TrainingSpec) -> dict[str, Any] | None:
    """The page's choices that give this spec, with the fewest changes; None: none do."""
    if spec.steps > MOST_STEPS:  # the command line goes further
        return None
    found = []
    for preset in PRESETS.values():
        now = {name: value_of(spec, name) for name in SETTINGS}
        changes = {name: now[name] for name in SETTINGS if now[name] != value_of(preset.spec, name)}
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


def labels() -> dict[str, str]:
    return {
        "network": t("Network"),
        "learning_rate": t("Learning rate"),
        "steps": t("Steps"),
        "batch_size": t("Images in a batch"),
        "seed": t("Seed of the random numbers"),
        "train_size": t("Training images"),
        "optimiser": t("Optimiser"),
        "momentum": t("Momentum (of SGD)"),
        "weight_decay": t("Weight decay"),
        "schedule": t("Schedule of the learning rate"),
        "initialisation": t("First weights"),
        "augmentation": t("Vary the training images a little"),
        "pixels": t("Pixels"),
    }


def options() -> dict[str, dict[str, str]]:
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
    names = options()
    said = [
        network_name(spec),
        names["optimiser"][spec.optimiser],
        f"{t('Learning rate')} {spec.learning_rate:g}",
    ]
    said[-1] += f" ({names['schedule'][spec.schedule]})"
    if spec.momentum:
        said.append(f"{t('Momentum (of SGD)')} {spec.momentum:g}")
    if spec.weight_decay != USUAL_DECAY.get(spec.optimiser, 0.0):
        said.append(f"{t('Weight decay')} {spec.weight_decay:g}")
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
        said.append(f"{t('First weights')}: {names['initialisation'][spec.initialisation]}")
    if spec.augmentation:
        said.append(t("turned and moved images"))
    if spec.pixels != "plain":
        said.append(t("shuffled pixels"))
    if spec.kernels:
        said.append(t("own kernel, held") if spec.kernels_held else t("own kernel as the start"))
    return " · ".join(said)


def network_name(spec: TrainingSpec) -> str:
    """What the network is called; one's own by its sizes."""
    name = value_of(spec, "network")
    if name in NETWORKS:
        return options()["network"][name]
    return t("a network of its own") + (f" ({name})" if name else "")


def name_of(page: PageState) -> str:
    """A name for the run of the chosen settings: the preset, what was changed of it, the seed."""
    called, names, spec = labels(), options(), chosen_spec(page)
    said = [preset_names()[page.preset]]
    for name in SETTINGS:
        value = getattr(page, name)
        if value is None or name == "seed" or value == value_of(PRESETS[page.preset].spec, name):
            continue
        if name == "network":
            said.append(network_name(spec))
        elif name == "kernels":
            said.append(t("own kernel, held") if spec.kernels_held else t("own kernel as the start"))
        elif name != "held":
            said.append(f"{called[name]} {names[name][value] if name in names else f'{value:g}'}")
    return t("{preset}, seed {seed}", preset=", ".join(said), seed=spec.seed)
