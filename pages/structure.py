"""What a CNN has that a fully connected network has not, and what flattening loses (7.1, 7.2.1)."""

from functools import partial

import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.drawing import network_figure
from cnn_core.flattening import image_with_marks, position, strip_with_marks
from cnn_core.models import FIGURE_7_1, FIGURE_7_2, LENET5, MLP, NOTEBOOK, SIMPLE_CONV_NET, summary
from cnn_core.torch_code import model_lines
from ui import frame
from ui.language import t
from ui.pictures import drawing, picture, save_table
from ui.state import choice, integer

NETWORKS = {
    "affine": FIGURE_7_1,
    "mlp": MLP,
    "cnn": FIGURE_7_2,
    "notebook": NOTEBOOK,
    "simple": SIMPLE_CONV_NET,
    "lenet5": LENET5,
}

page = frame.begin(
    "structure",
    left=choice("affine", list(NETWORKS)),
    right=choice("cnn", list(NETWORKS)),
    digit=integer(0, 0, 9999),
    row=integer(8, 0, 26),
    col=integer(14, 0, 26),
)
names = {
    "affine": t("The book's fully connected network (fig. 7-1)"),
    "mlp": t("A fully connected network of the notebook's size"),
    "cnn": t("The book's CNN (fig. 7-2)"),
    "notebook": t("The notebook's CNN"),
    "simple": t("The book's SimpleConvNet"),
    "lenet5": "LeNet-5",
}
kinds = {
    "conv": t("Convolution"),
    "linear": t("Affine (fully connected)"),
    "relu": "ReLU",
    "tanh": "tanh",
    "max_pool": t("Max pooling"),
    "avg_pool": t("Average pooling"),
    "flatten": t("Flatten"),
}


def show_network(side: str) -> None:
    """One network: chosen, drawn to scale, its layers as a table."""
    key = getattr(page, side)
    label = t("First network") if side == "left" else t("Second network")
    st.selectbox(label, list(NETWORKS), format_func=names.__getitem__, **page.widget(side))
    rows = summary(NETWORKS[key])
    draw = partial(
        network_figure,
        rows,
        frame.theme(),
        names[key],
        input_name=t("input"),
        parameters=t("{count} parameters"),
    )
    drawing(lambda width: draw(width=width), f"network-{key}-{side}", names[key], wide=1000)
    header = [t("Layer"), t("Kind"), t("Shape out"), t("Parameters"), t("Multiply-adds")]
    table = [
        (row.name, kinds[row.layer.kind], " × ".join(map(str, row.shape)), row.parameters, row.multiply_adds)
        for row in rows
    ]
    with st.expander(t("Every layer: shape, parameters, multiply-adds")):
        st.dataframe([dict(zip(header, cells, strict=True)) for cells in table], hide_index=True)
        save_table(f"layers-{key}-{side}", header, table)
    st.markdown(
        t(
            "**{parameters:,}** parameters and **{work:,}** multiply-adds for one image.",
            parameters=sum(row.parameters for row in rows),
            work=sum(row.multiply_adds for row in rows),
        )
    )


show_network("left")
show_network("right")

st.markdown(
    t(
        "Each block is as high and as deep as the maps that a layer hands on, and as wide as it has "
        "channels. A fully connected layer ties every input to every output, so it needs one weight for "
        "each pair. A convolution slides one small window over the whole map: few weights, used at every "
        "place. Its maps stay maps, with rows and columns, up to *flatten*."
    )
)

st.subheader(t("What flattening loses"), anchor=False)
image = load_mnist().test_images[page.digit]
cells = [(page.row, page.col), (page.row, page.col + 1), (page.row + 1, page.col)]
here, right, below = (position(*cell) for cell in cells)
shown, settings = st.columns([3, 2], gap="large")
with settings:
    st.number_input(t("Number of the test digit (0 to 9999)"), 0, 9999, **page.widget("digit"))
    st.slider(t("Row of the pixel"), 0, 26, **page.widget("row"))
    st.slider(t("Column of the pixel"), 0, 26, **page.widget("col"))
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

frame.end(
    "structure",
    page,
    f"""
import torch
from torch import nn

network = nn.Sequential(
{chr(10).join(f"    {line}," for line in model_lines(NETWORKS[page.right]))}
)
x = torch.zeros(1, 1, 28, 28)  # (N, C, H, W)
for layer in network:
    x = layer(x)
    print(type(layer).__name__, tuple(x.shape))
parameters = sum(p.numel() for p in network.parameters())

image = torch.arange(28 * 28).reshape(1, 1, 28, 28)
position = image.flatten()[28 * {page.row} + {page.col}].item()
""",
)
