"""A box for numbers, typed or pasted: bad input gets one sentence, and what stood there before goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import streamlit as st

from cnn_core.kernels import compact, format_matrix, parse_matrix, random_input
from cnn_core.messages import Problem
from cnn_core.ops import Pair
from ui.language import explain, t
from ui.state import PageState, dial

LATE = 2.0  # seconds within which a browser hears of what a run has changed


def put_matrix(page: PageState, name: str, raw: str, largest: int = 12) -> None:
    """Take what was typed; what cannot be read leaves the choice as it was, and a sentence to be shown."""
    _put(page, name, lambda: parse_matrix(raw, largest))


def change_matrix(
    page: PageState, name: str, change: Callable[[np.ndarray], np.ndarray], largest: int = 12
) -> None:
    """Change the matrix as it is now: a cell may have been typed since the page ran; as ``put_matrix``."""
    _put(page, name, lambda: change(parse_matrix(getattr(page, name), largest)))


def _put(page: PageState, name: str, make: Callable[[], np.ndarray]) -> None:
    try:
        page.set(**{name: compact(make())})
        st.session_state.pop(_problem_key(name), None)
    except Problem as error:
        st.session_state[_problem_key(name)] = getattr(page, name), error


def matrix_problem(page: PageState, name: str) -> Problem | None:
    """What was wrong with the last text, until the choice changes in some other way."""
    value, problem = st.session_state.get(_problem_key(name), (None, None))
    return problem if value == getattr(page, name) else None


def matrix_box(page: PageState, name: str, label: str, largest: int = 12, show_problem: bool = True) -> None:
    """A text area for the matrix that the choice ``name`` holds in its compact form."""
    key, problem = f"box.{name}", matrix_problem(page, name)
    session, replaced = st.session_state, f"box.{name}.replaced"  # texts that stood here, and until when
    if problem is None or key not in session:
        text = format_matrix(read_matrix(page, name, largest))
        if session.get(key, text) != text:
            session.setdefault(replaced, {})[session[key]] = time.monotonic()
        session[key] = text

    def typed() -> None:
        """Take the text, unless the browser has just not heard yet that another one stands here."""
        if time.monotonic() > session.get(replaced, {}).get(session[key], -LATE) + LATE:
            put_matrix(page, name, session[key], largest)

    st.text_area(
        label,
        key=key,
        on_change=typed,
        height=130,
        help=t("One row a line; paste from a spreadsheet."),
    )
    if problem is not None and show_problem:
        st.error(explain(problem))


def _problem_key(name: str) -> str:
    return f"box.{name}.problem"


def read_matrix(page: PageState, name: str, largest: int = 12) -> np.ndarray:
    """The matrix of a choice; the choice's default, with a sentence, where an address garbled it."""
    try:
        return parse_matrix(getattr(page, name), largest)
    except Problem as error:
        st.warning(explain(error))
        default = page.default(name)
        page.set(**{name: default})
        return parse_matrix(default, largest)


def random_numbers(page: PageState, name: str, shape: Pair) -> None:
    """Random numbers in as many rows and columns; the page's ``seed`` gives a whole class the same ones."""
    seed = page.seed

    def draw(shape: Pair, seed: int) -> None:
        page.set(seed=seed, **{name: compact(random_input(shape, seed))})

    st.button(t("Random numbers"), on_click=draw, args=(shape, (seed + 1) % 10_000))
    with st.expander(t("Size and seed"), key=f"random.{name}"):
        st.slider(
            t("Rows and columns"),
            1,
            12,
            **dial(f"random.{name}.size", max(shape), lambda n: draw((n, n), seed)),
        )
        st.number_input(
            t("Seed"),
            0,
            9999,
            help=t("The same seed gives the same numbers."),
            **dial(f"random.{name}.seed", seed, lambda n: draw(shape, n)),
        )
