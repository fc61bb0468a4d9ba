"""The kernel on the convolution page: ready-made ones to begin from, its cells, and what changes them all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.kernels import GABOR_ANGLES, KERNELS, compact, ready_made, recognised
from ui.components.kernel_cells import kernel_cells
from ui.language import explain, language, t
from ui.matrix_input import change_matrix, matrix_box, matrix_problem, put_matrix
from ui.state import PageState, control, dial

_CELLS = "convolution.kernel.cells"


def choose_kernel(page: PageState, kernel: np.ndarray) -> None:
    """The ready-made kernels; one of one's own leaves the choice open."""
    known = recognised(kernel)

    def take(name: str | None) -> None:
        if name:
            page.set(kernel=compact(ready_made(name, kernel.shape[0])))

    st.selectbox(
        t("Ready-made kernels"),
        list(KERNELS),
        format_func=lambda name: t(KERNELS[name].name),
        placeholder=t("your own kernel"),
        **control("convolution.kernel.name", known[0] if known else None, take),
    )


def kernel_panel(page: PageState, kernel: np.ndarray, ask: str = "") -> None:
    """The cells, the Gabor kernel's angle, and, folded away, what changes the whole kernel.

    ``ask``: where the browser may ask what a changed cell does (ui.live).
    """
    st.markdown(t("**Kernel**: change any cell"))
    kernel_cells(_CELLS, kernel, lambda raw: put_matrix(page, "kernel", raw, 11), ask)
    problem = matrix_problem(page, "kernel")
    if problem is not None:
        st.error(explain(problem))
    known = recognised(kernel)
    if known and known[0] == "gabor":
        _angle(page, kernel, known[1])
    with st.expander(t("Change the whole kernel"), key="convolution.kernel.whole"):
        _whole_kernel(page, kernel)
    st.page_link(
        "pages/training.py",
        label=t("Use as a first-layer filter"),
        icon=":material/model_training:",
        query_params={"lang": language(), "kernels": compact(kernel)},
    )


def _angle(page: PageState, kernel: np.ndarray, degrees: int) -> None:
    def take(angle: int) -> None:
        page.set(kernel=compact(ready_made("gabor", kernel.shape[0], angle)))

    st.select_slider(
        t("Angle of its stripes"),
        list(GABOR_ANGLES),
        format_func=lambda angle: f"{angle}°",
        **dial("convolution.kernel.angle", degrees, take),
    )


def _whole_kernel(page: PageState, kernel: np.ndarray) -> None:
    def change(to: Callable[[np.ndarray], np.ndarray]) -> None:
        change_matrix(page, "kernel", to, 11)

    def random() -> None:
        page.set(seed=(page.seed + 1) % 10_000)
        change(lambda now: kernels.random_kernel(now.shape, page.seed))

    def resize(size: int) -> None:
        change(lambda now: _resized(now, size))

    st.slider(t("Size"), 1, 11, **dial("convolution.kernel.size", max(kernel.shape), resize))
    with st.container(horizontal=True):
        st.button(t("Rotate by 90°"), on_click=lambda: change(lambda now: np.rot90(now, -1)))
        st.button(
            t("Flip"), on_click=lambda: change(lambda now: now[::-1, ::-1]), help=t("Turns it by 180°.")
        )
        st.button(
            t("Divide by the sum"),
            on_click=lambda: change(kernels.normalised),
            disabled=kernels.cancels(kernel),
            help=t("The output then keeps the input's brightness. Not where the sum is 0."),
        )
        st.button(t("Random"), on_click=random)
    st.caption(
        t(
            "In mathematics a convolution first turns the kernel by 180°: that is *Flip*. Deep learning "
            "leaves it as it is (cross-correlation) and still says convolution; the network learns the "
            "numbers anyway."
        )
    )
    matrix_box(page, "kernel", t("Kernel as text"), largest=11, show_problem=False)


def _resized(kernel: np.ndarray, size: int) -> np.ndarray:
    """The same ready-made kernel where there is one of this size, else these numbers, their middle kept."""
    name, degrees = recognised(kernel) or ("", 0)
    offered = name and size in KERNELS[name].sizes
    return ready_made(name, size, degrees) if offered else kernels.resized(kernel, size)
