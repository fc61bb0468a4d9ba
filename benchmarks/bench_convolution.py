"""How long a learner waits on the convolution page, and how smoothly its grids play while a run trains.

python -m benchmarks.bench_convolution prints one JSON line, all of it from a real browser. edit_ms, point_ms:
milliseconds at the median and at 95 % of a 512×512 picture under an 11×11 kernel; an edit lasts from the
keystroke to the frame that shows the new picture, pointing from the move to the frame that shows the
new patch. frames: frames a second, and milliseconds between two, of a 28×28 input that plays at full speed
while the app trains the notebook's network; grid_point_ms: pointing on it meanwhile.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from cnn_core.images import samples
from cnn_core.runs import RunStore
from cnn_core.spec import TrainingSpec
from tests.browser_tools import ROOT, chromium, new_page, streamlit_server, wait_until_idle

GRIDS = ROOT / "tests" / "components" / "harness_conv_grid.py"  # a page with nothing but the grids
ROUNDS = 40
PAUSE = 100  # milliseconds from a repainted picture to the next keystroke
KERNEL = ";".join(",".join(str((r * 7 + c * 3) % 9 - 4) for c in range(11)) for r in range(11))
EDITED = """async ([field, image, number]) => {
    const before = image.src;
    const repainted = new Promise((resolve) => {
        const look = () => {
            if (image.src === before || !image.complete) return requestAnimationFrame(look);
            image.decode().then(() => requestAnimationFrame(() => resolve(performance.now())));
        };
        requestAnimationFrame(look);
    });
    const start = performance.now();
    field.value = String(number);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return (await repainted) - start;
}"""
POINTED = """async ([frame, mark, share]) => {
    const box = frame.getBoundingClientRect();
    const before = mark.style.left;
    const start = performance.now();
    const place = { clientX: box.left + box.width * share, clientY: box.top + box.height / 2, bubbles: true };
    frame.dispatchEvent(new PointerEvent("pointermove", place));
    if (mark.style.left === before) throw new Error("the patch did not move");
    return await new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now() - start)));
}"""


def upload(home: Path) -> str:
    """A photograph of 512×512 pixels, as if a learner had uploaded it; its name in the address."""
    out = BytesIO()
    Image.open(samples()["camera"]).resize((512, 512)).save(out, "PNG")
    return "upload-" + RunStore(home / "runs.sqlite").put_artifact("upload", out.getvalue())


def edits(page: Any) -> list[float]:
    """Milliseconds from each keystroke in a cell to the new picture."""
    field = page.get_by_label("row 6, column 6", exact=True).element_handle()
    image = page.locator(".plate.output img").element_handle()
    waits = []
    for i in range(ROUNDS):
        waits.append(page.evaluate(EDITED, [field, image, 5 + i]))
        wait_until_idle(page)
        page.wait_for_timeout(PAUSE)
    return waits


def points(page: Any) -> list[float]:
    """Milliseconds from each move over the output to the frame with its patch."""
    frame = page.locator(".plate.output .frame").element_handle()
    mark = page.locator(".plate.input .mark").element_handle()
    return [page.evaluate(POINTED, [frame, mark, (i + 1) / (ROUNDS + 2)]) for i in range(ROUNDS)]


def summary(times: list[float]) -> dict[str, float]:
    steps = statistics.quantiles(times, n=20)
    return {"median": round(statistics.median(times), 1), "p95": round(steps[-1], 1)}


PLAYED = """(seconds) => new Promise((resolve) => {
    const times = [];
    const tick = (now) => {
        times.push(now);
        if (now - times[0] > seconds * 1000) resolve(times);
        else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
})"""
GRID_POINTED = """async ([plate, root, share]) => {
    const box = plate.getBoundingClientRect();
    const before = root.dataset.row + " " + root.dataset.col;
    const start = performance.now();
    const place = { clientX: box.left + box.width * share, clientY: box.top + box.height * share };
    const move = new PointerEvent("pointermove", { ...place, bubbles: true });
    plate.querySelector("svg").dispatchEvent(move);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    if (root.dataset.row + " " + root.dataset.col === before) throw new Error("the window did not move");
    return performance.now() - start;
}"""


def frames(page: Any, home: Path) -> dict[str, Any]:
    """A 28×28 grid that plays, and is pointed at, while the app's engine trains."""
    store = RunStore(home / "runs.sqlite")
    run_id = store.add(TrainingSpec(steps=5_000))
    deadline = time.monotonic() + 300
    while not store.run(run_id).step and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    page.get_by_role("combobox", name="Speed").select_option("8")
    page.get_by_role("button", name="Play").click()
    before, times = store.run(run_id).step, page.evaluate(PLAYED, 8)
    between = [after - now for now, after in itertools.pairwise(times)]
    plate = page.locator("[data-grid='output-0'] .plate").element_handle()
    root = page.locator(".root[data-row]").element_handle()
    pointed = [page.evaluate(GRID_POINTED, [plate, root, (i % 20 + 1.5) / 24]) for i in range(ROUNDS)]
    trained = store.run(run_id).step - before
    store.request(run_id, "stop", "")
    return {
        "frames": {"per_second": round(1000 * len(between) / sum(between), 1), **summary(between)},
        "grid_point_ms": summary(pointed),
        "steps_trained_meanwhile": trained,
    }


def main() -> None:
    with streamlit_server() as server, chromium() as browser:
        page = new_page(browser)
        page.goto(
            f"{server.url}/convolution?lang=en&view=picture&picture={upload(server.home)}&kernel={quote(KERNEL)}"
        )
        page.get_by_label("row 6, column 6", exact=True).wait_for(timeout=60_000)
        page.locator(".plate.output .mark").wait_for()
        wait_until_idle(page)
        edits(page)  # warm
        measured: dict[str, Any] = {"edit_ms": summary(edits(page)), "point_ms": summary(points(page))}
        with streamlit_server(GRIDS) as grids:  # the app's engine goes on training beside it
            page.goto(f"{grids.url}/?case=picture")
            page.locator(".reading").wait_for(timeout=60_000)
            measured |= frames(page, server.home)
        print(json.dumps(measured))


if __name__ == "__main__":
    main()
