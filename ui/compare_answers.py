"""What compared runs answer: to one digit, and to all test digits, where two of them disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cnn_core.charts import answers_figure, difference_figure
from cnn_core.data import load_mnist
from cnn_core.features import confusion_matrix
from cnn_core.figures import confusion_figure
from cnn_core.mistakes import disagreements, disagreements_picture
from cnn_core.records import Run
from ui import frame, specimen
from ui.compare_runs import kept_at
from ui.diverged import has_diverged, in_words
from ui.language import t
from ui.pictures import picture, save_table
from ui.specimen import Picture, store
from ui.state import PageState, choice
from ui.way_through import way_through

PLACES = [f"{a}-{b}" for a in range(4) for b in range(4) if a != b]
PAIR = choice("0-1", PLACES)
WHO = choice("all", ["all", "first", "second", "neither"])
COLUMNS, ROWS = 10, 3  # of digits shown at once


def one_digit(page: PageState, runs: Mapping[str, Run], step: int) -> Picture:
    """Choose a digit, and see how probable each network finds each answer, and what its layers make of it."""
    chooser, bars = st.columns([3, 7], gap="large")
    with chooser:
        image = specimen.pick_image(page)
    ways = {name: way_through(run, kept_at(run, step), image, narrow=True) for name, run in runs.items()}
    answers = {name: way.shares for name, way in ways.items() if not has_diverged(way.shares)}
    with chooser:
        for name, shares in answers.items():
            best = int(shares.argmax())
            st.markdown(
                t("{name}: **{digit}** ({share:.1%})", name=f"**{name}**", digit=best, share=shares[best])
            )
        for name, way in ways.items():
            if has_diverged(way.shares):
                st.warning(f"**{name}**: {in_words()}")
    with bars:
        st.plotly_chart(
            answers_figure(answers, frame.theme(), t("its answer"), t("Probability")),
            key="compare.digit",
            config={"displayModeBar": False},
        )
    for column, (name, way) in zip(st.columns(len(ways), gap="medium"), ways.items(), strict=True):
        with column:
            st.markdown(f"**{name}**")
            st.html(way.layers)
    return image


def pairwise(page: PageState, runs: Mapping[str, Run], step: int) -> None:
    """Two of the runs: their confusion matrices, the difference, and the digits on which they disagree."""
    names = list(runs)
    a, b = _pick_pair(page, names)
    answers = [store().evaluation(runs[name].id, kept_at(runs[name], step)) for name in (a, b)]
    if answers[0] is None or answers[1] is None:
        st.info(t("One of these runs has not been tested yet."))
        return
    count = min(len(answers[0]), len(answers[1]))
    labels = load_mnist().test_labels[:count]
    first, second = answers[0][:count], answers[1][:count]
    matrices = [confusion_matrix(labels, said) for said in (first, second)]
    st.caption(
        t(
            "By their newest tests at or before step {step:,}, the first {count:,} test digits: {a} reads "
            "{right_a:.2%}, {b} {right_b:.2%}.",
            step=step,
            count=count,
            a=a,
            b=b,
            right_a=float((first == labels).mean()),
            right_b=float((second == labels).mean()),
        )
    )
    _matrices(a, b, matrices)
    _disagreements(page, (a, b), labels, first, second)


def _pick_pair(page: PageState, names: Sequence[str]) -> tuple[str, str]:
    st.subheader(t("Which mistakes, and on which digits they disagree"), anchor=False)
    places = [place for place in PLACES if max(map(int, place.split("-"))) < len(names)]
    if page.pair not in places:
        page.set(pair=places[0])
    if len(names) > 2:
        st.selectbox(
            t("Two of them"),
            places,
            format_func=lambda place: " − ".join(names[int(i)] for i in place.split("-")),
            **page.control("pair"),
        )
    first, second = map(int, page.pair.split("-"))
    return names[first], names[second]


def _matrices(a: str, b: str, matrices: Sequence[np.ndarray]) -> None:
    tabs = st.tabs([t("{a} minus {b}", a=a, b=b), a, b], key="compare.tabs")
    labels = t("its answer"), t("the true digit")
    figures = [
        difference_figure(matrices[0], matrices[1], frame.theme(), *labels),
        *(confusion_figure(matrix, frame.theme(), "", *labels) for matrix in matrices),
    ]
    for i, (tab, figure) in enumerate(zip(tabs, figures, strict=True)):
        with tab:
            st.plotly_chart(figure, key=f"compare.matrix.{i}", config={"displayModeBar": False})
    right = np.eye(10, dtype=bool)
    gap = np.abs(matrices[0] - matrices[1])
    with tabs[0]:
        st.caption(
            t(
                "Blue, +: {a} has more of these answers. Orange, −: {b} has more. Colours are full at "
                "±{right:,} on the diagonal, where answers are right, and at ±{wrong:,} elsewhere.",
                a=a,
                b=b,
                right=int(gap[right].max()),
                wrong=int(gap[~right].max()),
            )
        )
    rows = [[digit, *row] for digit, row in enumerate((matrices[0] - matrices[1]).tolist())]
    save_table("confusion-difference", [t("the true digit"), *map(str, range(10))], rows)


def _disagreements(
    page: PageState, names: tuple[str, str], labels: np.ndarray, first: np.ndarray, second: np.ndarray
) -> None:
    found = disagreements(labels, first, second)
    said = {
        "all": t("all {count} digits", count=len(found["all"])),
        "first": t("only {name} is right: {count}", name=names[0], count=len(found["first"])),
        "second": t("only {name} is right: {count}", name=names[1], count=len(found["second"])),
        "neither": t("both are wrong: {count}", count=len(found["neither"])),
    }
    st.segmented_control(
        t("Digits on which they disagree"),
        list(said),
        format_func=said.__getitem__,
        required=True,
        **page.control("who"),
    )
    shown = found[page.who][: COLUMNS * ROWS]
    if not len(shown):
        st.markdown(t("There is no such digit."))
        return
    caption = t(
        "The first {count}: below each, the answer of {a} and the answer of {b}; a wrong one is struck out",
        count=len(shown),
        a=names[0],
        b=names[1],
    )
    images = load_mnist().test_images[shown]
    drawn = disagreements_picture(images, labels[shown], first[shown], second[shown], COLUMNS, frame.theme())
    picture(drawn, "disagreements", caption, caption)


def code(runs: Sequence[Run], step: int, image: Picture) -> str:
    """The probabilities of the digit on screen, from the same weights."""
    kept = {run.id: kept_at(run, step) for run in runs}
    return f"""
{_opened(image.ref)}
from cnn_core.features import predict
from cnn_core.runs import RunStore
from cnn_core.shuffle import seen

store = RunStore()
output = {{}}
for run, step in {kept}.items():
    spec = store.run(run).spec
    output[run] = predict(store.model(run, step), seen(spec, image))
"""


def _opened(ref: str) -> str:
    """Lines that end with the image, float32 (28, 28)."""
    if ref.startswith("test-"):
        number = ref.removeprefix("test-")
        return f"""from cnn_core.data import load_mnist

image = load_mnist().test_images[{number}].astype("float32") / 255
"""
    return f"""from ui.specimen import load_image

image = load_image("{ref}").pixels
"""
