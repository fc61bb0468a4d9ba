"""The small picture of a part: what it sees of the image, or its map with the place marked."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cnn_core.figures import enlarge, grey, limits, outline, picture_png, signed
from cnn_core.models import ModelSpec
from cnn_core.reasons import IMAGE, Part, Reasons
from cnn_core.walk import Box, receptive_field

SIDE = 56  # pixels of the small pictures


class Faces:
    """Draws the parts of one answer; grey layers have one scale each, parts of one node one signed scale."""

    def __init__(self, reasons: Reasons, spec: ModelSpec, theme: str) -> None:
        self._reasons = reasons
        self._spec = spec
        self._theme = theme
        self._image = reasons.outputs[IMAGE][0]

    def of(self, parts: Sequence[Part]) -> list[tuple[str, ...]]:
        """For each part its pictures, as data: addresses; parts of one node together."""
        vectors = [self._reasons.on_image(p) if self._shows_pixels(p) else None for p in parts]
        limit = max((float(np.abs(v).max()) for v in vectors if v is not None), default=0.0)
        weights = max((float(np.abs(p.weights).max()) for p in parts if p.kind == "map"), default=0.0)
        return [
            (_address(signed(v, limit, self._theme)),) if v is not None else self._others(p, weights)
            for p, v in zip(parts, vectors, strict=True)
        ]

    def _shows_pixels(self, part: Part) -> bool:
        return part.kind == "unit" and part.weights.ndim == 1

    def _others(self, part: Part, limit: float) -> tuple[str, ...]:
        if part.kind == "score":
            return (_address(_rgb(grey(self._image, 0, 1))),)
        if part.kind == "map":
            return self._map(part, limit)
        if part.kind == "unit":
            return self._cell(part)
        return ()

    def _map(self, part: Part, limit: float) -> tuple[str, ...]:
        """The map with the cells that count, and how much they count."""
        maps = self._reasons.outputs[part.layer]
        low, high = (0.0, 1.0) if part.layer == IMAGE else limits(maps)
        channel, box = part.path[-1], part.box
        shown = self._marked(grey(maps[channel], low, high), box)
        weights = part.weights[channel, box[0] : box[2], box[1] : box[3]]
        if not weights.size:
            return (shown,)
        return shown, _address(signed(weights, limit, self._theme))

    def _cell(self, part: Part) -> tuple[str, ...]:
        """Where on the image it looks, and what is there."""
        channel, row, col = part.position
        image = grey(self._image, 0, 1)
        if part.layer == IMAGE:
            return (self._marked(image, (row, col, row + 1, col + 1)),)
        field = receptive_field(self._spec, part.layer, row, col, channel)
        box = field.top, field.left, field.bottom, field.right
        return self._marked(image, box), _address(_rgb(image[box[0] : box[2], box[1] : box[3]]))

    def _marked(self, picture: np.ndarray, box: Box) -> str:
        """Enlarged, with a frame around the box where it is not the whole."""
        factor = max(1, SIDE // max(picture.shape))
        big = enlarge(_rgb(picture), factor)
        if box != (0, 0, *picture.shape) and box[2] > box[0]:
            top, left, bottom, right = (side * factor for side in box)
            height, width = big.shape[:2]
            around = max(top - 2, 0), max(left - 2, 0), min(bottom + 2, height), min(right + 2, width)
            big = outline(big, around, 2, self._theme)
        return _address(big)


def _rgb(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture[..., None], 3, axis=-1)


def _address(picture: np.ndarray) -> str:
    """At about SIDE pixels' height, as a data: address."""
    big = enlarge(picture, max(1, SIDE // max(picture.shape[:2])))
    return _encoded(np.ascontiguousarray(big).tobytes(), big.shape)


@lru_cache(maxsize=2000)
def _encoded(data: bytes, shape: tuple[int, ...]) -> str:
    png = picture_png(np.frombuffer(data, np.uint8).reshape(shape), compression=1)
    return "data:image/png;base64," + base64.b64encode(png).decode()
