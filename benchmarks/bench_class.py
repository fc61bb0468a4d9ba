"""What a class costs: thirty people open each page at the same moment, and thirty watch a run.

python -m benchmarks.bench_class prints one JSON line from a real server. ``pages``: for each page, the
seconds that one visitor waits alone until the page is whole, and of thirty who come at once, the median and
the last. ``thirty_watching_cost``: the share of a run's images per second that thirty who watch it take away.
"""

from __future__ import annotations

import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from benchmarks.bench_studio import watching_costs
from benchmarks.visitor import Visitor
from cnn_core.runs import RunStore
from tests.browser_tools import streamlit_server
from ui.site import PAGES

PEOPLE = 30


def alone(url: str, page: str) -> float:
    with Visitor(url) as visitor:
        visitor.open(page, "lang=en")
        return visitor.open(page, "lang=en")


def together(url: str, page: str) -> list[float]:
    ready = Barrier(PEOPLE)

    def come(_: int) -> float:
        with Visitor(url) as visitor:
            ready.wait()
            return visitor.open(page, "lang=ko")

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(come, range(PEOPLE)))


def main() -> None:
    result: dict[str, dict[str, float]] = {}
    with streamlit_server() as server:
        store = RunStore(server.home / "runs.sqlite")
        for page in sys.argv[1:] or ["" if slug == "home" else slug for slug in PAGES]:
            one, many = alone(server.url, page), together(server.url, page)
            result[page or "home"] = {
                "alone": round(one, 2),
                "median": round(statistics.median(many), 2),
                "last": round(max(many), 2),
            }
        alone(server.url, "training")  # the first visit starts the engine
        costs = watching_costs(server.url, store, PEOPLE)
    print(json.dumps({"pages": result, "thirty_watching_cost": round(costs, 3)}))


if __name__ == "__main__":
    main()
