"""Sentences for learners that are made below the pages, so that the pages can translate them."""

from __future__ import annotations


class Problem(ValueError):
    """What went wrong and how to mend it, as one plain sentence.

    ``message`` is the English sentence with ``{names}`` for ``values``; the pages look its translation up
    and fill in the same values. ``str()`` gives the English sentence.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:  # a problem crosses process borders unchanged
        return (_rebuild, (self.__class__, self.message, self.values))


def _rebuild(cls: type[Problem], message: str, values: dict[str, object]) -> Problem:
    return cls(message, **values)


def text(message: str) -> str:
    """Mark a sentence for translation where it stands; the page that shows it translates it."""
    return message


def one_line(error: Exception) -> str:
    """What an error of a library says, as a short sentence."""
    line = " ".join(str(error).split())[:200] or type(error).__name__
    return line if line.endswith(".") else line + "."
