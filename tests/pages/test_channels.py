"""The channels page: three channels summed, im2col counted, several filters and a batch."""

from __future__ import annotations

import numpy as np
import torch

from cnn_core.channel_examples import FILTER, numbers
from cnn_core.ops import conv2d
from tests.pages.conftest import OpenPage, code_of


def test_the_code_computes_what_the_page_shows(open_page: OpenPage) -> None:
    left = code_of(open_page("channels", seed=5, bias=3, stride=2, padding=1))
    shown = conv2d(numbers(5)[None], FILTER[None], np.array([3.0]), stride=2, padding=1)
    assert torch.equal(left["output"].double(), torch.tensor(shown).double())
    assert torch.equal(left["by_im2col"], left["output"])


def test_the_code_gives_the_shape_of_the_block_diagram(open_page: OpenPage) -> None:
    left = code_of(open_page("channels", n=2, c=4, size=9, fn=7, k=3, p=1, s=2))
    assert left["shape"] == (2, 7, 5, 5)


def test_the_price_of_im2col_is_counted(open_page: OpenPage) -> None:
    shown = " ".join(m.value for m in open_page("channels", im2col=1).markdown)
    assert "9 rows of 27 numbers" in shown
    assert "243 numbers instead of the input's 75" in shown


def test_a_kernel_larger_than_the_input_gets_a_sentence_and_the_rest_stays(open_page: OpenPage) -> None:
    app = open_page("channels", size=5, k=11)
    assert len(app.warning) == 1
    assert "11" in app.warning[0].value
    assert "output" in code_of(app)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app = open_page("channels", lang="ko")
    assert app.header[0].value == "채널, 필터, 배치는 어떻게 맞물릴까요?"
