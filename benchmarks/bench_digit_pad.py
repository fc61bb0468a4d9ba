"""How long a learner waits: from letting the pen go to Python's words about the drawing on screen.

python -m benchmarks.bench_digit_pad prints one JSON line: milliseconds at the median and at 95 %, for the
message alone (the text of a rerun) and, apart from the browser, for drawing the strokes to pixels; and on the
draw page, how often the network's answer is renewed while one long stroke is being drawn.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from typing import Any

from cnn_core.strokes import Drawing, from_json, raster
from tests.browser_tools import chromium, new_page, streamlit_server, wait_until_idle
from tests.components.test_digit_pad import APP

ROUNDS = 40
WATCH = """() => {
    window.shown = new Promise((resolve) => {
        let up = null;
        const text = () => [...document.querySelectorAll('.stText')].map((node) => node.innerText).join();
        const letGo = () => { up = performance.now(); };
        document.addEventListener('pointerup', letGo, { capture: true, once: true });
        const before = Number(/strokes (\\d+)/.exec(text())[1]);
        new MutationObserver((_, observer) => {
            const now = text();
            if (up === null || !now.includes(`strokes ${before + 1},`)) return;
            observer.disconnect();
            requestAnimationFrame(() => resolve(performance.now() - up));
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
}"""


def strokes_to_words(page: Any) -> list[float]:
    """Milliseconds from each pen-up to the frame that shows Python's answer."""
    box = page.locator("canvas").first.bounding_box()
    waits = []
    for i in range(ROUNDS):
        page.evaluate(WATCH)
        y = box["y"] + box["height"] * (0.1 + 0.8 * (i % 10) / 10)
        page.mouse.move(box["x"] + 40, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, y + 20, steps=15)
        page.mouse.up()
        waits.append(page.evaluate("window.shown"))
        if i % 5 == 4:  # a digit has a few strokes
            page.get_by_role("button", name="Clear").click()
            page.get_by_text("strokes 0,").wait_for()
            wait_until_idle(page)
    return waits


def strokes_to_pixels(drawing: Drawing) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        raster(drawing)
        times.append(1000 * (time.perf_counter() - start))
    return times


COUNT = """(picture) => {
    window.answers = [];
    const renewed = new MutationObserver(() => window.answers.push(performance.now()));
    renewed.observe(picture, { attributeFilter: ["src"] });
}"""


def answers_while_drawing(page: Any, seconds: float = 6) -> list[float]:
    """Milliseconds from one new answer on screen to the next, while the pen is down and moves.

    The picture beside the answer is watched: it changes with every answer, even where the words stay.
    """
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("The pad is empty.").wait_for()
    page.wait_for_url("**image=drawing-**")
    wait_until_idle(page)
    box = page.locator("canvas").first.bounding_box()
    page.get_by_alt_text("The drawing as the network gets it").evaluate(COUNT)
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    began, i = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        i += 1
        page.mouse.move(box["x"] + 40 + (i * 3) % 240, box["y"] + 40 + (i // 8) % 240)
        page.wait_for_timeout(16)
    shown = page.evaluate("window.answers")
    page.mouse.up()
    return [later - earlier for earlier, later in itertools.pairwise(shown)]


def summary(times: list[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(times), 1), "p95": round(statistics.quantiles(times, n=20)[-1], 1)}


def main() -> None:
    with streamlit_server(APP) as server, chromium() as browser:
        page = new_page(browser)
        page.goto(server.url)
        page.locator("canvas").first.wait_for()
        wait_until_idle(page)
        waits = strokes_to_words(page)
    with streamlit_server() as server, chromium() as browser:
        page = new_page(browser)
        page.goto(f"{server.url}/draw?lang=en")
        page.locator("canvas").first.wait_for(timeout=60_000)
        wait_until_idle(page)
        renewed = answers_while_drawing(page)
    line = [[i / 60, (i % 7) / 7] for i in range(60)]
    drawing = from_json(json.dumps({"strokes": [{"p": line, "w": 0.08}] * 2}))
    results = {
        "pen_up_to_answer_ms": summary(waits),
        "raster_ms": summary(strokes_to_pixels(drawing)),
        "answer_renewed_every_ms": summary(renewed),
        "answers_a_second": round(1000 / statistics.mean(renewed), 1),
    }
    print(json.dumps(results))


if __name__ == "__main__":
    main()
