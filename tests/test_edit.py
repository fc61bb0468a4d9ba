"""What is changed by hand: it reads back from an address, and what does not fit the network is refused."""

from __future__ import annotations

import json
from hashlib import sha256

import numpy as np
import pytest

from cnn_core.edit import Edit
from cnn_core.messages import Problem
from cnn_core.models import FLATTEN, NOTEBOOK, RELU, ModelSpec, conv, linear


def test_an_edit_reads_back_from_its_address() -> None:
    kept: dict[str, bytes] = {}

    def keep(data: bytes) -> str:
        kept["a" * 64] = data
        return "a" * 64

    muted = Edit().toggled("conv1", 3).toggled("conv1", 7).toggled("fc1", 12)
    assert muted.text(keep) == "conv1-3-7~fc1-12"
    assert not kept
    both = muted.with_kernel("conv2", 4, 1, np.full((5, 5), 0.1))
    assert both.text(keep) == "conv1-3-7~fc1-12~w-" + "a" * 64
    assert Edit.from_text(both.text(keep), NOTEBOOK, kept.__getitem__) == both
    assert Edit.from_text("", NOTEBOOK, kept.__getitem__) == Edit()


def test_an_edit_too_long_for_an_address_is_kept_whole() -> None:
    kept: dict[str, bytes] = {}

    def keep(data: bytes) -> str:
        name = sha256(data).hexdigest()
        kept[name] = data
        return name

    wide = ModelSpec((conv(4, 5), RELU, FLATTEN, linear(1000), RELU, linear(1000), RELU, linear(10)))
    edit = Edit().muting("fc1", range(1000)).muting("fc2", range(1000)).toggled("conv1", 3)
    edit = edit.with_kernel("conv1", 1, 0, np.eye(5))
    text = edit.text(keep)
    assert len(text) < 200
    assert len(kept) == 2
    assert Edit.from_text(text, wide, kept.__getitem__) == edit


KERNELS = [
    "not json",
    "3",
    json.dumps([["conv1", 0, 0, [[1.0]]]]),  # of another size
    json.dumps([["conv1", 99, 0, [[0.0] * 5] * 5]]),
    json.dumps([["conv1", 0, -1, [[0.0] * 5] * 5]]),
    json.dumps([["fc1", 0, 0, [[0.0] * 5] * 5]]),
    json.dumps([["conv1", 0, 0, [[1e30] * 5] * 5]]),
    json.dumps([["conv1", 0, 0, [[float("nan")] * 5] * 5]]),
]


@pytest.mark.parametrize(
    "text", ["conv1-99", "conv9-1", "fc2-1", "relu1-1", "conv1", "x~y", "w-12", "m-12", "m-" + "0" * 64]
)
def test_an_edit_that_does_not_fit_the_network_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="does not fit"):
        Edit.from_text(text, NOTEBOOK, lambda sha256: b"")


@pytest.mark.parametrize("data", KERNELS)
def test_kept_kernels_that_do_not_fit_are_refused(data: str) -> None:
    with pytest.raises(Problem, match="does not fit"):
        Edit.from_text("w-" + "0" * 64, NOTEBOOK, lambda sha256: data.encode())
