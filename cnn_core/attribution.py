"""Which pixels speak for an answer, by Captum. Everything runs on a copy: models are shared between sessions.

``target`` is the class that is asked about. With ``against`` it is the difference of two logits: why the one
and not the other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Occlusion, Saliency
from numpy.typing import ArrayLike
from torch import Tensor, nn

from cnn_core.messages import Problem
from cnn_core.models import CLASSES, INPUT_SHAPE
from cnn_core.walk import as_batch, layer_row, receptive_field, run, spec_of

Score = Callable[[Tensor], Tensor]  # (N, 1, 28, 28) -> (N,)


def saliency(model: nn.Module, image: ArrayLike, target: int, against: int | None = None) -> np.ndarray:
    """How much the score rises with each pixel's ink, signed: float32 (28, 28) (Simonyan et al. 2013)."""
    _, score, x = _copied(model, image, target, against)
    with torch.enable_grad():
        return _picture(Saliency(score).attribute(x.requires_grad_(), abs=False))


def integrated_gradients(
    model: nn.Module, image: ArrayLike, target: int, against: int | None = None, steps: int = 64
) -> np.ndarray:
    """Each pixel's share in the score, signed: float32 (28, 28) (Sundararajan et al. 2017).

    The shares add up to the score of the image less that of an empty one, as nearly as ``steps`` allow.
    """
    _, score, x = _copied(model, image, target, against)
    with torch.enable_grad():
        shares = IntegratedGradients(score).attribute(
            x, baselines=torch.zeros_like(x), n_steps=steps, internal_batch_size=steps
        )
    return _picture(shares)


def occlusion(
    model: nn.Module,
    image: ArrayLike,
    target: int,
    against: int | None = None,
    size: int = 5,
    stride: int = 2,
) -> np.ndarray:
    """How much the score falls when a ``size`` × ``size`` patch is emptied there, signed: float32 (28, 28).

    Each pixel has the mean over the patches that cover it (Zeiler and Fergus 2013).
    """
    _, score, x = _copied(model, image, target, against)
    with torch.no_grad():
        falls = Occlusion(score).attribute(
            x,
            sliding_window_shapes=(1, size, size),
            strides=(1, stride, stride),
            baselines=0,
            perturbations_per_eval=128,
        )
    return _picture(falls)


def grad_cam(
    model: nn.Module,
    image: ArrayLike,
    layer: str,
    target: int,
    against: int | None = None,
    signed: bool = False,
) -> np.ndarray:
    """Where a layer's maps speak for the score, 0 or more: float32 (28, 28) (Selvaraju et al. 2017).

    ``signed`` keeps what speaks against it, which Grad-CAM cuts off at zero. Each cell of the maps stands at
    the middle of what it sees on the image; between them it is interpolated.
    Raises :class:`Problem` for a layer without maps.
    """
    copied, score, x = _copied(model, image, target, against)
    _, at = layer_row(spec_of(model), layer)
    if len(at.shape) != 3:
        raise Problem(
            "Grad-CAM needs feature maps, and {layer} is behind flatten: choose a layer before it.",
            layer=layer,
        )
    with torch.enable_grad():
        heat = LayerGradCam(score, dict(copied.named_children())[layer]).attribute(
            x, relu_attributions=not signed
        )
    return _on_image(heat[0, 0].detach().cpu().numpy(), model, layer)


def every_class(way: Callable[[int], np.ndarray]) -> np.ndarray:
    """What ``way`` gives for each class: float32 (10, 28, 28).

    All ways here but the cut-off Grad-CAM are linear in the score: why a 7 and not a 9 is
    ``made[7] - made[9]``.
    """
    return np.stack([way(digit) for digit in range(CLASSES)])


def common_limit(made: np.ndarray) -> float:
    """The largest size in the pictures (10, 28, 28) of all classes, and of all differences of two."""
    spread = np.ptp(made, axis=0).max()
    return float(max(spread, np.abs(made).max()))


def answers_when_hidden(model: nn.Module, image: ArrayLike, size: int = 5) -> np.ndarray:
    """The logits with an emptied patch around each pixel: float32 (28, 28, 10); ``size`` is odd."""
    rows, cols = INPUT_SHAPE[1:]
    corners = [(row - size // 2, col - size // 2) for row in range(rows) for col in range(cols)]
    images = np.stack([occluded(image, *corner, size) for corner in corners])
    with torch.no_grad():
        parts = [
            run(model, as_batch(model, images[i : i + 196])).cpu().numpy() for i in range(0, len(images), 196)
        ]
    return np.concatenate(parts).reshape(rows, cols, CLASSES)


def occluded(image: ArrayLike, top: int, left: int, size: int = 5) -> np.ndarray:
    """A copy of a (28, 28) image with an emptied patch, for those who drag it by hand."""
    emptied = np.array(image, np.float32).reshape(INPUT_SHAPE[1:])
    emptied[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
    return emptied


def _copied(
    model: nn.Module, image: ArrayLike, target: int, against: int | None
) -> tuple[nn.Module, Score, Tensor]:
    """A copy of the model in evaluation, the score that it gives, and the image as a batch of one."""
    x = as_batch(model, image)[:1]
    for digit in (target, against):
        if digit is not None and not 0 <= digit < CLASSES:
            raise Problem("There is no class {digit}: choose one from 0 to 9.", digit=digit)
    copied = copy.deepcopy(model).eval()
    for parameter in copied.parameters():
        parameter.requires_grad_(False)

    def score(images: Tensor) -> Tensor:
        out = copied(images)
        return out[:, target] if against is None else out[:, target] - out[:, against]

    return copied, score, x


def _picture(attributions: Tensor) -> np.ndarray:
    return attributions[0, 0].detach().cpu().numpy().astype(np.float32)


def _on_image(heat: np.ndarray, model: nn.Module, layer: str) -> np.ndarray:
    """A map (H, W) laid over the image: float32 (28, 28)."""
    spec = spec_of(model)
    rows, columns = heat.shape
    fields = [receptive_field(spec, layer, i, 0).full for i in range(rows)]
    down = [(f[0] + f[2] - 1) / 2 for f in fields]
    fields = [receptive_field(spec, layer, 0, i).full for i in range(columns)]
    across = [(f[1] + f[3] - 1) / 2 for f in fields]
    pixels = np.arange(INPUT_SHAPE[1])
    tall = np.stack([np.interp(pixels, down, heat[:, i]) for i in range(columns)], axis=1)
    return np.stack([np.interp(pixels, across, row) for row in tall]).astype(np.float32)
