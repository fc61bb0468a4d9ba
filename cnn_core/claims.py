"""What takes longer than a lesson, measured once: which single change to the notebook passes its 90.79 %.

``python -m cnn_core experiments`` trains them anew and writes the file that the pages read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from cnn_core.data import DATA, Mnist
from cnn_core.messages import Problem, text
from cnn_core.presets import PRESETS
from cnn_core.spec import TrainingSpec

FILE = DATA / "experiments.json"
TARGET = 0.9079  # what the notebook prints
LOOK_EVERY = 100  # steps, as often as the notebook prints its loss

_NOTEBOOK = PRESETS["notebook"].spec
_TWO_EPOCHS = replace(_NOTEBOOK, steps=1200)  # enough to see which change is the first
SINGLE_CHANGES: dict[str, tuple[str, TrainingSpec]] = {  # what is changed, in words, and all settings
    "optimiser": (text("Adam instead of SGD"), replace(_TWO_EPOCHS, optimiser="adam")),
    "learning_rate": (text("learning rate 0.1 instead of 0.0002"), replace(_TWO_EPOCHS, learning_rate=0.1)),
    "initialisation": (text("first weights after Kaiming"), replace(_TWO_EPOCHS, initialisation="kaiming")),
    "momentum": (text("momentum 0.9"), replace(_TWO_EPOCHS, momentum=0.9)),
    "nothing": (text("nothing changed: the notebook's own ten epochs"), _NOTEBOOK),
}


@dataclass(frozen=True)
class Claim:
    """How far a run came: until it passed TARGET, else to its end."""

    run: str  # the id of the settings that were trained
    steps: int  # after which it passed, or all of them
    accuracy: float  # on all test images, then
    passed: bool


def measure(spec: TrainingSpec, data: Mnist, look_every: int = LOOK_EVERY, target: float = TARGET) -> Claim:
    """Train until more than ``target`` of all test images are read right, or to the end of the spec.

    It looks every so many steps, first at 1,000 test images, and at all of them where those promise it.
    """
    from cnn_core.training import WATCHED, Trainer

    trainer = Trainer(spec, data)
    while trainer.advance():
        last = trainer.step == spec.steps
        if not last and (trainer.step == 0 or trainer.step % look_every):
            continue
        if last or trainer.evaluate(WATCHED).accuracy > target:
            whole = trainer.evaluate()
            if last or whole.accuracy > target:
                return Claim(spec.run_id, trainer.step, whole.accuracy, whole.accuracy > target)
    raise AssertionError("a run ends with its last step")


def renew(data: Mnist, tell: Callable[[str, Claim], None], file: Path = FILE) -> None:
    """Measure every single change, and write all of them at once."""
    from cnn_core.worker import environment

    claims = {}
    for name, (_, spec) in SINGLE_CHANGES.items():
        claims[name] = measure(spec, data)
        tell(name, claims[name])
    told = {
        "target": TARGET,
        "environment": environment(),
        "single_changes": {name: asdict(claim) for name, claim in claims.items()},
    }
    file.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def recorded(file: Path = FILE) -> dict[str, Claim]:
    """What was measured of each single change.

    Raises :class:`Problem` where the file is missing, or was measured with other settings than these.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))["single_changes"]
        claims = {name: Claim(**told[name]) for name in SINGLE_CHANGES}
    except (OSError, ValueError, KeyError, TypeError):
        claims = {}
    if {name: claim.run for name, claim in claims.items()} != _runs():
        raise Problem(
            "The recorded experiments {file} are missing, or are of other settings: fetch the project again, "
            "or measure them with python -m cnn_core experiments.",
            file=file.name,
        )
    return claims


def _runs() -> dict[str, str]:
    """The id of the settings of each single change."""
    return {name: spec.run_id for name, (_, spec) in SINGLE_CHANGES.items()}
