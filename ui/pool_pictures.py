"""A picture and what pooling leaves of it, with the cells that a move of the picture changed."""

from __future__ import annotations

import numpy as np

from cnn_core.colours import palette, rgb
from cnn_core.figures import enlarge, grey
from cnn_core.shifts import changed
from ui.frame import theme
from ui.pictures import beside

SIDE = 448  # px, about


def pooled_picture(still: np.ndarray, x: np.ndarray, before: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Input and output side by side, each (H, W) of 0 to 1, brought to one height: RGB (H, W, 3).

    Where the move from ``still`` to ``x`` changed anything, a map of the changes stands beside each.
    """
    moved = not np.array_equal(still, x)
    pictures = []
    for old, new in ((still, x), (before, output)):
        pictures.append(np.repeat(grey(new, 0, 1)[..., None], 3, axis=-1))
        if moved:
            pictures.append(_marked(changed(old, new)))
    side = SIDE // 2 if moved else SIDE
    factor = max(1, side // max(x.shape))
    return beside([enlarge(p, max(1, round(factor * x.shape[0] / p.shape[0]))) for p in pictures])


def _marked(mask: np.ndarray) -> np.ndarray:
    colours = palette(theme())
    return np.where(mask[..., None], rgb(colours.pointer), rgb(colours.neutral)).astype(np.uint8)
