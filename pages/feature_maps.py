"""What each layer makes of an image, and what excites a unit (7.6.2)."""

import numpy as np
import streamlit as st

from cnn_core import features
from cnn_core.data import load_mnist
from cnn_core.figures import (
    enlarge,
    feature_map_strip,
    grey,
    grid,
    limits,
    outline,
    response_figure,
    scale_text,
)
from ui import frame, specimen
from ui.language import t
from ui.pictures import picture, save_table
from ui.state import choice, integer, words

ASKED = 2_000  # test images that are asked which of them excites a channel most

page = frame.begin(
    "feature_maps",
    **specimen.FIELDS,
    scale=choice("layer", ["layer", "each"]),
    layer=words("", longest=20),
    channel=integer(0, 0, 9999),
    row=integer(9, 0, 27),
    col=integer(9, 0, 27),
)
looked_at = specimen.pick(page)
model, image = looked_at.model(), looked_at.image.pixels
spec = looked_at.run.spec.model
made = features.feature_maps(model, image)
shares = features.predict(model, image)
best = int(shares.argmax())

said = t("The network reads a **{best}** ({share:.1%}).", best=best, share=float(shares[best]))
if looked_at.image.label is not None:
    if looked_at.image.label == best:
        said += " " + t("That is right.")
    else:
        said += " " + t("It is a {label}.", label=looked_at.image.label)
st.markdown(said)
st.segmented_control(
    t("Brightness scale"),
    ["layer", "each"],
    format_func={"layer": t("one for the layer"), "each": t("each map its own")}.get,
    required=True,
    **page.widget("scale"),
)
for name, maps in made.items():
    if name == "input" or (maps.ndim == 1 and maps.size > 200):
        continue
    picture(
        feature_map_strip(
            maps,
            scale="each" if page.scale == "each" and maps.ndim == 3 else "shared",
            columns=16 if maps.ndim == 3 else 50,
            tile_size=44 if maps.ndim == 3 else 16,
            theme=frame.theme(),
        ),
        f"maps-{name}",
        t("What {layer} makes of the image", layer=name),
        t(
            "**{layer}** ({shape}): {range}",
            layer=name,
            shape=", ".join(map(str, maps.shape)),
            range=scale_text(*limits(maps)),
        ),
    )


@st.cache_data(show_spinner=False, max_entries=200)
def excited_by(
    run_id: str, step: int, layer: str, channel: int
) -> tuple[list[np.ndarray], list[float], list[int], np.ndarray]:
    """The nine patches that excite a channel most, their values and digits, and its answer to each digit."""
    network, mnist = specimen.shared_model(run_id, step), load_mnist()
    images, labels = mnist.test_images[:ASKED], mnist.test_labels[:ASKED]
    top = features.top_patches(network, images, layer, channel)
    found = [int(labels[i]) for i in top.indices]
    return (
        top.patches(),
        [float(v) for v in top.values],
        found,
        features.class_response(network, images, labels, layer, channel),
    )


st.subheader(t("Open one unit"), anchor=False)
layers = [name for name, maps in made.items() if name not in ("input", "flatten")]
layer = page.layer if page.layer in layers else next((n for n in layers if n.startswith("relu")), layers[0])
maps = made[layer]
channel = min(page.channel, len(maps) - 1)
place = (min(page.row, maps.shape[1] - 1), min(page.col, maps.shape[2] - 1)) if maps.ndim == 3 else (0, 0)

choose, shown, summed = st.columns([2, 3, 4], gap="large")
with choose:
    for key in ("layer", "channel", "row", "col"):
        st.session_state[f"unit.{key}"] = {
            "layer": layer,
            "channel": channel,
            "row": place[0],
            "col": place[1],
        }[key]
    st.selectbox(
        t("Layer"), layers, key="unit.layer", on_change=lambda: page.set(layer=st.session_state["unit.layer"])
    )
    st.number_input(
        t("Channel (from 0)"), 0, len(maps) - 1, key="unit.channel",
        on_change=lambda: page.set(channel=st.session_state["unit.channel"]),
    )  # fmt: skip
    if maps.ndim == 3 and maps.shape[1] > 1:
        st.slider(
            t("Row"),
            0,
            maps.shape[1] - 1,
            key="unit.row",
            on_change=lambda: page.set(row=st.session_state["unit.row"]),
        )
        st.slider(
            t("Column"),
            0,
            maps.shape[2] - 1,
            key="unit.col",
            on_change=lambda: page.set(col=st.session_state["unit.col"]),
        )
field = features.receptive_field(spec, layer, *place, channel)
with shown:
    if maps.ndim == 3:
        factor = max(1, 196 // maps.shape[1])
        big = np.repeat(enlarge(grey(maps[channel], *limits(maps)), factor)[..., None], 3, axis=-1)
        box = (place[0] * factor, place[1] * factor, (place[0] + 1) * factor, (place[1] + 1) * factor)
        picture(
            outline(big, box, 2, frame.theme()), "unit-map", t("The map, and the unit in it"),
            t("Map {channel} of {layer}, and the unit", channel=channel, layer=layer),
        )  # fmt: skip
    seen = np.repeat(enlarge(grey(image, 0, 1), 7)[..., None], 3, axis=-1)
    picture(
        outline(seen, (field.top * 7, field.left * 7, field.bottom * 7, field.right * 7), 3, frame.theme()),
        "receptive-field", t("The image, and the part of it that the unit sees"),
        t("Its receptive field: {height}×{width} pixels", height=field.size[0], width=field.size[1]),
    )  # fmt: skip
unit = features.explain_unit(model, image, layer, channel, *place)
with summed:
    if unit.kind in ("conv", "linear"):
        strongest = unit.strongest(8)
        rest = float(unit.total - unit.bias - sum(term.product for term in strongest))
        header = [t("Input value"), t("Weight"), t("Product")]
        rows = [(f"{term.input:.4f}", f"{term.weight:.4f}", f"{term.product:.4f}") for term in strongest]
        rows += [
            (t("all the others"), "", f"{rest:.4f}"),
            (t("bias"), "", f"{unit.bias:.4f}"),
            (t("total"), "", f"{unit.total:.4f}"),
        ]
        st.markdown(
            t("The strongest of its {count} products, and what they add up to:", count=unit.terms.size)
        )
        st.dataframe([dict(zip(header, row, strict=True)) for row in rows], hide_index=True, height="content")
        save_table(f"unit-{layer}-{channel}", header, rows)
    else:
        st.markdown(
            t(
                "{layer} looks at {count} value(s) of {source}: {values}. It hands on **{value}**.",
                layer=layer,
                count=unit.inputs.size,
                source=unit.source_layer,
                values=", ".join(f"{v:.4g}" for v in np.ravel(unit.inputs)[:9]),
                value=f"{unit.value:.4g}",
            )
        )

st.subheader(t("What excites this channel"), anchor=False)
patches, values, digits, response = excited_by(looked_at.run.id, looked_at.step, layer, channel)
left, right = st.columns(2, gap="large")
with left:
    picture(
        grid(patches, 5, scale=(0, 255), tile_size=72, theme=frame.theme()),
        "exciting-patches", t("The nine patches that excite it most"),
        t("Of {count:,} test digits, the patches that excite it most: parts of {digits}",
          count=ASKED, digits=", ".join(map(str, digits))),
    )  # fmt: skip
with right:
    figure = response_figure(response, frame.theme(), "", t("digit"), t("mean of its strongest answer"))
    figure.update_layout(height=240)
    st.plotly_chart(figure, key="unit.response", config={"displayModeBar": False})

frame.end(
    "feature_maps",
    page,
    f"""
from cnn_core.features import explain_unit, feature_maps
from cnn_core.runs import RunStore
from ui.specimen import load_image

model = RunStore().model("{looked_at.run.id}", {looked_at.step})
image = load_image("{looked_at.image.ref}").pixels  # (28, 28), 0 to 1
maps = feature_maps(model, image)
output = maps["{layer}"]
unit = explain_unit(model, image, "{layer}", {channel}, {place[0]}, {place[1]})
""",
)
