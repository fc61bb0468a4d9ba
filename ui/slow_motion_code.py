"""The step on screen as PyTorch lines, up to the phase that is shown."""

from __future__ import annotations

from cnn_core.records import Run
from cnn_core.slow_motion import SlowStep

_START = """
import torch
import torch.nn.functional as F

from cnn_core.data import load_mnist
from cnn_core.runs import RunStore
from cnn_core.slow_motion import open_run

copy = open_run(RunStore(), load_mnist(), "{run}", {start})  # a private copy after step {start}
model, optimiser = copy.before({by_hand})
batch = copy.at({by_hand})  # which images: follows from the run's seed and the step
images = torch.from_numpy(batch.images)[:, None]
labels = torch.from_numpy(batch.labels)

logits = model(images)  # forward
"""

_BACKWARD = """
loss = F.cross_entropy(logits, labels)  # loss: the mean of −ln(probability of the right digit)
optimiser.zero_grad()
loss.backward()  # backward
weight = model.{first}.weight
"""

_HELD = """held = weight[{number}].detach().clone()
optimiser.step()  # update
with torch.no_grad():
    weight[{number}] = held  # put back: this filter is held
"""


def step_code(
    run: Run, start: int, by_hand: int, step: SlowStep, phase: str, at: tuple[int, int, int]
) -> str:
    """Lines that end in ``output``: what the phase computes, of the filter and weight that are chosen."""
    lines = _START.format(run=run.id, start=start, by_hand=by_hand)
    if phase == "forward":
        return lines + "output = logits"
    if phase == "loss":
        return lines + "output = F.cross_entropy(logits, labels, reduction='none')  # of each image"
    lines += _BACKWARD.format(first=step.first)
    if step.update.gradient is None:
        return lines + "output = weight.grad  # None: the layer is frozen"
    number, row, col = at
    place = f"{number}, 0, {row}, {col}"
    if step.update.before.ndim == 2:
        place = f"{number}, {row * step.window[1] + col}"
    if phase == "backward":
        return lines + f"output = weight.grad[{place}]"
    if number < run.spec.held_filters:
        lines += _HELD.format(number=number)
    else:
        lines += "optimiser.step()  # update\n"
    return lines + f"output = weight[{place}]"
