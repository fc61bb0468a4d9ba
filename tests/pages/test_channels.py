"""The channels page: three channels summed, im2col counted, several filters and a batch."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from cnn_core.channel_examples import COLOUR_FILTERS, FILTERS, numbers
from cnn_core.images import sample
from cnn_core.ops import conv2d
from tests.pages.conftest import OpenPage, code_of


def test_the_code_computes_what_the_page_shows(open_page: OpenPage) -> None:
    address = {"seed": 5, "filters": 3, "bias": 3, "bias2": -2, "bias3": 4, "stride": 2, "padding": 1}
    left = code_of(open_page("channels", **address))
    shown = conv2d(numbers(5)[None], FILTERS, np.array([3.0, -2.0, 4.0]), stride=2, padding=1)
    assert torch.equal(left["output"].double(), torch.tensor(shown).double())
    assert torch.equal(left["by_im2col"], left["output"])


def test_the_code_gives_the_shape_of_the_block_diagram(open_page: OpenPage) -> None:
    sizes = {"n": 2, "c": 4, "size": 9, "fn": 7, "k": 3, "p": 1, "s": 2}
    assert code_of(open_page("channels", **sizes))["shape"] == (7, 5, 5)
    assert code_of(open_page("channels", batch=1, **sizes))["shape"] == (2, 7, 5, 5)


def test_the_code_adds_up_the_colour_pictures_three_maps(open_page: OpenPage) -> None:
    left = code_of(open_page("channels", sample="cat", filter="blur", picture_bias=0.7))
    x = torch.tensor(sample("cat")[:, ::2, ::2])
    weight = torch.tensor(COLOUR_FILTERS["blur"], dtype=torch.float32)
    expected = F.conv2d(x[None], weight[None], torch.tensor([0.7]))[0, 0]
    assert torch.allclose(left["colour_output"], expected, atol=1e-5)
    assert left["parts"].shape == (3, *expected.shape)


def test_a_picture_that_is_not_there_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("channels", sample="own", photo="upload-" + "0" * 64)
    assert len(app.warning) == 1
    assert app.query_params.get("photo") is None
    assert "colour_output" in code_of(app)


def test_a_kernel_larger_than_the_input_gets_a_sentence_and_the_rest_stays(open_page: OpenPage) -> None:
    app = open_page("channels", size=5, k=11)
    assert len(app.warning) == 1
    assert "11" in app.warning[0].value
    assert "output" in code_of(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app = open_page("channels", lang="ko")
    assert app.header[0].value == "채널, 필터, 배치는 어떻게 맞물릴까요?"
