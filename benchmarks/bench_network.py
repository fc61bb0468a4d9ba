"""How long a learner waits on the feature maps page: another image, step or run, to the repainted network.

python -m benchmarks.bench_network prints one JSON line: milliseconds, at the median and at 95 %, in a real
browser, of the notebook's network (1,106 maps and numbers), with nothing open and with a map opened. A change
lasts from the key or click to the frame after the strips were painted. ``text_ms`` is a slider that changes
one line of text: what Streamlit itself takes on this machine, to compare with.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cnn_core.models import NOTEBOOK
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE
from cnn_core.spec import TrainingSpec
from tests.browser_tools import chromium, new_page, streamlit_server, wait_until_idle
from tests.trained import few_images, train_into

ROUNDS = 20
GIVE_UP = 10_000  # ms
REST = 1_000  # ms: the page follows a hand that rests; a key before that is another measurement
PLAIN = "import streamlit as st; n = st.slider('n', 0, 999); st.markdown(f'<p id=said>{n}', True)"
FIND = """() => {
    const inside = (node) => {
        const found = node.querySelector(".net, #said");
        if (found) return found;
        const hosts = [...node.querySelectorAll("*")].filter((child) => child.shadowRoot);
        return hosts.map((host) => inside(host.shadowRoot)).find(Boolean);
    };
    window.watched = inside(document);
}"""
WAIT = """() => {
    const node = window.watched;
    const look = () => node.dataset.painted ?? document.querySelector("#said").textContent;
    const before = look();
    window.change = new Promise((resolve) => {
        const act = (event) => {  // the driver first scrolls and waits for things to stand still
            acts.forEach((name) => removeEventListener(name, act, true));
            const frame = (now) =>
                look() === before ? requestAnimationFrame(frame) : resolve(now - event.timeStamp);
            requestAnimationFrame(frame);
        };
        const acts = ["keydown", "click", "input"];
        acts.forEach((name) => addEventListener(name, act, true));
    });
}"""


def change(page: Any, act: Any) -> float:
    """Milliseconds from an act to the frame with the new strips. Raises RuntimeError where none comes."""
    page.evaluate(FIND)
    page.evaluate(WAIT)
    act()
    wait = page.evaluate(
        f"Promise.race([window.change, new Promise((no) => setTimeout(no, {GIVE_UP}, null))])"
    )
    if wait is None:
        raise RuntimeError(f"nothing was repainted at {page.url}")
    wait_until_idle(page)
    return float(wait)


def steps(page: Any) -> list[float]:
    """The step slider, moved to and fro by the arrow keys."""
    slider = page.get_by_role("slider", name="Step").first
    keys = ["ArrowLeft"] * 5 + ["ArrowRight"] * 5
    page.wait_for_timeout(REST)
    return [change(page, lambda key=keys[i % 10]: slider.press(key)) for i in range(ROUNDS)]


def images(page: Any) -> list[float]:
    """Any digit, by its button."""
    page.get_by_test_id("stPopoverButton").first.click()
    waits = []
    for i in range(ROUNDS):
        button = page.get_by_role("button", name=f"Any {i % 10}")
        waits.append(change(page, button.click))
    page.keyboard.press("Escape")
    return waits


def runs(page: Any, other: str) -> list[float]:
    """The reference run and another one, in turns."""
    choice = page.get_by_role("combobox", name="Run")
    names = [other, REFERENCE] * (ROUNDS // 2)
    return [change(page, lambda name=name: choice.select_option(name)) for name in names]


def summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {"median": round(statistics.median(times), 1), "p95": round(cuts[-1], 1)}


def text(browser: Any) -> list[float]:
    """A slider that changes one line of text."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "plain.py"
        script.write_text(PLAIN)
        with streamlit_server(script) as server:
            page = new_page(browser)
            page.goto(server.url)
            page.locator("#said").wait_for()
            wait_until_idle(page)
            slider = page.get_by_role("slider").first
            return [change(page, lambda: slider.press("ArrowRight")) for _ in range(ROUNDS)]


def main() -> None:
    result: dict[str, Any] = {}
    with streamlit_server() as server, chromium() as browser:
        spec = TrainingSpec(model=NOTEBOOK, steps=20, batch_size=50, train_size=600)
        other = train_into(Recorder(server.home / "runs.sqlite"), spec, few_images())
        for name, query in (("closed", ""), ("open", "&layer=conv2&channel=3")):
            page = new_page(browser)
            page.goto(f"{server.url}/feature_maps?lang=en{query}")
            page.locator(".net[data-painted]").wait_for(timeout=60_000)
            wait_until_idle(page)
            steps(page)  # warm: every step's weights have been read once
            runs(page, other)
            result[name] = {
                "step_ms": summary(steps(page)),
                "run_ms": summary(runs(page, other)),
                "image_ms": summary(images(page)),
            }
            page.context.close()
        result["text_ms"] = summary(text(browser))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
