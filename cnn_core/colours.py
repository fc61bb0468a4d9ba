"""The one place that knows the colours, for Python and (as CSS custom properties) for JavaScript."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as #RRGGBB. Never colour alone: sign, outline or text says it too."""

    paper: str  # behind everything
    panel: str  # behind what stands apart
    ink: str  # text
    soft: str  # text of less weight
    line: str  # frames and grids
    accent: str  # what can be pressed, and the first of anything
    on_accent: str  # text on the accent
    pointer: str  # the window that slides, and whatever is pointed at
    negative: str  # signed values run from here …
    neutral: str  # … through zero …
    positive: str  # … to here
    broken: str  # what is no number: NaN or infinity
    series: tuple[str, ...]  # runs and kinds of layers that are compared (Okabe and Ito 2008)


PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        paper="#FBFAF7",
        panel="#F1EFE8",
        ink="#1F2430",
        soft="#5A6170",
        line="#D3CEC1",
        accent="#2F5DA8",
        on_accent="#FFFFFF",
        pointer="#7A3DB8",
        negative="#D9730D",
        neutral="#F4F2EC",
        positive="#2C6DB2",
        broken="#C2185B",
        series=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
    ),
    "dark": Palette(
        paper="#14171C",
        panel="#1E232B",
        ink="#E8E6E1",
        soft="#A3A9B5",
        line="#3A414D",
        accent="#7FA6E6",
        on_accent="#14171C",
        pointer="#BC8CF2",
        negative="#F0953A",
        neutral="#242931",
        positive="#62A8EE",
        broken="#F06292",
        series=("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442", "#FFFFFF"),
    ),
}


def palette(theme: str = "light") -> Palette:
    """The colours of ``light`` or ``dark``."""
    return PALETTES["dark" if theme == "dark" else "light"]


def rgb(colour: str) -> tuple[int, int, int]:
    """#RRGGBB as three numbers from 0 to 255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def css_variables(theme: str = "light") -> str:
    """A CSS rule with every colour as ``--cnn-<name>``: --cnn-paper, --cnn-on-accent, --cnn-series-1, …"""
    colours = asdict(palette(theme))
    series = colours.pop("series")
    colours.update({f"series-{i}": colour for i, colour in enumerate(series, start=1)})
    rules = " ".join(f"--cnn-{name.replace('_', '-')}: {colour};" for name, colour in colours.items())
    return f":root {{ {rules} }}"
