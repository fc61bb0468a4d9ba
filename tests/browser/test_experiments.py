"""Experiments and branches as a class uses them: guess, press, watch; go back to a step and train on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.experiments import EXPERIMENTS
from cnn_core.presets import PRESETS
from cnn_core.runs import REFERENCE, RunStore
from tests.browser_tools import Server, wait_until_idle
from tests.engines import until

TRAINS = True  # its runs are its own
PATIENCE = 90_000


@pytest.mark.slow
def test_an_experiment_is_a_guess_and_one_click(browser_page: Any, server: Server) -> None:
    page, experiment = browser_page, EXPERIMENTS["shuffled"]
    page.goto(f"{server.url}/experiments?lang=en&experiment=shuffled")
    page.get_by_text(experiment.question).wait_for(timeout=PATIENCE)
    page.get_by_text("CNN, in place", exact=True).first.click()
    page.wait_for_url("**guess=0**", timeout=PATIENCE)
    page.get_by_role("button", name="Start the experiment").click()
    store = RunStore(server.home / "runs.sqlite")
    try:
        expect(page.get_by_text(re.compile("step [0-9]+ of 300")).first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("waiting").first).to_be_visible()
        assert [store.run(v.spec.run_id).spec for v in experiment.variants]
        assert page.get_by_role("button", name="Start the experiment").is_disabled()
    finally:
        for variant in experiment.variants:
            run = store.run(variant.spec.run_id)
            store.request(run.id, "pause", run.owner)


@pytest.mark.slow
def test_from_a_step_of_the_reference_run_a_branch_is_trained(browser_page: Any, server: Server) -> None:
    page = browser_page
    page.goto(f"{server.url}/training?lang=en&step=254")
    page.get_by_text("Go back to a step, and train on from there").click(timeout=PATIENCE)
    steps = page.locator(f"[class*=st-key-branch-{REFERENCE}-steps] input")
    steps.fill("2")
    steps.press("Enter")
    wait_until_idle(page, timeout=PATIENCE)
    page.get_by_role("button", name="Start the branch at step 254").click()
    page.wait_for_url(re.compile("run=[0-9a-f]{16}"), timeout=PATIENCE)
    expect(page.get_by_text("done: 2 steps")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="The family of this run")).to_be_visible(timeout=PATIENCE)
    store = RunStore(server.home / "runs.sqlite")
    child = store.runs()[0]
    assert (store.weights(child.id, 0)["conv1.weight"] == store.weights(REFERENCE, 254)["conv1.weight"]).all()
    assert child.id in page.url


@pytest.mark.slow
def test_compared_curves_grow_while_a_run_trains(browser_page: Any, server: Server) -> None:
    page, store = browser_page, RunStore(server.home / "runs.sqlite")
    run_id = store.add(replace(PRESETS["fast"].spec, steps=3_000, seed=31), owner="class")
    page.goto(f"{server.url}/training?lang=en&run={run_id}")  # whoever visits starts the engine
    until(lambda: store.run(run_id).step)
    try:
        page.goto(f"{server.url}/compare?lang=en&runs={run_id},{REFERENCE}")
        line = page.locator(".st-key-compare-chart path.raw").first
        line.wait_for(state="attached", timeout=PATIENCE)
        before = line.get_attribute("d")
        expect(line).not_to_have_attribute("d", before, timeout=PATIENCE)
    finally:
        store.request(run_id, "stop", "class")
