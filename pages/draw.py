"""Draw a digit: what does the network see, and what does it answer? (the notebook's network at work)"""

import numpy as np
import streamlit as st

from cnn_core.features import feature_maps, predict
from cnn_core.figures import enlarge, feature_map_strip, grey, limits, probability_figure, scale_text
from cnn_core.messages import Problem
from ui import frame, specimen
from ui.components.digit_pad import digit_pad, drawn
from ui.language import explain, t
from ui.pictures import picture, save_table
from ui.state import choice

PAD = "draw.pad"

page = frame.begin("draw", **specimen.FIELDS, scale=choice("each", ["each", "layer"]))
looked_at = specimen.pick(page, image=False)


def pen_moved() -> None:
    """Keep a drawing when the pen goes up: its name in the address is its link."""
    state = drawn(PAD)
    if state and state[1]:
        page.set(image=specimen.keep_drawing(state[0]))


def on_the_pad() -> tuple[str, np.ndarray]:
    """The drawing and its 28×28 pixels: the stroke that is being drawn, else what the address names."""
    state = drawn(PAD)
    if state and not state[1]:
        return state[0], specimen.prepared_drawing(state[0])
    return specimen.drawing_of(page.image), specimen.load_image(page.image).pixels


try:
    drawing, pixels = on_the_pad()
except Problem as error:
    st.warning(explain(error))
    drawing, pixels = specimen.EMPTY_DRAWING, np.zeros((28, 28), np.float32)

pad, prepared, answer = st.columns([5, 3, 5], gap="medium")
with pad:
    digit_pad(PAD, drawing, page.epoch, pen_moved)
with prepared:
    picture(
        enlarge(np.repeat(grey(pixels, 0, 1)[..., None], 3, axis=-1), 8),
        "prepared",
        t("The drawing as the network gets it: 28×28 pixels"),
        t("What the network gets: cut out, scaled to 20 pixels, centred by its mass in 28×28"),
    )
with answer:
    if pixels.any():
        model = looked_at.model()
        shares = predict(model, pixels)
        best, second = np.argsort(-shares)[:2]
        st.markdown(
            "### "
            + t(
                "It reads a **{best}** ({share:.1%})",
                best=best,
                share=float(shares[best]),
            )
        )
        st.markdown(
            t(
                "Next comes {second} ({share:.1%}). Network: {run}, step {step}.",
                second=second,
                share=float(shares[second]),
                run=specimen.run_name(looked_at.run),
                step=looked_at.step,
            )
        )
        figure = probability_figure(shares, frame.theme(), "", t("digit"), t("probability"))
        figure.update_layout(height=250)
        st.plotly_chart(figure, key="draw.probabilities", config={"displayModeBar": False})
        save_table("probabilities", [t("digit"), t("probability")], list(enumerate(shares.tolist())))
    else:
        st.markdown(t("The pad is empty. Draw a digit from 0 to 9, as large as you like."))

if pixels.any():
    st.subheader(t("What each layer makes of it"), anchor=False)
    st.segmented_control(
        t("Scale"),
        ["each", "layer"],
        format_func={"each": t("each map its own"), "layer": t("one for the layer")}.get,
        required=True,
        **page.widget("scale"),
    )
    for name, maps in feature_maps(model, pixels).items():
        if name == "input" or maps.ndim != 3:
            continue
        low, high = limits(maps)
        picture(
            feature_map_strip(
                maps, scale="each" if page.scale == "each" else "shared", columns=16, theme=frame.theme()
            ),
            f"drawn-{name}",
            t("The maps of {layer}", layer=name),
            t(
                "**{layer}** {shape}: {range}",
                layer=name,
                shape=" × ".join(map(str, maps.shape)),
                range=scale_text(low, high),
            ),
        )

frame.end(
    "draw",
    page,
    f"""
from cnn_core.features import predict
from cnn_core.runs import RunStore
from ui.specimen import load_image

digit = load_image("{page.image}").pixels  # (28, 28), 0 to 1: prepared as MNIST was
model = RunStore().model("{looked_at.run.id}", {looked_at.step})
output = predict(model, digit)  # ten probabilities
""",
)
