"""What teaching one digit did: the weights that moved, and the test digits that are read otherwise now."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.features import filters
from cnn_core.figures import grid, limits, scale_text
from cnn_core.mistakes import disagreements_picture
from cnn_core.surgery import flips
from cnn_core.teach import moved, weights_of
from ui import frame
from ui.diverged import has_diverged
from ui.language import t
from ui.pictures import picture, save_table
from ui.specimen import Specimen
from ui.state import PageState
from ui.teach_lesson import TESTED, Lesson, answers, counted

COLUMNS = 8  # digits side by side
SHOWN = 48  # digits of a kind of flip: more of them are counted, not shown
FILTERS = 16
SURE = 0.9  # above it there is little left to teach


def answer(so_far: Lesson, label: int, before: np.ndarray, now: np.ndarray) -> str:
    """What it reads, by its ten probabilities as trained and after the lesson, and what to do next."""
    was, reads = int(before.argmax()), int(now.argmax())
    if has_diverged(now):
        return t("With so large a step the weights are no numbers: use a smaller learning rate.")
    if so_far.steps:
        return t(
            "Steps of teaching: {steps}. Now it reads a **{digit}** ({share:.1%}); as trained it read a "
            "{was} ({then:.1%}).",
            steps=so_far.steps,
            digit=reads,
            share=float(now[reads]),
            was=was,
            then=float(before[was]),
        )
    if was == label and before[was] < SURE:
        return t(
            "It already reads a **{digit}**, but only with {share:.1%}. Teach it one step, and see how "
            "much surer it gets.",
            digit=was,
            share=float(before[was]),
        )
    if was == label:
        return t(
            "It already reads a **{digit}** ({share:.1%}), so a step changes almost nothing. Draw a "
            "digit that it misreads, or tell it something wrong.",
            digit=was,
            share=float(before[was]),
        )
    return t(
        "It reads a **{digit}** ({share:.1%}), and you say it is a {label}. Teach it one step.",
        digit=was,
        share=float(before[was]),
        label=label,
    )


def weights(looked_at: Specimen, so_far: Lesson) -> None:
    """How far each layer moved, and the first layer's filters before and after on one signed scale."""
    st.subheader(t("The weights that moved"), anchor=False)
    found = moved(weights_of(looked_at.model()), weights_of(so_far.model))
    most = max(found, key=lambda layer: layer.share)
    st.markdown(
        t(
            "**{layer}** moved most for its size: by {share:.2%} of the length of its weights.",
            layer=most.layer,
            share=most.share,
        )
    )
    table, pictures = st.columns([4, 7], gap="large")
    with table:
        header = [t("Layer"), t("Weights"), t("Moved by"), t("Share of its length")]
        rows = [(m.layer, f"{m.count:,}", f"{m.change:.3g}", f"{m.share:.3%}") for m in found]
        st.dataframe([dict(zip(header, row, strict=True)) for row in rows], hide_index=True)
        save_table("weights-moved", header, [(m.layer, m.count, m.change, m.share) for m in found])
    first = next((name for name, layer in so_far.model.named_children() if name.startswith("conv")), None)
    with pictures:
        if first is not None:
            both = (looked_at.model(), so_far.model)
            _filters(*(filters(model, first)[:FILTERS, 0] for model in both))


def _filters(before: np.ndarray, after: np.ndarray) -> None:
    shared, change = limits(before, after), after - before
    shown = (
        ("filters-before", t("First filters as trained"), before, shared),
        ("filters-after", t("First filters after the lesson"), after, shared),
        ("filters-change", t("The difference, on a scale of its own"), change, limits(change)),
    )
    for column, (name, title, tiles, ends) in zip(st.columns(3), shown, strict=True):
        with column:
            drawn = grid(tiles, 4, "signed", ends, 44, 4, frame.theme())
            reach = max(map(abs, ends))
            picture(drawn, name, title, f"{title}: {scale_text(-reach, reach)}")


def forgetting(page: PageState, looked_at: Specimen, so_far: Lesson) -> None:
    """Which other digits are read otherwise now: lost on the left, won on the right."""
    st.subheader(t("What it forgot, and what it won"), anchor=False)
    mnist, count = load_mnist(), counted(page)
    others = np.setdiff1d(np.arange(count), so_far.digits)  # what was taught itself is not counted
    labels, images = mnist.test_labels[others], mnist.test_images[others]
    with st.spinner(t("The network reads {count:,} test digits…", count=count)):
        before, after = (
            answers(looked_at.run.id, looked_at.step, name, count)[others] for name in ("", so_far.name)
        )
    found = flips(labels, before, after)
    said = t(
        "Of {count:,} test digits it read **{before:.1%}** correctly and now reads **{after:.1%}**: "
        "**{lost}** forgotten, **{won}** won, **{otherwise}** misread in another way.",
        count=len(others),
        before=float((before == labels).mean()),
        after=float((after == labels).mean()),
        lost=len(found.lost),
        won=len(found.gained),
        otherwise=len(found.otherwise),
    )
    if len(others) < count:
        said += " " + t("What you taught it is not counted.")
    st.markdown(said)
    st.toggle(
        t(
            "Count on all {all:,} test digits, not only on the first {some:,}",
            all=len(mnist.test_labels),
            some=TESTED,
        ),
        **page.dial("all"),
    )
    kinds = (
        ("forgotten", t("Forgotten: right before, wrong now ({count})", count=len(found.lost)), found.lost),
        ("won", t("Won: wrong before, right now ({count})", count=len(found.gained)), found.gained),
    )
    for column, (name, title, places) in zip(st.columns(2, gap="large"), kinds, strict=True):
        with column:
            st.markdown(f"**{title}**")
            if not len(places):
                st.markdown(t("None."))
            else:
                some = places[:SHOWN]
                drawn = disagreements_picture(
                    images[some], labels[some], before[some], after[some], COLUMNS, frame.theme()
                )
                caption = t("Below each: before, then now. A wrong answer is struck through.")
                if len(some) < len(places):
                    caption += " " + t("The first {shown} of {count}.", shown=len(some), count=len(places))
                picture(drawn, f"digits-{name}", title, caption)
