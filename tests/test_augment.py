"""Augmentation changes how a digit is drawn, mildly, and by its random numbers alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnn_core.augment import augment
from cnn_core.data import load_mnist


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return torch.from_numpy(load_mnist().train_images[:500].copy()).float()[:, None] / 255


def changed(digits: torch.Tensor, seed: int) -> torch.Tensor:
    return augment(digits, np.random.default_rng(seed))


def test_the_same_random_numbers_give_the_same_images(digits: torch.Tensor) -> None:
    assert torch.equal(changed(digits, 1), changed(digits, 1))
    assert not torch.equal(changed(digits, 1), changed(digits, 2))


def test_images_keep_their_size_and_their_range(digits: torch.Tensor) -> None:
    made = changed(digits, 1)
    assert made.shape == digits.shape
    assert made.min() >= 0
    assert made.max() <= 1 + 1e-6


def test_each_image_is_changed_in_its_own_way(digits: torch.Tensor) -> None:
    made = changed(digits[:1].repeat(20, 1, 1, 1), 1)
    assert len({image.numpy().tobytes() for image in made}) == 20


def test_a_digit_stays_where_it_was_give_or_take_a_few_pixels(digits: torch.Tensor) -> None:
    rows = torch.arange(28.0)[:, None]

    def centre(images: torch.Tensor) -> torch.Tensor:
        return (images[:, 0] * rows).sum(dim=(1, 2)) / images.sum(dim=(1, 2, 3))

    moved = centre(changed(digits, 1)) - centre(digits)
    assert moved.abs().max() < 4.5
    assert moved.abs().mean() > 0.5
    assert abs(float(moved.mean())) < 0.3
