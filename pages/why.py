"""Why this answer? From a logit back to the pixels, with numbers that add up, and where the network looks."""

import streamlit as st

from cnn_core.features import predict
from cnn_core.reasons import Reasons
from ui import diverged, frame, specimen
from ui.components.reason_tree import reason_tree
from ui.language import t
from ui.pictures import save_table
from ui.state import choice, control, integer, words
from ui.why_paths import STRONGEST, Unfolded, unfolded
from ui.why_pictures import Faces
from ui.why_pixels import Asked, show_occluder, show_pixels
from ui.why_tree import decimals, number, rows, sentences, toggled

BEST, NOBODY = "best", "none"

page = frame.begin(
    "why",
    **specimen.FIELDS,
    target=choice(BEST, [BEST, *range(10)]),
    against=choice(NOBODY, [NOBODY, *range(10)]),
    open=unfolded(),
    way=words("integrated", longest=30),
    size=choice(7, [3, 5, 7, 9, 11]),
    row=integer(10, 0, 27),
    col=integer(14, 0, 27),
)
looked_at = specimen.pick(page)
model, image = looked_at.model(), looked_at.seen
reasons = Reasons(model, image)

if diverged.warned(reasons.logits):
    frame.end("why", page)
    st.stop()

shares = predict(model, image)
best = int(shares.argmax())
target = best if page.target == BEST else page.target
against = None if page.against in (NOBODY, target) else page.against
asked = Asked(target, against)

with st.container(horizontal=True, vertical_alignment="bottom", key="why-asked"):
    st.segmented_control(
        t("Why a …"),
        list(range(10)),
        required=True,
        wrap=True,
        **control("why.target", target, lambda digit: page.set(target=digit)),
    )
    st.selectbox(
        t("… and not a …?"),
        [NOBODY, *(digit for digit in range(10) if digit != target)],
        format_func=lambda digit: t("(no other)") if digit == NOBODY else str(digit),
        width=160,
        **control(
            "why.against", NOBODY if against is None else against, lambda digit: page.set(against=digit)
        ),
    )

score = reasons.score(target, against)
seen = Unfolded.at(reasons.strongest_path(score, 1)) if page.open == STRONGEST else Unfolded.parse(page.open)
tree = reasons.tree(score, seen.opened, seen.more)
digits = decimals([branch.part for branch in tree.parts])

if against is None:
    called = t("Score (logit) of {target}", target=target)
    st.markdown(
        t(
            "The network reads a **{best}** ({share:.1%}). The score (logit) of a {target} is **{score}**.",
            best=best,
            share=float(shares[best]),
            target=target,
            score=number(score.share, digits, signed=False),
        )
        + " "
        + " ".join(sentences(tree))
    )
else:
    called = t("{target} rather than {against}", target=target, against=against)
    st.markdown(
        t(
            "The score of a {target} is {target_score}, that of a {against} {against_score}: a difference of "
            "**{score}**.",
            target=target,
            against=against,
            target_score=number(float(reasons.logits[target]), digits, signed=False),
            against_score=number(float(reasons.logits[against]), digits, signed=False),
            score=number(score.share, digits),
        )
        + " "
        + " ".join(sentences(tree))
    )

whole, pixels = st.columns([11, 9], gap="large")
with whole:
    shown = rows(tree, reasons, Faces(reasons, looked_at.run.spec.model, frame.theme()), seen, called)
    reason_tree(
        "why.tree",
        shown,
        t("What the score is made of"),
        lambda row, opened: page.set(open=str(toggled(seen, row, opened))),
    )
    st.caption(
        t(
            "The parts of each line add up to it; point at a number to see it in full. A weight is what a "
            "value of 1 would give to the score on this way. Blue bars are for it, orange ones against it. "
            "Units, maps, rows and columns count from 0, as in code."
        )
    )
    save_table(
        "why", [t("level"), t("part"), t("share")], [(row.depth, row.name, row.exact) for row in shown]
    )
with pixels:
    show_pixels(page, looked_at, asked)
    show_occluder(page, looked_at, shares)

frame.end(
    "why",
    page,
    f"""
from cnn_core.reasons import Reasons
from cnn_core.runs import RunStore
from ui.specimen import load_image{looked_at.seen_import}

model = RunStore().model("{looked_at.run.id}", {looked_at.step})
image = {looked_at.seen_code(f'load_image("{looked_at.image.ref}").pixels')}  # (28, 28), 0 to 1
reasons = Reasons(model, image)
score = reasons.score({target}, {against})
parts = reasons.open(score, count=5)  # the strongest, all others together, the bias
output = [part.share for part in parts]  # they add up to score.share
""",
)
