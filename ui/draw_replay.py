"""A drawing replayed: what the network answered at each moment of it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.distort import holds
from cnn_core.features import predict_batch
from cnn_core.strokes import drawn_by, from_json, timed, to_json
from ui.components.replay import replay
from ui.language import t
from ui.specimen import drawing_of, prepared_drawing, seen_by, shared_model
from ui.state import PageState

MOMENTS = 32  # of one drawing, at most


def show(page: PageState, image: str, run: str, step: int) -> None:
    """A switch, and behind it the replay; nothing where nobody has drawn."""
    drawing = drawing_of(image)
    strokes = timed(from_json(drawing))
    if not strokes.strokes:
        return
    st.toggle(t("Replay the strokes, and watch the answer change"), **page.dial("replay"))
    if page.replay:
        moments, shares = _answers(drawing, run, step)
        replay("draw.replay", strokes, moments, shares)
        best = shares.argmax(axis=1)
        settled = holds(moments, best, moments[-1])[0]
        st.markdown(
            t(
                "The answer settled on {digit} after {seconds:.1f} of {all:.1f} seconds.",
                digit=best[-1],
                seconds=moments[settled] / 1000,
                all=moments[-1] / 1000,
            )
        )


@st.cache_data(show_spinner=False, max_entries=64)
def _answers(drawing: str, run: str, step: int) -> tuple[list[int], np.ndarray]:
    """Moments in milliseconds, evenly from the first point to the last, and probabilities (n, 10)."""
    strokes = timed(from_json(drawing))
    times = sorted({time for stroke in strokes.strokes for time in stroke.times})
    count = min(MOMENTS, len(times))
    moments = [times[i] for i in np.linspace(0, len(times) - 1, count).round().astype(int)]
    pixels = [prepared_drawing(to_json(drawn_by(strokes, moment))) for moment in moments]
    return moments, predict_batch(shared_model(run, step), seen_by(run, np.stack(pixels)))
