"""The update: each weight moves against its gradient, as the run's optimiser has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.slow_motion import SlowStep
from cnn_core.spec import TrainingSpec
from ui.components.step_grids import Grid, change_grids
from ui.language import t
from ui.slow_motion_phases import pick_filter
from ui.slow_motion_start import chosen_weight
from ui.small_pictures import number
from ui.state import PageState

BETAS, EPS = (0.9, 0.999), 1e-8  # torch's for Adam and AdamW


@dataclass(frozen=True)
class Rule:
    """How an optimiser changes a weight: what it says of itself, its grids, and the sum of one weight."""

    says: str
    grids: list[Grid]
    sentence: str


def update(page: PageState, step: SlowStep, spec: TrainingSpec, memory_known: bool) -> None:
    """Weight before, what goes into the change, weight after; then whether it helped."""
    words, pickers = st.columns([81, 19], gap="medium", vertical_alignment="center")
    words.markdown(
        t(
            "Every weight takes a small step **against** its gradient, the way on which the loss falls. How "
            "small a step: that is the *learning rate*, **{rate}** in step {step:,}.",
            rate=number(step.learning_rate),
            step=step.step,
        )
    )
    with pickers:
        chosen = pick_filter(page, step)
    if step.update.gradient is None:
        st.info(t("The first layer of this run is frozen: it does not learn, so its weights stay."))
    elif chosen < spec.held_filters:
        st.info(t("This filter is a kernel that is held: what a step would change of it is put back."))
    else:
        rule = _rule(step, spec, chosen)
        change_grids(
            "slow_motion.change",
            rule.grids,
            chosen_weight(page, step, chosen),
            [rule.sentence],
            lambda row, col: page.set(weight=f"{row}-{col}"),
        )
        st.markdown(rule.says)
    if not memory_known:
        st.info(
            t(
                "Of this step only the weights are kept, not what the optimiser remembers of earlier "
                "gradients. So its memory starts empty here, and the run itself went another way. Step 0 is "
                "exact, and so are the newest steps of a run that was paused."
            ),
            icon=":material/info:",
        )
    _did_it_help(step)


def _did_it_help(step: SlowStep) -> None:
    if step.loss_after is None:
        return
    values = {"before": number(step.loss, 4), "after": number(step.loss_after, 4)}
    if step.loss_after < step.loss:
        st.markdown(
            t(
                "**Did it help?** The same batch again, with the new weights: the loss falls from {before} "
                "to **{after}**.",
                **values,
            )
        )
    else:
        st.markdown(
            t(
                "**Did it help?** The same batch again, with the new weights: the loss went from {before} to "
                "**{after}**. This step was too long, or went by the memory of earlier batches.",
                **values,
            )
        )


def _rule(step: SlowStep, spec: TrainingSpec, chosen: int) -> Rule:
    if spec.optimiser != "sgd":
        return _adam(step, spec, chosen)
    return _momentum(step, spec, chosen) if spec.momentum else _plain(step, spec, chosen)


def _of(step: SlowStep, values: np.ndarray, chosen: int) -> np.ndarray:
    return step.filters(values)[chosen]


def _ends(step: SlowStep, chosen: int) -> tuple[Grid, Grid, Grid, Grid]:
    """Before, gradient, change, after: what every optimiser has."""
    update = step.update
    assert update.gradient is not None
    before, after = (_of(step, values, chosen) for values in (update.before, update.after))
    return (
        Grid("before", t("weight before"), before),
        Grid("gradient", t("gradient"), _of(step, update.gradient, chosen)),
        Grid("change", t("change"), after.astype(np.float64) - before, "→"),
        Grid("after", t("weight after"), after, "=", like=0),
    )


def _decay(spec: TrainingSpec) -> str:
    if not spec.weight_decay:
        return ""
    return " " + t(
        "Besides, *weight decay* pulls every weight a little towards 0: here by {decay} × the weight.",
        decay=number(spec.weight_decay),
    )


def _pulled(spec: TrainingSpec) -> str:
    """The gradient as SGD takes it: with weight decay's share."""
    return f"({{gradient}} + {number(spec.weight_decay)} × {{before}})" if spec.weight_decay else "{gradient}"


_GAPS = {n: f"{{{n}}}" for n in ("row", "column", "before", "change", "after")}


def _plain(step: SlowStep, spec: TrainingSpec, chosen: int) -> Rule:
    says = t("This is plain *gradient descent*: change = −learning rate × gradient.") + _decay(spec)
    sentence = t(
        "Row {row}, column {column}: {before} − {rate} × {gradient} = {after}",
        rate=number(step.learning_rate, 4),
        gradient=_pulled(spec),
        **_GAPS,
    )
    return Rule(says, list(_ends(step, chosen)), sentence)


def _momentum(step: SlowStep, spec: TrainingSpec, chosen: int) -> Rule:
    before, gradient, _, after = _ends(step, chosen)
    known = step.update.memory_before.get("momentum_buffer")
    old = np.zeros_like(step.update.before) if known is None else known
    new = step.update.memory_after["momentum_buffer"]
    grids = [
        before,
        gradient,
        Grid("old", t("velocity before"), _of(step, old, chosen), like=3),
        Grid("velocity", t("new velocity"), _of(step, new, chosen), "→"),
        after,
    ]
    says = t(
        "*Momentum*: the weights roll on like a ball. New velocity = {momentum} × velocity before + "
        "gradient; change = −learning rate × new velocity.",
        momentum=number(spec.momentum),
    ) + _decay(spec)
    sentence = t(
        "Row {row}, column {column}: velocity {momentum} × {old} + {gradient} = {velocity}; "
        "weight {before} − {rate} × {velocity} = {after}",
        momentum=number(spec.momentum),
        rate=number(step.learning_rate, 4),
        gradient=_pulled(spec),
        old="{old}",
        velocity="{velocity}",
        **_GAPS,
    )
    return Rule(says, grids, sentence)


def _adam(step: SlowStep, spec: TrainingSpec, chosen: int) -> Rule:
    before, gradient, change, after = _ends(step, chosen)
    memory, own = step.update.memory_after, spec.optimiser == "adamw" and spec.weight_decay > 0
    taken = float(memory["step"])
    mean = memory["exp_avg"] / (1 - BETAS[0] ** taken)
    size = np.sqrt(memory["exp_avg_sq"] / (1 - BETAS[1] ** taken)) + EPS
    grids = [
        before,
        gradient,
        Grid("mean", t("running mean"), _of(step, mean, chosen)),
        Grid("size", t("typical size"), _of(step, size, chosen), "÷", like=2),
        change,
        after,
    ]
    says = t(
        "*{name}* remembers two things of each weight's gradients: their running mean (it smooths, like "
        "momentum) and their typical size. Change = −learning rate × mean ÷ size: so every weight moves by "
        "about the learning rate, however small its gradient is.",
        name="AdamW" if spec.optimiser == "adamw" else "Adam",
    ) + _decay(spec)
    sentence = t(
        "Row {row}, column {column}: −{rate} × {mean} ÷ {size}{decay} = {change}, the change; {before} "
        "becomes {after}",
        rate=number(step.learning_rate, 4),
        mean="{mean}",
        size="{size}",
        decay=f" − {number(step.learning_rate, 4)} × {number(spec.weight_decay)} × {{before}}" if own else "",
        **_GAPS,
    )
    return Rule(says, grids, sentence)
