"""The whole network at a glance, and any unit of it opened: from an answer back to the pixels (7.6.2)."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from cnn_core import features
from ui import diverged, frame, live, specimen
from ui.components.network_view import Unit, network_view, strips
from ui.components.told import told, words
from ui.instrument import instrument
from ui.language import t
from ui.network_answers import MEASURED, held_scale
from ui.network_likes import unit_likes
from ui.network_story import story
from ui.specimen import Specimen
from ui.state import choice, flag
from ui.unit_view import FIELDS, open_unit, opened_unit, unit_bar, unit_numbers, unit_sum

Maps = dict[str, np.ndarray]

page = frame.begin(
    "feature_maps",
    **specimen.FIELDS,
    **FIELDS,
    scale=choice("layer", ["layer", "held", "each"]),
    colours=choice("signed", ["signed", "grey"]),
    order=choice("number", ["number", "strength"]),
    best=flag(),
    space=flag(),
    story=flag(),
)


def answer(looked_at: Specimen, maps: Maps) -> str:
    """What the network reads, and whether that is right."""
    shares = features.probabilities(maps)
    if diverged.has_diverged(shares):
        return t("The network reads nothing.")
    best, label = int(shares.argmax()), looked_at.image.label
    said = t("The network reads a **{best}** ({share:.1%}).", best=best, share=float(shares[best]))
    if label is not None:
        said += " " + (t("That is right.") if label == best else t("It is a {label}.", label=label))
    return said


def shown(looked_at: Specimen, maps: Maps, look: dict[str, Any]) -> live.Shown:
    """For each component, what it shows of the specimen."""
    held = held_scale(looked_at).ends if look["held"] else None
    network = strips(looked_at.run.spec.model, maps, **look | {"held": held})
    return {"feature_maps.answer": words(answer(looked_at, maps)), "feature_maps.network": network}


def moved_to(
    before: Specimen, look: dict[str, Any], moves: dict[str, Any], asked: dict[str, Any]
) -> live.Shown:
    """The same for another run, step or image, to which a hand has just moved; ``moves`` remembers all."""
    if not isinstance(asked, dict):
        raise ValueError("this is no run, no step and no image")
    after = before.moved(moves | asked)
    moves.update(asked)
    return shown(after, features.feature_maps(after.model(), after.seen), look)


def view() -> None:
    """How the maps are shown."""
    choices = st.popover(t("View"), icon=":material/tune:", key="feature_maps.view", on_change="rerun")
    if not choices.open:
        return
    with choices:
        st.segmented_control(
            t("Brightness scale"),
            ["layer", "held", "each"],
            format_func={
                "layer": t("one for the layer"),
                "held": t("fixed for all steps and images"),
                "each": t("each map its own"),
            }.__getitem__,
            required=True,
            **page.control("scale"),
        )
        st.segmented_control(
            t("Colours"),
            ["signed", "grey"],
            format_func={"signed": t("orange below 0, blue above"), "grey": t("black to white")}.__getitem__,
            required=True,
            **page.control("colours"),
        )
        st.segmented_control(
            t("Order of the maps"),
            ["number", "strength"],
            format_func={"number": t("by their number"), "strength": t("strongest answer first")}.__getitem__,
            required=True,
            **page.control("order"),
        )
        st.toggle(t("In space, to be turned about"), **page.dial("space"))


def notes(looked_at: Specimen, maps: Maps) -> None:
    """What to know of this network."""
    if looked_at.run.state in ("queued", "running") and looked_at.step == looked_at.steps[-1]:
        st.caption(
            t("This run is still going: this is step {step:,}, the newest so far.", step=looked_at.step)
        )
    diverged.warned(features.probabilities(maps))
    if page.scale == "held":
        st.caption(
            t(
                "Fixed scale: of each layer, from the smallest to the largest value that the first {count} "
                "test digits give at step {step:,}.",
                count=MEASURED,
                step=held_scale(looked_at).step,
            )
        )
    if page.layer and page.layer not in maps:
        st.caption(t("This network has no layer called {name}.", name=page.layer))


@instrument(page)
def microscope() -> tuple[Specimen, Maps, Unit | None]:
    """The network that looks at an image, and the unit that is open."""
    looked_at = specimen.pick(page, ask=live.address("feature_maps"))
    maps = features.feature_maps(looked_at.model(), looked_at.seen)
    look = {
        "each": page.scale == "each",
        "held": page.scale == "held",
        "mode": page.colours,
        "by_strength": page.order == "strength",
        "theme": frame.theme(),
    }
    live.offer("feature_maps", partial(moved_to, looked_at, look, {}))
    now = shown(looked_at, maps, look)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="answer"):
        told("feature_maps.answer", now["feature_maps.answer"])
        view()
    notes(looked_at, maps)
    unit, opened = opened_unit(page, maps), None
    network, panel = st.columns([1000, 1] if unit is None else [49, 51], gap="medium")
    with network:
        network_view(
            "feature_maps.network",
            now["feature_maps.network"],
            lambda chosen: open_unit(page, chosen),
            unit,
            page.space,
        )
        if not any(layer.kind == "conv" for layer in looked_at.run.spec.model.layers):
            st.caption(  # below the network, which is to be on one screen
                t("This network has no convolution, so it has no maps: each layer is a row of numbers.")
            )
    if unit is not None:
        with panel:
            unit_bar(page, unit, maps)
            if page.about == "sum":
                opened = unit_sum(page, looked_at, looked_at.seen, unit, maps)
            else:
                unit_likes(page, looked_at, unit)
    if unit is not None and opened is not None:
        unit_numbers(page, opened, unit)
    return looked_at, maps, unit


looked_at, maps, unit = microscope()
st.toggle(t("Layer by layer: what do the channels look for?"), **page.dial("story"))
if page.story:
    story(looked_at, maps)

opening = (
    f"""
unit = explain_unit(model, image, "{unit.layer}", {unit.channel}, {unit.row}, {unit.col})
print(unit.strongest(5), unit.bias, unit.total)  # the sum behind one value"""
    if unit
    else ""
)
frame.end(
    "feature_maps",
    page,
    f"""
from cnn_core.features import explain_unit, feature_maps
from cnn_core.runs import RunStore
from ui.specimen import load_image{looked_at.seen_import}

model = RunStore().model("{looked_at.run.id}", {looked_at.step})
image = {looked_at.seen_code(f'load_image("{looked_at.image.ref}").pixels')}  # (28, 28), 0 to 1
maps = feature_maps(model, image)
output = maps["{unit.layer if unit else list(maps)[-1]}"]{opening}
""",
)
