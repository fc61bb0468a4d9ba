"""The map of the digits: PCA as NumPy has it, turned so that the next step lies where the last one lay."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnn_core.data import load_mnist
from cnn_core.digit_map import layout, read
from cnn_core.features import predict_batch
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
