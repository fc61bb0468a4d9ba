"""The specimen's image: an uploaded photo is read on every page, and what is no picture gets a sentence."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnn_core.data import load_mnist
from cnn_core.features import predict
from cnn_core.images import open_picture, prepare_digit, to_grey
from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage, told
from ui.language import translate

PAGES = ["why", "draw", "feature_maps", "surgery"]


def photo(index: int = 1) -> bytes:
    """A test digit as dark ink on bright paper, somewhere on a larger sheet."""
    digit = Image.fromarray(255 - load_mnist().test_images[index]).resize((140, 140))
    sheet = Image.new("L", (300, 240), 255)
    sheet.paste(digit, (90, 40))
    out = BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def uploaded(app: Any, name: str, data: bytes) -> Any:
    app.session_state["specimen.choice"] = True  # the choice is unfolded
    app.run()
    return app.file_uploader(key="specimen.up").upload(name, data).run()


@pytest.mark.parametrize("slug", PAGES)
def test_an_uploaded_photo_becomes_the_specimen_of_every_page(open_page: OpenPage, slug: str) -> None:
    app = uploaded(open_page(slug), "two.png", photo())
    assert not app.exception
    assert not app.error
    assert app.query_params["image"].startswith("upload-")
    prepared = prepare_digit(to_grey(open_picture(photo())))
    best = int(predict(RunStore().model(REFERENCE), prepared).argmax())
    assert best == load_mnist().test_labels[1]
    words = told(app) + " ".join(m.value for m in app.markdown)
    assert f"**{best}**" in words or translate("a {n}", "en", n=best) in words


@pytest.mark.parametrize("slug", PAGES)
def test_a_file_that_is_no_picture_gets_a_sentence_and_changes_nothing(
    open_page: OpenPage, slug: str
) -> None:
    app = uploaded(open_page(slug, image="test-3"), "two.png", np.zeros(500, np.uint8).tobytes())
    assert not app.exception
    assert len(app.error) == 1
    assert app.query_params["image"] == "test-3"
