"""What a CNN has that a fully connected network has not, and what flattening loses (7.1, 7.2.1)."""

from functools import partial

import streamlit as st

from cnn_core import own_network
from cnn_core.cost_chart import cost_chart
from cnn_core.data import load_mnist
from cnn_core.flattening import image_with_marks, position, strip_with_marks
from cnn_core.messages import Problem
from cnn_core.torch_code import model_lines
from ui import frame
from ui.flattening_experiment import flattening_experiment
from ui.language import t
from ui.network_parts import NETWORKS, OWN, chosen_spec, layer_table, names, show_network
from ui.pictures import drawing, picture
from ui.state import Field, choice, integer, words

page = frame.begin(
    "structure",
    left=choice("affine", [*NETWORKS, OWN]),
    right=choice("cnn", [*NETWORKS, OWN]),
    left_layer=words("fc1", longest=12),
    right_layer=words("conv1", longest=12),
    own=Field(own_network.written(own_network.START), lambda raw: own_network.written(own_network.read(raw))),
    hidden=integer(100, 1, 500),
    digit=integer(0, 0, 9999),
    row=integer(8, 0, 26),
    col=integer(14, 0, 26),
)

networks = {side: show_network(page, side) for side in ("left", "right")}

st.markdown(
    t(
        "Each block is as high and as deep as the maps that a layer hands on, and as wide as it has "
        "channels. A fully connected layer ties every input to every output, so it needs one weight for "
        "each pair. A convolution slides one small window over the whole map: few weights, used at every "
        "place. Its maps stay maps, with rows and columns, up to *flatten*."
    )
)

st.subheader(t("What each layer costs"), anchor=False)
most = tuple(
    max(getattr(row, cost) for rows in networks.values() for row in rows)
    for cost in ("parameters", "multiply_adds")
)
titles = t("Parameters"), t("Multiply-adds")
for side, rows in networks.items():
    name = names()[getattr(page, side)]
    st.markdown(
        t(
            "{network}: **{parameters:,}** parameters and **{work:,}** multiply-adds for one image.",
            network=name,
            parameters=sum(row.parameters for row in rows),
            work=sum(row.multiply_adds for row in rows),
        )
    )
    drawing(
        partial(cost_chart, rows, titles, most, frame.theme(), name),
        f"costs-{getattr(page, side)}-{side}",
        t("Bars: the parameters and the multiply-adds of each layer"),
        wide=1000,
    )
    with st.expander(t("Every layer: shape, parameters, multiply-adds"), key=f"structure.layers.{side}"):
        layer_table(rows, f"layers-{getattr(page, side)}-{side}")

st.subheader(t("What flattening loses"), anchor=False)
image = load_mnist().test_images[page.digit]
cells = [(page.row, page.col), (page.row, page.col + 1), (page.row + 1, page.col)]
here, right, below = (position(*cell) for cell in cells)
shown, settings = st.columns([3, 2], gap="large")
with settings:
    st.number_input(t("Number of the test digit (0 to 9999)"), 0, 9999, **page.dial("digit"))
    st.slider(t("Row of the pixel"), 0, 26, **page.dial("row"))
    st.slider(t("Column of the pixel"), 0, 26, **page.dial("col"))
    st.markdown(
        t(
            "The pixel in row {row}, column {col} becomes number **{here}** of 784, all counted from 0. Its "
            "neighbour on the right is number {right}, one further on. Its neighbour below is number "
            "{below}: **{away} away**, though on the picture the two touch. A fully connected layer starts "
            "from this list, and nothing tells it which numbers were neighbours.",
            row=page.row,
            col=page.col,
            here=here,
            right=right,
            below=below,
            away=below - here,
        )
    )
with shown:
    picture(
        image_with_marks(image, cells, frame.theme()),
        "digit-with-neighbours",
        t("A test digit with a pixel, its right and its lower neighbour framed"),
        t("(1, 28, 28): a pixel and two of its neighbours"),
    )
picture(
    strip_with_marks(image, cells, frame.theme()),
    "digit-flattened",
    t("The same digit as one row of 784 numbers, with the same three pixels marked"),
    t("784: the same pixels after flattening, row behind row"),
    width="stretch",
)

st.subheader(t("The experiment: shuffle all pixels"), anchor=False)
flattening_experiment(image)

try:
    layers = model_lines(chosen_spec(page, "right"))
except Problem:
    layers = []  # the page has said which layer does not fit
network_code = f"""
network = nn.Sequential(
{chr(10).join(f"    {line}," for line in layers)}
)
x = torch.zeros(1, 1, 28, 28)  # (N, C, H, W)
for layer in network:
    x = layer(x)
    print(type(layer).__name__, tuple(x.shape))
parameters = sum(p.numel() for p in network.parameters())
"""
frame.end(
    "structure",
    page,
    f"""
import torch
from torch import nn
{network_code if layers else ""}
image = torch.arange(28 * 28).reshape(1, 1, 28, 28)
position = image.flatten()[28 * {page.row} + {page.col}].item()
""",
)
