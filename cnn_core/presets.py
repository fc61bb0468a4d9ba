"""Settings to begin from, each with what to expect of them."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.messages import text
from cnn_core.models import NOTEBOOK, SIMPLE_CONV_NET
from cnn_core.spec import TrainingSpec, steps_for_epochs


@dataclass(frozen=True)
class Preset:
    """A TrainingSpec with a sentence, still English, on what it gives."""

    name: str
    spec: TrainingSpec
    expect: str


_ALL = (
    Preset(
        "fast",
        TrainingSpec(
            model=NOTEBOOK,
            optimiser="adamw",
            learning_rate=5e-3,
            weight_decay=0.01,
            schedule="one_cycle",
            steps=200,
        ),
        text("About 98 of 100 test digits after 200 steps: the quickest way to see a network learn."),
    ),
    Preset(
        "accurate",
        TrainingSpec(
            model=NOTEBOOK,
            optimiser="adamw",
            learning_rate=5e-3,
            weight_decay=0.05,
            schedule="one_cycle",
            steps=2400,
            augmentation=True,
        ),
        text("More than 99.2 of 100 test digits, and it forgives how a digit is drawn: the reference run."),
    ),
    Preset(
        "book",
        TrainingSpec(model=SIMPLE_CONV_NET, optimiser="adam", learning_rate=1e-3, steps=steps_for_epochs(2)),
        text("The book's SimpleConvNet with Adam, for 2 epochs instead of 20: about 98 of 100 test digits."),
    ),
    Preset(
        "notebook",
        TrainingSpec(model=NOTEBOOK, optimiser="sgd", learning_rate=2e-4, steps=steps_for_epochs(10)),
        text(
            "Exactly the notebook's settings. After all 10 epochs about 16 of 100 test digits, hardly more "
            "than guessing: find out why."
        ),
    ),
)

PRESETS = {preset.name: preset for preset in _ALL}
