"""The one translation function. English is the source; each other language is a folder of .po files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

import streamlit as st
from babel.messages.pofile import read_po

from cnn_core.messages import Problem

LOCALE = Path(__file__).resolve().parent.parent / "locale"
LANGUAGES = {"ko": "한국어", "en": "English"}

_CHOSEN = "language"  # the session's key

# Korean particles have two forms; the sound before them decides, which in a message may be a number's.
_PARTICLE = re.compile(
    r"([0-9가-힣])([*)]*)(은\(는\)|이\(가\)|을\(를\)|과\(와\)|이에요\(예요\)|\(으\)|\(이\))"
)
_ENDS_IN_A_CONSONANT = "013678"  # 영, 일, 삼, 육, 칠, 팔; and 십, 백, 천, 만 after any digit
_ENDS_IN_L = "178"
_ARTICLE = re.compile(r"\b([Aa]) (?=\**(?:8|11\b|18\b))")  # an 8, an 11


_spoken: ContextVar[str] = ContextVar("spoken", default="")  # where there is no session


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Everything inside the block is said in this language, also in a thread that has no session."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """The learner's language: the one chosen, else the browser's, else English."""
    if spoken := _spoken.get():
        return spoken
    chosen = st.session_state.get(_CHOSEN)
    if chosen in LANGUAGES:
        return chosen
    browser = (st.context.locale or "en").split("-")[0].lower()
    return browser if browser in LANGUAGES else "en"


def choose_language(code: str) -> None:
    """Keep to this language for the session; what is not a language is ignored."""
    if code in LANGUAGES:
        st.session_state[_CHOSEN] = code


def t(message: str, /, **values: object) -> str:
    """The message in the learner's language, with ``{names}`` filled in from ``values``."""
    return translate(message, language(), **values)


def translate(message: str, code: str, /, **values: object) -> str:
    """The message in one language; English where a translation is missing."""
    sentence = catalogue(code).get(message, message)
    sentence = sentence.format(**values) if values else sentence
    return _PARTICLE.sub(_particle, sentence) if code == "ko" else _ARTICLE.sub(r"\1n ", sentence)


def _particle(found: re.Match[str]) -> str:
    """3을(를) becomes 3을, and 2(으)로 becomes 2로."""
    sound, between, both = found.groups()
    closing = 0 if sound.isdigit() else (ord(sound) - ord("가")) % 28  # Hangul's final consonants, 8: ㄹ
    consonant = sound in _ENDS_IN_A_CONSONANT or closing > 0
    if both == "(으)":
        chosen = "으" if consonant and sound not in _ENDS_IN_L and closing != 8 else ""
    elif both == "(이)":
        chosen = "이" if consonant else ""
    else:
        after_consonant, after_vowel = both.removesuffix(")").split("(")
        chosen = after_consonant if consonant else after_vowel
    return sound + between + chosen


def explain(error: Problem) -> str:
    """What went wrong, and the remedy, in the learner's language."""
    return t(error.message, **error.values)


@lru_cache(maxsize=8)
def catalogue(code: str) -> dict[str, str]:
    """All messages of a language, from every .po file in its folder."""
    messages: dict[str, str] = {}
    for path in sorted((LOCALE / code / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            entries = read_po(file, locale=code)
        messages.update({str(e.id): str(e.string) for e in entries if e.id and e.string})
    return messages
