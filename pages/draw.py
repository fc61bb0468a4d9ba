"""Draw a digit: what does the network see, and what does it answer? (the notebook's network at work)"""

import numpy as np
import streamlit as st

from cnn_core.answer_charts import answer_bars
from cnn_core.features import feature_maps, predict, probabilities
from cnn_core.figures import enlarge, grey
from cnn_core.shuffle import seen
from ui import draw_break, draw_pad, draw_replay, frame, specimen
from ui.components.network_view import Unit, network_view
from ui.instrument import instrument
from ui.language import t
from ui.pictures import drawing, picture, save_table
from ui.site import PAGES
from ui.state import flag

OPENED = "draw.opened"  # the map that was clicked

page = frame.begin(
    "draw",
    **specimen.FIELDS,
    **draw_break.FIELDS,
    replay=flag(False),
)
looked_at = specimen.pick(page)


@instrument(page)
def drawing_board() -> None:
    """The pad, what the network gets of it, makes of it and answers."""
    follow_click()
    image, _ = specimen.chosen_image(page)
    stroke = draw_pad.stroke_pixels()
    pixels = seen(looked_at.run.spec, image.pixels if stroke is None else stroke)
    maps = feature_maps(looked_at.model(), pixels)
    pad, prepared, answer = st.columns([5, 3, 6], gap="medium")
    with prepared:
        picture(
            enlarge(np.repeat(grey(pixels, 0, 1)[..., None], 3, axis=-1), 8),
            "prepared",
            t("The drawing as the network gets it: 28×28 pixels"),
            t("What the network gets: cut out, scaled to 20 pixels, centred by its mass in 28×28"),
        )
    with answer:
        if pixels.any():
            answers(pixels, maps)
        else:
            st.markdown(t("The pad is empty. Draw a digit from 0 to 9, as large as you like."))
    with pad:
        draw_pad.show(page, image.ref)
    if pixels.any():
        st.subheader(t("What each layer makes of it"), anchor=False)
        network_view(
            "draw.network",
            looked_at.run.spec.model,
            maps,
            click,
            theme=frame.theme(),
        )


def click(unit: Unit) -> None:
    """Remember the map: a callback cannot leave the page, the fragment's next run can."""
    st.session_state[OPENED] = unit


def follow_click() -> None:
    """To the page that opens the map that was clicked, with the same network and image."""
    unit: Unit | None = st.session_state.pop(OPENED, None)
    if unit is not None:
        place = {name: str(value) for name, value in vars(unit).items()}
        st.switch_page(PAGES["feature_maps"].file, query_params=page.link() | place)


def answers(pixels: np.ndarray, maps: dict[str, np.ndarray]) -> None:
    """The ten probabilities before training and at the chosen step, in words and as bars."""
    first, shares = looked_at.steps[0], probabilities(maps)
    named = {t("Step {step}", step=looked_at.step): shares}
    if looked_at.step != first:
        named = {t("Step {step}", step=first): predict(looked_at.model(first), pixels)} | named
    best, second = np.argsort(-shares)[:2]
    st.markdown("### " + t("It reads a **{best}** ({share:.1%})", best=best, share=float(shares[best])))
    st.markdown(
        t(
            "Next comes {second} ({share:.1%}). Network: {run}, step {step}.",
            second=second,
            share=float(shares[second]),
            run=specimen.run_name(looked_at.run),
            step=looked_at.step,
        )
    )
    alt = t("The probability of each digit, before training and at the chosen step")
    drawing(lambda width: answer_bars(named, frame.theme(), width, alt), "answers", alt, wide=440)
    rows = [[digit, *values] for digit, values in enumerate(np.array(list(named.values())).T.tolist())]
    save_table("probabilities", [t("digit"), *named], rows)


drawing_board()
pixels = looked_at.image.pixels
if pixels.any():
    draw_replay.show(page, looked_at.image.ref, looked_at.run.id, looked_at.step)
    draw_break.show(page, looked_at.run.id, looked_at.step, pixels)

frame.end(
    "draw",
    page,
    f"""
from cnn_core.distort import Distortion, distort
from cnn_core.features import predict
from cnn_core.runs import RunStore
from ui.specimen import load_image{looked_at.seen_import}

digit = load_image("{looked_at.image.ref}").pixels  # (28, 28), 0 to 1: prepared as MNIST was
model = RunStore().model("{looked_at.run.id}", {looked_at.step})
output = predict(model, {looked_at.seen_code("digit")})  # ten probabilities
changed = predict(model, {looked_at.seen_code(f"distort(digit, {draw_break.chosen(page)})")})
""",
)
