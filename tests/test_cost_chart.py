"""The cost bars are as long as what they stand for."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cnn_core.cost_chart import cost_chart
from cnn_core.models import NETWORKS, NOTEBOOK, summary


@pytest.mark.parametrize("width", [340, 1000])
def test_two_networks_share_one_scale(width: int) -> None:
    networks = [summary(NOTEBOOK), summary(NETWORKS["mlp"])]
    most = max(r.parameters for rows in networks for r in rows), 10**7
    lengths: dict[int, float] = {}
    for rows in networks:
        root = ElementTree.fromstring(cost_chart(rows, ("parameters", "work"), most, width=width))
        bars = root.findall(".//{*}g")[0].findall("{*}rect")
        assert [int(bar.attrib["data-value"]) for bar in bars] == [r.parameters for r in rows if r.parameters]
        lengths |= {int(bar.attrib["data-value"]): float(bar.attrib["width"]) for bar in bars}
    longest = lengths[most[0]]
    for value, length in lengths.items():
        assert length == pytest.approx(max(1, longest * value / most[0]), abs=0.1)
