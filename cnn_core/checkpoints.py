"""A checkpoint's bytes: safetensors, checked against the run that wants to go on from them."""

from __future__ import annotations

import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from cnn_core.events import Checkpoint
from cnn_core.messages import Problem
from cnn_core.optim import state_names
from cnn_core.spec import TrainingSpec

# Names inside: model.<parameter or buffer>, optimiser.<parameter>.<what the optimiser remembers of it>
Learning = dict[str, nn.Parameter]  # the parameters that are not frozen


def pack(
    spec: TrainingSpec, step: int, model: nn.Module, learning: Learning, optimiser: torch.optim.Optimizer
) -> Checkpoint:
    """Weights, buffers and optimiser as they stand after the step."""
    tensors = {f"model.{name}": value.contiguous() for name, value in model.state_dict().items()}
    for name, parameter in learning.items():
        for key, value in optimiser.state[parameter].items():
            tensors[f"optimiser.{name}.{key}"] = value.contiguous()
    return Checkpoint(step, save(tensors, {"step": str(step), "run": spec.run_id}))


def restore(
    checkpoint: Checkpoint,
    spec: TrainingSpec,
    model: nn.Module,
    learning: Learning,
    optimiser: torch.optim.Optimizer,
) -> None:
    """Put model and optimiser back; raises :class:`Problem` unless run, step and every tensor fit."""
    tensors = _read(checkpoint, spec)
    expected = {f"model.{name}": value for name, value in model.state_dict().items()}
    keys = state_names(spec) if checkpoint.step else ()
    for name, parameter in learning.items():
        for key in keys:
            expected[f"optimiser.{name}.{key}"] = torch.tensor(0.0) if key == "step" else parameter
    if {n: (t.shape, t.dtype) for n, t in tensors.items()} != {
        n: (t.shape, t.dtype) for n, t in expected.items()
    }:
        raise _unfit()
    model.load_state_dict({name: tensors[f"model.{name}"] for name in model.state_dict()})
    for name, parameter in learning.items():
        state = {key: tensors[f"optimiser.{name}.{key}"] for key in keys}
        optimiser.state[parameter] = {key: _laid_out_as(parameter, value) for key, value in state.items()}


def _read(checkpoint: Checkpoint, spec: TrainingSpec) -> dict[str, torch.Tensor]:
    try:
        tensors = load(checkpoint.data)
    except SafetensorError:
        raise _unfit() from None
    length = int.from_bytes(checkpoint.data[:8], "little")  # of the header, which load found sound
    about = json.loads(checkpoint.data[8 : 8 + length]).get("__metadata__")
    if about != {"step": str(checkpoint.step), "run": spec.run_id} or checkpoint.step > spec.steps:
        raise _unfit()
    return tensors


def _unfit() -> Problem:
    return Problem("The point to go on from does not belong to this run, or is damaged: start the run anew.")


def _laid_out_as(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The value with the parameter's strides, as the optimiser made it: the same code gives the same bits."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value
