"""The gradient of a filter as what it is: a convolution of the input with the gradient of the output."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from cnn_core.slow_motion import FilterGradient
from ui.components.conv_grid import conv_grid
from ui.language import t
from ui.small_pictures import power_of_ten
from ui.state import PageState


def sliding(
    page: PageState, found: FilterGradient, image: int, weight: tuple[int, int], subject: str
) -> None:
    """Slide one image's output gradient over its input: each position's sum is a weight's share.

    ``weight`` is where the window first stands; ``subject`` names what the grids are about.
    """
    gradient = found.output_gradient[image]
    if gradient.size == 1 or not np.isfinite(found.shares[image]).all():
        return
    st.toggle(t("Slide it: these sums are a convolution"), **page.dial("slide"))
    if not page.slide:
        return
    largest = float(np.abs(found.shares[image]).max())
    power = math.floor(math.log10(largest)) if largest else 0
    conv_grid(
        found.inputs[image],
        gradient.astype(np.float64) / 10.0**power,
        dilation=found.stride,
        key="slow_motion.slide",
        input_range=(0.0, 1.0),
        note=t(
            "The kernel here is the gradient of the filter's output for image {number}, and each cell of "
            "the output this image's share of one weight's gradient; both in units of {unit}.",
            number=image + 1,
            unit=power_of_ten(power),
        ),
        at=weight,
        subject=f"{subject} {weight}",
    )
