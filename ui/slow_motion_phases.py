"""The four phases of a step, each on the real tensors of its batch."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from cnn_core.slow_motion import Passage, SlowStep, filter_gradient
from ui.components.batch_wall import batch_wall
from ui.components.step_grids import sum_grids
from ui.language import t
from ui.slow_motion_sliding import sliding
from ui.slow_motion_start import chosen_filter, chosen_image, chosen_weight
from ui.small_pictures import Row, layer_rows, number, ten_bars
from ui.state import PageState, dial


def forward(page: PageState, step: SlowStep) -> None:
    """The batch through the network: an answer for each image, and the way of one of them."""
    count, right = len(step.labels), int((step.answers == step.labels).sum())
    st.markdown(
        t(
            "A step looks at a handful of training images, its *batch*: here **{count} images**. They pass "
            "through the network, layer by layer, and each comes out as ten numbers, its *logits*. The "
            "largest is the answer, written below the image: **{right}** of {count} are right.",
            count=count,
            right=right,
        )
    )
    image = _wall_beside_image(page, step, with_losses=False)
    st.markdown(
        t(
            "**The way of this image**, from the first layer to the ten logits (each row in colours of its "
            "own):"
        )
    )
    rows = [Row(p.name, p.output[image]) for p in step.passages if p.kind not in ("flatten", "dropout")]
    layer_rows(rows, t("What the layer makes of the image"))


def loss(page: PageState, step: SlowStep) -> None:
    """How wrong each answer is, and the one number for the batch."""
    st.markdown(
        t(
            "*Softmax* turns logits into probabilities. The *loss* of an image is **−ln(probability of its "
            "own digit)**: 0 for sure and right, {guess:.2f} for a pure guess among ten, more for sure and "
            "wrong. The bar below each image is its loss.",
            guess=math.log(10),
        )
    )
    _wall_beside_image(page, step, with_losses=True)
    st.markdown(
        t(
            "The loss of the step is the mean over its {count} images: **{loss}**. This one number is what "
            "training makes smaller.",
            count=len(step.labels),
            loss=number(step.loss, 4),
        )
    )


def _wall_beside_image(page: PageState, step: SlowStep, with_losses: bool) -> int:
    """The batch on the left; on the right the chosen image's ten numbers. Returns which it is."""
    image = chosen_image(page, step)
    wall, one = st.columns([66, 34], gap="medium")
    with wall:
        batch_wall("slow_motion.wall", step, image, with_losses, lambda n: page.set(of=n))
        if step.kept < len(step.labels):
            st.caption(
                t("The first {kept} of {count} images.", kept=step.kept, count=f"{len(step.labels):,}")
            )
    digit = int(step.labels[image])
    with one:
        if with_losses:
            st.markdown(t("Image {number} is a **{digit}**. Probabilities:", number=image + 1, digit=digit))
            ten_bars(step.probabilities[image], digit, "{:.3f}".format)
            st.markdown(
                t(
                    "Its loss: −ln({share}) = **{loss}**",
                    share=number(float(step.probabilities[image, digit])),
                    loss=number(float(step.losses[image])),
                )
            )
        else:
            st.markdown(t("Image {number} is a **{digit}**. Its logits:", number=image + 1, digit=digit))
            ten_bars(step.logits[image], digit)
    return image


def backward(page: PageState, step: SlowStep) -> None:
    """The gradient: of each weight of one filter, as a sum that can be opened; then of each layer."""
    words, pickers = st.columns([62, 38], gap="medium", vertical_alignment="center")
    words.markdown(
        t(
            "The *gradient* of a number says how much the loss rises when that number rises a little. "
            "*Backpropagation* finds it for every number in the network, from the last layer back to the "
            "first. For a weight it is a sum of products: **input × gradient of the output**."
        )
    )
    with pickers:
        number_of, image = _pick_filter_and_image(page, step)
    found = filter_gradient(step, number_of)
    if found is None or step.update.gradient is None:
        st.info(t("The first layer of this run is frozen: it does not learn, so no gradient is computed."))
    else:
        is_conv = step.update.before.ndim == 4
        sum_grids(
            "slow_motion.sum",
            found,
            step.filters(step.update.gradient)[number_of],
            image,
            chosen_weight(page, step, number_of),
            _titles(step, image),
            _sentences(step, image, is_conv),
            lambda row, col: page.set(weight=f"{row}-{col}"),
            lambda n: page.set(of=min(n, step.kept - 1)),
        )
        if is_conv:
            weight = chosen_weight(page, step, number_of)
            sliding(page, found, image, weight, f"{step.step} {number_of} {image}")
        if not found.total.any():
            st.info(
                t("Every gradient here is 0: from this batch these weights learn nothing. Try another one.")
            )
    _gradients_of_layers(step, image)


def pick_filter(page: PageState, step: SlowStep) -> int:
    """Show the picker of the filter, or unit, and return its number."""
    return st.number_input(
        t("Filter (from 0)") if step.update.before.ndim == 4 else t("Unit (from 0)"),
        0,
        len(step.update.before) - 1,
        **dial(
            "widget.slow_motion.filter",
            chosen_filter(page, step),
            lambda chosen: page.set(filter=chosen, weight=""),
        ),
    )


def _pick_filter_and_image(page: PageState, step: SlowStep) -> tuple[int, int]:
    left, right = st.columns(2)
    with left:
        chosen = pick_filter(page, step)
    number = chosen_image(page, step) + 1
    right.number_input(
        t("Image of the batch"),
        1,
        step.kept,
        **dial("widget.slow_motion.image", number, lambda n: page.set(of=n - 1)),
    )
    return chosen, chosen_image(page, step)


def _titles(step: SlowStep, image: int) -> dict[str, str]:
    return {
        "input": t("Input: image {number}", number=image + 1),
        "gradient": t("output's gradient"),
        "products": t("products"),
        "share": t("this image's share"),
        "total": t("all {count} images", count=len(step.labels)),
    }


def _sentences(step: SlowStep, image: int, is_conv: bool) -> list[str]:
    gaps = {name: f"{{{name}}}" for name in ("row", "column", "count", "x", "g", "product", "share")}
    if is_conv:
        first = t(
            "The weight in row {row}, column {column} meets the outlined part of the image, one cell at each "
            "of the filter's {count} positions. At the ringed one: {x} × {g} = {product}. All {count} "
            "products add up to {share}: this image's share.",
            **gaps,
        )
    else:
        first = t(
            "The weight in row {row}, column {column} meets one pixel, and the unit has one output: "
            "{x} × {g} = {product}. This product is the image's share.",
            **gaps,
        )
    gaps = {"total": "{total}", "torch": "{torch}"}
    second = t(
        "The shares of all {images} images add up to {total}: the gradient of this weight. "
        "PyTorch computes {torch}.",
        images=len(step.labels),
        **gaps,
    )
    return [first, second]


def _gradients_of_layers(step: SlowStep, image: int) -> None:
    """The gradient that comes back to each layer, the last layer first."""
    rows = [
        Row(p.name, p.gradient[image], _sizes(p))
        for p in reversed(step.passages)
        if p.gradient is not None and p.kind not in ("flatten", "dropout")
    ]
    if not rows:
        return
    st.markdown(
        t(
            "**Back through the layers**: the gradient of image {number} by what each layer gave, from the "
            "logits to the first layer (each row in colours of its own). Orange: more of it would make the "
            "loss smaller; blue: larger. Behind each row stands the typical size over the whole batch.",
            number=image + 1,
        )
    )
    layer_rows(rows, t("The gradient that comes back to the layer"))


def _sizes(passage: Passage) -> list[str]:
    own = passage.weight_gradient_size
    weights = [] if math.isnan(own) else [t("its weights: {size}", size=number(own, 2))]
    return [number(passage.gradient_size, 2), *weights]


def is_finite(step: SlowStep) -> bool:
    """Has the loss of this step still been a number?"""
    return bool(np.isfinite(step.loss))
