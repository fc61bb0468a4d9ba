"""What came of each experiment, and why: every number in these words comes from the learner's own runs.

Beside each explanation stands what its words take for granted: where that does not hold, they are not said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.experiments import ENDING, FEW, Experiment, Outcome, accuracy, asked, shifted
from cnn_core.models import parameter_count
from cnn_core.records import Run
from ui.language import t
from ui.specimen import shared_model, store

FAR = 3  # pixels
ASKED = 1_000  # images where a question goes beyond what the run itself was tested on


def explanation(experiment: Experiment, outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    """Paragraphs of Markdown. Where the runs came out otherwise than usual, they say only that."""
    as_usual, words = _WORDS[experiment.slug]
    if not as_usual(outcomes, runs):
        return [
            t(
                "These runs came out otherwise than they usually do, so the usual explanation would be "
                "wrong here. Look at the curves: what do you think happened?"
            )
        ]
    return words(outcomes, runs)


GUESSING = 0.2  # so few digits are read by a network that has learned nothing; a tenth by pure guessing


def _learning_rate_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    small, middle, large = outcomes
    still_guesses = small.accuracy < GUESSING < large.accuracy and middle.accuracy < large.accuracy
    return still_guesses and small.moved < large.moved


def _learning_rate(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    small, _, large = outcomes
    return [
        t(
            "With 0.0002, the notebook's rate, the network still guesses after {steps} steps: "
            "**{small:.2%}**. With 0.1 it reads **{large:.2%}**.",
            steps=runs[0].spec.steps,
            small=small.accuracy,
            large=large.accuracy,
        ),
        t(
            "A step changes each weight by learning rate × gradient. With 0.0002 the weights of the first "
            "layer moved by only {small:.2%} of their size in all these steps, with 0.1 by {large:.0%}.",
            small=small.moved,
            large=large.moved,
        ),
    ]


def _momentum_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    without, with_it = outcomes
    faster = with_it.accuracy > without.accuracy + 0.1 and with_it.loss < without.loss
    return faster and with_it.moved > without.moved


def _momentum(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    without, with_it = outcomes
    return [
        t(
            "After {steps} steps: **{without:.2%}** without momentum, **{with_it:.2%}** with it.",
            steps=runs[0].spec.steps,
            without=without.accuracy,
            with_it=with_it.accuracy,
        ),
        t(
            "Momentum keeps 0.9 of the last step's movement and adds the new gradient. Where gradients agree "
            "for long, steps grow up to 1 / (1 − 0.9) = 10 times as long: that is what carries the network "
            "over the flat beginning. The first layer moved by {with_it:.0%} of its size, without momentum "
            "by {without:.0%}.",
            with_it=with_it.moved,
            without=without.moved,
        ),
    ]


def _initialisation_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    zeros, small, torch, kaiming = outcomes
    blind = zeros.moved == 0 and len(np.unique(zeros.answers)) == 1
    in_order = max(zeros.accuracy, small.accuracy) < GUESSING < torch.accuracy < kaiming.accuracy
    if not (blind and in_order):
        return False
    tiny, own, wide = (_spread(run) for run in runs[1:])
    return tiny < 0.1 * min(own, wide)


def _initialisation(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    zeros, small, torch, kaiming = outcomes
    digit = int(np.bincount(zeros.answers).argmax())
    tiny, own, wide = (_spread(run) for run in runs[1:])
    return [
        t(
            "All zero: **{zeros:.2%}**. Every filter computes the same nothing, and no gradient comes "
            "through a weight of zero: only the last biases learn. The network answers {digit} to "
            "{share:.0%} of all test images.",
            zeros=zeros.accuracy,
            digit=digit,
            share=float((zeros.answers == digit).mean()),
        ),
        t(
            "Very small: **{small:.2%}**. Each layer multiplies by weights of about 0.001, so that hardly "
            "anything of the image arrives at the end. Before training, the ten scores of one test digit lie "
            "within {tiny:.10f} of each other; with PyTorch's own weights within {own:.2f}, with Kaiming's "
            "within {wide:.2f}.",
            small=small.accuracy,
            tiny=tiny,
            own=own,
            wide=wide,
        ),
        t(
            "Kaiming's rule makes the weights just so large that a signal neither fades nor grows from layer "
            "to layer: **{kaiming:.2%}**, PyTorch's own **{torch:.2%}**.",
            kaiming=kaiming.accuracy,
            torch=torch.accuracy,
        ),
    ]


def _spread(run: Run) -> float:
    """How far the ten scores of the first test digit lie apart before training."""
    from cnn_core.features import logits

    first = store().snapshot_steps(run.id)[0]
    scores = logits(shared_model(run.id, first), load_mnist().test_images[0] / np.float32(255))
    return float(scores.max() - scores.min())


def _pooling_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    with_it, without = outcomes
    pooled, whole = (parameter_count(run.spec.model) for run in runs)
    return pooled < whole and abs(with_it.accuracy - without.accuracy) < 0.02


def _pooling(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    with_it, without = outcomes
    pooled, whole = (parameter_count(run.spec.model) for run in runs)
    near, lost = ([_when_shifted(run.id, run.version, by) for run in runs] for by in (1, FAR))
    return [
        t(
            "With pooling **{with_it:.2%}**, without it **{without:.2%}**: on digits in the middle pooling "
            "hardly decides. But it costs less: {pooled:,} parameters instead of {whole:,}.",
            with_it=with_it.accuracy,
            without=without.accuracy,
            pooled=pooled,
            whole=whole,
        )
        + _time_saved(with_it.seconds, without.seconds),
        t(
            "Now move {count:,} test digits to the right. By 1 pixel: {near:.2%} with pooling, "
            "{near_without:.2%} without. By {far} pixels: {lost:.2%} with it, {lost_without:.2%} without.",
            count=ASKED,
            far=FAR,
            near=near[0],
            near_without=near[1],
            lost=lost[0],
            lost_without=lost[1],
        ),
        *([_pooling_alone()] if _forgives_nothing(with_it.accuracy, near, lost) else []),
    ]


def _time_saved(fast: float, slow: float) -> str:
    """What it costs in seconds; nothing of it where the computer had other work meanwhile."""
    if not fast < slow:
        return ""
    return " " + t("Here training took {fast:.0f} s with it and {slow:.0f} s without.", fast=fast, slow=slow)


def _forgives_nothing(in_place: float, near: Sequence[float], lost: Sequence[float]) -> bool:
    """Whether a shift costs both networks about the same, and much."""
    alike = max(abs(a - b) for a, b in (near, lost)) < 0.03
    return alike and max(lost) < in_place - 0.05


def _pooling_alone() -> str:
    return t(
        "So one pooling of 2×2 does not make a network forgive a shift: the fully connected layer behind it "
        "still has a weight for each place."
    )


@st.cache_data(show_spinner=False)
def _when_shifted(run_id: str, version: int, by: int) -> float:
    mnist = load_mnist()
    moved = shifted(mnist.test_images[:ASKED], by)
    answers = asked(shared_model(run_id, _last(run_id)), store().run(run_id).spec, moved)
    return accuracy(answers, mnist.test_labels[:ASKED])


def _shuffled_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    cnn, cnn_shuffled, full, full_shuffled = (outcome.accuracy for outcome in outcomes)
    taken, misses_nothing = cnn - cnn_shuffled, abs(full - full_shuffled) < 0.02
    return misses_nothing and taken > 0.01 + max(0.0, full - full_shuffled)


def _shuffled(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    cnn, cnn_shuffled, full, full_shuffled = (outcome.accuracy for outcome in outcomes)
    return [
        t(
            "Shuffling takes **{cnn:.1f} points** from the CNN ({a:.2%} → {b:.2%}), and **{full:.1f}** from "
            "the fully connected network ({c:.2%} → {d:.2%}).",
            cnn=100 * (cnn - cnn_shuffled),
            a=cnn,
            b=cnn_shuffled,
            full=100 * (full - full_shuffled),
            c=full,
            d=full_shuffled,
        ),
        t(
            "A fully connected layer has a weight for each pixel, wherever it lies: it never knew which "
            "pixels are neighbours, so it misses nothing. A filter looks at neighbours only: shuffle them, "
            "and there are no edges left for it to find."
        ),
    ]


def _few_images_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    few, many = outcomes
    if not (few.loss < many.loss and few.accuracy < many.accuracy):
        return False
    known, first = (_on_training_images(run.id, run.version) for run in runs)
    by_heart = known > 0.99 and known > few.accuracy + 0.02
    return by_heart and known > first


def _few_images(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    few, many = outcomes
    steps, batch = runs[0].spec.steps, runs[0].spec.batch_size
    known, first = (_on_training_images(run.id, run.version) for run in runs)
    return [
        t(
            "Both took {steps} steps of {batch} images: that is {epochs:.0f} times through the {count} "
            "images, and {share:.1f} times through the 60,000.",
            steps=steps,
            batch=batch,
            epochs=steps * batch / FEW,
            share=steps * batch / runs[1].spec.train_size,
            count=FEW,
        ),
        t(
            "On its own training images the small run reads **{known:.2%}**, with a loss of {few:.4f}; on "
            "test images **{accuracy:.2%}**. It knows its images by heart: that is **overfitting**. The "
            "large run has a loss of {many:.3f}, reads {first:.2%} of the same training images, and "
            "**{better:.2%}** of the test images.",
            known=known,
            few=few.loss,
            accuracy=few.accuracy,
            many=many.loss,
            first=first,
            better=many.accuracy,
        ),
    ]


@st.cache_data(show_spinner=False)
def _on_training_images(run_id: str, version: int) -> float:
    mnist = load_mnist()
    answers = asked(shared_model(run_id, _last(run_id)), store().run(run_id).spec, mnist.train_images[:FEW])
    return accuracy(answers, mnist.train_labels[:FEW])


def _last(run_id: str) -> int:
    return store().snapshot_steps(run_id)[-1]


def _batch_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    one, hundred, thousand = outcomes
    if not (one.accuracy > hundred.accuracy > thousand.accuracy and one.seconds > hundred.seconds):
        return False
    jumps = [_jumps(run.id, run.version) for run in runs]
    return jumps[0] > max(jumps[1:])


@st.cache_data(show_spinner=False)
def _jumps(run_id: str, version: int) -> float:
    """How far the loss goes up or down from one step to the next, at the run's end."""
    return float(np.abs(np.diff(store().metrics(run_id).loss[-ENDING:])).mean())


def _batch(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    one, hundred, thousand = outcomes
    steps = [run.spec.steps for run in runs]
    return [
        t(
            "The same 10,000 images make {one:,} steps, {hundred:,} steps or {thousand:,} steps: "
            "**{a:.2%}**, **{b:.2%}**, **{c:.2%}**.",
            one=steps[0],
            hundred=steps[1],
            thousand=steps[2],
            a=one.accuracy,
            b=hundred.accuracy,
            c=thousand.accuracy,
        ),
        t(
            "A large batch knows more exactly where to go, but goes there only once, and all three have the "
            "same learning rate: a larger batch could bear a larger one. A batch of one goes at once, though "
            "each image pulls another way: its loss jumps up and down. And it takes time, since a computer "
            "is quicker with many images at once: {slow:.0f} s against {fast:.0f} s for batches of 100.",
            slow=one.seconds,
            fast=hundred.seconds,
        ),
    ]


def _augmentation_as_usual(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> bool:
    plain, varied = outcomes
    return varied.accuracy > plain.accuracy and varied.loss > plain.loss


def _augmentation(outcomes: Sequence[Outcome], runs: Sequence[Run]) -> list[str]:
    plain, varied = outcomes
    return [
        t(
            "Varied images: **{varied:.2%}** of the test digits; as they are: **{plain:.2%}**. Yet the loss "
            "in training is higher with variation: {high:.3f} against {low:.4f}.",
            varied=varied.accuracy,
            plain=plain.accuracy,
            high=varied.loss,
            low=plain.loss,
        ),
        t(
            "Each time an image comes up it is turned, stretched and moved a little otherwise. So it cannot "
            "be learned by heart, and what stays is what the variants have in common: the digit."
        ),
    ]


_AsUsual = Callable[[Sequence[Outcome], Sequence[Run]], bool]
_Words = Callable[[Sequence[Outcome], Sequence[Run]], list[str]]
_WORDS: dict[str, tuple[_AsUsual, _Words]] = {  # what the words take for granted, and the words
    "learning_rate": (_learning_rate_as_usual, _learning_rate),
    "momentum": (_momentum_as_usual, _momentum),
    "initialisation": (_initialisation_as_usual, _initialisation),
    "pooling": (_pooling_as_usual, _pooling),
    "shuffled": (_shuffled_as_usual, _shuffled),
    "few_images": (_few_images_as_usual, _few_images),
    "batch": (_batch_as_usual, _batch),
    "augmentation": (_augmentation_as_usual, _augmentation),
}
