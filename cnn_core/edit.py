"""What is changed in a network by hand: units that are silenced, kernels that have other weights (7.6)."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from cnn_core.messages import Problem
from cnn_core.models import LayerSummary, ModelSpec, summary
from cnn_core.walk import spec_of

KIND = "edit"  # of the artifact that keeps what is too long for an address
LARGEST_WEIGHT = 1e6
MOST_KERNELS = 200  # changed by hand in one edit
LONGEST = 1_000  # characters of muted units that stand in an address themselves
ACTIVATIONS = ("relu", "tanh", "sigmoid")
_MUTED = re.compile(r"([a-z]+\d+)((?:-\d{1,4})+)")
_KEPT = re.compile(r"([mw])-([0-9a-f]{64})")

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
        """For an address: conv1-3-7~fc1-12, and ~w-<sha256> for the kernels that ``keep`` has kept.

        Many muted units are kept too, as m-<sha256>.
        """
        layers = sorted({name for name, _ in self.muted})
        parts = ["-".join([name, *map(str, self.units(name))]) for name in layers]
        if len("~".join(parts)) > LONGEST:
            parts = ["m-" + keep("~".join(parts).encode())]
        if self.kernels:
            rows = [[k.layer, k.filter, k.channel, k.rows] for k in self.kernels]
            parts.append("w-" + keep(json.dumps(rows).encode()))
        return "~".join(parts)

    @classmethod
    def from_text(cls, text: str, spec: ModelSpec, kept: Callable[[str], bytes]) -> Edit:
        """What ``text`` wrote; raises :class:`Problem` where it does not fit the network, or is not kept."""
        edit = cls()
        for part in filter(None, text.split("~")):
            found = _KEPT.fullmatch(part)
            if not found:
                edit = replace(edit, muted=edit.muted | _read_muted(part))
            elif found[1] == "w":
                edit = replace(edit, kernels=_read_kernels(kept(found[2])))
            else:
                for layer in kept(found[2]).decode(errors="replace").split("~"):
                    edit = replace(edit, muted=edit.muted | _read_muted(layer))
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
        return without(output, units)

    module.register_forward_hook(hook)


def without(output: Tensor, units: list[int]) -> Tensor:
    """(N, C, …) with some channels at 0, as a copy."""
    if units:
        output = output.clone()
        output[:, units] = 0
    return output


def _rows(array: ArrayLike) -> Rows:
    return tuple(tuple(row) for row in np.asarray(array, np.float32).astype(float).tolist())


def _read_muted(part: str) -> set[tuple[str, int]]:
    found = _MUTED.fullmatch(part)
    if not found:
        raise _does_not_fit()
    return {(found[1], int(unit)) for unit in found[2].removeprefix("-").split("-")}


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
