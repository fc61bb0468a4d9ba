"""Training in slow motion: one step at a time on a private copy, with all that passes through the network.

The steps are the :class:`Trainer`'s own: it is only watched. So a step from a checkpoint gives the bits that
the run itself would give.
"""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_core.checkpoints import restore
from cnn_core.data import Mnist
from cnn_core.events import Checkpoint, Step
from cnn_core.messages import Problem
from cnn_core.models import first_layer, summary
from cnn_core.optim import learning_rate, state_names
from cnn_core.runs import RunStore
from cnn_core.spec import TrainingSpec
from cnn_core.training import Trainer, held_filters

MOST_KEPT = 100  # images of a batch whose way through all layers is kept
KEPT_NUMBERS = 12_000_000  # … and fewer where a network is large: about so many numbers in all

_one_at_a_time = threading.Lock()  # torch's seed is the process's; and a class shares its cores


@dataclass(frozen=True)
class Passage:
    """What a layer made of the first images of the batch, and the gradient that came back to it."""

    name: str
    kind: str  # as in models.Layer
    output: np.ndarray  # (n, …)
    gradient: np.ndarray | None  # of the loss by the output, (n, …); None where nothing before it learns
    gradient_size: float  # root mean square over the whole batch; NaN without a gradient
    weight_gradient_size: float  # of its own weights; NaN where it has none, or they are frozen


@dataclass(frozen=True)
class Update:
    """The first layer's weights (FN, 1, FH, FW) or (outputs, inputs) in one step; None where it is frozen."""

    before: np.ndarray
    gradient: np.ndarray | None
    after: np.ndarray
    memory_before: dict[str, np.ndarray]  # the optimiser's, of each weight; empty before its first step
    memory_after: dict[str, np.ndarray]


@dataclass(frozen=True)
class SlowStep:
    """One step of training, taken apart: forward, loss, backward, update."""

    step: int  # 1 is the first
    learning_rate: float
    images: np.ndarray  # float32 (N, 28, 28), as the network gets them
    labels: np.ndarray  # int64 (N,)
    logits: np.ndarray  # float32 (N, 10)
    losses: np.ndarray  # float32 (N,), of each image; the step's loss is their mean
    loss: float
    loss_after: float | None  # of the same batch with the new weights; None with dropout, which draws anew
    passages: tuple[Passage, ...]  # one a layer
    first: str  # the first conv or linear layer
    first_input: np.ndarray  # what comes into it, (N, H, W): the image, in most networks
    first_gradient: np.ndarray | None  # of its output, (N, FN, OH, OW); linear: (N, FN, 1, 1)
    stride: int
    padding: int
    update: Update

    @property
    def answers(self) -> np.ndarray:
        """The digit with the largest logit, int64 (N,); -1 where a logit is no number."""
        return np.where(np.isfinite(self.logits).all(axis=1), self.logits.argmax(axis=1), -1)

    @property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, float64 (N, 10)."""
        return torch.from_numpy(self.logits).double().softmax(dim=1).numpy()

    @property
    def kept(self) -> int:
        """How many images' ways through the network are kept: the first so many."""
        return len(self.passages[0].output)

    def filters(self, values: np.ndarray) -> np.ndarray:
        """Something of the first layer's weights as filters (FN, FH, FW); a linear unit's is an image."""
        return values.reshape(len(values), *self.window)

    @property
    def window(self) -> tuple[int, int]:
        """(FH, FW) of a filter; a linear unit sees the whole input."""
        shape = self.update.before.shape
        return (shape[2], shape[3]) if len(shape) == 4 else self.first_input.shape[1:]


@dataclass(frozen=True)
class FilterGradient:
    """Where the gradient of one filter's weights comes from: input × gradient of the output, summed.

    A weight meets one input cell at each position of the filter; the products are summed over the positions
    of each image (``shares``), and then over the images.
    """

    inputs: np.ndarray  # (N, H, W), with the padding
    output_gradient: np.ndarray  # (N, OH, OW); 1×1 for a linear unit
    stride: int
    shares: np.ndarray  # float64 (N, FH, FW): what each image gives

    @property
    def total(self) -> np.ndarray:
        """The gradient, float64 (FH, FW): torch's to float32 rounding."""
        return self.shares.sum(axis=0)

    def patch(self, image: int, row: int, col: int) -> np.ndarray:
        """The input cells that the weight (row, col) meets, one a position: (OH, OW)."""
        return _met(self.inputs, self.output_gradient.shape[1:], self.stride, row, col)[image]


def filter_gradient(step: SlowStep, number: int) -> FilterGradient | None:
    """The gradient of filter ``number``'s weights, taken apart; None where the first layer is frozen."""
    if step.first_gradient is None or step.update.gradient is None:
        return None
    rim = step.padding
    inputs = np.pad(step.first_input, ((0, 0), (rim, rim), (rim, rim)))
    gradient = step.first_gradient[:, number]
    height, width = step.window
    places = [(row, col) for row in range(height) for col in range(width)]
    exact = inputs.astype(np.float64), gradient.astype(np.float64)
    met = (_met(exact[0], gradient.shape[1:], step.stride, *place) for place in places)
    shares = np.stack([np.einsum("nij,nij->n", patch, exact[1]) for patch in met], axis=1)
    return FilterGradient(inputs, gradient, step.stride, shares.reshape(-1, height, width))


def _met(inputs: np.ndarray, positions: tuple[int, ...], stride: int, row: int, col: int) -> np.ndarray:
    high, wide = ((n - 1) * stride + 1 for n in positions)
    return inputs[:, row : row + high : stride, col : col + wide : stride]


class SlowMotion:
    """A private copy of a run at a step, which goes on by hand; the run itself is never touched.

    ``checkpoint`` brings the optimiser's memory; with the weights alone it starts empty. Raises
    :class:`Problem` for a run that another version of the training code began.
    """

    def __init__(
        self,
        spec: TrainingSpec,
        data: Mnist,
        step: int,
        weights: dict[str, np.ndarray] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.spec = spec
        self.step = step
        self.losses: list[float] = []  # of the steps by hand so far
        self.memory_known = checkpoint is not None or step == 0 or not state_names(spec)
        self._data = data
        self._start = checkpoint or {name: torch.from_numpy(w.copy()) for name, w in (weights or {}).items()}
        self._reached: list[Checkpoint] = []  # after each step by hand
        with _one_at_a_time:
            self._copy(0)

    @property
    def most(self) -> int:
        """How many steps follow until the end of the run."""
        return self.spec.steps - self.step

    def at(self, by_hand: int) -> SlowStep:
        """The step that follows after so many steps by hand. Raises :class:`Problem` at the run's end."""
        with _one_at_a_time:
            for n in range(len(self._reached), by_hand):
                self._keep(self._copy(n))
            trainer = self._copy(by_hand)
            taken = trainer.watched()
            if by_hand == len(self._reached):
                self._reached.append(trainer.checkpoint())
                self.losses.append(taken.loss)
        return taken

    def before(self, by_hand: int) -> tuple[nn.Module, torch.optim.Optimizer]:
        """A network and its optimiser as they stand before that step, ready to train."""
        with _one_at_a_time:
            for n in range(len(self._reached), by_hand):
                self._keep(self._copy(n))
            trainer = self._copy(by_hand)
        return trainer.ready()

    def checkpoint(self, by_hand: int) -> Checkpoint:
        """Where the copy stands after that step."""
        self.at(by_hand)
        return self._reached[by_hand]

    def _keep(self, trainer: _Watched) -> None:
        event = trainer.advance()[0]
        assert isinstance(event, Step)
        self._reached.append(trainer.checkpoint())
        self.losses.append(event.loss)

    def _copy(self, by_hand: int) -> _Watched:
        if by_hand and by_hand >= self.most:
            raise Problem("Training ended with step {step}: no batch comes after it.", step=self.spec.steps)
        start = self._reached[by_hand - 1] if by_hand else self._start
        return _Watched(self.spec, self._data, self.step + by_hand, start)


def open_run(store: RunStore, data: Mnist, run_id: str, step: int) -> SlowMotion:
    """A private copy of a run at a step, with the optimiser's memory where the store still has it."""
    spec, checkpoint = store.run(run_id).spec, store.checkpoint(run_id, step)
    if checkpoint is not None:
        return SlowMotion(spec, data, step, checkpoint=checkpoint)
    return SlowMotion(spec, data, step, store.weights(run_id, step))


class _Watched(Trainer):
    """A trainer that stands where a run stood, and can tell of one step all that passed through."""

    def __init__(
        self, spec: TrainingSpec, data: Mnist, step: int, start: Checkpoint | dict[str, Tensor]
    ) -> None:
        super().__init__(replace(spec, start=""), data)  # its weights come now
        self.spec = spec
        self.step = step
        self._begun = True
        if isinstance(start, Checkpoint):
            restore(start, spec, self.model, self._learning, self._optimiser)
        else:
            self.model.load_state_dict(start)
        self._held = held_filters(spec, self.model)  # its first bias may be another run's
        self._first = first_layer(spec.model)
        self._seen: dict[str, tuple[Tensor, Tensor]] = {}  # what came into a layer, and what went out

    def ready(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(self.spec, self.step + 1)
        return self.model.train(), self._optimiser

    def watched(self) -> SlowStep:
        """Take the next step."""
        if self.step >= self.spec.steps:
            raise Problem("Training ended with step {step}: no batch comes after it.", step=self.spec.steps)
        hooks = [layer.register_forward_hook(self._see(name)) for name, layer in self.model.named_children()]
        weight = self.model.get_parameter(f"{self._first}.weight")
        before, memory = _array(weight), self._memory(weight)
        event = self._train()
        for hook in hooks:
            hook.remove()
        gradient = None if weight.grad is None else _array(weight.grad)
        update = Update(before, gradient, _array(weight), memory, self._memory(weight))
        return self._told(event, update)

    def _batch(self) -> tuple[Tensor, Tensor]:
        self._images, self._labels = super()._batch()
        return self._images, self._labels

    def _see(self, name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if output.requires_grad:
                output.retain_grad()
            self._seen[name] = inputs[0], output

        return hook

    def _memory(self, weight: Tensor) -> dict[str, np.ndarray]:
        state = self._optimiser.state.get(weight, {})
        return {key: _array(value) for key, value in state.items()}

    def _told(self, event: Step, update: Update) -> SlowStep:
        rows = {row.name: row for row in summary(self.spec.model)}
        count = len(self._images)
        numbers = sum(output.numel() // count for _, output in self._seen.values())
        kept = max(1, min(count, MOST_KEPT, KEPT_NUMBERS // (2 * numbers)))
        logits = self._seen[next(reversed(self._seen))][1].detach()
        entered, left = self._seen[self._first]
        size = rows[self._first].in_shape[1:] or self._shape_before_flatten()
        first_gradient = None if left.grad is None else _array(left.grad)
        if first_gradient is not None and first_gradient.ndim == 2:
            first_gradient = first_gradient[:, :, None, None]
        return SlowStep(
            step=self.step,
            learning_rate=event.learning_rate,
            images=_array(self._images)[:, 0],
            labels=self._labels.numpy(),
            logits=_array(logits),
            losses=_array(F.cross_entropy(logits, self._labels, reduction="none")),
            loss=event.loss,
            loss_after=None if self._has_dropout else self._loss_again(),
            passages=tuple(self._passage(name, rows[name].layer.kind, kept) for name in self._seen),
            first=self._first,
            first_input=_array(entered).reshape(count, *size),
            first_gradient=first_gradient,
            stride=rows[self._first].layer.stride,
            padding=rows[self._first].layer.padding,
            update=update,
        )

    def _loss_again(self) -> float:
        with torch.no_grad():  # a copy: batch norm's running mean must not see the batch twice
            return float(F.cross_entropy(deepcopy(self.model)(self._images), self._labels))

    def _shape_before_flatten(self) -> tuple[int, ...]:
        return next(row.in_shape[1:] for row in summary(self.spec.model) if row.layer.kind == "flatten")

    def _passage(self, name: str, kind: str, kept: int) -> Passage:
        output = self._seen[name][1]
        weight = getattr(self.model.get_submodule(name), "weight", None)
        return Passage(
            name,
            kind,
            _array(output[:kept]),
            None if output.grad is None else _array(output.grad[:kept]),
            _size(output.grad),
            _size(None if weight is None else weight.grad),
        )


def _size(gradient: Tensor | None) -> float:
    return float("nan") if gradient is None else float(gradient.double().square().mean().sqrt())


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().contiguous().numpy().copy()
