"""MNIST from the archives in ``data/``: verified, read into memory, never extracted to disk."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnn_core.messages import Problem

DATA = Path(__file__).resolve().parent.parent / "data"

SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


class Mnist(NamedTuple):
    """Handwritten digits: images uint8 (N, 28, 28), 0 is paper and 255 is ink; labels uint8 (N,), 0 to 9."""

    train_images: np.ndarray  # (60000, 28, 28)
    train_labels: np.ndarray  # (60000,)
    test_images: np.ndarray  # (10000, 28, 28)
    test_labels: np.ndarray  # (10000,)


_loading = threading.Lock()


def load_mnist(root: Path | None = None) -> Mnist:
    """MNIST, read once per process (LeCun, Cortes and Burges).

    The arrays are read-only. A missing or damaged archive is fetched again by torchvision; without a network
    that raises :class:`Problem` with the file's name and the remedy.
    """
    with _loading:
        return _load(root or DATA / "MNIST" / "raw")


@lru_cache(maxsize=2)
def _load(root: Path) -> Mnist:
    return Mnist(*(_read(root / name) for name in SHA256))


def _read(archive: Path) -> np.ndarray:
    packed = archive.read_bytes() if archive.is_file() else b""
    if not _is_whole(archive.name, packed):
        packed = _fetch(archive, damaged=bool(packed))
    return _parse_idx(gzip.decompress(packed))


def _is_whole(name: str, packed: bytes) -> bool:
    return hashlib.sha256(packed).hexdigest() == SHA256[name]


def _fetch(archive: Path, damaged: bool) -> bytes:
    """The archive from torchvision's mirrors, checked, and kept in its place where that can be written."""
    from torchvision.datasets import MNIST  # only here: it loads torch

    for mirror in MNIST.mirrors:
        packed = _download(mirror + archive.name)
        if _is_whole(archive.name, packed):
            _keep(archive, packed)
            return packed
    if damaged:
        raise Problem(
            "The MNIST archive {file} is damaged and could not be fetched again: "
            "copy a whole one to {folder}, or connect to the internet and reload.",
            file=archive.name,
            folder=archive.parent,
        )
    raise Problem(
        "The MNIST archive {file} is missing and could not be fetched: "
        "copy it to {folder}, or connect to the internet and reload.",
        file=archive.name,
        folder=archive.parent,
    )


def _download(url: str) -> bytes:
    """What the address holds; nothing where it cannot be reached."""
    from torchvision.datasets.utils import download_url

    with tempfile.TemporaryDirectory() as folder:
        try:
            download_url(url, folder, "archive")
            return (Path(folder) / "archive").read_bytes()
        except (OSError, HTTPException, RuntimeError):
            return b""


def _keep(archive: Path, packed: bytes) -> None:
    """Write in one step, so that another process never reads half of it; a read-only folder is no error."""
    with suppress(OSError):
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=archive.parent, delete=False) as file:
            file.write(packed)
        os.chmod(file.name, 0o644)
        os.replace(file.name, archive)


def _parse_idx(raw: bytes) -> np.ndarray:
    """IDX, MNIST's own format: two zero bytes, the type (8: uint8), the rank, the sizes, the values."""
    rank = raw[3]
    shape = np.frombuffer(raw, dtype=">u4", count=rank, offset=4)
    return np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)
