"""Two servers and the command line on one home at once: each gets its run trained, and sees the others'."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from cnn_core.recording import Task
from cnn_core.runs import RunStore
from cnn_core.worker import train_segment
from tests.browser_tools import ROOT, new_page, streamlit_server
from tests.engines import descendants, final_sha256, kill, over, processes, until

SETTINGS = {"network": "mlp", "steps": 1500, "batch_size": 50, "train_size": 2000}
DONE = re.compile("done: 1,500 steps")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


def start(page: Any, url: str, seed: int) -> str:
    """Have the settings trained from a page, and return the run's id."""
    address = "&".join(f"{name}={value}" for name, value in (SETTINGS | {"seed": seed}).items())
    page.goto(f"{url}/training?lang=en&{address}")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]{16}"))
    return re.search(r"run=([0-9a-f]{16})", page.url)[1]  # type: ignore[index]


def command(seed: int) -> subprocess.Popen[str]:
    """The command line, training the same settings with another seed."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    arguments = [sys.executable, "-m", "cnn_core", "train", *flags, f"--seed={seed}", "--json"]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def trainers(pids: set[int]) -> int:
    """How many of these processes are Dask workers."""
    running = pids & processes().keys()
    return sum(b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in running)


def test_two_servers_and_the_command_line_do_not_disturb_each_other(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_EXPLORER_THREADS", "1")
    store = RunStore()
    with (
        streamlit_server(home=tmp_path) as one,
        streamlit_server(home=tmp_path) as two,
        command(3) as typed,
    ):
        pages = {server.url: new_page(browser) for server in (one, two)}
        ids = [start(page, url, seed) for seed, (url, page) in enumerate(pages.items(), 1)]
        out, _ = typed.communicate(timeout=500)
        ids.append(json.loads(out)["run_id"])
        until(lambda: all(over(store, run_id) for run_id in ids), 500)
        assert len(set(ids)) == 3
        for (url, page), other in zip(pages.items(), (ids[2], ids[0]), strict=True):
            expect(page.get_by_text(DONE)).to_be_visible(timeout=30_000)  # its own
            page.goto(f"{url}/training?lang=en&run={other}")
            expect(page.get_by_text(DONE)).to_be_visible(timeout=30_000)

        assert trainers(descendants(one.pid) | descendants(two.pid)) == 1  # of two engines one trains
        first = descendants(one.pid)
        kill(one.pid)
        until(lambda: not first & processes().keys())
        ids.append(start(pages[two.url], two.url, 4))
        expect(pages[two.url].get_by_text(DONE)).to_be_visible(timeout=180_000)
    for run_id in ids:
        run = store.run(run_id)
        assert (run.notes, run.is_complete) == ((), True)
        assert store.metrics(run_id).step.tolist() == list(range(1, run.spec.steps + 1))
        alone = train_segment(Task("", 1, run.spec, None), seconds=3600)
        assert final_sha256(store, run_id) == alone.snapshots[-1].sha256
