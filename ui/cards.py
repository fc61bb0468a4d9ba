"""The pictures on the lesson's cards: one a page, computed from the reference run with NumPy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from cnn_core import ops
from cnn_core.colours import palette, rgb
from cnn_core.data import load_mnist
from cnn_core.figures import grey, grid, signed
from cnn_core.messages import text
from cnn_core.mistakes import mistakes_picture, wrong_answers
from cnn_core.models import ModelSpec, summary
from cnn_core.runs import REFERENCE
from cnn_core.shuffle import seen
from cnn_core.spec import TrainingSpec
from ui.specimen import store

WIDTH, HEIGHT = 480, 264  # pixels of a card's picture, twice what it takes on a laptop


@dataclass(frozen=True)
class Scene:
    """What the cards look at: the reference run before and after training, and a test digit."""

    spec: ModelSpec
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]
    loss: np.ndarray
    digit: np.ndarray  # (28, 28)
    theme: str

    def outputs(self) -> dict[str, np.ndarray]:
        """What every layer of the trained network makes of the digit."""
        x = self.digit[None, None]
        made = {}
        for row in summary(self.spec):
            w, b = self.after.get(f"{row.name}.weight"), self.after.get(f"{row.name}.bias")
            if row.layer.kind == "conv" and w is not None:
                x = ops.conv2d(x, w, b, row.layer.stride, row.layer.padding)
            elif row.layer.kind == "relu":
                x = np.maximum(x, 0)
            elif row.layer.kind == "max_pool":
                x = ops.max_pool2d(x, row.layer.kernel, row.layer.stride)
            elif row.layer.kind == "flatten":
                x = x.reshape(1, -1)
            elif w is not None:
                x = x @ w.T + b
            made[row.name] = x[0]
        return made


def pictures(theme: str) -> dict[str, tuple[np.ndarray, str]]:
    """For each page, a picture (HEIGHT, WIDTH, 3) and the sentence, still English, that describes it."""
    return {slug: (drawn, CARDS[slug][1]) for slug, drawn in _drawn(theme).items()}


@st.cache_data(show_spinner=False)
def _drawn(theme: str) -> dict[str, np.ndarray]:
    mnist = load_mnist()
    scene = Scene(
        store().run(REFERENCE).spec.model,
        store().weights(REFERENCE, 0),
        store().weights(REFERENCE),
        store().metrics(REFERENCE).loss,
        mnist.test_images[0].astype(np.float32) / 255,
        theme,
    )
    return {slug: draw(scene) for slug, (draw, _) in CARDS.items()}


def _row(scene: Scene, *tiles: np.ndarray, gap: int = 24) -> np.ndarray:
    """Pictures (h, w, 3) side by side in the middle of a card, each pixel a whole number of pixels wide."""
    card = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    card[:] = rgb(palette(scene.theme).panel)
    wide = (WIDTH - gap * (len(tiles) + 1)) // len(tiles)
    grown = [_grow(tile, min(wide, HEIGHT - 2 * gap)) for tile in tiles]
    left = (WIDTH - sum(t.shape[1] for t in grown) - gap * (len(tiles) - 1)) // 2
    for tile in grown:
        top = (HEIGHT - tile.shape[0]) // 2
        card[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        left += tile.shape[1] + gap
    return card


def _grow(tile: np.ndarray, side: int) -> np.ndarray:
    factor = max(1, side // max(tile.shape[:2]))
    return tile.repeat(factor, axis=0).repeat(factor, axis=1)


def _as_grey(array: np.ndarray) -> np.ndarray:
    return np.repeat(grey(array)[..., None], 3, axis=-1)


def _structure(scene: Scene) -> np.ndarray:
    """Each layer with weights, and each pooling, as a block: as high as its maps, wider for more channels."""
    colours = palette(scene.theme)
    card = Image.new("RGB", (WIDTH, HEIGHT), rgb(colours.panel))
    pen = ImageDraw.Draw(card)
    shapes = [(1, 28, 28)] + [
        row.shape for row in summary(scene.spec) if row.layer.kind in ("conv", "max_pool", "linear")
    ]
    sizes = [
        (6 + 5 * np.log2(s[0]), s[1] * 7) if len(s) == 3 else (8, 30 + 20 * np.log2(s[0] / 10))
        for s in shapes
    ]
    gap = (WIDTH - 48 - sum(w for w, _ in sizes)) / (len(sizes) - 1)
    left = 24.0
    for shape, (wide, high) in zip(shapes, sizes, strict=True):
        top = (HEIGHT - high) / 2
        fill = colours.accent if len(shape) == 3 else colours.pointer
        pen.rectangle([left, top, left + wide, top + high], fill=rgb(fill))
        left += wide + gap
    return np.asarray(card)


def _strongest(maps: np.ndarray) -> np.ndarray:
    """The channels, the strongest answer first."""
    return np.argsort(-maps.sum(axis=(1, 2)))


def _convolution(scene: Scene) -> np.ndarray:
    channel = _strongest(scene.outputs()["relu1"])[0]
    kernel = scene.after["conv1.weight"][channel, 0]
    made = scene.outputs()["conv1"][channel]
    return _row(
        scene, _as_grey(scene.digit), signed(kernel, theme=scene.theme), signed(made, theme=scene.theme)
    )


def _channels(scene: Scene) -> np.ndarray:
    """The products of three channels for one filter of the second convolution, and the sum of all of them."""
    maps = scene.outputs()["relu1"]
    filters = scene.after["conv2.weight"]
    chosen = _strongest(scene.outputs()["relu2"])[0]
    parts = [
        ops.conv2d(maps[None, c : c + 1], filters[chosen : chosen + 1, c : c + 1])[0, 0]
        for c in _strongest(maps)
    ]
    limit = max(np.abs(part).max() for part in [*parts[:3], sum(parts)])
    return _row(scene, *(signed(part, limit, scene.theme) for part in [*parts[:3], sum(parts)]), gap=14)


def _pooling(scene: Scene) -> np.ndarray:
    before, after = scene.outputs()["relu2"], scene.outputs()["pool1"]
    channel = _strongest(before)[0]
    return _row(scene, _as_grey(before[channel]), _as_grey(after[channel]).repeat(2, 0).repeat(2, 1))


def _training(scene: Scene) -> np.ndarray:
    """The loss of every step, smoothed, as a curve."""
    colours = palette(scene.theme)
    card = Image.new("RGB", (WIDTH, HEIGHT), rgb(colours.panel))
    pen = ImageDraw.Draw(card)
    margin = 28
    pen.line(
        [(margin, margin), (margin, HEIGHT - margin), (WIDTH - margin, HEIGHT - margin)], rgb(colours.soft), 2
    )
    window = max(1, len(scene.loss) // 60)
    smooth = np.convolve(scene.loss, np.ones(window) / window, "valid")
    x = np.linspace(margin, WIDTH - margin, len(smooth))
    y = HEIGHT - margin - smooth / smooth.max() * (HEIGHT - 2 * margin)
    pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), rgb(colours.accent), 5, "curve")
    return np.asarray(card)


def _slow_motion(scene: Scene) -> np.ndarray:
    """The digit, and which way the loss asks each of the untrained network's ten answers to move."""
    logits = replace(scene, after=scene.before).outputs()[scene.spec.names()[-1]]
    shares = np.exp(logits - logits.max())
    asked = -shares / shares.sum()
    asked[load_mnist().test_labels[0]] += 1
    colours = palette(scene.theme)
    bars = Image.new("RGB", (216, 216), rgb(colours.panel))
    pen = ImageDraw.Draw(bars)
    for digit, pull in enumerate(asked.tolist()):
        top, (left, right) = digit * 22, sorted((64.0, 64 + 150 * pull))
        pen.text((0, top), str(digit), rgb(colours.ink), font_size=18)
        pen.rectangle(
            [left, top + 4, right, top + 16], rgb(colours.negative if pull < 0 else colours.positive)
        )
    return _row(scene, _as_grey(scene.digit), np.asarray(bars), gap=16)


def _experiments(scene: Scene) -> np.ndarray:
    """The digit, and with its pixels shuffled: the end of what a filter can find."""
    shuffled = seen(TrainingSpec(pixels="shuffled"), scene.digit)
    return _row(scene, _as_grey(scene.digit), _as_grey(shuffled), gap=24)


def _compare(scene: Scene) -> np.ndarray:
    """Eight filters at two steps, and between them what tells them apart."""
    first, last = (w["conv1.weight"][:8, 0] for w in (scene.before, scene.after))
    parts = [(first, "grey"), (last - first, "signed"), (last, "grey")]
    return _row(
        scene, *(grid(w, 2, mode, tile_size=50, gap=6, theme=scene.theme) for w, mode in parts), gap=20
    )


def _filters(scene: Scene) -> np.ndarray:
    sides = [
        grid(w["conv1.weight"][:16, 0], 4, tile_size=40, gap=6, theme=scene.theme)
        for w in (scene.before, scene.after)
    ]
    return _row(scene, *sides, gap=30)


def _feature_maps(scene: Scene) -> np.ndarray:
    maps = scene.outputs()["relu2"]
    return _row(scene, grid(maps[_strongest(maps)[:21]], 7, tile_size=60, gap=4, theme=scene.theme), gap=0)


def _surgery(scene: Scene) -> np.ndarray:
    """The first layer's maps, and the same with the strongest muted."""
    maps = scene.outputs()["relu1"][:16]
    strongest = int(_strongest(maps)[0])
    muted = np.where(np.arange(len(maps))[:, None, None] == strongest, 0, maps)
    sides = [(maps, None), (muted, strongest)]
    return _row(
        scene, *(grid(m, 4, tile_size=48, gap=5, theme=scene.theme, selected=s) for m, s in sides), gap=30
    )


def _draw(scene: Scene) -> np.ndarray:
    """The digit, and what the network answers as ten bars."""
    logits = scene.outputs()[scene.spec.names()[-1]]
    return _row(scene, _as_grey(scene.digit), _bars(scene, _softmax(logits), 216), gap=16)


def _teach(scene: Scene) -> np.ndarray:
    """The digit, and the answers before and after one step of the last layer towards its second best."""
    *_, hidden, logits = scene.outputs().values()
    shares = _softmax(logits)
    told = np.eye(10)[np.argsort(shares)[-2]]
    step = (shares - told) * (hidden @ hidden + 1)  # how the logits move for a learning rate of 1
    after = _softmax(logits - 0.05 * step)
    return _row(scene, _as_grey(scene.digit), _bars(scene, shares, 120), _bars(scene, after, 120), gap=16)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def _bars(scene: Scene, shares: np.ndarray, width: int) -> np.ndarray:
    """Ten probabilities as bars, (216, width, 3)."""
    colours = palette(scene.theme)
    bars = Image.new("RGB", (width, 216), rgb(colours.panel))
    pen = ImageDraw.Draw(bars)
    for digit, share in enumerate(shares):
        top = digit * 22
        fill = colours.accent if digit == int(shares.argmax()) else colours.soft
        pen.text((0, top), str(digit), rgb(colours.ink), font_size=18)
        pen.rectangle([22, top + 4, 24 + (width - 31) * float(share), top + 16], fill=rgb(fill))
    return np.asarray(bars)


def _why(scene: Scene) -> np.ndarray:
    """The digit, and the hidden units that speak most for the answer and most against it."""
    made, names = scene.outputs(), scene.spec.names()
    best = int(made[names[-1]].argmax())
    shares = made[names[-2]] * scene.after[f"{names[-1]}.weight"][best]
    order = np.argsort(-shares)
    strongest = shares[[*order[:7], *order[-3:]]]
    colours = palette(scene.theme)
    bars = Image.new("RGB", (216, 216), rgb(colours.panel))
    pen = ImageDraw.Draw(bars)
    middle, scale = 72, 140 / float(np.abs(strongest).max())
    for i, share in enumerate(strongest.tolist()):
        ends = sorted((middle, middle + share * scale))
        fill = colours.positive if share > 0 else colours.negative
        pen.rectangle([ends[0], i * 22 + 2, ends[1], i * 22 + 16], fill=rgb(fill))
    pen.line([(middle, 0), (middle, 216)], rgb(colours.ink), 2)
    return _row(scene, _as_grey(scene.digit), np.asarray(bars), gap=16)


def _mistakes(scene: Scene) -> np.ndarray:
    """Digits that the reference run reads wrong, each with what it is and how it was read."""
    mnist, answers = load_mnist(), store().evaluation(REFERENCE)
    assert answers is not None
    wrong = wrong_answers(mnist.test_labels[: len(answers)], answers)[:10]
    digits = mnist.test_images[wrong], mnist.test_labels[wrong], answers[wrong]
    return _row(scene, mistakes_picture(*digits, columns=5, theme=scene.theme), gap=0)


CARDS: dict[str, tuple[Callable[[Scene], np.ndarray], str]] = {
    "structure": (_structure, text("The layers of the trained network, as blocks to scale")),
    "convolution": (
        _convolution,
        text("A test digit, a trained filter, and what the filter makes of the digit"),
    ),
    "channels": (_channels, text("What three channels give to one filter, and the sum of all channels")),
    "pooling": (_pooling, text("A feature map before and after max pooling")),
    "training": (_training, text("The loss of the reference run, step by step")),
    "slow_motion": (_slow_motion, text("A test digit, and which way the loss pulls each of the ten answers")),
    "experiments": (_experiments, text("A test digit, and the same digit with its pixels shuffled")),
    "compare": (_compare, text("Filters before and after training, and between them the difference")),
    "filters": (_filters, text("The first layer's filters before and after training")),
    "feature_maps": (_feature_maps, text("What the second layer makes of a test digit")),
    "surgery": (_surgery, text("The first layer's maps, and the same with one of them muted")),
    "draw": (_draw, text("A test digit, and how sure the network is of each answer")),
    "why": (_why, text("A test digit, and the hidden units that speak for and against the answer")),
    "teach": (_teach, text("A test digit, and the answers before and after it was taught to be another")),
    "mistakes": (_mistakes, text("Test digits that the network reads wrong: what each is, and its answer")),
}
