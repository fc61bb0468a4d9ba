"""A page's state: what a learner chose, kept in step between the session, the widgets and the address.

The value lives in a plain session key, because a widget's own key is dropped when the page changes. A
widget is set from it before it is made, and copied back when it changes. The address is written at every
run; one that differs from what was last written (Back, a link, a hand-typed address) wins over the session.
Not so one that was overtaken: a hand moved two controls before the browser had heard of the first's address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from cnn_core.messages import Problem
from cnn_core.numerals import typed
from ui.language import choose_language, language

_WRITTEN = "address.written"  # (page, parameters) as this module last wrote them
_OVERTAKEN = "address.overtaken"  # parameters written before those, since the browser last had the newest
_HAND = "address.hand"  # a hand has moved something since the address was written
_NOTES = "address.notes"  # what an address asked for that does not exist
_EPOCH = "address.epoch"  # rises when an address was taken: components then take their values afresh
_HANDED = "dial.handed"  # widget -> when the browser was last handed its value, by time.monotonic
SETTLES = 1.0  # seconds in which that may have been lost: a run that is overtaken at once is not sent
MOST_ON_THE_WAY = 8  # addresses that the browser may not have heard of yet


@dataclass(frozen=True)
class Field:
    """One choice: its default, how it reads in an address, and whether all pages share it."""

    default: Any
    parse: Callable[[str], Any]  # raises ValueError
    write: Callable[[Any], str] = str
    shared: bool = False


def integer(default: int, low: int, high: int) -> Field:
    """A whole number within bounds."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return Field(default, parse)


def number(default: float, low: float, high: float) -> Field:
    """A number within bounds; NaN is none."""

    def parse(raw: str) -> float:
        value = float(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return Field(default, parse, typed)


def choice(default: Any, options: Sequence[Any]) -> Field:
    """One of a few things, named by its text."""
    by_text = {str(option): option for option in options}

    def parse(raw: str) -> Any:
        if raw not in by_text:
            raise ValueError(raw)
        return by_text[raw]

    return Field(default, parse)


def flag(default: bool = False) -> Field:
    """Yes or no; 1 or 0 in the address."""
    return Field(default, lambda raw: {"1": True, "0": False}[raw], lambda value: "1" if value else "0")


def words(default: str, longest: int = 4000) -> Field:
    """Free text; the page checks what it means."""

    def parse(raw: str) -> str:
        if len(raw) > longest:
            raise ValueError(raw)
        return raw

    return Field(default, parse)


def shared(field: Field) -> Field:
    """The same choice on every page that has it."""
    return replace(field, shared=True)


def dial(key: str, value: Any, take: Callable[[Any], None], options: Sequence[Any] = ()) -> dict[str, Any]:
    """``key`` and ``on_change`` of a slider, number box or switch that shows ``value``.

    ``take`` gets what a learner sets. Streamlit hands a value that is set here to the browser, over whatever
    the hand has done since: so it is set only where the browser does not have it, and once more in the runs
    that follow at once. A slider over ``options`` that may change is another one for each list of them.
    """
    session, key = st.session_state, ".".join([key, *map(str, options)])
    handed, now = session.setdefault(_HANDED, {}), time.monotonic()
    is_new = session.get(key) != value
    if is_new:
        handed[key] = now
    if is_new or now < handed.get(key, 0.0) + SETTLES:
        session[key] = value
    return {"key": key, "on_change": lambda: _by_hand(key, take)}


def control(key: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """The same for a choice of a list. It is set at every run: the list's texts may be others now."""
    st.session_state[key] = value
    return {"key": key, "on_change": lambda: _by_hand(key, take)}


def _by_hand(key: str, take: Callable[[Any], None]) -> None:
    st.session_state[_HAND] = True
    st.session_state.get(_HANDED, {}).pop(key, None)
    take(st.session_state[key])


class PageState:
    """A page's choices, as attributes; ``dial`` and ``control`` tie a widget to one, ``set`` changes them."""

    def __init__(self, page: str, fields: dict[str, Field]) -> None:
        self._page = page
        self._fields = fields
        self._read_address()
        self.write_address()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(name)
        return st.session_state.get(self._key(name), self._fields[name].default)

    def default(self, name: str) -> Any:
        """What a choice is until somebody chooses."""
        return self._fields[name].default

    def set(self, **values: Any) -> None:
        """Change choices; call it from a callback, or before the widgets that show them are made."""
        for name, value in values.items():
            st.session_state[self._key(name)] = value
        st.session_state[_NOTES] = []
        st.session_state[_HAND] = True

    def dial(self, name: str, after: Callable[[], None] | None = None) -> dict[str, Any]:
        """``key`` and ``on_change`` for a number or a switch: ``st.slider(…, **page.dial("stride"))``."""
        return dial(*self._shown(name, after))

    def control(self, name: str, after: Callable[[], None] | None = None) -> dict[str, Any]:
        """``key`` and ``on_change`` for any other choice: ``st.selectbox(…, **page.control("mode"))``."""
        return control(*self._shown(name, after))

    def _shown(self, name: str, after: Callable[[], None] | None) -> tuple[str, Any, Callable[[Any], None]]:
        def take(value: Any) -> None:
            self.set(**{name: value})
            if after is not None:
                after()

        return f"widget.{self._page}.{name}", getattr(self, name), take

    @staticmethod
    def elsewhere(name: str) -> Any:
        """A ``shared`` choice as a page that has it left it; None where nobody has chosen."""
        return st.session_state.get(f"state.{name}")

    @property
    def epoch(self) -> int:
        """How often an address has been taken; a component that keeps its own state starts afresh with it."""
        return int(st.session_state.get(_EPOCH, 0))

    @property
    def notes(self) -> list[Problem]:
        """What the address asked for that this page cannot show."""
        return list(st.session_state.get(_NOTES, []))

    def link(self, **changes: Any) -> dict[str, str]:
        """The parameters of this view, with some choices changed: the address of another view."""
        return self._parameters() | {n: self._fields[n].write(v) for n, v in changes.items()}

    def write_address(self) -> None:
        """Put the choices that are not the default into the address."""
        parameters = self._parameters()
        page, written = st.session_state.get(_WRITTEN, (self._page, parameters))
        is_news = page == self._page and written != parameters
        # A hand that went there and back: the browser has this address, but the other is on its way to it.
        is_overtaken = is_news and st.session_state.get(_HAND, False)
        if is_overtaken or st.query_params.to_dict() != parameters:
            st.query_params.from_dict(parameters)
        if is_news:
            st.session_state[_OVERTAKEN] = [*st.session_state.get(_OVERTAKEN, []), written][-MOST_ON_THE_WAY:]
        st.session_state[_WRITTEN] = (self._page, parameters)
        st.session_state[_HAND] = False

    def _key(self, name: str) -> str:
        return f"state.{name}" if self._fields[name].shared else f"state.{self._page}.{name}"

    def _parameters(self) -> dict[str, str]:
        parameters = {"lang": language()}
        for name, field in self._fields.items():
            value = getattr(self, name)
            if value != field.default:
                parameters[name] = field.write(value)
        return parameters

    def _read_address(self) -> None:
        page, written = st.session_state.get(_WRITTEN, (None, {}))
        address = st.query_params.to_dict()
        if page != self._page:
            st.session_state[_NOTES] = []
            if not address:  # a link of the menu: this page as it was left
                return
        elif address == written:
            st.session_state[_OVERTAKEN] = []
            return
        elif st.session_state.get(_HAND) and address in st.session_state.get(_OVERTAKEN, []):
            return
        st.session_state[_OVERTAKEN] = []
        st.session_state[_EPOCH] = self.epoch + 1
        self._take(address)

    def _take(self, address: dict[str, str]) -> None:
        """An address with its language is whole: what it leaves out is at its default. Others only add."""
        notes = []
        choose_language(address.get("lang", ""))
        for name, field in self._fields.items():
            if name in address:
                try:
                    st.session_state[self._key(name)] = field.parse(address[name])
                    continue
                except (ValueError, KeyError):
                    notes.append(_unknown(name, address[name]))
            if "lang" in address:
                st.session_state.pop(self._key(name), None)
        st.session_state[_NOTES] = notes


def _unknown(name: str, value: str) -> Problem:
    shown = value if len(value) <= 40 else value[:40] + "…"
    return Problem(
        "The address asks for {name}={value}, which this page does not have. It shows the usual view.",
        name=name,
        value=shown,
    )
