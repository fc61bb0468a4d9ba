"""The block diagram carries the live shapes and draws them to one scale."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from cnn_core.block_diagram import Block, convolution_diagram

BLOCKS = [
    Block("input", (10, 3, 28, 28), 10, 0),
    Block("filters", (16, 3, 5, 5), 16, 1),
    Block("output", (10, 16, 24, 24), 10, 2),
]


def words(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [e.text or "" for e in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_block_has_its_name_and_shape_and_each_gap_its_sign() -> None:
    shown = words(convolution_diagram(BLOCKS, ["∗", "→"]))
    assert "(10, 3, 28, 28)" in shown
    assert "(16, 3, 5, 5)" in shown
    assert "(10, 16, 24, 24)" in shown
    assert [w for w in shown if w in "∗→"] == ["∗", "→"]


def test_on_a_phone_the_blocks_stand_below_one_another() -> None:
    narrow = ElementTree.fromstring(convolution_diagram(BLOCKS, ["∗", "→"], width=340))
    wide = ElementTree.fromstring(convolution_diagram(BLOCKS, ["∗", "→"], width=1000))
    assert int(narrow.attrib["height"]) == 3 * int(wide.attrib["height"])


def test_nothing_is_drawn_outside() -> None:
    big = [
        Block("a", (1000, 64, 64, 64), 1000, 0),
        Block("b", (64, 64, 1, 1), 64, 1),
        Block("c", (9, 1, 1), 1, 2),
    ]
    for width in (340, 1000):
        svg = convolution_diagram(big, ["+", "→"], width=width)
        height = float(re.search(r'height="(\d+)"', svg)[1])  # type: ignore[index]
        for points in re.findall(r'points="([^"]+)"', svg):
            for x, y in (map(float, p.split(",")) for p in points.split()):
                assert 0 <= x <= width
                assert 0 <= y <= height
