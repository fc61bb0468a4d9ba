"""The charts of answers: what they draw is what they were given."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from cnn_core.answer_charts import THUMBS, answer_bars, breaking_curves

SHARES = np.array([0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.6, 0.08, 0.04])


def test_a_bar_is_as_long_as_its_probability_and_says_it() -> None:
    drawn = answer_bars({"Step 0": np.full(10, 0.1), "Step <9>": SHARES}, width=440)
    texts = [node.text for node in ElementTree.fromstring(drawn).iter() if node.tag.endswith("text")]
    assert {"Step 0", "Step <9>", "60.0%", "10.0%"} <= set(texts)
    widths = np.array(re.findall(r'width="([\d.]+)" fill="#2F5DA8"', drawn), float)
    assert np.allclose(widths[10:] / widths[17], SHARES / SHARES[7], atol=0.02)


def test_the_curves_have_the_answers_above_them_and_the_digits_below() -> None:
    values, shares = np.arange(11.0), np.full((11, 10), 0.01)
    shares[:6, 7], shares[6:, 2] = 0.9, 0.8
    drawn = breaking_curves(values, shares, np.zeros((11, 28, 28)), at=2, theme="dark")
    assert drawn.count("<polyline") == 2
    assert drawn.count("<image") == THUMBS
    assert drawn.count('stroke-dasharray="3 3"') == 1  # the answer changes once
    bold = re.findall(r'font-weight="700"[^>]*>(\d)<', drawn)
    assert bold == ["7", "2"]
    ElementTree.fromstring(drawn)
