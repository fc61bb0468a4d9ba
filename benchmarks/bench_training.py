"""How fast ``fit`` trains, against a bare loop over the same tensors and the notebook's DataLoader loop.

python -m benchmarks.bench_training prints one JSON line. All loops train the notebook's network with AdamW on
batches of 100, taking turns of a few steps, so that whatever else the machine does slows all of them alike:
``images_per_second`` are medians of this machine and moment; ``speed_against_bare`` (medians of each turn's
ratio to the bare loop in channels_last) is what can be compared.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import ToTensor

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Checkpoint, Step
from cnn_core.presets import PRESETS
from cnn_core.training import TrainingSpec, fit, run_segment

TURNS = 30
STEPS = 6  # of each loop in a turn
SEGMENT_SECONDS = 0.5  # as the engine has them
SPEC = replace(PRESETS["fast"].spec, steps=1_000_000)  # so long that snapshots and tests are rare

Loop = Iterator[object]  # each next() is one step of training


class Pictures(Dataset):  # type: ignore[type-arg]
    """MNIST as torchvision gives it, one picture at a time."""

    def __init__(self, data: Mnist) -> None:
        self._data, self._to_tensor = data, ToTensor()

    def __len__(self) -> int:
        return len(self._data.train_labels)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return self._to_tensor(Image.fromarray(self._data.train_images[i])), int(self._data.train_labels[i])


def bare(data: Mnist, layout: torch.memory_format) -> Loop:
    images = torch.from_numpy(data.train_images.copy())[:, None]
    labels = torch.from_numpy(data.train_labels.copy()).long()
    step = _stepper(layout)
    while True:
        for chosen in torch.randperm(len(images)).split(SPEC.batch_size):
            yield step(images[chosen].float().div_(255), labels[chosen])


def notebook(data: Mnist) -> Loop:
    step = _stepper(torch.contiguous_format)
    while True:
        for images, labels in DataLoader(Pictures(data), batch_size=SPEC.batch_size, shuffle=True):
            yield step(images, labels)


def fitted(spec: TrainingSpec, data: Mnist) -> Loop:
    return (event for event in fit(spec, data) if isinstance(event, Step))


def _stepper(layout: torch.memory_format) -> Callable[[torch.Tensor, torch.Tensor], float]:
    model = SPEC.model.build().to(memory_format=layout)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3)

    def step(images: torch.Tensor, labels: torch.Tensor) -> float:
        loss = F.cross_entropy(model(images.contiguous(memory_format=layout)), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return step


def seconds_a_step(loop: Loop) -> float:
    begun = time.perf_counter()
    for _ in range(STEPS):
        next(loop)
    return (time.perf_counter() - begun) / STEPS


def segment(data: Mnist, checkpoint: Checkpoint | None) -> tuple[float, Checkpoint]:
    """One link of the engine's chain: set-up, steps, checkpoint; seconds a step, all counted."""
    begun = time.perf_counter()
    events = run_segment(SPEC, data, checkpoint, SEGMENT_SECONDS)
    steps = sum(isinstance(event, Step) for event in events)
    newest = next(event for event in reversed(events) if isinstance(event, Checkpoint))
    return (time.perf_counter() - begun) / steps, newest


def measure(data: Mnist) -> dict[str, list[float]]:
    """Seconds a step of every loop, turn by turn; the first turn warms up and is left out."""
    loops = {
        "bare": bare(data, torch.channels_last),
        "bare, not channels_last": bare(data, torch.contiguous_format),
        "notebook's DataLoader": notebook(data),
        "fit": fitted(SPEC, data),
        "fit with augmentation": fitted(replace(SPEC, augmentation=True), data),
    }
    times: dict[str, list[float]] = {name: [] for name in (*loops, "fit in segments")}
    checkpoint: Checkpoint | None = None
    for _ in range(TURNS + 1):
        for name, loop in loops.items():
            times[name].append(seconds_a_step(loop))
        seconds, checkpoint = segment(data, checkpoint)
        times["fit in segments"].append(seconds)
    return {name: values[1:] for name, values in times.items()}


def main() -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    times = measure(load_mnist())
    median = statistics.median
    ratios = {n: [a / b for a, b in zip(times["bare"], v, strict=True)] for n, v in times.items()}
    result = {
        "threads": torch.get_num_threads(),
        "images_per_second": {n: round(SPEC.batch_size / median(v)) for n, v in times.items()},
        "speed_against_bare": {n: round(median(v), 2) for n, v in ratios.items()},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
