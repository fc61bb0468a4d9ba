"""The training page in a browser: calm while a run goes on, its owner's to stop, healed with its engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.runs import RunStore
from tests.browser_tools import Server, new_page, wait_until_idle
from tests.engines import kill, until

TRAINS = True  # its runs are its own
STEPS = "3,000"  # more than any of these tests waits for
UNDER_WAY = re.compile(rf"step [1-9][\d,]* of {STEPS} · \d")
WHOLE = (
    "[class*=st-key-training-state], [data-testid=stProgress], .st-key-training-pictures, .one-digit, "
    "[data-testid=stMultiSelect]"
)


def store_of(server: Server) -> RunStore:
    return RunStore(server.home / "runs.sqlite")


@contextmanager
def running(page: Any, server: Server, seed: int) -> Iterator[str]:
    """A run that was started on the page and has made a step; it is stopped in the end."""
    page.goto(f"{server.url}/training?lang=en&steps=3000&seed={seed}")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]{16}"))
    run_id = re.search(r"run=([0-9a-f]{16})", page.url)[1]  # type: ignore[index]
    try:
        expect(page.get_by_text(UNDER_WAY)).to_be_visible(timeout=90_000)
        yield run_id
    finally:
        store = store_of(server)
        store.request(run_id, "stop", store.run(run_id).owner)


def places(page: Any) -> list[tuple[float, ...]]:
    """Where everything on the page lies."""
    boxes = page.evaluate(
        """(which) => [...document.querySelectorAll(which)].map((node) => {
            const { x, y, width, height } = node.getBoundingClientRect();
            return [x, y + document.querySelector('.stMain').scrollTop, width, height].map(Math.round);
        })""",
        WHOLE,
    )
    return [tuple(box) for box in boxes]


@pytest.mark.slow
def test_nothing_moves_while_curves_grow_and_pictures_change(browser_page: Any, server: Server) -> None:
    page = browser_page
    with running(page, server, 1):
        said = page.get_by_text(re.compile(rf"step [\d,]+ of {STEPS}"))
        pictures = {
            name: page.locator(f"[data-picture={name}] img") for name in ("first-layer", "gradient", "digits")
        }
        page.get_by_role("button", name="Zoom in").click()
        zoomed = page.locator(".tick.x").all_text_contents()
        assert zoomed[-1] != STEPS
        still = places(page)
        steps: set[str] = set()
        shown: dict[str, set[str]] = {name: set() for name in pictures}

        def looked() -> bool:
            steps.add(said.inner_text())
            for name, picture in pictures.items():
                shown[name].add(picture.get_attribute("src") or "")
            assert places(page) == still
            assert page.locator(".tick.x").all_text_contents() == zoomed
            return len(steps) >= 6 and min(map(len, shown.values())) >= 3

        until(looked, 60, every=0.2)


@pytest.mark.slow
def test_the_owner_pauses_and_goes_on_and_others_watch(
    browser: Any, browser_page: Any, server: Server
) -> None:
    page = browser_page
    with running(page, server, 2) as run_id:
        store = store_of(server)
        other = new_page(browser)
        other.goto(page.url)
        expect(other.get_by_text("Somebody else started this run")).to_be_visible(timeout=30_000)
        assert other.get_by_role("button", name="Pause").count() == 0

        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("paused at step")).to_be_visible(timeout=20_000)
        expect(other.get_by_text("paused at step")).to_be_visible(timeout=20_000)
        assert store.run(run_id).state == "paused"
        wait_until_idle(page)
        page.get_by_role("button", name="Continue").click()
        at = store.run(run_id).step
        until(lambda: store.run(run_id).step > at + 20)

        page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
        expect(page.get_by_text(re.compile(r"Stopped after \d+ of 3000 steps"))).to_be_visible()
        expect(page.get_by_text(re.compile("At step .* the network reads"))).to_be_visible(timeout=20_000)
        assert other.complaints == []
        other.context.close()


@pytest.mark.slow
def test_a_page_that_only_watches_brings_a_dead_engine_back(browser_page: Any, server: Server) -> None:
    with running(browser_page, server, 3) as run_id:
        store = store_of(server)
        kill(engine_below(server.pid))
        at = store.run(run_id).step
        until(lambda: store.run(run_id).step > at + 20)
        expect(browser_page.get_by_text(UNDER_WAY)).to_be_visible(timeout=30_000)


def engine_below(server: int) -> int:
    """The engine that a server started."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == server and b"cnn_core.engine" in (folder / "cmdline").read_bytes():
                    return int(folder.name)
            except OSError:  # it ended meanwhile
                continue
    raise AssertionError("the server has no engine")


@pytest.mark.slow
def test_a_mistake_leads_to_its_feature_maps(browser_page: Any, server: Server) -> None:
    page = browser_page
    page.goto(f"{server.url}/training?lang=en&confused=9-4")
    box = page.get_by_role("combobox", name="Look into one of them")
    box.wait_for(timeout=30_000)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()  # it knows who looks
    wait_until_idle(page)
    chosen = box.input_value()
    assert chosen.endswith("9 read as 4")
    number = re.search(r"\d+", chosen)[0]  # type: ignore[index]
    page.get_by_test_id("stMain").get_by_role("link", name="What does each layer make of an image?").click()
    page.wait_for_url(f"**/feature_maps?*image=test-{number}")


@pytest.mark.slow
def test_a_run_is_named_compared_deleted_and_brought_back(browser_page: Any, server: Server) -> None:
    page = browser_page
    with running(page, server, 4) as run_id:
        page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped after").wait_for()
        wait_until_idle(page)
        page.get_by_text("This run: name, file, delete").click()
        page.get_by_role("textbox", name="Name").fill("mine")
        page.get_by_role("textbox", name="Name").press("Enter")
        expect(page.locator("[class*=st-key-training-state]")).to_contain_text("mine")
        wait_until_idle(page)
        with page.expect_download() as kept:
            page.get_by_role("button", name="Save this run as a file").click()
        assert Path(kept.value.path()).stat().st_size > 100_000
        page.get_by_role("button", name="Delete this run").click()
        page.get_by_role("button", name=re.compile("mine, step")).click()
        expect(page.locator("[class*=st-key-training-state]")).to_contain_text("mine")
        page.goto(f"{server.url}/training?lang=en&compare={run_id}")
        expect(page.locator("tbody th")).to_have_text(["Reference run", "mine"], timeout=30_000)
