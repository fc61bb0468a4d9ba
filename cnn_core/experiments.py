"""Ready-made experiments: runs that differ in one thing, and what came of them (7.2.1, 7.3, 7.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.messages import text
from cnn_core.models import FLATTEN, MLP, NOTEBOOK, RELU, SIMPLE_CONV_NET, ModelSpec, conv, linear
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec

if TYPE_CHECKING:
    from torch import nn

    from cnn_core.reading import RunReader

ENDING = 20  # steps, at a run's end, over which its loss is averaged


@dataclass(frozen=True)
class Variant:
    """One run of an experiment, and in a few words, still English, what it has that the others have not."""

    name: str
    spec: TrainingSpec


@dataclass(frozen=True)
class Experiment:
    """A question that runs answer, all texts still English. ``look``: what to watch while they train."""

    slug: str
    name: str
    question: str
    look: str
    variants: tuple[Variant, ...]
    clock: str = "steps"  # what puts the curves on one axis: steps or images
    wins: str = "accuracy"  # what the guess is about: the best accuracy, or the smallest loss in training

    def winner(self, outcomes: Sequence[Outcome]) -> int:
        """The place of the variant that a right guess names."""
        if self.wins == "loss":
            return int(np.argmin([o.loss for o in outcomes]))
        return int(np.argmax([o.accuracy for o in outcomes]))


@dataclass(frozen=True)
class Outcome:
    """What one finished run came to."""

    accuracy: float  # on all test images
    loss: float  # of the last steps' batches
    answers: np.ndarray  # uint8 (10000,), to the test images
    moved: float  # the first layer's change since the first snapshot, as a share of its size then (RMS)
    seconds: float


def outcome(store: RunReader, run_id: str) -> Outcome:
    """Read what a finished run came to. Raises :class:`Problem` where the run is gone."""
    from cnn_core.models import first_layer

    run, answers = store.run(run_id), store.evaluation(run_id)
    assert answers is not None, "a finished run was tested"
    layer = f"{first_layer(run.spec.model)}.weight"
    before, after = next(store.snapshots(run_id))[1][layer], store.weights(run_id)[layer]
    size = float(np.sqrt((before**2).mean()))
    change = float(np.sqrt(((after - before) ** 2).mean()))
    return Outcome(
        store.evaluations(run_id)[-1].accuracy,
        float(store.metrics(run_id).loss[-ENDING:].mean()),
        answers,
        change / size if size else float("inf" if change else 0),
        run.train_seconds,
    )


def asked(model: nn.Module, spec: TrainingSpec, images: np.ndarray) -> np.ndarray:
    """The probabilities, float32 (N, 10), that a run's network gives uint8 (N, 28, 28) images."""
    from cnn_core.features import predict_batch

    return predict_batch(model, seen(spec, images) / np.float32(255))


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The share of the images whose label is the most probable digit."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def shifted(images: np.ndarray, by: int) -> np.ndarray:
    """Images (N, 28, 28) moved right by some pixels; what enters on the left is black."""
    moved = np.zeros_like(images)
    moved[:, :, by:] = images[:, :, :-by]
    return moved


_SGD = TrainingSpec(model=NOTEBOOK, optimiser="sgd", learning_rate=0.1, steps=200)
_FOUR = replace(_SGD, steps=120)  # four runs, together well within a minute
_ADAM = TrainingSpec(model=SIMPLE_CONV_NET, optimiser="adam", learning_rate=1e-3, steps=300)
_SHORT = replace(_ADAM, steps=250)  # without pooling a step takes three times as long
_NO_POOLING = ModelSpec((*(conv(30, 5), RELU), FLATTEN, *(linear(100), RELU), linear(10)))
_SAME_IMAGES = replace(_ADAM, optimiser="sgd", learning_rate=0.01)  # 10,000 images in batches of any size
FEW = 600  # training images

_ALL = (
    Experiment(
        "learning_rate",
        text("Learning rate"),
        text("The notebook's network, three learning rates. Which one reads most test digits in the end?"),
        text("See when each loss leaves 2.30, the loss of pure guessing."),
        (
            Variant("0.0002", replace(_SGD, learning_rate=2e-4)),
            Variant("0.01", replace(_SGD, learning_rate=0.01)),
            Variant("0.1", _SGD),
        ),
    ),
    Experiment(
        "momentum",
        text("Momentum"),
        text("The same learning rate, without and with momentum. Which one learns faster?"),
        text("See how long each curve stays flat before it falls."),
        (
            Variant(text("no momentum"), replace(_SGD, learning_rate=0.01)),
            Variant(text("momentum 0.9"), replace(_SGD, learning_rate=0.01, momentum=0.9)),
        ),
    ),
    Experiment(
        "initialisation",
        text("First weights"),
        text("Four ways to choose the weights before training. Which one reads most test digits in the end?"),
        text("See which losses never leave 2.30."),
        (
            Variant(text("all zero"), replace(_FOUR, initialisation="zeros")),
            Variant(text("very small"), replace(_FOUR, initialisation="small")),
            Variant(text("PyTorch's own"), _FOUR),
            Variant("Kaiming", replace(_FOUR, initialisation="kaiming")),
        ),
    ),
    Experiment(
        "pooling",
        text("Pooling"),
        text("One convolution, with and without max pooling behind it. Which one reads more test digits?"),
        text("Compare the curves, and then what each network costs and forgives."),
        (
            Variant(text("with pooling"), _SHORT),
            Variant(text("without pooling"), replace(_SHORT, model=_NO_POOLING)),
        ),
    ),
    Experiment(
        "shuffled",
        text("Shuffled pixels"),
        text(
            "All images have their pixels shuffled in the same way: you could not read them any more. Which "
            "network reads most test digits?"
        ),
        text("Compare each network with itself: with pixels in place, and shuffled."),
        (
            Variant(text("CNN, in place"), _ADAM),
            Variant(text("CNN, shuffled"), replace(_ADAM, pixels="shuffled")),
            Variant(text("fully connected, in place"), replace(_ADAM, model=MLP)),
            Variant(text("fully connected, shuffled"), replace(_ADAM, model=MLP, pixels="shuffled")),
        ),
    ),
    Experiment(
        "few_images",
        text("Few images"),
        text("600 training images or 60,000. Which one ends with the smaller loss on what it trains on?"),
        text("Watch both panels: the loss of the training images, and the accuracy on test images."),
        (
            Variant(text("600 images"), replace(_ADAM, train_size=FEW)),
            Variant(text("60,000 images"), _ADAM),
        ),
        wins="loss",
    ),
    Experiment(
        "batch",
        text("Batch size"),
        text("All see the same 10,000 images once, in batches. Which one reads most test digits in the end?"),
        text("The axis counts images, not steps: small batches take many small steps."),
        (
            Variant(text("batches of 1"), replace(_SAME_IMAGES, batch_size=1, steps=10_000)),
            Variant(text("batches of 100"), replace(_SAME_IMAGES, batch_size=100, steps=100)),
            Variant(text("batches of 1,000"), replace(_SAME_IMAGES, batch_size=1_000, steps=10)),
        ),
        clock="images",
    ),
    Experiment(
        "augmentation",
        text("Augmentation"),
        text("Only 600 training images, as they are, or varied a little each time. Which one reads more?"),
        text("See which training loss is lower, and which accuracy is higher."),
        (
            Variant(text("as they are"), replace(_ADAM, train_size=FEW)),
            Variant(text("varied a little"), replace(_ADAM, train_size=FEW, augmentation=True)),
        ),
    ),
)

EXPERIMENTS = {experiment.slug: experiment for experiment in _ALL}
