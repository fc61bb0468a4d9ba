"""The script that a page shows trains what `fit` trains: the same losses, step by step."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Evaluation, Step
from cnn_core.models import BATCH_NORM, FLATTEN, LENET5, RELU, ModelSpec, conv, dropout, linear, max_pool
from cnn_core.optim import learning_rate, optimiser
from cnn_core.recording import Recorder
from cnn_core.records import digest, pack
from cnn_core.script import training_notebook, training_script
from cnn_core.training import PRESETS, TrainingSpec, fit

SMALL = ModelSpec((conv(4, 5), BATCH_NORM, RELU, max_pool(4), FLATTEN, dropout(0.3), linear(10)))


def another_network() -> bytes:
    """Weights as a branch begins with: of a network that is not what the seed would give."""
    with torch.random.fork_rng():
        torch.manual_seed(99)
        state = SMALL.build().state_dict()
    state["norm1.running_mean"] += 0.5
    return pack({name: value.numpy() for name, value in state.items()})


START = another_network()
SPECS = {
    **{name: replace(preset.spec, steps=4, batch_size=32) for name, preset in PRESETS.items()},
    "shuffled": TrainingSpec(model=LENET5, pixels="shuffled", steps=4, train_size=300),
    "small": TrainingSpec(model=SMALL, steps=4, initialisation="small", train_size=300),
    "dropout": TrainingSpec(
        model=SMALL, steps=5, batch_size=30, train_size=70, initialisation="kaiming", seed=3
    ),
    "frozen": TrainingSpec(
        model=SMALL,
        optimiser="sgd",
        momentum=0.9,
        learning_rate=0.1,
        steps=3,
        batch_size=8,
        frozen=("conv1",),
    ),
    "branch": TrainingSpec(
        model=SMALL, optimiser="sgd", learning_rate=0.1, steps=4, batch_size=30, start=digest(START)
    ),
    "branch with a frozen batch norm": TrainingSpec(
        model=SMALL,
        optimiser="sgd",
        learning_rate=0.1,
        steps=4,
        batch_size=30,
        start=digest(START),
        frozen=("conv1", "norm1"),
    ),
    "kernels": TrainingSpec(
        model=SMALL,
        optimiser="sgd",
        learning_rate=0.1,
        steps=3,
        batch_size=8,
        kernels="0,-1,0;-1,4,-1;0,-1,0|1,-1",
    ),
    "kernels held": TrainingSpec(
        model=SMALL, steps=3, batch_size=8, weight_decay=0.1, kernels="1,-1", kernels_held=True
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_script_gives_the_losses_and_the_accuracy_of_fit(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    store = Recorder()
    store.put_artifact("snapshot", START)
    spec = replace(SPECS[name], train_size=min(SPECS[name].train_size, 500))
    whole = load_mnist()
    few = Mnist(
        whole.train_images[:500], whole.train_labels[:500], whole.test_images[:200], whole.test_labels[:200]
    )
    monkeypatch.setattr("cnn_core.data.load_mnist", lambda: few)
    left: dict[str, object] = {}
    exec(training_script(spec), left)
    events = list(fit(spec, few, start=store.start_weights(spec)))
    losses = [e.loss for e in events if isinstance(e, Step)]
    assert np.allclose(left["losses"], losses, rtol=1e-3)
    accuracy = [e.accuracy for e in events if isinstance(e, Evaluation)][-1]
    assert left["accuracy"] == pytest.approx(accuracy, abs=0.02)


def test_the_notebook_is_the_script_in_cells() -> None:
    spec = PRESETS["accurate"].spec
    notebook = training_notebook(spec)
    cells = notebook["cells"]
    assert "\n\n".join(cell["source"] for cell in cells) == training_script(spec)  # type: ignore[attr-defined]
    assert notebook["nbformat"] == 4
    assert all(cell["cell_type"] == "code" and cell["outputs"] == [] for cell in cells)  # type: ignore[attr-defined]


AWKWARD = TrainingSpec(  # none of these ends within six digits
    optimiser="sgd",
    learning_rate=0.00123456789,
    momentum=0.123456789,
    weight_decay=1.23456789e-5,
    schedule="one_cycle",
    steps=1_234_567 // 7,
)


@settings(max_examples=150, deadline=None)
@given(
    spec=st.builds(
        TrainingSpec,
        optimiser=st.sampled_from(["sgd", "adam", "adamw"]),
        learning_rate=st.floats(0, 100),
        momentum=st.floats(0, 0.9999),
        weight_decay=st.floats(0, 10),
        schedule=st.sampled_from(["constant", "one_cycle"]),
        steps=st.integers(1, 1_000_000),
    ),
    share=st.floats(0, 1),
)
@example(spec=AWKWARD, share=0.1)
@example(spec=replace(AWKWARD, optimiser="adamw"), share=0.7)
def test_the_numbers_of_the_script_are_those_of_the_settings_to_the_last_bit(
    spec: TrainingSpec, share: float
) -> None:
    _, begins, rest = training_script(spec).partition("optimiser = ")
    lines, ends, _ = rest.partition("losses = []")
    assert begins
    assert ends
    left: dict[str, object] = {"torch": torch, "math": math, "model": nn.Linear(1, 1)}
    exec(begins + lines, left)
    written, wanted = left["optimiser"], optimiser(spec, [nn.Parameter(torch.zeros(1))])
    assert type(written) is type(wanted)
    assert settings_of(written) == settings_of(wanted)
    if spec.schedule == "one_cycle":
        for step in {1, max(1, round(share * spec.steps)), spec.steps}:
            assert left["learning_rate"](step) == learning_rate(spec, step)  # type: ignore[operator]


def settings_of(made: object) -> dict[str, object]:
    """All that an optimiser was given besides the parameters."""
    (group,) = made.param_groups  # type: ignore[attr-defined]
    return {name: value for name, value in group.items() if name != "params"}


def test_numbers_read_as_a_learner_would_type_them() -> None:
    for rate, text in ((0.001, "0.001"), (0.0002, "0.0002"), (0.1, "0.1"), (1, "1"), (5.0, "5")):
        assert f", lr={text}, weight_decay=0)" in training_script(TrainingSpec(learning_rate=rate))
    rolling = TrainingSpec(optimiser="sgd", momentum=0.9, learning_rate=0.05, schedule="one_cycle")
    script = training_script(rolling)
    assert "lr=0.05, momentum=0.9)" in script
    assert "rising, high = max(1, 0.3 * 200), 0.05" in script
