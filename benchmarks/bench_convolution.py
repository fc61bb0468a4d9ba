"""How long a learner waits on the convolution page: a kernel's edit to the repainted picture, and pointing.

python -m benchmarks.bench_convolution prints one JSON line: milliseconds at the median and at 95 %, in a real
browser, of a 512×512 picture under an 11×11 kernel. An edit lasts from the keystroke to the frame that shows
the new picture; pointing from the pointer's move to the frame that shows the new patch.
"""

from __future__ import annotations

import json
import statistics
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from cnn_core.images import samples
from cnn_core.runs import RunStore
from tests.browser_tools import chromium, new_page, streamlit_server, wait_until_idle

ROUNDS = 40
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
    return waits


def points(page: Any) -> list[float]:
    """Milliseconds from each move over the output to the frame with its patch."""
    frame = page.locator(".plate.output .frame").element_handle()
    mark = page.locator(".plate.input .mark").element_handle()
    return [page.evaluate(POINTED, [frame, mark, (i + 1) / (ROUNDS + 2)]) for i in range(ROUNDS)]


def summary(times: list[float]) -> dict[str, float]:
    steps = statistics.quantiles(times, n=20)
    return {"median": round(statistics.median(times), 1), "p95": round(steps[-1], 1)}


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
        print(json.dumps({"edit_ms": summary(edits(page)), "point_ms": summary(points(page))}))


if __name__ == "__main__":
    main()
