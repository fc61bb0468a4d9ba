"""The flattening experiment as a class sees it: one click, four real runs, one chart, what came of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.runs import RunStore
from tests.browser_tools import Server
from ui.flattening_experiment import SPECS

TRAINS = True  # its runs are its own
PATIENCE = 90_000
A_MINUTE_EACH = 240_000
NAMES = {
    ("mlp", "plain"): "fully connected, images as they are",
    ("mlp", "shuffled"): "fully connected, pixels shuffled",
    ("cnn", "plain"): "CNN, images as they are",
    ("cnn", "shuffled"): "CNN, pixels shuffled",
}


@pytest.mark.slow
def test_shuffled_pixels_cost_the_cnn_much_and_the_fully_connected_network_nothing(
    browser_page: Any, server: Server
) -> None:
    page = browser_page
    page.goto(f"{server.url}/structure?lang=en")
    page.get_by_role("button", name="Train all four").click(timeout=PATIENCE)
    verdict = page.get_by_text("Test digits read correctly")
    expect(verdict).to_be_visible(timeout=A_MINUTE_EACH)
    said = verdict.inner_text()
    mlp, mlp_shuffled, cnn, cnn_shuffled = (float(n) / 100 for n in re.findall(r"([\d.]+)%", said))
    assert abs(mlp - mlp_shuffled) < 0.02
    assert cnn - cnn_shuffled > 0.08  # 13 to 18 points with three seeds
    assert cnn > mlp > cnn_shuffled
    assert "any order of the inputs is as good as another" in said
    assert "shuffling takes them away" in said
    store, rows = RunStore(server.home / "runs.sqlite"), page.locator(".readout tr")
    read = {"mlp": (mlp, mlp_shuffled), "cnn": (cnn, cnn_shuffled)}
    for (network, pixels), name in NAMES.items():
        accuracy = store.evaluations(SPECS[network, pixels].run_id)[-1].accuracy
        assert read[network][pixels == "shuffled"] == pytest.approx(accuracy, abs=0.00051)
        row = rows.filter(has_text=name)
        row.scroll_into_view_if_needed()
        expect(row).to_contain_text(f"{accuracy:.2%}")
