"""Numbers in, plotly figures out. Plotly is slow to load, so it is loaded by the first chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.colours import palette
from cnn_core.numerals import numeral

if TYPE_CHECKING:
    import plotly.graph_objects as go


DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
HATCHES = ("", "/", ".", "x")  # series are not told apart by colour alone


def confusion_figure(
    matrix: ArrayLike, theme: str = "light", title: str = "", x_label: str = "", y_label: str = ""
) -> go.Figure:
    """Counts (10, 10): a row for each true digit, a column for each answer.

    The diagonal is blue by the share of its row; mistakes are orange by their number, the most frequent one
    full, so that few mistakes still show.
    """
    counts = np.asarray(matrix)
    figure = _figure(theme, title, x_label, y_label)
    if not counts.size or not counts.sum():
        return figure
    right = np.eye(len(counts), dtype=bool)
    row_sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, row_sums, out=np.zeros(counts.shape), where=row_sums > 0)
    mistakes = -counts / max(1, counts[~right].max())
    hover = f"{y_label} %{{y}} → {x_label} %{{x}}<br>%{{text}} (%{{customdata:.1%}})<extra></extra>"
    return _with_cells(figure, np.where(right, shares, mistakes), counts, hover, theme, shares)


def difference_figure(
    first: ArrayLike, second: ArrayLike, theme: str = "light", x_label: str = "", y_label: str = ""
) -> go.Figure:
    """Counts (10, 10) of one confusion matrix minus another's: blue where the first has more, orange less.

    The diagonal and the mistakes have a scale each, as right answers change by far more than mistakes do.
    """
    gap = np.asarray(first, int) - np.asarray(second, int)
    right = np.eye(len(gap), dtype=bool)
    scales = [max(1, np.abs(gap[cells]).max()) for cells in (right, ~right)]
    shades = np.where(right, gap / scales[0], gap / scales[1])
    text = [[numeral(n, "+d") if n else "" for n in row] for row in gap.tolist()]
    hover = f"{y_label} %{{y}} → {x_label} %{{x}}<br>%{{text}}<extra></extra>"
    return _with_cells(_figure(theme, "", x_label, y_label), shades, text, hover, theme)


def _with_cells(
    figure: go.Figure, shades: np.ndarray, text: Any, hover: str, theme: str, more: Any = None
) -> go.Figure:
    """A matrix of signed shades (n, n), -1 to 1, with a text in each cell; ``more`` is for the hover."""
    import plotly.graph_objects as go

    colours, names = palette(theme), [str(i) for i in range(len(shades))]
    figure.add_trace(
        go.Heatmap(
            z=shades,
            x=names,
            y=names,
            zmin=-1,
            zmax=1,
            colorscale=[(0, colours.negative), (0.5, colours.neutral), (1, colours.positive)],
            showscale=False,
            xgap=1,
            ygap=1,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 14},
            customdata=more,
            hovertemplate=hover,
        )
    )
    figure.update_xaxes(type="category", side="bottom", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(height=480)  # ten rows that hold their counts at 14 px
    return figure


def answers_figure(
    named: Mapping[str, ArrayLike], theme: str = "light", x_label: str = "", y_label: str = ""
) -> go.Figure:
    """The probabilities (10,) that several networks give to one image, side by side for each digit."""
    figure = _figure(theme, "", x_label, y_label)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", tickvals=[0, 0.5, 1])
    import plotly.graph_objects as go

    series = palette(theme).series
    for i, (name, values) in enumerate(named.items()):
        figure.add_trace(
            go.Bar(
                x=[str(digit) for digit in range(10)],
                y=np.asarray(values, float),
                name=name,
                marker={"color": series[i % len(series)], "pattern": {"shape": HATCHES[i % len(HATCHES)]}},
                hovertemplate="%{x}: %{y:.2%}",
            )
        )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_layout(
        barmode="group",
        height=300,
        showlegend=len(named) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def response_figure(
    responses: ArrayLike, theme: str = "light", title: str = "", x_label: str = "", y_label: str = ""
) -> go.Figure:
    """A bar for how strongly a unit answers to each class (n,), blue above zero and orange below."""
    values = np.asarray(responses, float)
    figure = _figure(theme, title, x_label, y_label)
    if not values.size:
        return figure
    import plotly.graph_objects as go

    colours = palette(theme)
    figure.add_trace(
        go.Bar(
            x=[str(i) for i in range(len(values))],
            y=values,
            marker_color=np.where(values < 0, colours.negative, colours.positive),
            hovertemplate="%{x}: %{y:.4g}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", showgrid=False)
    return figure


def history_figure(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    theme: str = "light",
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    percent: bool = False,
) -> go.Figure:
    """A line for each name: (steps, values); told apart by colour and by dash. ``percent``: shares of one."""
    figure = _figure(theme, title, x_label, y_label)
    if percent:
        figure.update_yaxes(tickformat=".0%")
    if not any(len(steps) for steps, _ in curves.values()):
        return figure
    import plotly.graph_objects as go

    series = palette(theme).series
    for i, (name, (steps, values)) in enumerate(curves.items()):
        figure.add_trace(
            go.Scatter(
                x=list(steps),
                y=list(values),
                name=name,
                mode="lines+markers" if len(steps) < 30 else "lines",
                line={"color": series[i % len(series)], "dash": DASHES[i // len(series) % len(DASHES)]},
                hovertemplate="%{x}: %{y:.2%}" if percent else "%{x}: %{y:.4g}",
            )
        )
    figure.update_layout(
        showlegend=len(curves) > 1, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    )
    return figure


def _figure(theme: str, title: str, x_label: str, y_label: str) -> go.Figure:
    """An empty figure with the theme's colours, a title and labels; large enough letters for the back row."""
    import plotly.graph_objects as go

    colours = palette(theme)
    axis: dict[str, Any] = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zerolinecolor": colours.line,
        "automargin": True,
    }
    figure = go.Figure()
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "font": {"size": 16}},
        font={"color": colours.ink, "size": 14},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 16, "t": 44 if title else 12, "b": 8},
        height=360,
        hoverlabel={"bgcolor": colours.panel, "font": {"color": colours.ink}},
        uirevision="keep",  # zoom and selection stay when the numbers change
    )
    figure.update_xaxes(title=x_label, **axis)
    figure.update_yaxes(title=y_label, **axis)
    return figure
