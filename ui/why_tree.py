"""An answer's tree on the page: its rows in the learner's words, and the sentences about what is unfolded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from cnn_core.numerals import numeral
from cnn_core.reasons import IMAGE, Branch, Part, Path, Reasons
from ui.components.reason_tree import Row
from ui.language import t
from ui.why_paths import Unfolded
from ui.why_pictures import Faces


def rows(tree: Branch, reasons: Reasons, faces: Faces, unfolded: Unfolded, score: str) -> list[Row]:
    """The tree's rows from top to bottom; ``score`` is what the uppermost is called."""
    (pictures,) = faces.of([tree.part])
    digits = decimals([branch.part for branch in tree.parts])
    top = Row("", 0, score, t("the sum of all below"), number(tree.part.share, digits), repr(tree.part.share),
              float(np.sign(tree.part.share)), False, True, pictures, t("The image"))  # fmt: skip
    return [top, *_below(tree, reasons, faces, unfolded)]


def _below(tree: Branch, reasons: Reasons, faces: Faces, unfolded: Unfolded) -> Iterator[Row]:
    parts = [branch.part for branch in tree.parts]
    largest = max((abs(p.share) for p in parts), default=0.0) or 1.0
    digits = decimals(parts)
    for branch, pictures in zip(tree.parts, faces.of(parts), strict=True):
        part = branch.part
        others = part.kind == "others"
        yield Row(
            id=_id(part),
            depth=len(tree.part.path) + 1,
            name=name(part),
            note=t("show more of them") if others and part.path not in unfolded.more else note(part, reasons),
            share=number(part.share, digits),
            exact=repr(part.share),
            bar=part.share / largest,
            opens=part.can_open or (others and (part.count > 1 or part.path in unfolded.more)),
            open=part.path in (unfolded.more if others else unfolded.opened),
            pictures=pictures,
            alt=picture_words(part),
        )
        yield from _below(branch, reasons, faces, unfolded)


def _id(part: Part) -> str:
    end = {"others": ["x"], "bias": ["bias"]}.get(part.kind, [])
    return ".".join([*map(str, part.path), *end])


def toggled(unfolded: Unfolded, row: str, opened: bool) -> Unfolded:
    """What is unfolded after a row was opened or closed."""
    *above, last = row.split(".")
    path: Path = tuple(map(int, above))
    if last == "x":
        return unfolded.showing_more(path, opened)
    path = (*path, int(last))
    return unfolded.opening(path) if opened else unfolded.closing(path)


def name(part: Part) -> str:
    """What a part is called."""
    if part.kind == "bias":
        return t("bias")
    if part.kind == "others":
        return t("{count} others together", count=part.count)
    if part.kind == "map":
        if part.layer == IMAGE:
            return t("The image")
        return t("Map {channel} of {layer}", channel=part.path[-1], layer=part.layer)
    if part.weights.ndim == 1:
        return t("Hidden unit {number}", number=part.path[-1])
    _, row, col = part.position
    if part.layer == IMAGE:
        return t("Pixel in row {row}, column {col}", row=row, col=col)
    return t("Row {row}, column {col}", row=row, col=col)


def note(part: Part, reasons: Reasons) -> str:
    """How a part's share comes about."""
    if part.kind == "bias":
        return t("added, whatever the image shows")
    if part.kind == "others":
        return t("show fewer")
    if part.kind == "map":
        return t("{count} cells × their weights", count=part.count)
    value, weight = (float(a[part.position]) for a in (reasons.outputs[part.layer], part.weights))
    if value == 0:
        return t("{layer}: 0, it is silent", layer=part.layer) if part.layer != IMAGE else t("no ink")
    said = {"value": number(value, signed=False), "weight": number(weight, signed=False)}
    if part.layer == IMAGE:
        return t("ink {value} × weight {weight}", **said)
    return t("{layer}: {value} × weight {weight}", layer=part.layer, **said)


def picture_words(part: Part) -> str:
    """What a part's small picture shows."""
    if part.kind == "map":
        return t("The cells that count are framed; beside it how they count: blue for, orange against")
    if part.kind != "unit":
        return ""
    if part.weights.ndim == 1:
        return t("What each pixel gives through it: blue for, orange against")
    return t("Framed: the part of the image that it sees")


def decimals(parts: Sequence[Part]) -> int:
    """So many that the largest share has three digits."""
    return _three_digits(max((abs(p.share) for p in parts), default=0.0))


def _three_digits(value: float) -> int:
    """The decimals with which a number has three digits."""
    return 2 if value == 0 else min(9, max(0, 2 - math.floor(math.log10(abs(value)))))


def number(value: float, digits: int | None = None, signed: bool = True) -> str:
    """+3.21, −0.07, 0: for the eye."""
    text = numeral(value, f"{'+' if signed else ''}.{_three_digits(value) if digits is None else digits}f")
    return text if text.strip("+−0.") else "0"


def sentences(tree: Branch) -> Iterator[str]:
    """What is to be seen: who speaks most for the score and against it, and the same at the deepest node."""
    yield from _about(tree)
    deepest = _deepest(tree)
    if deepest.part.path:
        named = [b for b in deepest.parts if b.part.kind in ("unit", "map")]
        if named:
            largest = named[0].part
            yield t(
                "Of what **{part}** gives, **{name}** has the largest share: {most}.",
                part=_place(deepest.part),
                name=name(largest),
                most=number(largest.share, decimals([largest])),
            )
        else:
            yield t("**{part}** gives nothing: it is silent.", part=_place(deepest.part))


def _about(tree: Branch) -> Iterator[str]:
    named = [b.part for b in tree.parts if b.part.kind in ("unit", "map")]
    whole, digits = tree.part.share, decimals([b.part for b in tree.parts])
    fors, against = ([p for p in named if p.share * sign > 0] for sign in (1, -1))
    if fors:
        best = max(fors, key=lambda p: p.share)
        said = {"name": name(best), "share": number(best.share, digits)}
        total = number(whole, digits, signed=False)
        if best.share > whole > 0:
            yield t(
                "**{name}** alone gives **{share}**, more than the whole {whole}: all the rest together "
                "takes some of it away.",
                whole=total,
                **said,
            )
        elif whole > 0:
            yield t("**{name}** gives **{share}** of the {whole}.", whole=total, **said)
        else:
            yield t("Most for it speaks **{name}** with {share}.", **said)
    if against:
        worst = min(against, key=lambda p: p.share)
        yield t(
            "Most against it speaks **{name}** with {share}.",
            name=name(worst),
            share=number(worst.share, digits),
        )


def _deepest(tree: Branch) -> Branch:
    """The open node furthest down; of several the first."""
    found = tree
    for branch in tree.parts:
        if branch.parts:
            found = max(found, _deepest(branch), key=lambda b: len(b.part.path))
    return found


def _place(part: Part) -> str:
    """The name of a part, with its map's where it is a cell of one."""
    if part.kind != "unit" or part.weights.ndim == 1 or part.layer == IMAGE:
        return name(part)
    channel, row, col = part.position
    return t(
        "Row {row}, column {col} of map {channel} of {layer}",
        row=row,
        col=col,
        channel=channel,
        layer=part.layer,
    )
