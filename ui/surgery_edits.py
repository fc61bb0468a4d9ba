"""The edit on the surgery page: in the address, kept where it is too long for one, undone and done again."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.edit import KIND, Edit
from cnn_core.kernels import parse_matrix
from cnn_core.messages import Problem
from cnn_core.models import ModelSpec
from ui.language import explain, t
from ui.refusal import REFUSALS
from ui.specimen import store
from ui.state import PageState

_PAST = "surgery.past"  # the texts of all edits, in order, those that were undone behind
_AT = "surgery.at"  # which of them is on screen
_TYPED = (
    "surgery.typed"  # the cell in which something is being typed: one step of undo for all its keystrokes
)
_PROBLEM = "surgery.problem"  # what is wrong with what was typed


def read_edit(page: PageState, spec: ModelSpec) -> Edit:
    """The edit of the address; with a sentence and no edit, where it does not fit or is no longer kept."""
    try:
        edit = Edit.from_text(page.edit, spec, _kept)
    except Problem as error:
        st.warning(explain(error))
        return Edit()
    _remember(page.edit)
    return edit


def put_edit(page: PageState, edit: Edit) -> None:
    """Make an edit the page's; call it from a callback."""
    st.session_state.pop(_TYPED, None)
    st.session_state.pop(_PROBLEM, None)
    try:
        page.set(edit=_text(edit))
    except REFUSALS as error:
        st.session_state[_PROBLEM] = error


def type_kernel(
    page: PageState, edit: Edit, place: tuple[str, int, int], trained: np.ndarray, raw: str
) -> None:
    """Take what is typed into a kernel's cells; call it from a callback."""
    try:
        rows = parse_matrix(raw, max(trained.shape))
        if rows.shape != trained.shape:
            raise Problem("This kernel has {size}×{size} cells: fill each with a number.", size=len(trained))
        changed = set_kernel(edit, place, trained, rows)
    except Problem as error:
        st.session_state[_PROBLEM] = error
        return
    before = kernel_of(edit, place, trained)
    cells = np.argwhere(before != rows.astype(np.float32)).tolist()
    typed = (place, cells[0]) if len(cells) == 1 else None
    past, at = _history()
    if at and typed is not None and typed == st.session_state.get(_TYPED):
        st.session_state[_PAST], st.session_state[_AT] = past[:at], at - 1  # in place of the last keystroke
    put_edit(page, changed)
    st.session_state[_TYPED] = typed


def kernel_of(edit: Edit, place: tuple[str, int, int], trained: np.ndarray) -> np.ndarray:
    """A kernel's weights float32 (FH, FW): changed, or as trained."""
    rows = next((k.rows for k in edit.kernels if (k.layer, k.filter, k.channel) == place), None)
    return trained if rows is None else np.asarray(rows, np.float32)


def set_kernel(edit: Edit, place: tuple[str, int, int], trained: np.ndarray, rows: np.ndarray) -> Edit:
    """The edit with other weights for a kernel; the trained ones are no change."""
    same = np.array_equal(rows.astype(np.float32), trained)
    return edit.with_kernel(*place, None if same else rows)


def typing_problem() -> Exception | None:
    """What is wrong with the newest keystroke."""
    return st.session_state.get(_PROBLEM)


def undo_buttons(page: PageState) -> None:
    """Undo, redo, and back to the network as it was trained."""
    past, at = _history()

    def move(to: int) -> None:
        st.session_state.pop(_TYPED, None)
        st.session_state[_AT] = to
        page.set(edit=past[to])

    with st.container(horizontal=True, key="surgery-undo"):
        st.button(
            t("Undo"),
            key="surgery.undo",
            icon=":material/undo:",
            disabled=at == 0,
            on_click=move,
            args=(at - 1,),
        )
        st.button(
            t("Redo"),
            key="surgery.redo",
            icon=":material/redo:",
            disabled=at == len(past) - 1,
            on_click=move,
            args=(at + 1,),
        )
        st.button(
            t("Reset all"),
            key="surgery.reset",
            icon=":material/restart_alt:",
            disabled=not page.edit,
            on_click=lambda: put_edit(page, Edit()),
        )


def _history() -> tuple[list[str], int]:
    return st.session_state.setdefault(_PAST, [""]), st.session_state.setdefault(_AT, 0)


def _remember(text: str) -> None:
    """Follow the address: a step back or on in what was done, or something new, behind which nothing is."""
    past, at = _history()
    for near in (at, at - 1, at + 1):
        if 0 <= near < len(past) and past[near] == text:
            st.session_state[_AT] = near
            return
    st.session_state[_PAST] = [*past[: at + 1], text]
    st.session_state[_AT] = at + 1


def _text(edit: Edit) -> str:
    return edit.text(lambda data: store().put_artifact(KIND, data))


def _kept(sha256: str) -> bytes:
    try:
        artifact = store().artifact(sha256)
    except Problem:
        artifact = None
    if artifact is None or artifact.kind != KIND:
        raise Problem("This edit is no longer kept here: make it again.")
    return artifact.data
