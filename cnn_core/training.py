"""Training as a generator of events: it knows no thread, no store and no page.

Everything random is a pure function of the seed and the step: the first weights, the order of the images,
augmentation, dropout. So a checkpoint needs no state of any random generator, and training that goes on from
one ends with the same bits as training without a break.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from cnn_core.augment import augment
from cnn_core.checkpoints import pack, restore
from cnn_core.checks import check_whole
from cnn_core.data import Mnist
from cnn_core.events import Checkpoint, Evaluation, Event, Finished, Live, Snapshot, Step
from cnn_core.messages import Problem
from cnn_core.models import first_layer
from cnn_core.optim import learning_rate, optimiser
from cnn_core.own_kernels import filters
from cnn_core.presets import PRESETS, Preset
from cnn_core.shuffle import pixel_order
from cnn_core.spec import CODE_VERSION, EVALUATED_AT_ONCE, TrainingSpec, steps_for_epochs

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
    "Trainer",
    "TrainingSpec",
    "evaluation_steps",
    "fit",
    "learning_rate",
    "run_segment",
    "snapshot_steps",
    "steps_for_epochs",
]

SNAPSHOTS = 40  # about so many a run
WATCHED = 1_000  # test images that are asked while a run goes on; all 10,000 at its end
_ORDER, _AUGMENT, _DROPOUT = range(1, 4)  # streams of random numbers, each from seed and step


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
    """A network in training: ``advance`` goes on by one step, ``checkpoint`` keeps where it stands.

    A checkpoint costs nothing until it is asked for, and can be asked for after any step. Raises
    :class:`Problem` for settings, weights or a checkpoint that cannot be trained.
    """

    def __init__(
        self,
        spec: TrainingSpec,
        data: Mnist,
        checkpoint: Checkpoint | None = None,
        start: bytes | None = None,
        device: str = "cpu",
    ) -> None:
        _check(spec, data, start)
        self.spec = spec
        self.step = checkpoint.step if checkpoint else 0
        self._device = torch.device(device)
        self.model = _initial_model(spec, start).to(self._device).to(memory_format=torch.channels_last)
        for name in spec.frozen:
            self.model.get_submodule(name).requires_grad_(False)
        self._learning = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        self._optimiser = optimiser(spec, list(self._learning.values()))
        if checkpoint:
            restore(checkpoint, spec, self.model, self._learning, self._optimiser)
        self._begun = checkpoint is not None
        self._data = data
        self._pixels = pixel_order(spec, data.train_images[0].size)
        self._snapshots = set(snapshot_steps(spec))
        self._evaluations = set(evaluation_steps(spec))
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0))
        self._has_dropout = any(isinstance(layer, nn.Dropout) for layer in self.model.children())
        self._held = held_filters(spec, self.model)

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
        return pack(self.spec, self.step, self.model, self._learning, self._optimiser)

    def live(self) -> list[Live]:
        """The first conv or linear layer; nothing where it is frozen or has seen no step."""
        weight = self.model.get_parameter(f"{first_layer(self.spec.model)}.weight")
        return [] if weight.grad is None else [Live(self.step, _array(weight), _array(weight.grad))]

    def evaluate(self, count: int | None = None) -> Evaluation:
        """What the network as it stands answers for the first ``count`` test images (None: for all)."""
        images, labels = self._data.test_images[:count], self._data.test_labels[:count]
        self.model.eval()
        answers = []
        with torch.no_grad():
            for i in range(0, len(images), EVALUATED_AT_ONCE):
                batch = self._inputs(images[i : i + EVALUATED_AT_ONCE])
                answers.append(self.model(self._placed(batch)).argmax(dim=1))
        predictions = torch.cat(answers).cpu().numpy().astype(np.uint8)
        return Evaluation(self.step, predictions, int((predictions == labels).sum()))

    def _train(self) -> Step:
        self.step += 1
        images, labels = self._batch()
        rate = learning_rate(self.spec, self.step)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        for name in self.spec.frozen:  # batch norm's running mean would move on
            self.model.get_submodule(name).eval()
        with _seeded(self.spec.seed, _DROPOUT, self.step, wanted=self._has_dropout):
            loss = F.cross_entropy(self.model(images), labels)
        self._optimiser.zero_grad()
        if self._learning:
            loss.backward()
            self._optimiser.step()
            for part, value in self._held:
                part.copy_(value)
        return Step(self.step, float(loss.detach()), rate)

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The images of this step: each epoch goes once through all of them, in an order of its own."""
        epoch, place = divmod(self.step - 1, self.spec.steps_per_epoch)
        if self._order[0] != epoch:
            self._order = epoch, _random(self.spec.seed, _ORDER, epoch).permutation(self.spec.train_size)
        chosen = self._order[1][place * self.spec.batch_size :][: self.spec.batch_size]
        labels = torch.from_numpy(self._data.train_labels[chosen].astype(np.int64))
        images = self._inputs(self._data.train_images[chosen])
        if self.spec.augmentation:
            images = augment(images, _random(self.spec.seed, _AUGMENT, self.step))
        return self._placed(images), labels.to(self._device)

    def _placed(self, images: torch.Tensor) -> torch.Tensor:
        return images.contiguous(memory_format=torch.channels_last).to(self._device)

    def _inputs(self, images: np.ndarray) -> torch.Tensor:
        """uint8 (N, 28, 28) -> float (N, 1, 28, 28), 0 to 1, the pixels shuffled where the spec says so."""
        flat = images.reshape(len(images), -1)[:, self._pixels]
        return torch.from_numpy(flat.astype(np.float32)).reshape(-1, 1, *images.shape[1:]).div_(255)

    def _after_step(self) -> list[Event]:
        events: list[Event] = []
        last = self.step == self.spec.steps
        if self.step in self._snapshots:
            weights = {name: _array(value) for name, value in self.model.state_dict().items()}
            events.append(Snapshot(self.step, weights))
        if self.step in self._evaluations:
            events.append(self.evaluate(None if last else WATCHED))
        if last:
            events.append(Finished(self.step))
        return events


def _check(spec: TrainingSpec, data: Mnist, start: bytes | None) -> None:
    spec.check()
    if spec.version != CODE_VERSION:
        raise Problem("Another version of this app began this run, and would train otherwise: start it anew.")
    check_whole("train_size", spec.train_size, 1, len(data.train_images))
    if start is not None and not spec.start:
        raise ValueError("weights to start from are given, but spec.start does not name them: set it")


def _initial_model(spec: TrainingSpec, start: bytes | None) -> nn.Module:
    with _seeded(spec.seed, 0, 0):
        model = spec.model.build()
        for layer in model.children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                _initialise(layer, spec.initialisation)
    if spec.start:
        _start_from(model, start)
    if spec.kernels:
        weight = model.get_parameter(f"{first_layer(spec.model)}.weight").detach()
        own = torch.from_numpy(filters(spec.kernels, weight.shape[-1]))
        weight[: len(own), 0] = own
    return model


def held_filters(spec: TrainingSpec, model: nn.Module) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What is put back after each step, and its value: the filters and biases of held kernels, now."""
    layer = model.get_submodule(first_layer(spec.model))
    parts = [p.detach()[: spec.held_filters] for p in layer.parameters() if spec.held_filters]
    return [(part, part.clone()) for part in parts]


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
    try:
        given = load(start) if start else {}
    except SafetensorError:
        given = {}
    fits = given and all(
        n in own and own[n].shape == t.shape and own[n].dtype == t.dtype for n, t in given.items()
    )
    if not fits:
        raise Problem("The weights to start from do not fit this network: choose the network they came from.")
    model.load_state_dict(own | given)


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


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().contiguous().numpy().copy()
