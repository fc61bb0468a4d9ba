"""A setting that is out of bounds gets a sentence that names the bounds."""

from __future__ import annotations

from cnn_core.messages import Problem


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise :class:`Problem` unless the value is one of the choices."""
    if value not in choices:
        raise Problem(
            "{name} cannot be {value}: choose one of {choices}.",
            name=name,
            value=value,
            choices=", ".join(choices),
        )


def check_range(name: str, value: object, low: float, high: float) -> None:
    """Raise :class:`Problem` unless the value is a number from low to high."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not fits:
        raise Problem("{name} must lie between {low} and {high}.", name=name, low=low, high=high)


def check_whole(name: str, value: object, low: int, high: int) -> None:
    """Raise :class:`Problem` unless the value is a whole number from low to high."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Problem("{name} must be a whole number from {low} to {high}.", name=name, low=low, high=high)
