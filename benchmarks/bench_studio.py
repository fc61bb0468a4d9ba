"""What the training studio costs: a click's first point, a whole run, and a page that watches.

python -m benchmarks.bench_studio prints one JSON line, from a real server with its engine:
``click_to_first_point``: seconds from the click on Start in a real browser to the frame that shows the
first point on the chart, median and longest of runs on a warm worker; ``fast_against_bare``: how many times
as long the preset takes from the click to its end, with the page watching, as the same steps, tests and
final test in a bare loop, and ``notebook_against_bare``: the same for that many steps of the notebook's own
DataLoader loop, with no test at all (all three take turns; medians of the ratios); ``watching_costs``: the
share of the images per second that a page takes away while a client of Streamlit's protocol has it poll as
a browser does (with and without, in turns).
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks import bench_training
from benchmarks.visitor import watching
from cnn_core.data import Mnist, load_mnist
from cnn_core.presets import PRESETS
from cnn_core.runs import RunStore
from cnn_core.training import WATCHED, TrainingSpec, evaluation_steps
from tests.browser_tools import Server, chromium, new_page, streamlit_server, wait_until_idle

CLICKS, TURNS, PHASES = 20, 5, 6
PHASE_SECONDS = 8.0
FAST = PRESETS["fast"].spec
OWNER = "benchmark"
FIRST_POINT = """([button, chart]) => new Promise((resolve) => {
    const start = performance.now();
    const curve = () => chart.querySelector("path.raw")?.getAttribute("d");
    const before = curve();
    const look = (now) => {
        const empty = chart.querySelector(".waiting").getAttribute("visibility") === "visible";
        if (!empty && curve() !== before) resolve(now - start); // another run's, and it has a point
        else requestAnimationFrame(look);
    };
    button.click();
    requestAnimationFrame(look);
})"""


def until(condition: Callable[[], object], every: float = 0.005) -> None:
    while not condition():
        time.sleep(every)


def clicks_to_first_point(page: Any, server: Server, store: RunStore) -> list[float]:
    """Seconds from each click on Start to the first point on the chart; each run ends before the next."""
    start = opened(page, server, "Start with another seed", "steps=40")
    page.locator("svg.plot path.raw").first.wait_for(state="attached")
    waits = []
    for _ in range(1 + CLICKS):
        wait_until_idle(page)
        chart = page.locator("svg.plot").first.element_handle()
        waits.append(page.evaluate(FIRST_POINT, [start.element_handle(), chart]) / 1000)
        until(lambda: all(run.is_over for run in store.runs()))
    return waits[1:]  # the first one loads what the page needs


def click_to_end(page: Any, server: Server, store: RunStore, seed: int) -> float:
    """Seconds from the click on Start to the end of the run, which the page watches meanwhile."""
    run_id = replace(FAST, seed=seed).run_id
    start = opened(page, server, "Start", f"seed={seed}")
    clicked = time.perf_counter()
    start.evaluate("(button) => button.click()")
    until(lambda: run_id in [run.id for run in store.runs()])
    until(lambda: store.run(run_id).is_over, every=0.1)  # to ask takes time from the training
    seconds = time.perf_counter() - clicked
    assert round(store.evaluations(run_id)[-1].accuracy, 2) >= 0.98
    page.goto("about:blank")
    return seconds


def opened(page: Any, server: Server, button: str, choices: str) -> Any:
    """The training page with the choices, at rest: its button."""
    page.goto(f"{server.url}/training?lang=en&preset=fast&{choices}")
    start = page.get_by_role("button", name=button, exact=True)
    start.wait_for(timeout=60_000)
    wait_until_idle(page)
    return start


def bare(spec: TrainingSpec, data: Mnist) -> float:
    """The same steps, tests and final test, and nothing else."""
    begun = time.perf_counter()
    images = torch.from_numpy(data.train_images.copy())[:, None]
    labels = torch.from_numpy(data.train_labels.copy()).long()
    tested = torch.from_numpy(data.test_images.copy())[:, None]
    layout, tests = torch.channels_last, set(evaluation_steps(spec))
    model = spec.model.build().to(memory_format=layout)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(model.parameters(), spec.learning_rate, weight_decay=spec.weight_decay)

    def test(count: int) -> None:
        model.eval()
        with torch.no_grad():
            for batch in tested[:count].split(250):
                model(batch.float().div_(255).contiguous(memory_format=layout)).argmax(1)
        model.train()

    test(WATCHED)
    for step, chosen in enumerate(torch.randperm(len(images)).split(spec.batch_size)[: spec.steps], 1):
        x = images[chosen].float().div_(255).contiguous(memory_format=layout)
        loss = F.cross_entropy(model(x), labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step in tests:
            test(WATCHED if step < spec.steps else len(tested))
    return time.perf_counter() - begun


def notebook(spec: TrainingSpec, data: Mnist) -> float:
    """As many steps as the notebook takes them."""
    begun = time.perf_counter()
    loop = bench_training.notebook(data)
    for _ in range(spec.steps):
        next(loop)
    return time.perf_counter() - begun


def images_per_second(store: RunStore, run_id: str) -> float:
    begun, step = time.perf_counter(), store.run(run_id).step
    time.sleep(PHASE_SECONDS)
    return (store.run(run_id).step - step) * FAST.batch_size / (time.perf_counter() - begun)


def watching_costs(url: str, store: RunStore, people: int = 1) -> float:
    run_id = store.add(replace(FAST, steps=20_000, seed=77), owner=OWNER)
    until(lambda: store.run(run_id).step)
    ratios = []
    for _ in range(PHASES):
        alone = images_per_second(store, run_id)
        with watching(url, run_id, people):
            ratios.append(images_per_second(store, run_id) / alone)
    store.request(run_id, "stop", OWNER)
    return 1 - statistics.median(ratios)


def main() -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    data = load_mnist()
    with streamlit_server() as server, chromium() as browser:
        page = new_page(browser)
        store = RunStore(server.home / "runs.sqlite")
        run_id = store.add(replace(FAST, steps=1))
        with watching(server.url, run_id):  # the first visit starts the engine
            until(lambda: store.run(run_id).is_over)
        points = clicks_to_first_point(page, server, store)
        fast, loop = [], []
        for seed in range(1, 1 + TURNS):
            spec = replace(FAST, seed=seed)
            seconds = bare(spec, data)
            fast.append(click_to_end(page, server, store, seed) / seconds)
            loop.append(notebook(spec, data) / seconds)
        page.context.close()
        result = {
            "threads": torch.get_num_threads(),
            "click_to_first_point": round(statistics.median(points), 3),
            "slowest_first_point": round(max(points), 3),
            "fast_against_bare": round(statistics.median(fast), 2),
            "notebook_against_bare": round(statistics.median(loop), 2),
            "watching_costs": round(watching_costs(server.url, store), 3),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
