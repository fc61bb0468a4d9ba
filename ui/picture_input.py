"""A picture to convolve or to pool: a sample, a test digit, or the learner's own."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.images import SAMPLES, open_picture, samples, to_grey
from cnn_core.messages import Problem
from ui.language import explain, t
from ui.refusal import REFUSALS, refusal
from ui.specimen import load_image, store
from ui.state import PageState, control, dial, words

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

DEFAULT = "sample-city"
PICTURE_FIELDS = {"picture": words(DEFAULT, longest=80)}


def load_picture(ref: str) -> np.ndarray:
    """Grey float32 (H, W), 0 to 1, of sample-cat, test-17, drawing- or upload-<sha256>; raises Problem."""
    kind, _, rest = ref.partition("-")
    if kind == "sample" and rest in samples():
        return _grey_sample(rest)
    if kind == "test" and rest.isascii() and rest.isdigit() and int(rest) < len(load_mnist().test_images):
        return load_mnist().test_images[int(rest)].astype(np.float32) / 255
    if kind == "drawing":
        return load_image(ref).pixels
    if kind == "upload":
        return to_grey(open_picture(store().artifact(rest).data))
    raise Problem("There is no picture called {name}: choose one of the list.", name=ref[:40])


@lru_cache(maxsize=16)
def _grey_sample(name: str) -> np.ndarray:
    return to_grey(open_picture(samples()[name].read_bytes()))


def pick_picture(page: PageState, name: str = "picture") -> np.ndarray:
    """Show what there is to choose from, and return the chosen picture in grey."""
    try:
        pixels = load_picture(getattr(page, name))
    except Problem as error:
        st.warning(explain(error))
        page.set(**{name: DEFAULT})
        pixels = load_picture(DEFAULT)
    ref = getattr(page, name)
    choices = [f"sample-{s}" for s in samples()]
    choices.append(ref if ref.startswith("test-") else "test-0")
    specimen = page.elsewhere("image") or ""  # a drawing made on another page can be had here too
    own_refs = [r for r in (ref, specimen) if r.startswith(("upload-", "drawing-"))]
    choices += dict.fromkeys(own_refs)
    chosen, own = st.columns([1, 1], vertical_alignment="bottom")
    chosen.selectbox(
        t("Picture"),
        choices,
        format_func=_name,
        **control(f"picture.{name}", ref, lambda chosen: page.set(**{name: chosen})),
    )
    choice = own.popover(
        t("Another digit, or your own picture"),
        width="stretch",
        key=f"picture.{name}.choice",
        on_change="rerun",
    )
    if not choice.open:
        return pixels
    with choice:
        number = int(ref.removeprefix("test-")) if ref.startswith("test-") else 0
        st.number_input(
            t("Number of the test digit (0 to 9999)"),
            0,
            9999,
            **dial(f"picture.{name}.number", number, lambda n: page.set(**{name: f"test-{n}"})),
        )
        upload_picture(page, name)
    return pixels


def _name(ref: str) -> str:
    kind, _, rest = ref.partition("-")
    if kind == "sample":
        return t(SAMPLES[rest]) if rest in SAMPLES else rest
    if kind == "test":
        return t("test digit {number}", number=rest)
    return t("Your drawing") if kind == "drawing" else t("Your picture")


def upload_picture(page: PageState, name: str) -> None:
    """A file or a photo of the learner's own, as the choice ``name``: upload-<sha256>."""
    file = st.file_uploader(
        t("A picture of your own (PNG, JPEG, WebP, GIF or BMP)"),
        ["png", "jpg", "jpeg", "webp", "gif", "bmp"],
        key=f"picture.{name}.file",
    )
    _take(page, name, file)
    where = t("Browsers give the camera to this computer itself and over HTTPS. Elsewhere choose a file: "
              "a phone offers its camera there.")  # fmt: skip
    if st.toggle(t("Use the camera"), key=f"picture.{name}.camera", help=where):
        _take(page, name, st.camera_input(t("A photo with the camera"), key=f"picture.{name}.photo"))


def _take(page: PageState, name: str, file: UploadedFile | None) -> None:
    """Keep a new file as the page's picture; where it is none, say so and leave the old one."""
    taken = f"picture.{name}.taken"
    if file is None or st.session_state.get(taken) == file.file_id:
        return
    try:
        open_picture(file.getvalue())
        page.set(**{name: f"upload-{store().put_artifact('upload', file.getvalue())}"})
    except REFUSALS as error:
        st.error(refusal(error))
        return
    st.session_state[taken] = file.file_id
    st.rerun()
