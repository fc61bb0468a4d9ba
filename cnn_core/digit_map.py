"""All test digits as the last hidden layer sees them, laid out on a plane: by PCA (Pearson 1901) or UMAP."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from cnn_core.walk import as_batch, walk

BATCH = 250
WIDEST = 256  # numbers of a digit that are kept as they are; of more, what varies most
NARROW = 32  # directions that are kept of a wider layer
ROOM = 50_000_000  # bytes of a wider layer that are looked at to find them
MOST_BY_UMAP = 2_000  # digits: it takes far longer than PCA


@dataclass(frozen=True)
class Reading:
    """What a network makes of N digits: its last hidden layer (N, H) and ten probabilities (N, 10).

    Of a layer wider than WIDEST, ``hidden`` is the NARROW directions in which it varies most, with the share
    ``kept`` of all its variance.
    """

    hidden: np.ndarray
    shares: np.ndarray
    kept: float = 1.0

    @property
    def answers(self) -> np.ndarray:
        """The digit that each is read as: int64 (N,)."""
        return self.shares.argmax(axis=1)


def read(model: nn.Module, images: ArrayLike) -> Reading:
    """Read digits (N, 28, 28): the numbers that go into the last layer, and what comes out of it."""
    shares: list[np.ndarray] = []
    parts = _hidden(model, np.asarray(images), shares)
    first = next(parts)
    if first.shape[1] <= WIDEST:
        return Reading(np.concatenate([first, *parts]), np.concatenate(shares))
    hidden, kept = _narrowed(chain([first], parts))
    return Reading(hidden, np.concatenate(shares), kept)


def _hidden(model: nn.Module, digits: np.ndarray, shares: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The last layer's input, batch by batch (n, H); its probabilities go into ``shares`` on the way."""
    for begin in range(0, len(digits), BATCH):
        with torch.no_grad():
            for visit in walk(model, as_batch(model, digits[begin : begin + BATCH])):
                last = visit  # those before it are let go
        shares.append(last.output.softmax(dim=1).cpu().numpy())
        yield last.input.flatten(1).cpu().numpy()


def _narrowed(parts: Iterator[np.ndarray]) -> tuple[np.ndarray, float]:
    """Batches (n, H) as (N, NARROW), and the share of the variance in it, with never more than ROOM at hand.

    The directions are those of the first digits, as many as fit into ROOM: of a layer of 1,250 numbers, all
    10,000 of them.
    """
    first = next(parts)
    some = [first, *islice(parts, max(1, ROOM // first.nbytes) - 1)]
    directions = _directions(np.concatenate(some))  # (H, NARROW)
    made, count, total, squares = [], 0, np.zeros(len(directions)), 0.0
    for part in chain(some, parts):
        made.append(part @ directions)
        count += len(part)
        total += part.sum(axis=0, dtype=np.float64)
        squares += float(np.einsum("nh,nh->", part, part, dtype=np.float64))
    narrow = np.concatenate(made)
    variance = squares / count - float((total / count) @ (total / count))
    kept = float(narrow.var(axis=0, dtype=np.float64).sum() / variance) if variance > 0 else 1.0
    return narrow, min(kept, 1.0)


def _directions(values: np.ndarray) -> np.ndarray:
    """The NARROW directions in which (n, H) vary most: (H, k), at right angles (Halko et al. 2011)."""
    centred = values - values.mean(axis=0)
    wide = min(NARROW + 8, *centred.shape)
    basis = np.random.default_rng(0).standard_normal((centred.shape[1], wide)).astype(np.float32)
    for _ in range(4):
        basis = np.linalg.qr(centred.T @ (centred @ basis))[0]
    _, turned = np.linalg.eigh((centred @ basis).T @ (centred @ basis))
    return (basis @ turned[:, ::-1][:, :NARROW]).astype(np.float32)


def layout(hidden: ArrayLike, like: ArrayLike | None = None) -> tuple[np.ndarray, float]:
    """The two directions in which (N, H) vary most: places float32 (N, 2), and their share of the variance.

    The places have mean 0 and a mean square distance of 1 from it. PCA leaves open how the plane is turned
    and mirrored; ``like``, other places (N, 2), settles it: as near to those as possible.
    Without it each axis points to where its largest weight is positive.
    """
    centred = np.asarray(hidden, np.float64)
    centred = centred - centred.mean(axis=0)
    is_tall = len(centred) >= centred.shape[1]  # then (H, H) is the smaller one
    _, sizes, axes = np.linalg.svd(centred.T @ centred if is_tall else centred, full_matrices=False)
    variances = sizes if is_tall else sizes**2
    axes = axes[:2]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    places = np.zeros((len(centred), 2))
    places[:, : len(axes)] = centred @ axes.T  # one number alone makes a line
    places = _turned(_one_size(places), like)
    total = variances.sum()
    return places.astype(np.float32), float(variances[:2].sum() / total) if total > 0 else 0.0


def alike(places: ArrayLike, labels: ArrayLike, asked: int = 1_000) -> float:
    """The share of the first ``asked`` digits whose nearest one on the plane (N, 2) is the same digit."""
    plane, truth = np.asarray(places, np.float32), np.asarray(labels)
    same = 0
    for i in range(min(asked, len(plane))):
        apart = ((plane - plane[i]) ** 2).sum(axis=1)
        apart[i] = np.inf
        same += int(truth[apart.argmin()] == truth[i])
    return same / min(asked, len(plane))


def alike_by_chance(labels: ArrayLike) -> float:
    """What :func:`alike` gives, about, where the digits are laid out without rhyme or reason."""
    truth = np.asarray(labels)
    shares = np.bincount(truth) / len(truth)
    return float(shares @ shares)


def has_umap() -> bool:
    """Whether umap-learn is installed."""
    return importlib.util.find_spec("umap") is not None


def umap_layout(hidden: ArrayLike, like: ArrayLike) -> np.ndarray:
    """Digits near one another where (N, H) are near: float32 (N, 2), by UMAP (McInnes et al. 2018), seeded.

    It begins with ``like``, places (N, 2) by PCA, and is turned and mirrored to lie as near to them as
    possible. The distances between groups mean little. Needs umap-learn.
    """
    from umap import UMAP

    values, begin = np.asarray(hidden, np.float32), np.asarray(like, np.float32)
    found = UMAP(n_components=2, init=10 * begin, random_state=0, n_jobs=1).fit_transform(values)
    found = np.asarray(found, np.float64)
    return _turned(_one_size(found - found.mean(axis=0)), begin).astype(np.float32)


def _one_size(places: np.ndarray) -> np.ndarray:
    """Places (N, 2) about 0, with a mean square distance of 1 from it."""
    spread = np.sqrt((places**2).sum(axis=1).mean())
    return places / spread if spread > 0 else places


def _turned(places: np.ndarray, like: ArrayLike | None) -> np.ndarray:
    """Turned and mirrored to lie as near as possible to other places (Schönemann 1966)."""
    if like is None:
        return places
    left, _, right = np.linalg.svd(places.T @ np.asarray(like, np.float64))
    return places @ (left @ right)
