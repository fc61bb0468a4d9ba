"""MNIST: whole, in memory, unchangeable; a missing or damaged archive is fetched, or the remedy named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from torchvision.datasets import MNIST

from cnn_core.data import DATA, SHA256, load_mnist
from cnn_core.messages import Problem

RAW = DATA / "MNIST" / "raw"
LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A folder with all four archives, to be spoilt."""
    root = tmp_path / "raw"
    root.mkdir()
    for name in SHA256:
        shutil.copy(RAW / name, root)
    return root


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a mirror of torchvision's, empty at first, behind a mirror that is down."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(
            MNIST, "mirrors", ["http://127.0.0.1:9/", f"http://127.0.0.1:{server.server_port}/"]
        )
        yield folder
        server.shutdown()
        thread.join()


def test_mnist_has_its_shapes_and_its_digits() -> None:
    mnist = load_mnist()
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    assert {array.dtype for array in mnist} == {np.dtype(np.uint8)}
    assert mnist.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert round(mnist.train_images.mean() / 255, 4) == 0.1307  # the mean that everybody normalises with


def test_it_is_read_once_per_process() -> None:
    assert load_mnist() is load_mnist()


def test_nobody_can_change_it_for_the_others() -> None:
    for array in load_mnist():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_nothing_is_extracted_to_disk(archives: Path) -> None:
    load_mnist(archives)
    assert sorted(path.name for path in archives.iterdir()) == sorted(SHA256)


def test_a_missing_archive_is_named_with_the_remedy(archives: Path, mirror: Path) -> None:
    (archives / LABELS).unlink()
    with pytest.raises(Problem, match=f"{LABELS} is missing .* copy it to {archives}"):
        load_mnist(archives)


def test_a_damaged_archive_is_named_with_the_remedy(archives: Path, mirror: Path) -> None:
    flip_a_byte(archives / LABELS)
    with pytest.raises(Problem, match=f"{LABELS} is damaged .* copy a whole one to {archives}"):
        load_mnist(archives)


def test_a_failure_is_not_remembered(archives: Path, mirror: Path) -> None:
    (archives / LABELS).unlink()
    with pytest.raises(Problem):
        load_mnist(archives)
    shutil.copy(RAW / LABELS, archives)
    assert len(load_mnist(archives).test_labels) == 10_000


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: flip_a_byte(path)], ids=["missing", "damaged"])
def test_torchvision_fetches_what_is_missing_or_damaged(archives: Path, mirror: Path, spoil) -> None:
    spoil(archives / LABELS)
    shutil.copy(RAW / LABELS, mirror)
    assert load_mnist(archives).test_labels[:3].tolist() == [7, 2, 1]
    assert (archives / LABELS).read_bytes() == (RAW / LABELS).read_bytes()
    assert len(list(archives.iterdir())) == 4


def test_without_a_folder_everything_is_fetched(tmp_path: Path, mirror: Path) -> None:
    for name in SHA256:
        shutil.copy(RAW / name, mirror)
    assert len(load_mnist(tmp_path / "nowhere" / "raw").train_labels) == 60_000


def test_a_damaged_download_is_not_kept(archives: Path, mirror: Path) -> None:
    (archives / LABELS).unlink()
    shutil.copy(RAW / LABELS, mirror)
    flip_a_byte(mirror / LABELS)
    with pytest.raises(Problem, match="missing"):
        load_mnist(archives)
    assert not (archives / LABELS).exists()


def flip_a_byte(path: Path) -> None:
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2] ^= 1
    path.write_bytes(packed)
