"""Every setting of a training run chosen by hand: what is trained is what was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core.design import Design
from cnn_core.models import NETWORKS
from cnn_core.own_kernels import filters
from cnn_core.own_network import Stage
from cnn_core.runs import RunStore
from cnn_core.spec import TrainingSpec
from tests.browser_tools import PHONE, Server, new_page, wait_until_idle
from tests.engines import until
from ui.language import translate

TRAINS = True  # its runs are its own
COLD = 120_000  # ms: the server imports torch
EDGE = "1,0,-1;2,0,-2;1,0,-1"
CHOSEN = TrainingSpec(
    model=Design((Stage(4, 3, padding=1, pool=4),), (12,), "tanh", "avg", True, 0.2).network(),
    optimiser="sgd",
    momentum=0.8,
    weight_decay=0.002,
    learning_rate=0.05,
    schedule="constant",
    steps=26,  # two epochs of 13 batches
    batch_size=16,
    train_size=200,
    seed=5,
    initialisation="kaiming",
    augmentation=True,
    pixels="shuffled",
)


@dataclass(frozen=True)
class Settings:
    """The training page with its settings open, in one language."""

    page: Any
    store: RunStore
    code: str

    def say(self, message: str, **values: object) -> str:
        return translate(message, self.code, **values)

    @property
    def menu(self) -> Any:
        return self.page.get_by_test_id("stPopoverBody")

    def turn_to(self, tab: str) -> None:
        self.menu.get_by_role("tab", name=self.say(tab), exact=True).click()

    def write(self, label: str, value: float, **names: object) -> None:
        box = self.menu.get_by_role("spinbutton", name=self.say(label, **names), exact=True)
        box.fill(f"{value:g}")
        box.press("Enter")
        self.rests()

    def choose(self, label: str, option: str) -> None:
        box = self.menu.get_by_role("combobox", name=re.compile(re.escape(self.say(label)) + "$"))
        box.scroll_into_view_if_needed()
        box.click()
        self.page.get_by_role("option", name=self.say(option), exact=True).click()
        self.rests()

    def switch(self, label: str) -> None:
        self.menu.get_by_text(self.say(label), exact=True).click()
        self.rests()

    def rests(self) -> None:
        wait_until_idle(self.page, timeout=COLD)

    def trained(self) -> str:
        """Start, and wait for the end: the run."""
        self.page.keyboard.press("Escape")
        self.page.get_by_role("button", name=self.say("Start"), exact=True).click()
        self.page.wait_for_url(re.compile(r"run=[0-9a-f]{16}"), timeout=COLD)
        run_id = re.search(r"run=([0-9a-f]{16})", self.page.url)[1]  # type: ignore[index]
        until(lambda: self.store.run(run_id).is_over)
        return run_id


@pytest.fixture(params=[("en", {}), ("ko", {"viewport": PHONE, "has_touch": True})], ids=["laptop", "phone"])
def opened(request: Any, browser: Any, server: Server) -> Iterator[Any]:
    code, context = request.param
    page = new_page(browser, **context)

    def settings(choices: str = "") -> Settings:
        page.goto(f"{server.url}/training?lang={code}{choices}")
        menu = page.get_by_role("button", name=translate("Change the settings", code))
        menu.wait_for(timeout=COLD)
        wait_until_idle(page, timeout=COLD)
        menu.click()
        return Settings(page, RunStore(server.home / "runs.sqlite"), code)

    yield settings
    assert page.complaints == []
    page.context.close()


def test_each_setting_that_a_hand_changes_is_trained(opened: Any) -> None:
    on = opened()
    on.choose("Optimiser", "SGD")
    for label, value in {
        "Training images": CHOSEN.train_size,
        "Images in a batch": CHOSEN.batch_size,
        "Learning rate": CHOSEN.learning_rate,
        "Momentum (of SGD)": CHOSEN.momentum,
        "Weight decay": CHOSEN.weight_decay,
        "Seed of the random numbers": CHOSEN.seed,
        "Epochs: passes over all training images": 2,
    }.items():
        on.write(label, value)
    on.choose("Schedule of the learning rate", "constant")
    on.choose("First weights", "Kaiming")
    on.choose("Vary the training images a little", "yes")
    on.choose("Pixels", "shuffled, all images alike")
    on.turn_to("Network")
    on.write("Convolutions", 1)
    on.write("conv{number}: filters", 4, number=1)
    on.write("Kernel size", 3)
    on.write("Padding", 1)
    on.write("Pooling (1: none)", 4)
    on.write("fc{number}: units", 12, number=1)
    on.choose("Activation", "tanh")
    on.choose("Pooling", "average")
    on.switch("Batch norm")
    on.write("Dropout", 0.2)
    run = on.store.run(on.trained())
    assert run.spec == CHOSEN
    assert run.is_complete
    told = on.say("done: {step:,} steps in {seconds:.0f} s", step=26, seconds=run.train_seconds)
    expect(on.page.get_by_text(told)).to_be_visible()


def test_a_kernel_that_is_held_stays_to_the_bit_and_the_others_learn(opened: Any) -> None:
    on = opened(f"&network=lenet5&steps=20&batch_size=16&train_size=200&kernels={EDGE}")
    on.turn_to("Your own kernel")
    on.switch("It stays as it is; only the others learn")
    run = on.store.run(on.trained())
    assert (run.spec.model, run.spec.kernels, run.spec.kernels_held) == (NETWORKS["lenet5"], EDGE, True)
    first, last = (on.store.weights(run.id, step)["conv1.weight"] for step in (0, 20))
    np.testing.assert_array_equal(first[0, 0], filters(EDGE, first.shape[-1])[0])
    np.testing.assert_array_equal(last[0], first[0])
    assert (last[1:] != first[1:]).all()
    words = on.say("It is held: after {step:,} steps it is what it was, to the last bit.", step=20)
    expect(on.page.get_by_text(words)).to_be_visible(timeout=COLD)
