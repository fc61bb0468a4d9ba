"""The family tree of runs as SVG: a line for each run, along the steps that were trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from cnn_core.colours import palette
from cnn_core.family import Member

ROW, TOP, BOTTOM, SIDE, FONT = 52, 12, 34, 14, 14  # px
CURVE = 10  # px, the radius where a branch turns off


def family_tree(
    members: Sequence[Member],
    names: Mapping[str, str],
    current: str,
    theme: str = "light",
    width: int = 1000,
    title: str = "",
    x_label: str = "",
) -> str:
    """Each run as a line from where it began to where it stands, below the run that it branched from.

    ``names``: what is written above each line, by run id; the ``current`` run's is bold, in the accent.
    """
    colours = palette(theme)
    last = max(1, *(max(m.end, m.begun + m.run.spec.steps) for m in members))
    rows = {member.run.id: i for i, member in enumerate(members)}

    def x(step: int) -> float:
        return SIDE + step / last * (width - 2 * SIDE)

    def y(row: int) -> float:
        return TOP + row * ROW + 34

    turns, lines, words = [], [], []  # words lie above all lines
    for i, member in enumerate(members):
        mine = member.run.id == current
        colour = colours.accent if mine else colours.soft
        left, line = x(member.begun), y(i)
        if member.parent in rows:
            turns.append(_turn(left, y(rows[member.parent]), line, colour))
        lines.append(_run(member, x, line, colour, colours.paper))
        words.append(_words(names[member.run.id], left, line - 12, mine, colour, colours.paper, width))
    high = TOP + len(members) * ROW + BOTTOM
    axis = (
        f'<text x="{SIDE}" y="{high - 8}" fill="{colours.soft}">0</text>'
        f'<text x="{width - SIDE}" y="{high - 8}" fill="{colours.soft}" text-anchor="end">'
        f"{last:,} {escape(x_label)}</text>"
    )
    label = escape(title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" width="{width}" '
        f'height="{high}" viewBox="0 0 {width} {high}" font-family="system-ui, sans-serif" '
        f'font-size="{FONT}"><title>{label}</title>{"".join([*turns, *lines, *words, axis])}</svg>'
    )


def _turn(x: float, above: float, below: float, colour: str) -> str:
    """From the parent's line down, and round the corner to the right."""
    return (
        f'<path d="M {x:.1f} {above:.1f} V {below - CURVE:.1f} q 0 {CURVE} {CURVE} {CURVE}" fill="none" '
        f'stroke="{colour}" stroke-width="2"/><circle cx="{x:.1f}" cy="{above:.1f}" r="4" fill="{colour}"/>'
    )


def _run(member: Member, x: Callable[[int], float], y: float, colour: str, paper: str) -> str:
    """A line to where the run stands, thin to where it means to go; the end is filled where it is done."""
    begin = x(member.begun) + (CURVE if member.parent else 0)
    end, goal = max(begin, x(member.end)), max(begin, x(member.begun + member.run.spec.steps))
    fill = colour if member.run.is_complete else paper
    return (
        f'<line x1="{begin:.1f}" x2="{goal:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="1" '
        f'stroke-dasharray="2 4"/>'
        f'<line x1="{begin:.1f}" x2="{end:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{end:.1f}" cy="{y}" r="5" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    )


def _words(name: str, x: float, y: float, bold: bool, colour: str, paper: str, width: int) -> str:
    """Above the line; words that begin in the right half end there instead of running over the edge."""
    anchor, at = ("start", x + 8) if x < width / 2 else ("end", width - SIDE)
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{at:.1f}" y="{y}" text-anchor="{anchor}" fill="{colour}"{weight} stroke="{paper}" '
        f'stroke-width="4" paint-order="stroke">{escape(_short(name, width))}</text>'
    )


def _short(name: str, width: int) -> str:
    most = max(20, width // 10)  # letters that surely fit
    return name if len(name) <= most else name[: most - 1] + "…"
