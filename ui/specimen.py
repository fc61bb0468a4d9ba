"""The specimen under the microscope: a run, a step of it, an image. Picked here, for all network pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import streamlit as st

from cnn_core.data import load_mnist
from cnn_core.images import open_picture, prepare_digit, to_grey
from cnn_core.messages import Problem
from cnn_core.records import DamagedSnapshot, Weights
from cnn_core.runs import REFERENCE, Run, RunStore
from cnn_core.shuffle import seen
from cnn_core.strokes import from_json, on_digit, raster, to_json
from ui.components.digit_choice import digit_choice
from ui.components.run_choice import run_choice
from ui.language import explain, t
from ui.refusal import REFUSALS, refusal
from ui.state import PageState, integer, shared, words
from ui.step_slider import LAST, nearest, step_slider

if TYPE_CHECKING:
    from torch import nn

T = TypeVar("T")

_CHOICE = "specimen.choice"  # whether the image's popover is open

FIELDS = {
    "run": shared(words(REFERENCE, longest=80)),
    "step": shared(integer(LAST, 0, 10_000_000)),
    "image": shared(words("test-0", longest=80)),
}


@dataclass(frozen=True)
class Picture:
    """What the network looks at: float32 (28, 28), 0 to 1; the label is None for what nobody has labelled."""

    ref: str
    pixels: np.ndarray
    label: int | None


@dataclass(frozen=True)
class Specimen:
    """A run, a step for which it has a snapshot, and an image."""

    run: Run
    step: int
    steps: list[int]
    image: Picture

    def model(self, step: int | None = None) -> nn.Module:
        """The network at the specimen's step, or at another one; shared, so look and do not change."""
        return shared_model(self.run.id, self.step if step is None else step)

    @property
    def seen(self) -> np.ndarray:
        """The image's pixels as this run's network gets them."""
        return self.as_seen(self.image.pixels)

    def as_seen(self, pixels: np.ndarray) -> np.ndarray:
        """Other pixels (28, 28) as this run's network gets them."""
        return seen(self.run.spec, pixels)

    @property
    def is_shuffled(self) -> bool:
        return self.run.spec.pixels == "shuffled"

    @property
    def seen_import(self) -> str:
        """The line that ``seen_code`` needs, for the code at the foot of a page."""
        return "\nfrom cnn_core.shuffle import seen" if self.is_shuffled else ""

    def moved(self, moves: Mapping[str, Any]) -> Specimen:
        """The specimen after a hand chose another ``run``, ``step`` or ``image``; raises Problem, ValueError.

        As on the page, the newest step of one run becomes the newest of the next.
        """
        run, steps = self.run, self.steps
        if "run" in moves:
            run = store().run(str(moves["run"]))
            steps = store().snapshot_steps(run.id)
        step = moves.get("step", LAST if self.step == self.steps[-1] else self.step)
        if not steps or not isinstance(step, int):
            raise ValueError("this run has kept no such step")
        image = load_image(str(moves["image"])) if "image" in moves else self.image
        return Specimen(run, nearest(steps, step), steps, image)

    def seen_code(self, images: str) -> str:
        """An expression for images, as this run's network gets them."""
        return f'seen(RunStore().run("{self.run.id}").spec, {images})' if self.is_shuffled else images


def seen_by(run_id: str, images: np.ndarray) -> np.ndarray:
    """One image (28, 28) or many (N, 28, 28) as a run's network gets them."""
    return seen(store().run(run_id).spec, images)


@st.cache_resource(show_spinner=False)
def store() -> RunStore:
    """The store of this CNN_EXPLORER_HOME."""
    return RunStore()


def shared_model(run_id: str, step: int) -> nn.Module:
    """The network of a run at a step, kept for all sessions: look and do not change."""
    return whole(lambda: _model(run_id, step, store().snapshot_sha256(run_id, step)))


@st.cache_resource(show_spinner=False, max_entries=96)  # two runs with all their steps
def _model(run_id: str, step: int, sha256: str) -> nn.Module:
    return store().model(run_id, step)


def weights(run_id: str, step: int) -> Weights:
    """All weights of a run at a step, by name."""
    return whole(lambda: store().weights(run_id, step))


def whole(read: Callable[[], T]) -> T:
    """What is read of a snapshot. Where it proves damaged, the page runs again: without it, with a note."""
    try:
        return read()
    except DamagedSnapshot:
        st.rerun()
        raise  # in a thread that has no page: the page's next run says it


def pick(page: PageState, image: bool = True, step: bool = True, ask: str = "") -> Specimen:
    """Show the pickers and return what is under the microscope.

    ``ask``: where the browser may ask what another step or image shows (ui.live), while a hand moves.
    """
    with st.container(border=True, key="specimen"):
        columns = st.columns([3, 4, 3] if image else [3, 7], vertical_alignment="bottom")
        with columns[0]:
            run, steps = pick_run(page, ask)
        with columns[1]:
            at = pick_step(page, run.id, steps, ask) if step else steps[-1]
        picture = load_image("test-0")
        if image:
            with columns[2]:
                picture = pick_image(page, ask)
    looked_at = Specimen(run, at, steps, picture)
    tell_damage(run)
    if looked_at.is_shuffled:
        st.caption(
            t("This network learned from shuffled digits: it gets every image with its pixels shuffled so.")
        )
    return looked_at


def pick_run(page: PageState, ask: str = "") -> tuple[Run, list[int]]:
    """The run of the address and the steps it kept; the reference run, with a sentence, where it has none."""
    runs = {run.id: run for run in store().runs()}
    try:
        run = store().run(page.run)
        runs.setdefault(run.id, run)
    except Problem as error:
        st.warning(explain(error) + " " + t("The reference run is shown instead."))
        run = store().run(REFERENCE)
    steps = store().snapshot_steps(run.id)
    if not steps:
        if run.damage:
            st.warning(explain(run.damage) + " " + t("The reference run is shown instead."))
        else:
            st.info(t("This run has not begun yet. The reference run is shown until it has."))
        steps = store().snapshot_steps(REFERENCE)
        run = store().run(REFERENCE)
    if run.id == page.run:
        names = {run_id: run_name(known) for run_id, known in runs.items()}
        run_choice("specimen.run", t("Run"), names, run.id, lambda chosen: page.set(run=chosen), ask)
    else:
        st.button(t("Use the reference run"), on_click=lambda: page.set(run=REFERENCE, step=LAST))
    return run, steps


def tell_damage(run: Run) -> None:
    """Which of the run's snapshots the disk has damaged; nothing where all are whole."""
    if run.damage:
        st.info(explain(run.damage))


def run_name(run: Run) -> str:
    """A run's name for a learner; the reference run has one in every language."""
    return t("Reference run") if run.id == REFERENCE else run.name or run.id[:8]


def pick_step(page: PageState, run_id: str, steps: list[int], ask: str = "") -> int:
    """Show the slider of the run's steps, and return the one on screen: moved by hand, or played."""
    label = t("Step (0 is before training)")
    return step_slider(
        label, steps, page.step, lambda step: page.set(step=step), of=run_id, key="specimen.step", ask=ask
    )


def pick_image(page: PageState, ask: str = "") -> Picture:
    """Show the image's picker, and return the image."""
    picture, problem = chosen_image(page)
    if problem is not None:
        st.warning(explain(problem) + " " + t("The first test digit is shown instead."))
    row = st.container(horizontal=True, vertical_alignment="center")
    row.image(np.kron(picture.pixels, np.ones((2, 2))), width=56, alt=image_name(picture))
    choice = row.popover(image_name(picture), width="stretch", key=_CHOICE, on_change="rerun")
    if choice.open:
        with choice:
            _choose_test_digit(page, picture, ask)
            _choose_upload(page)
    return picture


def chosen_image(page: PageState) -> tuple[Picture, Problem | None]:
    """The image of the address; the first test digit, and what was wrong, where there is none."""
    try:
        return load_image(page.image), None
    except Problem as error:
        return load_image("test-0"), error


def image_name(picture: Picture) -> str:
    kind, _, rest = picture.ref.partition("-")
    if kind == "test":
        return t("Test digit {number}: a {label}", number=rest, label=picture.label)
    return t("Your drawing") if kind == "drawing" else t("Your picture")


def _choose_test_digit(page: PageState, picture: Picture, ask: str) -> None:
    kind, _, rest = picture.ref.partition("-")

    def take(chosen: int) -> None:
        page.set(image=f"test-{chosen}")
        st.session_state[_CHOICE] = True  # it has another label now, and is to stay open all the same

    number = int(rest) if kind == "test" else 0
    digit_choice("specimen.digit", number, load_mnist().test_labels, take, ask)


def _choose_upload(page: PageState) -> None:
    upload = st.file_uploader(
        t("Or a photo of one digit"), ["png", "jpg", "jpeg", "webp", "bmp"], key="specimen.up"
    )
    if upload is None or st.session_state.get("specimen.uploaded") == upload.file_id:
        return
    st.session_state["specimen.uploaded"] = upload.file_id
    try:
        data = upload.getvalue()
        open_picture(data)  # refuse here what cannot be opened later
        page.set(image=f"upload-{store().put_artifact('upload', data)}")
    except REFUSALS as error:
        st.error(refusal(error))
        return
    st.rerun()


def load_image(ref: str) -> Picture:
    """The picture that ``test-17``, ``drawing-<sha256>`` or ``upload-<sha256>`` names; raises Problem."""
    kind, _, rest = ref.partition("-")
    if kind == "test" and rest.isascii() and rest.isdigit() and int(rest) < len(load_mnist().test_labels):
        mnist, index = load_mnist(), int(rest)
        return Picture(ref, (mnist.test_images[index] / np.float32(255)), int(mnist.test_labels[index]))
    if kind in ("drawing", "upload"):
        artifact = store().artifact(rest)
        if artifact.kind == kind:
            return Picture(ref, _prepare(kind, artifact.data), None)
    raise Problem("There is no image called {name}.", name=ref[:40])


EMPTY_DRAWING = '{"strokes":[]}'


@st.cache_data(show_spinner=False, max_entries=500)
def _prepare(kind: str, data: bytes) -> np.ndarray:
    return (
        prepared_drawing(data.decode()) if kind == "drawing" else prepare_digit(to_grey(open_picture(data)))
    )


def prepared_drawing(drawing: str) -> np.ndarray:
    """A drawing's strokes as the network gets them: float32 (28, 28), 0 to 1; raises Problem."""
    return prepare_digit(raster(from_json(drawing)))


def drawing_of(ref: str) -> str:
    """What the pad takes to show an image: a drawing's strokes, or any other image as a digit to change."""
    picture = load_image(ref)
    if ref.startswith("drawing-"):
        return store().artifact(ref.removeprefix("drawing-")).data.decode()
    return to_json(on_digit(picture.pixels))


def keep_drawing(drawing: str) -> str:
    """Keep a drawing in the store and return its image ref, which a link carries."""
    data = to_json(from_json(drawing)).encode()
    return f"drawing-{store().put_artifact('drawing', data)}"
