"""Training as a generator of events: it knows no thread, no store and no page.

Everything random is a pure function of the seed and the step: the first weights, the order of the images,
augmentation, dropout. So a checkpoint needs no state of any random generator, and training that goes on from
one ends with the same bits as training without a break.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load, save
from torch import nn

from cnn_core.augment import augment
from cnn_core.data import Mnist
from cnn_core.events import Checkpoint, Evaluation, Event, Finished, Live, Snapshot, Step
from cnn_core.messages import Problem
from cnn_core.presets import PRESETS, Preset
from cnn_core.spec import CODE_VERSION, TrainingSpec, steps_for_epochs

__all__ = [
    "CODE_VERSION",
    "PRESETS",
    "Checkpoint",
    "Evaluation",
    "Event",
    "Finished",
    "Live",
    "Preset",
    "Snapshot",
    "Step",
    "TrainingSpec",
    "fit",
    "run_segment",
    "steps_for_epochs",
]

SNAPSHOTS = 40  # about so many a run
WATCHED = 1_000  # test images that are asked while a run goes on; all 10,000 at its end
_ORDER, _AUGMENT, _DROPOUT, _SHUFFLE = range(1, 5)  # streams of random numbers, each from seed and step


def fit(
    spec: TrainingSpec, data: Mnist, checkpoint: Checkpoint | None = None, start: bytes | None = None
) -> Iterator[Event]:
    """Train from the start, or from a checkpoint; to stop, stop iterating.

    Each step gives a Step; some give a Snapshot with a Checkpoint, and an Evaluation; the last gives an
    Evaluation on all test images, and Finished. ``start``: weights to begin with, as safetensors.
    """
    trainer = Trainer(spec, data, checkpoint, start)
    while events := trainer.advance():
        for event in events:
            yield event
            if isinstance(event, Snapshot):
                yield trainer.checkpoint()


def run_segment(
    spec: TrainingSpec,
    data: Mnist,
    checkpoint: Checkpoint | None = None,
    seconds: float = 1.0,
    start: bytes | None = None,
) -> list[Event]:
    """A slice of ``fit`` about so long, and at least one step: its events, then Live and the Checkpoint."""
    begun = time.perf_counter()
    trainer = Trainer(spec, data, checkpoint, start)
    events: list[Event] = []
    while more := trainer.advance():
        events += more
        if time.perf_counter() - begun > seconds and trainer.step > 0:
            break
    return [*events, *trainer.live(), trainer.checkpoint()]


def snapshot_steps(spec: TrainingSpec) -> list[int]:
    """About 40 steps, denser early, where the weights change most: 0 and the last are among them."""
    return sorted({round(spec.steps * (i / SNAPSHOTS) ** 2) for i in range(SNAPSHOTS + 1)})


def evaluation_steps(spec: TrainingSpec) -> list[int]:
    """Every third snapshot, and the last: what is asked while training costs little of it."""
    steps = snapshot_steps(spec)
    return sorted({*steps[::3], steps[-1]})


class Trainer:
    """A network in training: ``advance`` goes on by one step, ``checkpoint`` keeps where it stands."""

    def __init__(
        self,
        spec: TrainingSpec,
        data: Mnist,
        checkpoint: Checkpoint | None = None,
        start: bytes | None = None,
    ) -> None:
        spec.check()
        self.spec = spec
        self.step = checkpoint.step if checkpoint else 0
        self.model = _initial_model(spec, start).to(memory_format=torch.channels_last)
        for name in spec.frozen:
            self.model.get_submodule(name).requires_grad_(False)
        self._learning = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        self._optimiser = _optimiser(spec, list(self._learning.values()))
        if checkpoint:
            self._restore(checkpoint)
        self._begun = checkpoint is not None
        self._images = _prepared(data.train_images[: spec.train_size], spec)
        self._labels = torch.from_numpy(data.train_labels[: spec.train_size].astype(np.int64))
        self._test_images = _prepared(data.test_images, spec)
        self._test_labels = data.test_labels
        self._snapshots = set(snapshot_steps(spec))
        self._evaluations = set(evaluation_steps(spec))
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0))
        self._has_dropout = any(isinstance(layer, nn.Dropout) for layer in self.model.children())

    def advance(self) -> list[Event]:
        """The next step and all that belongs to it; first of all what step 0 shows; at the end nothing."""
        if not self._begun:
            self._begun = True
            return self._after_step()
        if self.step == self.spec.steps:
            return []
        return [self._train(), *self._after_step()]

    def checkpoint(self) -> Checkpoint:
        """Weights and optimiser as they stand, as safetensors."""
        tensors = {f"model.{name}": value.contiguous() for name, value in self.model.state_dict().items()}
        for name, parameter in self._learning.items():
            for key, value in self._optimiser.state[parameter].items():
                tensors[f"optimiser.{name}.{key}"] = value.contiguous()
        return Checkpoint(self.step, save(tensors, {"step": str(self.step), "run": self.spec.run_id}))

    def live(self) -> list[Live]:
        """The first layer with weights, where it has a gradient."""
        for parameter in self._learning.values():
            if parameter.dim() > 1 and parameter.grad is not None:
                return [Live(self.step, _array(parameter), _array(parameter.grad))]
        return []

    def _train(self) -> Step:
        self.step += 1
        images, labels = self._batch()
        rate = learning_rate(self.spec, self.step)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        with _seeded(self.spec.seed, _DROPOUT, self.step, wanted=self._has_dropout):
            loss = F.cross_entropy(self.model(images), labels)
        self._optimiser.zero_grad()
        if self._learning:
            loss.backward()
            self._optimiser.step()
        return Step(self.step, float(loss.detach()), rate)

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The images of this step: each epoch goes once through all of them, in an order of its own."""
        epoch, place = divmod(self.step - 1, self.spec.steps_per_epoch)
        if self._order[0] != epoch:
            self._order = epoch, _random(self.spec.seed, _ORDER, epoch).permutation(self.spec.train_size)
        chosen = torch.from_numpy(self._order[1][place * self.spec.batch_size :][: self.spec.batch_size])
        images = self._images[chosen].float().div_(255)  # (N, 1, 28, 28)
        if self.spec.augmentation:
            images = augment(images, _random(self.spec.seed, _AUGMENT, self.step))
        return images.contiguous(memory_format=torch.channels_last), self._labels[chosen]

    def _after_step(self) -> list[Event]:
        events: list[Event] = []
        last = self.step == self.spec.steps
        if self.step in self._snapshots:
            weights = {name: _array(value) for name, value in self.model.state_dict().items()}
            events.append(Snapshot(self.step, weights))
        if self.step in self._evaluations:
            events.append(self._evaluate(len(self._test_labels) if last else WATCHED))
        if last:
            events.append(Finished(self.step))
        return events

    def _evaluate(self, count: int) -> Evaluation:
        self.model.eval()
        with torch.no_grad():
            answers = [
                self.model(batch.float().div_(255).contiguous(memory_format=torch.channels_last)).argmax(
                    dim=1
                )
                for batch in self._test_images[:count].split(250)
            ]
        predictions = torch.cat(answers).numpy().astype(np.uint8)
        return Evaluation(self.step, predictions, int((predictions == self._test_labels[:count]).sum()))

    def _restore(self, checkpoint: Checkpoint) -> None:
        tensors = load(checkpoint.data)
        self.model.load_state_dict(
            {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
        )
        for name, parameter in self._learning.items():
            prefix = f"optimiser.{name}."
            self._optimiser.state[parameter] = {
                key.removeprefix(prefix): _laid_out_as(parameter, value)
                for key, value in tensors.items()
                if key.startswith(prefix)
            }


def learning_rate(spec: TrainingSpec, step: int) -> float:
    """The rate of a step. ``one_cycle``: a cosine up for 30 % of the steps, then down (Smith 2018)."""
    if spec.schedule == "constant":
        return spec.learning_rate
    rising = max(1.0, 0.3 * spec.steps)
    if step <= rising:
        low, share = spec.learning_rate / 25, 1 - step / rising
    else:
        low, share = spec.learning_rate / 1e4, (step - rising) / max(1.0, spec.steps - rising)
    return low + (spec.learning_rate - low) * (1 + math.cos(math.pi * share)) / 2


def _initial_model(spec: TrainingSpec, start: bytes | None) -> nn.Module:
    with _seeded(spec.seed, 0, 0):
        model = spec.model.build()
        for layer in model.children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                _initialise(layer, spec.initialisation)
    if spec.start:
        _start_from(model, start)
    return model


def _initialise(layer: nn.Conv2d | nn.Linear, kind: str) -> None:
    if kind == "torch":
        return
    if kind == "kaiming":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")  # He et al. 2015
    elif kind == "small":
        nn.init.normal_(layer.weight, std=1e-3)
    else:
        nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


def _start_from(model: nn.Module, start: bytes | None) -> None:
    """Copy the given weights in, each checked by name, shape and kind; what is not given stays as it was."""
    own = model.state_dict()
    given = load(start) if start else {}
    fits = given and all(
        n in own and own[n].shape == t.shape and own[n].dtype == t.dtype for n, t in given.items()
    )
    if not fits:
        raise Problem("The weights to start from do not fit this network: choose the network they came from.")
    model.load_state_dict(own | given)


def _optimiser(spec: TrainingSpec, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    parameters = parameters or [nn.Parameter(torch.zeros(1))]  # all layers are frozen
    if spec.optimiser == "sgd":
        return torch.optim.SGD(
            parameters, spec.learning_rate, momentum=spec.momentum, weight_decay=spec.weight_decay
        )
    kind = torch.optim.Adam if spec.optimiser == "adam" else torch.optim.AdamW
    return kind(parameters, spec.learning_rate, weight_decay=spec.weight_decay)


def _prepared(images: np.ndarray, spec: TrainingSpec) -> torch.Tensor:
    """uint8 (N, 28, 28) -> uint8 (N, 1, 28, 28), shuffled where the spec says so."""
    flat = images.reshape(len(images), -1)
    if spec.pixels == "shuffled":
        flat = flat[:, _random(0, _SHUFFLE, 0).permutation(flat.shape[1])]
    return torch.from_numpy(np.array(flat)).reshape(-1, 1, *images.shape[1:])


def _random(seed: int, stream: int, step: int) -> np.random.Generator:
    return np.random.default_rng((seed, stream, step))


@contextmanager
def _seeded(seed: int, stream: int, step: int, wanted: bool = True) -> Iterator[None]:
    """torch's random numbers from seed and step inside the block, and as they were after it."""
    if not wanted:
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(_random(seed, stream, step).integers(2**62)))
        yield


def _laid_out_as(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The value with the parameter's strides, as the optimiser made it: the same code gives the same bits."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().contiguous().numpy().copy()
