"""Which pixels speak for an answer: four ways to ask, each on one scale for all classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import nn

from cnn_core import attribution
from cnn_core.colours import palette, rgb
from cnn_core.features import logits
from cnn_core.figures import enlarge, grey, scale_text, signed
from cnn_core.models import ModelSpec, summary
from cnn_core.numerals import numeral
from ui import frame, specimen
from ui.components.occluder import occluder
from ui.language import t
from ui.pictures import beside, picture
from ui.specimen import Specimen
from ui.state import PageState, control

_CAM = "cam-"  # before the layer's name: Grad-CAM there
_FACTOR = 7  # screen pixels of a pixel


@dataclass(frozen=True)
class Asked:
    """The class that is asked about, and the one that it is compared with."""

    target: int
    against: int | None = None

    @property
    def words(self) -> str:
        if self.against is None:
            return str(self.target)
        return t("{target} rather than {against}", target=self.target, against=self.against)

    def of(self, made: np.ndarray) -> np.ndarray:
        """This class's picture or number, or the difference of the two."""
        return made[self.target] if self.against is None else made[self.target] - made[self.against]


def ways(spec: ModelSpec) -> dict[str, str]:
    """The ways to ask, with their names: Grad-CAM once for each layer that has maps."""
    names = {
        "integrated": t("Integrated gradients"),
        "saliency": t("Saliency"),
        "occlusion": t("Occlusion"),
    }
    with_maps = [row.name for row in summary(spec) if len(row.shape) == 3]
    return names | {f"{_CAM}{name}": t("Grad-CAM at {layer}", layer=name) for name in with_maps}


@st.cache_data(show_spinner=False, max_entries=300)
def for_all_classes(run_id: str, step: int, image: str, way: str) -> np.ndarray:
    """A way's pictures of all ten classes, (10, 28, 28); a snapshot and an image never change."""
    model, pixels = _asked(run_id, step, image)
    asked: dict[str, Callable[[int], np.ndarray]] = {
        "integrated": lambda digit: attribution.integrated_gradients(model, pixels, digit, steps=32),
        "saliency": lambda digit: attribution.saliency(model, pixels, digit),
        "occlusion": lambda digit: attribution.occlusion(model, pixels, digit),
    }
    layer = way.removeprefix(_CAM)
    cam = lambda digit: attribution.grad_cam(model, pixels, layer, digit, signed=True)  # noqa: E731
    return attribution.every_class(asked.get(way, cam))


def _asked(run_id: str, step: int, image: str) -> tuple[nn.Module, np.ndarray]:
    """The network that is asked, and the pixels (28, 28) as it gets them."""
    pixels = specimen.load_image(image).pixels
    return specimen.shared_model(run_id, step), specimen.seen_by(run_id, pixels)


def show_pixels(page: PageState, looked_at: Specimen, asked: Asked) -> None:
    """The image, and what each pixel gives to the score."""
    names = ways(looked_at.run.spec.model)
    way = page.way if page.way in names else next(iter(names))
    st.selectbox(
        t("Which pixels speak for it?"),
        list(names),
        format_func=names.__getitem__,
        **control("why.way", way, lambda chosen: page.set(way=chosen)),
    )
    made = for_all_classes(looked_at.run.id, looked_at.step, looked_at.image.ref, way)
    limit = attribution.common_limit(made)
    shown = asked.of(made)
    heat = enlarge(signed(shown, limit, frame.theme()), _FACTOR)
    heat[_contour(looked_at.seen)] = rgb(palette(frame.theme()).soft)
    digit = enlarge(np.repeat(grey(looked_at.seen, 0, 1)[..., None], 3, axis=-1), _FACTOR)
    picture(
        beside([digit, heat]),
        f"why-{way}",
        t("The image, and which of its pixels speak for the answer"),
        t(
            "{way}: blue speaks for {asked}, orange against it. One scale for all ten digits and their "
            "differences: {range}",
            way=names[way],
            asked=asked.words,
            range=scale_text(-limit, limit),
        ),
    )
    model, pixels = looked_at.model(), looked_at.seen
    st.markdown(
        meaning(
            way, shown, lambda: float(asked.of(logits(model, pixels) - logits(model, np.zeros_like(pixels))))
        )
    )


def _contour(pixels: np.ndarray) -> np.ndarray:
    """The edge of the digit, where half of the ink is reached, as a mask of the enlarged picture."""
    ink = np.pad(enlarge(pixels >= 0.5, _FACTOR), 1)
    inside = ink[:-2, 1:-1] & ink[2:, 1:-1] & ink[1:-1, :-2] & ink[1:-1, 2:]
    return ink[1:-1, 1:-1] & ~inside


def meaning(way: str, shown: np.ndarray, gain: Callable[[], float]) -> str:
    """What the colours mean, with the numbers on screen; ``gain``: the score less an empty image's."""
    row, col = np.unravel_index(int(np.abs(shown).argmax()), shown.shape)
    at = {"row": int(row), "col": int(col), "value": numeral(shown[row, col], "+.3g")}
    if way == "integrated":
        return t(
            "Each pixel's share in the score. Together they give {total}; from an empty image to this one "
            "the score changes by {gain} (32 steps between the two, so nearly the same). The strongest is at "
            "row {row}, column {col}: {value}.",
            total=numeral(shown.sum(), "+.3g"),
            gain=numeral(gain(), "+.3g"),
            **at,
        )
    if way == "saliency":
        return t(
            "How much the score would rise with more ink at each pixel, to begin with. The strongest is at "
            "row {row}, column {col}: {value} for full ink.",
            **at,
        )
    if way == "occlusion":
        return t(
            "How much the score falls when patches of 5×5 pixels are emptied: for each pixel, the mean of "
            "all patches that cover it. The strongest is at row {row}, column {col}: {value}.",
            **at,
        )
    return t(
        "Where the maps of {layer} speak for the score, and against it, which Grad-CAM usually leaves out. "
        "The strongest is at row {row}, column {col}: {value}. The deeper the layer, the coarser the "
        "picture.",
        layer=way.removeprefix(_CAM),
        **at,
    )


@st.cache_data(show_spinner=False, max_entries=100)
def _hidden(run_id: str, step: int, image: str, size: int) -> np.ndarray:
    model, pixels = _asked(run_id, step, image)
    answers = attribution.answers_when_hidden(model, pixels, size).astype(np.float64)
    shares = np.exp(answers - answers.max(axis=-1, keepdims=True))
    return (shares / shares.sum(axis=-1, keepdims=True)).astype(np.float32)


def show_occluder(page: PageState, looked_at: Specimen, whole: np.ndarray) -> None:
    """A patch to drag over the image, and how often it turns the answer; ``whole``: the shares without."""
    st.subheader(t("Cover a part by hand"), anchor=False)
    answers = _hidden(looked_at.run.id, looked_at.step, looked_at.image.ref, page.size)
    occluder(
        "why.occluder",
        looked_at.seen,
        answers,
        whole,
        page.size,
        (page.row, page.col),
        page.epoch,
        lambda row, col: page.set(row=row, col=col),
    )
    st.markdown(_turned(answers.argmax(axis=-1), int(whole.argmax())))
    st.select_slider(t("Side of the patch, in pixels"), [3, 5, 7, 9, 11], **page.dial("size"))


def _turned(best: np.ndarray, first: int) -> str:
    """At how many places of the patch the answer is another one."""
    turned = best[best != first]
    if not turned.size:
        return t("Wherever you put it, the network still reads a {first}.", first=first)
    return t(
        "At {count} of {places} places the patch turns the {first} into something else, most often into a "
        "{other}. Can you find one?",
        count=turned.size,
        places=best.size,
        first=first,
        other=int(np.bincount(turned).argmax()),
    )
