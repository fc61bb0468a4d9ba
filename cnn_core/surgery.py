"""What a network that is cut and changed still reads, and how much each of its parts matters (7.6)."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from cnn_core.edit import Edit, muting, without
from cnn_core.models import ModelSpec, summary
from cnn_core.walk import as_batch, run, spec_of, walk

KEPT_BYTES = 120_000_000  # of activations that a Trial holds: more is computed again


class Trial:
    """A fixed part of the test set before a network that is cut and changed: only what changes is computed.

    ``images`` (N, 28, 28), ``labels`` (N,). What stands behind each layer that can be muted (and behind the
    pooling that follows, which leaves a silent map silent) is kept while it fits into ``KEPT_BYTES``.
    """

    def __init__(self, model: nn.Module, images: np.ndarray, labels: ArrayLike, batch: int = 250) -> None:
        self.model = model
        self.spec = spec_of(model)
        self.labels = np.asarray(labels)
        self._batches = [as_batch(model, images[i : i + batch]) for i in range(0, len(images), batch)]
        self._kept_after = _kept_after(self.spec, len(images))
        self._kept: dict[str, list[Tensor]] = {layer: [] for layer in self._kept_after}
        self.logits = self._run_once()
        self.answers = answers_of(self.logits)

    def _run_once(self) -> np.ndarray:
        layer_after = {name: layer for layer, name in self._kept_after.items()}
        made = []
        with torch.no_grad():
            for x in self._batches:
                for visit in walk(self.model, x):
                    x = visit.output
                    if visit.name in layer_after:
                        self._kept[layer_after[visit.name]].append(x)
                made.append(x)
        return torch.cat(made).numpy()

    def logits_with(self, edit: Edit) -> np.ndarray:
        """The scores of all images with an edit: float32 (N, 10)."""
        if not edit:
            return self.logits
        begin = self._unchanged_until(edit)
        layers = list(edit.apply(self.model).named_children())
        if begin is None:
            starts: Iterable[Tensor] = self._batches
        else:
            units = edit.units(begin)
            starts = (without(x, units) for x in self._kept[begin])
            layers = layers[[name for name, _ in layers].index(self._kept_after[begin]) + 1 :]
        rest = nn.Sequential(OrderedDict(layers))
        with torch.no_grad():
            return torch.cat([run(rest, x) for x in starts]).numpy()

    def _unchanged_until(self, edit: Edit) -> str | None:
        """The last kept layer that an edit leaves as it is, but for muting; None: begin with the images."""
        rewritten = {kernel.layer for kernel in edit.kernels}
        last = None
        for layer, _ in muting(self.spec):
            if layer in rewritten:
                break
            last = layer if layer in self._kept else last
            if edit.units(layer):
                break
        return last

    def answers_with(self, edit: Edit) -> np.ndarray:
        """What is read with an edit: int64 (N,); -1 where the scores are no numbers."""
        return answers_of(self.logits_with(edit))

    def accuracy(self, answers: ArrayLike) -> float:
        """The share of the images that is read correctly."""
        return float(np.mean(np.asarray(answers) == self.labels))

    def accuracy_without(self, layer: str, unit: int) -> float:
        """The accuracy with this unit alone muted: how much the unit matters."""
        return self.accuracy(self.answers_with(Edit().toggled(layer, unit)))


def answers_of(logits: np.ndarray) -> np.ndarray:
    """The digit with the largest score (N, 10) -> int64 (N,); -1 where one is no number."""
    return np.where(np.isfinite(logits).all(axis=1), logits.argmax(axis=1), -1)


@dataclass(frozen=True)
class Flips:
    """The places of the digits that are read otherwise than before: int64 (n,) each."""

    lost: np.ndarray  # right before, wrong now
    gained: np.ndarray  # wrong before, right now
    otherwise: np.ndarray  # wrong before and now, but not the same


def flips(labels: ArrayLike, before: ArrayLike, after: ArrayLike) -> Flips:
    """Which digits are read otherwise, by what that did to them."""
    truth, was, now = (np.asarray(values) for values in (labels, before, after))
    changed = was != now
    lost, gained = changed & (was == truth), changed & (now == truth)
    return Flips(*(np.flatnonzero(mask) for mask in (lost, gained, changed & ~lost & ~gained)))


def _kept_after(spec: ModelSpec, images: int) -> dict[str, str]:
    """The layers whose outputs are kept, each with the layer behind which that is; the last ones first."""
    rows = summary(spec)
    names = [row.name for row in rows]
    kept: dict[str, str] = {}
    room = KEPT_BYTES
    for layer, seat in reversed(muting(spec)):
        at = names.index(seat)
        while rows[at + 1].layer.kind in ("max_pool", "avg_pool"):
            at += 1
        room -= 4 * images * math.prod(rows[at].shape)
        if room < 0:
            break
        kept[layer] = names[at]
    return kept
