"""Visits to the pages of the microscope: a run that a test has trained itself, one step of it, a drawn digit.

Each visit is in one of four places: before training and after it, on a phone in Korean and on a laptop in
English. Its fixtures are in conftest.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from cnn_core.digit_map import Reading, read
from cnn_core.features import predict
from cnn_core.figures import limits, shade_colours, shades
from cnn_core.images import prepare_digit
from cnn_core.strokes import from_json, raster
from tests.browser_tools import PHONE, wait_until_idle
from tests.grids import pixels
from tests.trained import SMALL as SPEC
from ui.language import translate

COLD = 120_000  # ms: the server imports torch
KOREAN_PHONE = ("ko", {"viewport": PHONE, "has_touch": True})
ENGLISH_LAPTOP: tuple[str, dict[str, Any]] = ("en", {})
PLACES = [
    pytest.param((0, *KOREAN_PHONE), id="phone-before"),
    pytest.param((SPEC.steps, *ENGLISH_LAPTOP), id="laptop-after"),
    pytest.param((SPEC.steps, *KOREAN_PHONE), id="phone-after", marks=pytest.mark.slow),
    pytest.param((0, *ENGLISH_LAPTOP), id="laptop-before", marks=pytest.mark.slow),
]
ROUNDED = 3  # of 255: two processes round a sum differently, and a colour is then the next one
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Whether a strip's maps, as they lie on its canvas, have these colours.
_HAS_COLOURS = """([canvas, colours, [count, high, wide], gap]) => {
    const { width, height } = canvas;
    const seen = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const alike = (across, scale) => colours.every((colour, i) => {
        const [map, cell] = [Math.floor(i / (high * wide)), i % (high * wide)];
        const [row, col] = [Math.floor(cell / wide), cell % wide];
        const x = (map % across) * (wide * scale + gap) + col * scale + (scale >> 1);
        const y = Math.floor(map / across) * (high * scale + gap) + row * scale + (scale >> 1);
        return colour.every((part, n) => Math.abs(part - seen[4 * (y * width + x) + n]) <= ROUNDED);
    });
    for (let across = count; across > 0; across -= 1) {
        const scale = ((width + gap) / across - gap) / wide;
        const fits = Number.isInteger(scale) && scale > 0;
        if (fits && Math.ceil(count / across) * (high * scale + gap) - gap === height && alike(across, scale))
            return true;
    }
    return false;
}""".replace("ROUNDED", str(ROUNDED))


@dataclass(frozen=True)
class Visit:
    """A page of the site, on the run at one step, and what it should say."""

    page: Any
    url: str
    step: int
    model: Any
    code: str  # the visit's language
    touch: bool

    def open(self, slug: str, **choices: object) -> Any:
        more = "".join(f"&{name}={value}" for name, value in choices.items())
        self.page.goto(self.url.format(slug=slug) + more)
        self.page.get_by_test_id("stCode").last.wait_for(timeout=COLD)
        wait_until_idle(self.page, timeout=COLD)
        return self.page

    def say(self, message: str, **values: object) -> str:
        return translate(message, self.code, **values)

    def shows(self, message: str, **values: object) -> None:
        """The sentence stands on the page, whatever of it is bold."""
        sentence = self.say(message, **values).replace("**", "")
        expect(self.page.get_by_text(sentence).first).to_be_visible(timeout=COLD)

    def reads(self, drawing: str) -> None:
        """The page says what the network makes of the strokes."""
        self.says("It reads a **{best}** ({share:.1%})", predict(self.model, prepared(drawing)))

    def says(self, message: str, shares: np.ndarray) -> None:
        """A sentence about the digit with the largest of ten probabilities."""
        best = int(shares.argmax())
        self.shows(message, best=best, share=float(shares[best]))

    def press(self, target: Any, **where: Any) -> None:
        """With a finger on the phone, with the mouse on the laptop."""
        if self.touch:
            target.tap(**where)
        else:
            target.click(**where)

    def button(self, message: str, **values: object) -> Any:
        return self.page.get_by_role("button", name=self.say(message, **values))

    def choose(self, label: str, option: str) -> None:
        """One of a list that folds out, in the middle of the screen: it closes when the page scrolls."""
        box = self.page.get_by_role("combobox", name=self.say(label))
        box.evaluate("box => box.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box.evaluate(TWO_FRAMES)
        self.press(box)
        self.press(self.page.get_by_role("option", name=option, exact=True))

    def pick(self, key: str, option: str) -> None:
        """One of the buttons that stand side by side, by the key of all."""
        self.press(self.page.locator(f".st-key-{key} button").get_by_text(option, exact=True))

    def arrives(self, *parts: str) -> None:
        """Until the address has these parts, and the page shows it."""
        self.page.wait_for_url(lambda url: all(part in url for part in parts))
        wait_until_idle(self.page, COLD)

    def shows_picture(self, name: str, expected: np.ndarray) -> None:
        """The picture of this name is the expected one, (H, W, 3), at once or as soon as it changes."""
        image = self.page.locator(f".st-key-pixels-{name} img")
        expect(image).to_be_visible(timeout=COLD)
        address = image.get_attribute("src")
        if not _alike(pixels(address), expected):
            expect(image).not_to_have_attribute("src", address)
            address = image.get_attribute("src")
        assert _alike(pixels(address), expected), f"{name} is another picture"

    def shows_strip(self, layer: str, colours: np.ndarray) -> None:
        """Until a layer's strip shows its maps, or numbers, in these colours, (n, H, W, 3)."""
        gap = 2 if colours.shape[1] > 1 else 1
        maps = [strip(self.page, layer).element_handle(), colours.reshape(-1, 3).tolist()]
        self.page.wait_for_function(_HAS_COLOURS, arg=[*maps, list(colours.shape[:3]), gap])

    def curves(self, key: str) -> dict[str, tuple[list[float], list[float]]]:
        """What a chart has drawn: each curve's name with its x and its y."""
        plot = self.page.locator(f".st-key-{key} .js-plotly-plot")
        self.page.wait_for_function("plot => plot._fullData?.length", arg=plot.element_handle())
        drawn = plot.evaluate("plot => plot._fullData.map(({ name, x, y }) => [name, [...x], [...y]])")
        return {name: (x, y) for name, x, y in drawn}


def prepared(drawing: str) -> np.ndarray:
    return prepare_digit(raster(from_json(drawing)))


@cache
def read_all(model: Any) -> Reading:
    """What a network makes of all test digits."""
    return read(model, load_mnist().test_images)


def numbers(shown: Any) -> list[float]:
    """What stands on the page; a layer's name among it is none."""
    texts = [text.replace("−", "-") for text in shown.all_inner_texts()]
    return [float(text) if re.fullmatch(r"[-+.\de]+", text) else float("nan") for text in texts]


def strip(page: Any, layer: str) -> Any:
    return page.locator(".layer", has=page.get_by_text(layer, exact=True)).locator("canvas")


def strip_colours(
    values: np.ndarray, mode: str = "signed", ends: tuple[float, float] | None = None
) -> np.ndarray:
    """How maps (n, H, W), or numbers (n,), look in a strip, on one scale: (n, H, W, 3)."""
    maps = values if values.ndim == 3 else values[:, None, None]
    return shade_colours(mode)[shades(maps, ends or limits(values), mode)]


def comes_to(node: Any, value: float, within: float = 1e-4) -> None:
    """Until what a number on the page exactly is, is this."""
    node.page.wait_for_function(
        "([node, value, within]) => Math.abs(Number(node.dataset.value) - value) <= within",
        arg=[node.element_handle(), value, within],
    )


def changes(canvas: Any, before: str) -> None:
    """Until a canvas shows something else."""
    canvas.page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before", arg=[canvas.element_handle(), before]
    )


def content(canvas: Any) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def _alike(shown: np.ndarray, expected: np.ndarray) -> bool:
    shown = shown[..., :3]
    if shown.shape != expected.shape:
        return False
    return bool((np.abs(shown.astype(int) - expected.astype(int)) <= ROUNDED).all())
