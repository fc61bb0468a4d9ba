"""The map of the digits: PCA as NumPy has it, turned so that the next step lies where the last one lay."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from cnn_core import digit_map
from cnn_core.data import load_mnist
from cnn_core.digit_map import NARROW, WIDEST, alike, alike_by_chance, has_umap, layout, read, umap_layout
from cnn_core.features import predict_batch
from cnn_core.models import FLATTEN, RELU, ModelSpec, conv, linear
from cnn_core.runs import REFERENCE, RunStore
from cnn_core.walk import as_batch

IMAGES = load_mnist().test_images[:60]


def cloud(seed: int = 0) -> np.ndarray:
    """Numbers that vary much in two directions and little in the others: (200, 12)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(200, 12)) * np.array([9, 5, *[0.5] * 10]) + 3


def test_it_reads_as_the_network_does_and_keeps_what_the_last_layer_gets() -> None:
    model = RunStore().model(REFERENCE)
    reading = read(model, IMAGES)
    assert np.allclose(reading.shares, predict_batch(model, IMAGES), atol=1e-6)
    assert reading.answers.tolist() == reading.shares.argmax(1).tolist()
    *_, last = model.children()
    again = last(torch.from_numpy(reading.hidden)).softmax(1).numpy()
    assert np.allclose(again, reading.shares, atol=1e-6)
    assert reading.hidden.shape == (len(as_batch(model, IMAGES)), last.in_features)


def test_the_places_are_the_first_two_principal_components() -> None:
    values = cloud()
    places, share = layout(values)
    centred = values - values.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = u[:, :2] * s[:2]
    expected /= np.sqrt((expected**2).sum(1).mean())
    assert np.allclose(np.abs(places), np.abs(expected), atol=1e-4)
    assert share == pytest.approx((s[:2] ** 2).sum() / (s**2).sum())
    assert (places**2).sum(1).mean() == pytest.approx(1, rel=1e-4)


def test_a_turned_and_mirrored_map_is_laid_back_over_the_one_before() -> None:
    values = cloud()
    before, _ = layout(values)
    moved = values + np.random.default_rng(1).normal(size=values.shape) * 0.05
    mirrored = before * np.array([-1, 1]) @ np.array([[0, 1], [-1, 0]])
    after, _ = layout(moved, like=mirrored)
    assert np.abs(after - mirrored).max() < 0.05
    assert np.allclose(np.linalg.norm(after, axis=1), np.linalg.norm(layout(moved)[0], axis=1), atol=1e-5)


def test_digits_that_are_all_alike_lie_in_one_place() -> None:
    places, share = layout(np.ones((5, 4)))
    assert not places.any()
    assert share == 0


def test_a_last_layer_of_one_number_makes_a_line() -> None:
    places, share = layout(np.arange(6.0)[:, None])
    assert not places[:, 1].any()
    assert np.allclose(np.diff(places[:, 0]), np.diff(places[:, 0])[0])
    assert share == 1


def wide_network() -> Any:
    """Without hidden layers or pooling: 4,608 numbers go into the last layer."""
    torch.manual_seed(0)
    return ModelSpec((conv(8, 5), RELU, FLATTEN, linear(10))).build().eval()


@pytest.mark.parametrize("room", [50_000_000, 3_000_000])
def test_a_very_wide_layer_is_laid_out_as_pca_would_and_only_its_strongest_directions_are_kept(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_map, "ROOM", room)  # the smaller one holds 150 of the digits
    monkeypatch.setattr(digit_map, "BATCH", 50)
    images, model = load_mnist().test_images[:300], wide_network()
    reading = read(model, images)
    assert reading.hidden.shape == (300, NARROW)
    with torch.no_grad():
        whole = model[:-1](as_batch(model, images)).numpy()
    assert whole.shape[1] > WIDEST
    expected, share = layout(whole)
    places, part = layout(reading.hidden, like=expected)
    assert np.abs(places - expected).max() < (0.001 if room > whole.nbytes else 0.4)
    assert part * reading.kept == pytest.approx(share, abs=0.001 if room > whole.nbytes else 0.02)
    assert np.array_equal(read(model, images).hidden, reading.hidden)
    assert np.allclose(reading.shares, predict_batch(model, images), atol=1e-6)


def test_nearest_digits_are_counted_where_they_are_of_one_kind() -> None:
    labels = np.array([0, 0, 1, 1, 2])
    places = np.array([[0, 0], [0, 1], [9, 0], [9, 1], [0, 0.4]])  # the 2 lies between the two 0s
    assert alike(places, labels) == pytest.approx(2 / 5)
    assert alike(places, labels, asked=2) == 0
    assert alike_by_chance(labels) == pytest.approx((4 + 4 + 1) / 25)


def test_umap_is_there_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digit_map.importlib.util, "find_spec", lambda name: None)
    assert not has_umap()
    monkeypatch.setattr(digit_map.importlib.util, "find_spec", lambda name: name == "umap" or None)
    assert has_umap()


def test_umap_is_seeded_begins_with_the_plane_and_lies_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    class Mirroring:
        """Stands in for UMAP: keeps the places that it begins with, mirrored, larger and elsewhere."""

        def __init__(self, **settings: Any) -> None:
            self.settings = settings
            asked.append(settings)

        def fit_transform(self, values: np.ndarray) -> np.ndarray:
            assert values.shape == (200, 12)
            return np.asarray(self.settings["init"]) * [-3, 3] + 100

    stand_in = ModuleType("umap")
    stand_in.UMAP = Mirroring  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", stand_in)
    plane, _ = layout(cloud())
    assert np.allclose(umap_layout(cloud(), plane), plane, atol=1e-4)
    assert asked[0]["random_state"] == 0
