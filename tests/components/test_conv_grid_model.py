"""conv_grid's own arithmetic, run in the browser by itself on settings drawn at random, against torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.browser_tools import ROOT, new_page
from tests.grids import by_torch

pytestmark = pytest.mark.usefixtures("one_thread")

DRAWN = 300
MODES = ("zeros", "reflect", "replicate", "circular")
RUN = """all => all.map((data) => {
    const model = new Model(data);
    const [rows, cols] = model.padded;
    const flat = ([row, col]) => row * cols + col;
    const cells = Array.from({ length: rows * cols }, (_, i) => [Math.floor(i / cols), i % cols]);
    const taps = Array.from({ length: model.taps }, (_, tap) => tap);
    return {
        out: model.out,
        values: model.pools ? model.maps : model.results.map((result) => result.totals),
        feeds: cells.map(([row, col]) => model.feeds(row, col)),
        meets: taps.map((tap) => model.meets(tap).map(flat)),
        winners: model.x.map((_, c) => model.everywhere((n) => flat(model.cell(n, model.winner(c, n))))),
    };
})"""


def drawn(rng: np.random.Generator) -> dict[str, Any]:
    """The arguments of ``conv_grid``, such that the window fits."""

    def pair(low: int, high: Any) -> tuple[int, int]:
        rows, cols = (int(n) for n in rng.integers(low, np.add(high, 1), 2))
        return rows, cols

    op = str(rng.choice(["conv", "conv", "max", "avg"]))
    channels, size, window, stride = int(rng.integers(1, 4)), pair(1, 9), pair(1, 4), pair(1, 3)
    found = {"x": rng.integers(-9, 10, (channels, *size)) / rng.choice([1, 8]), "stride": stride}
    if op == "conv":
        mode, filters = str(rng.choice(MODES)), int(rng.integers(1, 4))
        most = {"reflect": np.subtract(size, 1), "circular": size}.get(mode, (4, 4))
        found |= {
            "weight": rng.integers(-9, 10, (filters, channels, *window)) / 4,
            "bias": rng.integers(-9, 10, filters) / 2,
            "padding": pair(0, np.minimum(most, 4)),
            "dilation": pair(1, 3),
            "padding_mode": mode,
        }
    else:
        found |= {"op": op, "window": window, "padding": pair(0, np.floor_divide(window, 2))}
    spans = np.multiply(found.get("dilation", (1, 1)), np.subtract(window, 1)) + 1
    fits = (spans <= np.add(size, np.multiply(found["padding"], 2))).all()
    return found if fits else drawn(rng)


def for_the_script(case: dict[str, Any]) -> dict[str, Any]:
    pools = "weight" not in case
    return {
        "x": case["x"].tolist(),
        "filters": None if pools else case["weight"].tolist(),
        "biases": None if pools else case["bias"].tolist(),
        "window": case["window"] if pools else case["weight"].shape[2:],
        "stride": case["stride"],
        "padding": case["padding"],
        "dilation": case.get("dilation", (1, 1)),
        "mode": case.get("padding_mode", "zeros"),
        "op": case.get("op", "conv"),
    }


def windows(data: dict[str, Any], maps: torch.Tensor) -> torch.Tensor:
    """Maps (C, H, W) that are padded already, as windows (C, taps, places)."""
    found = F.unfold(maps[:, None], data["window"], data["dilation"], 0, data["stride"])
    return found.reshape(len(maps), -1, found.shape[-1])


def test_hundreds_of_settings_give_torchs_numbers_and_links(browser: Any) -> None:
    rng = np.random.default_rng(11)
    cases = [drawn(rng) for _ in range(DRAWN)]
    page = new_page(browser)
    for part in ("borders", "model"):
        page.add_script_tag(path=ROOT / f"ui/components/conv_grid_{part}.js")
    shown = page.evaluate(RUN, [for_the_script(case) for case in cases])
    for case, got in zip(cases, shown, strict=True):
        expected, data = by_torch(**case), for_the_script(case)
        assert tuple(got["out"]) == expected.shape[1:]
        np.testing.assert_allclose(np.reshape(got["values"], expected.shape), expected, atol=1e-9)
        rows, cols = np.add(case["x"].shape[1:], np.multiply(case["padding"], 2)).tolist()
        places = windows(data, torch.arange(rows * cols).double().reshape(1, rows, cols))[0].int()
        assert got["meets"] == places.tolist()
        assert got["feeds"] == [(places == i).any(0).nonzero()[:, 0].tolist() for i in range(rows * cols)]
        if case.get("op") == "max":
            rims = [n for n in reversed(case["padding"]) for _ in range(2)]
            seen = windows(data, F.pad(torch.tensor(case["x"]), rims, value=-torch.inf))
            first = (seen == seen.amax(1, keepdim=True)).int().argmax(1)  # of equal ones, as PyTorch does
            assert got["winners"] == [places[taps, range(len(taps))].tolist() for taps in first]
    kinds = {(case.get("op", "conv"), case.get("padding_mode")) for case in cases}
    assert kinds == {("max", None), ("avg", None), *(("conv", mode) for mode in MODES)}
    page.context.close()
    assert page.complaints == []
