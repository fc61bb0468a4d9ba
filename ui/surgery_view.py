"""What the surgery page shows: a layer's units to mute, the answer before and after, the digits that flip."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import streamlit as st

from cnn_core.charts import answers_figure
from cnn_core.edit import Edit
from cnn_core.figures import enlarge, grey, limits, scale_text, signed
from cnn_core.mistakes import disagreements_picture
from cnn_core.numerals import numeral
from cnn_core.surgery import Trial, flips
from ui import frame
from ui.components.unit_board import Bars, unit_board
from ui.language import t
from ui.pictures import beside, picture
from ui.surgery_trial import TESTED, Ranking

COLUMNS = 8
SHOWN = 56  # digits of a kind of flip: more of them are counted, not shown


def layer_pictures(maps: np.ndarray) -> np.ndarray:
    """A layer's maps (C, H, W), or numbers (n,), as pictures on one scale: uint8 (n, h, w, 3)."""
    tiles = (
        maps if maps.ndim == 3 else maps[:, None, None].repeat(2, axis=2)
    )  # a number: twice as wide as high
    low, high = limits(tiles)
    if low < 0:
        return signed(tiles, max(-low, high), frame.theme())
    return np.repeat(grey(tiles, 0, high)[..., None], 3, axis=-1)


def board(
    layer: str,
    maps: np.ndarray,
    edit: Edit,
    ranking: Ranking,
    before: float,
    by_rank: bool,
    on_press: Callable[[int], None],
) -> None:
    """The layer's units as tiles; a bar says what the accuracy loses without each."""
    order = list(range(len(maps)))
    bars, labels = None, [t("Unit {unit} of {layer}", unit=unit, layer=layer) for unit in order]
    if ranking.complete:
        losses = [(before - accuracy) * 100 for accuracy in ranking.accuracies]
        bars = Bars(losses, [_points(loss) for loss in losses])
        if by_rank:
            order.sort(key=lambda unit: -losses[unit])
        labels = [
            t(
                "Unit {unit} of {layer}: {accuracy:.1%} read correctly without it",
                unit=unit,
                layer=layer,
                accuracy=accuracy,
            )
            for unit, accuracy in enumerate(ranking.accuracies)
        ]
    tile = 40 if maps.ndim == 1 else 62 if len(maps) <= 32 else 46
    unit_board(
        "surgery.board",
        layer_pictures(maps),
        {"": order},
        edit.units(layer),
        labels,
        on_press,
        "muted",
        tile,
        bars,
    )
    st.caption(
        t(
            "What each unit of {layer} gives for this image, on one scale ({range}).",
            layer=layer,
            range=scale_text(*limits(maps)),
        )
        + " "
        + _about_bars(ranking, before)
    )


def _points(loss: float) -> str:
    """What muting does to the accuracy, in percentage points: a loss is a minus."""
    rounded = round(-loss, 1)
    return "0" if rounded == 0 else numeral(rounded, "+.1f")


def _about_bars(ranking: Ranking, before: float) -> str:
    if not ranking.complete:
        return ""
    return t(
        "The number and its bar: by how many percentage points the accuracy on the first {tested:,} test "
        "digits ({before:.1%}) changes with that unit alone muted; blue where the network reads better "
        "without it.",
        tested=TESTED,
        before=before,
    )


def answer(before: np.ndarray, after: np.ndarray, edit: Edit, label: int | None) -> None:
    """The probabilities (10,) for the image, before and after, on one scale; and in words."""
    was, now = int(before.argmax()), int(after.argmax())
    if not np.isfinite(after).all():
        st.markdown(t("With these weights the scores are no numbers any more: undo, or use smaller weights."))
        return
    if not edit:
        said = t("It reads a **{digit}** ({share:.1%}).", digit=was, share=float(before[was]))
    elif was == now:
        said = t(
            "It still reads a **{digit}**: {before:.1%} before, {after:.1%} now.",
            digit=was,
            before=float(before[was]),
            after=float(after[was]),
        )
    else:
        said = t(
            "It read a **{was}** ({before:.1%}); now it reads a **{now}** ({after:.1%}).",
            was=was,
            now=now,
            before=float(before[was]),
            after=float(after[now]),
        )
    if label is not None and now != label:
        said += " " + t("It is a {label}.", label=label)
    st.markdown("#### " + said)
    named = {t("as trained"): before, t("with the edit"): after} if edit else {t("as trained"): before}
    figure = answers_figure(named, frame.theme(), t("digit"), t("probability"))
    figure.update_layout(height=230)
    st.plotly_chart(figure, key="surgery.answer", config={"displayModeBar": False})


def in_words(trial: Trial, answers: np.ndarray) -> None:
    """What an edit does to the fixed part of the test set."""
    found = flips(trial.labels, trial.answers, answers)
    st.markdown(
        t(
            "Of the first {tested:,} test digits it reads **{before:.1%}** correctly as trained and "
            "**{after:.1%}** with the edit. Lost: **{lost}**, won: **{gained}**, misread in another way: "
            "**{otherwise}**.",
            tested=len(answers),
            before=trial.accuracy(trial.answers),
            after=trial.accuracy(answers),
            lost=len(found.lost),
            gained=len(found.gained),
            otherwise=len(found.otherwise),
        )
    )


def flipped_digits(images: np.ndarray, trial: Trial, answers: np.ndarray) -> None:
    """The digits that are read otherwise, as pictures: lost on the left, won on the right."""
    found = flips(trial.labels, trial.answers, answers)
    kinds = (
        (
            "lost",
            found.lost,
            t("Lost: right as trained, wrong with the edit ({count})", count=len(found.lost)),
        ),
        (
            "won",
            found.gained,
            t("Won: wrong as trained, right with the edit ({count})", count=len(found.gained)),
        ),
    )
    for column, (name, places, title) in zip(st.columns(2, gap="large"), kinds, strict=True):
        with column:
            st.markdown(f"**{title}**")
            if not len(places):
                st.markdown(t("None."))
                continue
            some = places[:SHOWN]
            caption = t("Below each: as trained, then with the edit. A wrong answer is struck through.")
            if len(some) < len(places):
                caption += " " + t("The first {shown} of {count}.", shown=len(some), count=len(places))
            drawn = disagreements_picture(
                images[some], trial.labels[some], trial.answers[some], answers[some], COLUMNS, frame.theme()
            )
            picture(drawn, f"flips-{name}", title, caption)


def bulk_buttons(layer: str, units: int, edit: Edit, ranking: Ranking, put: Callable[[Edit], None]) -> None:
    """Several units at once: the half that matters least, all, none."""
    least = sorted(range(len(ranking.accuracies)), key=lambda unit: -ranking.accuracies[unit])[: units // 2]
    choices: tuple[tuple[str, str, Iterable[int], bool], ...] = (
        (
            "least",
            t("Mute the {count} that matter least", count=units // 2),
            least,
            not ranking.complete or units < 2,
        ),
        ("all", t("Mute all of {layer}", layer=layer), range(units), len(edit.units(layer)) == units),
        ("none", t("Unmute all of {layer}", layer=layer), [], not edit.units(layer)),
    )
    for name, label, chosen, disabled in choices:
        st.button(
            label, on_click=put, args=(edit.muting(layer, chosen),), disabled=disabled, key=f"surgery.{name}"
        )


def filter_at_work(place: tuple[str, int, int], before: np.ndarray, after: np.ndarray) -> None:
    """A filter's map of the image (H, W), as trained and with the edit, on one scale."""
    limit = max(map(abs, limits(before, after))) or 1.0
    factor = max(1, 200 // max(before.shape))
    picture(
        beside([enlarge(signed(one, limit, frame.theme()), factor) for one in (before, after)], 16),
        "filter-edited",
        t("What filter {index} makes of the image, as trained and with the edit", index=place[1]),
        t(
            "What filter {index} of {layer} makes of this image: as trained, and with the edit. Orange below "
            "0, blue above, full colour at ±{limit}.",
            index=place[1],
            layer=place[0],
            limit=f"{limit:.3g}",
        ),
    )
