"""Whatever is pasted and set, a learner gets torch's result or one plain sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.kernels import parse_matrix, resized
from cnn_core.messages import Problem
from cnn_core.ops import PADDING_MODES, Pair
from cnn_core.sizes import Sliding

pytestmark = pytest.mark.usefixtures("one_thread")

CELLS = st.one_of(
    st.integers(-9, 9).map(str),
    st.floats(-100, 100).map("{:.3g}".format),
    st.sampled_from(["1/9", "0,5", "−2", "nan", "inf", "two", "", "1e9"]),
)
ROWS = st.integers(1, 12).flatmap(lambda n: st.lists(CELLS, min_size=n, max_size=n))
RAGGED = st.lists(st.lists(CELLS, max_size=4), max_size=4)
CLEAN = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10**6)).map(
    lambda drawn: np.random.default_rng(drawn[2]).integers(-9, 10, drawn[:2]).astype(str).tolist()
)


@st.composite
def pasted(draw: st.DrawFn) -> str:
    """Rows as a spreadsheet, a notebook or a hand writes them; mostly whole, now and then not."""
    rows = draw(st.one_of(CLEAN, CLEAN, RAGGED, ROWS.map(lambda row: [row, row])))
    between, ends = draw(
        st.sampled_from([("\t", "\n"), (" ", "\n"), (", ", "; "), (",", "],["), ("  ", "\r\n")])
    )
    return ends.join(between.join(row) for row in rows)


SETTINGS = {
    "typed": pasted(),
    "kernel": pasted(),
    "size": st.one_of(st.none(), st.integers(1, 11)),
    "bias": st.integers(-1000, 1000),
    "stride": st.tuples(st.integers(1, 4), st.integers(1, 4)),
    "padding": st.tuples(st.integers(0, 10), st.integers(0, 10)),
    "dilation": st.tuples(st.integers(1, 4), st.integers(1, 4)),
    "mode": st.sampled_from(sorted(PADDING_MODES)),
}


def by_torch(x: np.ndarray, kernel: np.ndarray, bias: float, **arguments: object) -> np.ndarray:
    layer = torch.nn.Conv2d(1, 1, kernel.shape, **arguments).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(kernel))
        layer.bias.fill_(bias)
        return layer(torch.tensor(x)[None, None])[0, 0].numpy()


def check_sentence(problem: Problem) -> None:
    sentence = str(problem)
    assert sentence[0].isupper() or sentence[0] == "“"
    assert len(sentence.split()) > 5
    assert "Traceback" not in sentence
    assert "{" not in sentence


def a_result_or_a_sentence(
    typed: str,
    kernel: str,
    size: int | None,
    bias: int,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    mode: str,
) -> None:
    try:
        x, weight = parse_matrix(typed), parse_matrix(kernel, 11)
    except Problem as problem:
        check_sentence(problem)
        return
    if size is not None:  # the kernel's own slider
        weight = resized(weight, size)
    arguments = {"stride": stride, "padding": padding, "dilation": dilation, "padding_mode": mode}
    try:
        shown = Sliding(stride, padding, dilation, mode).convolved(x, weight, bias)
    except Problem as problem:
        check_sentence(problem)
        with pytest.raises(RuntimeError):
            by_torch(x, weight, bias, **arguments)
        return
    np.testing.assert_allclose(shown, by_torch(x, weight, bias, **arguments), rtol=1e-9, atol=1e-6)


test_any_settings = settings(max_examples=300, deadline=None)(given(**SETTINGS)(a_result_or_a_sentence))
test_ten_thousand_settings = pytest.mark.slow(
    settings(max_examples=10_000, deadline=None)(given(**SETTINGS)(a_result_or_a_sentence))
)
