"""How the kernel slides on the convolution page: padding, stride, dilation, for both axes or for each."""

from __future__ import annotations

import streamlit as st

from cnn_core.ops import Pair
from cnn_core.sizes import Sliding, full_padding, same_padding
from ui.language import t
from ui.state import PageState

MOST_PADDING = 10
_PAIRED = ("stride", "padding", "dilation")


def chosen_sliding(page: PageState) -> Sliding:
    """What the page's choices say."""
    stride, padding, dilation = (_pair(page, name) for name in _PAIRED)
    return Sliding(stride, padding, dilation, page.mode)


def _pair(page: PageState, name: str) -> Pair:
    rows = getattr(page, name)
    return rows, getattr(page, f"{name}_w") if page.apart else rows


def padding_and_stride(page: PageState, spans: Pair) -> None:
    """Their sliders, and buttons for the two paddings that have names."""
    _slider(page, "padding", t("Padding"), 0, MOST_PADDING)
    with st.container(horizontal=True):
        for label, wanted in ((t("same size"), same_padding(spans)), (t("full"), full_padding(spans))):
            st.button(
                label,
                on_click=_pad,
                args=(page, wanted),
                disabled=wanted is None or max(wanted) > MOST_PADDING,
                help=t("Sets the padding, and stride 1. *Same* needs a kernel with a middle."),
            )
    _slider(page, "stride", t("Stride"), 1, 4)


def more_sliding(page: PageState) -> None:
    """The dilation, and whether rows and columns go apart."""
    _slider(page, "dilation", t("Dilation"), 1, 4)

    st.toggle(t("Rows and columns apart"), **page.dial("apart", after=lambda: _follow(page)))


def _follow(page: PageState) -> None:
    """The columns begin with the rows' numbers."""
    page.set(**{f"{name}_w": getattr(page, name) for name in _PAIRED})


def _pad(page: PageState, wanted: Pair) -> None:
    if not page.apart:
        _follow(page)
    rows, columns = wanted
    page.set(padding=rows, padding_w=columns, stride=1, stride_w=1, apart=page.apart or rows != columns)


def _slider(page: PageState, name: str, label: str, low: int, high: int) -> None:
    if not page.apart:
        st.slider(label, low, high, **page.dial(name))
        return
    st.slider(t("{name}, rows", name=label), low, high, **page.dial(name))
    st.slider(t("{name}, columns", name=label), low, high, **page.dial(f"{name}_w"))
