"""An image's way through a network: how probable it finds each answer, and what each layer makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.features import feature_maps, probabilities
from cnn_core.records import Run
from cnn_core.shuffle import seen
from ui import frame
from ui.language import language, t
from ui.network_answers import story_layers
from ui.small_pictures import Row, rows_html
from ui.specimen import Picture, shared_model

MAP = 36  # pixels of a feature map's side


@dataclass(frozen=True)
class Way:
    """The probabilities of the ten digits, float (10,), and the layers as HTML."""

    shares: np.ndarray
    layers: str


def way_through(run: Run, step: int, image: Picture, narrow: bool = False) -> Way:
    """Computed once for all who look at this run, step and image; raises Problem where the step is gone."""
    return _way(run.id, step, image.ref, narrow, frame.theme(), language(), run, image)


@st.cache_resource(show_spinner=False, max_entries=256)
def _way(
    run_id: str, step: int, ref: str, narrow: bool, theme: str, language: str, _run: Run, _image: Picture
) -> Way:
    maps = feature_maps(shared_model(run_id, step), seen(_run.spec, _image.pixels))
    shown = ["input", *story_layers(_run.spec.model)[:-1]]  # the last are the ten scores
    rows, alt = [Row(name, maps[name]) for name in shown], t("What the layer makes of the image")
    layers = rows_html(rows, alt, MAP, narrow)
    return Way(probabilities(maps), layers)
