"""A network with parts silenced or changed by hand, and what that does to its answers (7.6)."""

from __future__ import annotations

import copy
import json
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from cnn_core.messages import Problem
from cnn_core.models import LayerSummary, ModelSpec, summary
from cnn_core.walk import as_batch, run, spec_of, walk

KIND = "edit"  # of the artifact that keeps changed weights
LARGEST_WEIGHT = 1e6
MOST_KERNELS = 200  # changed by hand in one edit
KEPT_BYTES = 120_000_000  # of activations that a Trial holds: more is computed again
ACTIVATIONS = ("relu", "tanh", "sigmoid")
_MUTED = re.compile(r"([a-z]+\d+)((?:-\d{1,4})+)")
_KEPT = re.compile(r"w-([0-9a-f]{64})")

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, order=True)
class Kernel:
    """One kernel that was changed: of which filter, over which of its input channels."""

    layer: str
    filter: int
    channel: int
    rows: Rows


@dataclass(frozen=True)
class Edit:
    """What was changed in a network: units that are muted, kernels that have other weights. Immutable.

    A muted unit is a map of a convolution or one number of a linear layer; what comes out of its activation
    is 0.
    """

    muted: frozenset[tuple[str, int]] = frozenset()
    kernels: tuple[Kernel, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.muted or self.kernels)

    def toggled(self, layer: str, unit: int) -> Edit:
        """The same with one unit muted, or heard again."""
        return replace(self, muted=self.muted ^ {(layer, unit)})

    def muting(self, layer: str, units: Iterable[int]) -> Edit:
        """The same with exactly these units of a layer muted."""
        others = {pair for pair in self.muted if pair[0] != layer}
        return replace(self, muted=frozenset(others | {(layer, unit) for unit in units}))

    def units(self, layer: str) -> list[int]:
        """The muted units of a layer, in order."""
        return sorted(unit for name, unit in self.muted if name == layer)

    def with_kernel(self, layer: str, filter: int, channel: int, rows: ArrayLike | None) -> Edit:
        """The same with one kernel's weights (FH, FW), as float32 holds them; None: as it was trained.

        Raises :class:`Problem` for too many changed kernels.
        """
        place = (layer, filter, channel)
        kept = [k for k in self.kernels if (k.layer, k.filter, k.channel) != place]
        if rows is not None:
            kept.append(Kernel(*place, _rows(rows)))
        if len(kept) > MOST_KERNELS:
            raise Problem(
                "At most {most} kernels can be changed at once: reset some first.", most=MOST_KERNELS
            )
        return replace(self, kernels=tuple(sorted(kept)))

    def text(self, keep: Callable[[bytes], str]) -> str:
        """For an address: conv1-3-7~fc1-12, and ~w-<sha256> for the kernels that ``keep`` has kept."""
        layers = sorted({name for name, _ in self.muted})
        parts = ["-".join([name, *map(str, self.units(name))]) for name in layers]
        if self.kernels:
            rows = [[k.layer, k.filter, k.channel, k.rows] for k in self.kernels]
            parts.append("w-" + keep(json.dumps(rows).encode()))
        return "~".join(parts)

    @classmethod
    def from_text(cls, text: str, spec: ModelSpec, kept: Callable[[str], bytes]) -> Edit:
        """What ``text`` wrote; raises :class:`Problem` where it does not fit the network, or is not kept."""
        edit = cls()
        for part in filter(None, text.split("~")):
            if found := _MUTED.fullmatch(part):
                units = map(int, found[2].removeprefix("-").split("-"))
                edit = replace(edit, muted=edit.muted | {(found[1], unit) for unit in units})
            elif found := _KEPT.fullmatch(part):
                edit = replace(edit, kernels=_read_kernels(kept(found[1])))
            else:
                raise _does_not_fit()
        _check(edit, spec)
        return edit

    def apply(self, model: nn.Module) -> nn.Module:
        """A copy of the network with these changes; the network itself stays as it is.

        Its muted units are silenced by hooks, which ``state_dict`` does not carry.
        """
        edited = copy.deepcopy(model)
        seats = dict(muting(spec_of(model)))
        modules = dict(edited.named_children())
        with torch.no_grad():
            for kernel in self.kernels:
                weight = modules[kernel.layer].get_parameter("weight")
                weight[kernel.filter, kernel.channel] = weight.new_tensor(kernel.rows)
        for layer in {name for name, _ in self.muted}:
            _silence(modules[seats[layer]], self.units(layer))
        return edited


def muting(spec: ModelSpec) -> list[tuple[str, str]]:
    """The layers whose units can be muted, each with the layer at whose output that happens.

    That is all but the last of the layers with weights; the place is its activation, with batch norm between,
    or its own output where no activation follows.
    """
    rows = summary(spec)
    learning = [i for i, row in enumerate(rows) if row.layer.kind in ("conv", "linear")]
    return [(rows[i].name, rows[_seat(rows, i)].name) for i in learning[:-1]]


def _seat(rows: list[LayerSummary], i: int) -> int:
    at = i
    while at + 1 < len(rows) and rows[at + 1].layer.kind == "batch_norm":
        at += 1
    return at + 1 if at + 1 < len(rows) and rows[at + 1].layer.kind in ACTIVATIONS else at


def _silence(module: nn.Module, units: list[int]) -> None:
    if isinstance(
        module, nn.BatchNorm1d | nn.BatchNorm2d
    ):  # no activation behind it, and walk passes hooks by
        with torch.no_grad():
            module.weight[units] = 0
            module.bias[units] = 0
        return

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return _without(output, units)

    module.register_forward_hook(hook)


def _without(output: Tensor, units: list[int]) -> Tensor:
    """(N, C, …) with some channels at 0."""
    if units:
        output = output.clone()
        output[:, units] = 0
    return output


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
            starts = (_without(x, units) for x in self._kept[begin])
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


def _rows(array: ArrayLike) -> Rows:
    return tuple(tuple(row) for row in np.asarray(array, np.float32).astype(float).tolist())


def _read_kernels(data: bytes) -> tuple[Kernel, ...]:
    try:
        kernels = [Kernel(str(name), int(f), int(c), _rows(rows)) for name, f, c, rows in json.loads(data)]
    except (ValueError, TypeError):
        raise _does_not_fit() from None
    if len(kernels) > MOST_KERNELS:
        raise _does_not_fit()
    return tuple(sorted(kernels))


def _check(edit: Edit, spec: ModelSpec) -> None:
    """Raise :class:`Problem` where the network has no such units or kernels, or a weight is no number."""
    rows = {row.name: row for row in summary(spec)}
    can_be_muted = {layer for layer, _ in muting(spec)}
    for name, unit in edit.muted:
        if name not in can_be_muted or unit >= rows[name].shape[0]:
            raise _does_not_fit()
    for kernel in edit.kernels:
        row = rows.get(kernel.layer)
        weights = np.asarray(kernel.rows)
        if row is None or row.layer.kind != "conv" or weights.shape != (row.layer.kernel,) * 2:
            raise _does_not_fit()
        if not (0 <= kernel.filter < row.layer.out and 0 <= kernel.channel < row.inputs):
            raise _does_not_fit()
        if not (np.abs(weights) <= LARGEST_WEIGHT).all():
            raise _does_not_fit()


def _does_not_fit() -> Problem:
    return Problem("The edit in the address does not fit this network, so the network is shown unchanged.")
