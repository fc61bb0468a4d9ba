"""The cases of the conv_grid tests: arguments by name, as the harness page and the tests both read them."""

from __future__ import annotations

from typing import Any

import numpy as np

BOOK = [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]]
FILTER = [[2, 0, 1], [0, 1, 2], [1, 0, 2]]
SEVEN = [[(col - row + 1) % 4 for col in range(7)] for row in range(7)]  # 1230123, 0123012, 3012301, …
POOL = [[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]]
SLIPPED = [[2, 8, 1, 5], [1, 1, 0, 2], [7, 0, 4, 1], [2, 9, 6, 3]]  # each wrong way gives another number
_random = np.random.default_rng(7)
COLOURS = _random.integers(0, 5, (3, 5, 5))
FILTERS = _random.integers(-2, 3, (3, 3, 3))
PICTURE = _random.random((28, 28)).astype(np.float32)
LARGE = _random.random((40, 40)).astype(np.float32)
LEARNED = (_random.standard_normal((5, 5)) / 5).astype(np.float32)

CASES: dict[str, dict[str, Any]] = {
    "book": {"x": BOOK, "weight": FILTER},
    "bias": {"x": BOOK, "weight": FILTER, "bias": 3},
    "padding": {"x": BOOK, "weight": FILTER, "padding": 1},
    "reflect": {"x": BOOK, "weight": FILTER, "padding": 2, "padding_mode": "reflect"},
    "replicate": {"x": BOOK, "weight": FILTER, "padding": 2, "padding_mode": "replicate"},
    "circular": {"x": BOOK, "weight": FILTER, "padding": (1, 2), "padding_mode": "circular"},
    "stride": {"x": SEVEN, "weight": FILTER, "stride": 2},
    "dilation": {"x": SEVEN, "weight": FILTER, "dilation": (2, 1), "padding": (1, 0), "stride": (1, 3)},
    "channels": {"x": COLOURS, "weight": FILTERS, "bias": 1, "padding": 1, "show_im2col": True},
    "filters": {
        "x": COLOURS,
        "weight": [FILTERS, -FILTERS.transpose(0, 2, 1)],
        "bias": [1, -2],
        "show_im2col": True,
    },
    "floats": {"x": PICTURE[:8, :8], "weight": LEARNED[:3, :3] - 0.1, "bias": 0.25},
    "picture": {"x": PICTURE, "weight": LEARNED, "bias": -0.5, "input_range": (0, 1)},
    "max": {"x": POOL, "op": "max", "window": 2, "stride": 2},
    "max padded": {"x": COLOURS - 5, "op": "max", "window": 3, "stride": 2, "padding": 1},
    "avg": {"x": POOL, "op": "avg", "window": 2, "stride": 2},
    "predict": {"x": BOOK, "weight": FILTER, "bias": 3, "padding": 1, "stride": 2, "predict": True},
    "predict filters": {
        "x": COLOURS,
        "weight": [FILTERS, -FILTERS],
        "stride": 3,  # the last rows and columns are left over
        "show_im2col": True,
        "predict": True,
    },
    "slips": {
        "x": [[7, 11, 13], [17, 19, 23], [29, 31, 37]],
        "weight": [[1, -2, 0], [3, -5, 4], [0, 6, -8]],
        "bias": -100,
        "padding": 1,
        "predict": True,
    },
    "decimals": {
        "x": [[0.004, 1 / 3, 0.125], [1 / 30, 0.1 + 0.2 - 0.3, 12.3456]],
        "weight": [[1]],
        "predict": True,
    },
    "size hints": {"x": np.ones((8, 8)), "weight": FILTER, "padding": 2, "stride": 2, "predict": True},
    "predict max": {"x": SLIPPED, "op": "max", "window": 2, "stride": 2, "predict": True},
    "predict avg": {"x": SLIPPED, "op": "avg", "window": 2, "stride": 2, "predict": True},
    "eleven": {"x": PICTURE[:13, :13], "weight": np.arange(-60, 61).reshape(11, 11) / 100},
    "part": {"x": COLOURS[0], "weight": FILTER, "stride": 2, "origin": (6, 8), "at": (1, 1)},
    "predict picture": {"x": PICTURE[:17, :17], "weight": LEARNED[:2, :2], "stride": 5, "predict": True},
    "large": {"x": LARGE, "weight": LEARNED, "padding": 2, "input_range": (0, 1)},
    "too large": {"x": BOOK, "weight": np.ones((5, 5))},
}
