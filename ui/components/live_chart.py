"""Curves that grow while they are looked at: zoom and read-out stay where they are as points arrive."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ui.components import component
from ui.language import t

_mount = component("live_chart")


@dataclass(frozen=True)
class Panel:
    """One y axis. A smoothed line is thick above the raw values, which are thin."""

    title: str
    percent: bool = False  # the values are shares of one
    smooth: int = 0  # the thick line is a running mean over about so many points; 0: no smoothing
    log: bool = False  # offer a logarithmic scale


@dataclass(frozen=True)
class Series:
    """One run: for each panel its x (n,), ascending, and its y (n,), where NaN is a gap."""

    name: str
    lines: Sequence[tuple[ArrayLike, ArrayLike]]


def live_chart(
    panels: Sequence[Panel],
    series: Sequence[Series],
    key: str,
    x_label: str,
    x_max: float | None = None,
    height: int = 420,
    file_name: str = "chart",
    mark: float | None = None,
) -> None:
    """Show panels below one another on one x axis; call it again with the same key as points arrive.

    ``x_max`` is where the axis ends before the points have come so far; ``height`` in CSS pixels, without
    the read-out; ``mark``: an x of which the rest of the page speaks. Raises ValueError where a series does
    not fit the panels.
    """
    _mount(
        key=key,
        data={
            "panels": [asdict(panel) for panel in panels],
            "series": [{"name": s.name, "lines": _lines(s, len(panels))} for s in series],
            "xLabel": x_label,
            "xMax": x_max,
            "mark": mark,
            "height": height,
            "file": file_name,
            "labels": _labels(),
        },
    )


def _lines(series: Series, panels: int) -> list[dict[str, Any]]:
    if len(series.lines) != panels:
        raise ValueError(f"{series.name}: {len(series.lines)} lines for {panels} panels")
    lines = []
    for x, y in series.lines:
        xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if xs.ndim != 1 or xs.shape != ys.shape or (np.diff(xs) <= 0).any() or not np.isfinite(xs).all():
            raise ValueError(f"{series.name}: x must ascend and be as long as y: {xs.shape}, {ys.shape}")
        lines.append({"x": _packed(xs), "y": _packed(ys)})
    return lines


def _packed(values: np.ndarray) -> dict[str, Any]:
    """Numbers as the script unpacks them, exact and short: thirty phones may poll a long run."""
    with np.errstate(over="ignore", invalid="ignore"):  # what does not come out equal is sent whole
        single = values.astype("<f4")
        if len(values) > 2:
            first, step = float(values[0]), float(values[1] - values[0])
            if (values == first + step * np.arange(len(values))).all():
                return {"first": first, "step": step, "count": len(values)}
    short = np.array_equal(single, values, equal_nan=True)
    numbers = single if short else values.astype("<f8")
    return {"bytes": 4 if short else 8, "base64": base64.b64encode(numbers.tobytes()).decode()}


def _labels() -> dict[str, str]:
    """What the script shows or speaks; it fills the {gaps} in."""
    return {
        "chart": t("A chart of {what} by {x}. The arrow keys read its values."),
        "mean": t("mean {value}"),
        "waiting": t("The curve will grow here."),
        "zoomIn": t("Zoom in"),
        "zoomOut": t("Zoom out"),
        "whole": t("Show all"),
        "log": t("Log scale"),
        "svg": t("Save the chart as SVG"),
        "csv": t("Save the values as CSV"),
        "help": t("Drag to zoom in, double-click to see all again."),
    }
