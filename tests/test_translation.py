"""Both languages are complete: what a learner can see has its Korean, and the Korean fills the same gaps."""

from __future__ import annotations

import ast
import string
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
# "message" is the key under which a kept sentence lies (records.py), not a sentence
NO_MESSAGES = {"message"}
KEYWORDS = {"t": None, "text": None, "Problem": None, "UnknownRun": None}
SOURCES = ["cnn_core", "ui", "pages", "."]


def no_folder(folder: str) -> bool:
    return False


def messages_in_the_source() -> dict[str, str]:
    """Every message, with the file that has it."""
    found: dict[str, str] = {}
    for folder in SOURCES:
        methods = [("*.py" if folder == "." else "**.py", "python")]
        extracted = extract_from_dir(
            str(ROOT / folder),
            methods,
            keywords=KEYWORDS,
            directory_filter=no_folder if folder == "." else None,
        )
        for file, _, message, _, _ in extracted:
            assert isinstance(message, str), f"{file}: one message a call"
            if message not in NO_MESSAGES:
                found.setdefault(message, f"{folder}/{file}")
    return found | messages_in_f_strings()


def messages_in_f_strings() -> dict[str, str]:
    """Messages that stand inside an f-string, where the extractor does not look."""
    found = {}
    for path in (
        p for folder in SOURCES for p in (ROOT / folder).glob("*.py" if folder == "." else "**/*.py")
    ):
        texts = (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.JoinedStr))
        for call in (n for text in texts for n in ast.walk(text) if isinstance(n, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in KEYWORDS:
                message = call.args[0]
                if isinstance(message, ast.Constant):
                    found[str(message.value)] = str(path.relative_to(ROOT))
    return found


def korean_entries() -> list[tuple[str, str, str]]:
    """(file, English, Korean) of every entry."""
    entries = []
    for path in sorted((ROOT / "locale/ko/LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="ko", abort_invalid=True)
        entries += [(path.name, str(e.id), str(e.string)) for e in catalogue if e.id]
    return entries


def gaps(message: str) -> set[str]:
    """The {names} of a message."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(message) if name}


def test_the_extractor_sees_the_source() -> None:
    assert "Convolution" in messages_in_the_source()
    assert "Input" in messages_in_f_strings()


def test_every_message_has_its_korean() -> None:
    known = {english for _, english, korean in korean_entries() if korean}
    missing = {m: f for m, f in messages_in_the_source().items() if m not in known}
    assert not missing


def test_no_korean_is_left_over() -> None:
    used = messages_in_the_source()
    assert not [(file, english) for file, english, _ in korean_entries() if english not in used]


def test_a_message_is_translated_once() -> None:
    counts = Counter(english for _, english, _ in korean_entries())
    assert not [message for message, n in counts.items() if n > 1]


@pytest.mark.parametrize(("file", "english", "korean"), korean_entries(), ids=lambda v: v[:30])
def test_the_korean_fills_the_same_gaps(file: str, english: str, korean: str) -> None:
    assert gaps(korean) == gaps(english)
