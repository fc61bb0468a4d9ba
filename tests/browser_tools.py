"""A Streamlit server and a Chromium for the browser tests: started here, ended here, never left behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",  # a camera that shows a test pattern
    "--use-fake-device-for-media-stream",
]
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Server:
    """A running app: its address, its process id, and its ``CNN_EXPLORER_HOME``."""

    url: str
    pid: int
    home: Path


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on; two who ask at once get two."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def streamlit_server(
    script: Path = ROOT / "app.py", home: Path | None = None, **variables: str
) -> Iterator[Server]:
    """Serve a script, with a ``CNN_EXPLORER_HOME`` of its own unless one is given, until the block ends.

    ``variables`` are set in its environment.
    """
    with TemporaryDirectory(prefix="cnn-explorer-") as temporary:
        home = home or Path(temporary)
        log = Path(temporary) / "server.log"
        port = free_port()
        # fmt: off
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.address", "127.0.0.1",
                   "--server.port", str(port), "--server.headless", "true"]
        # fmt: on
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"CNN_EXPLORER_HOME": str(home), "PYTHONPATH": paths} | variables
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url, process, log)
            yield Server(url, process.pid, home)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")


def chromium_path() -> str | None:
    """A Chromium of the system; None: Playwright's own."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser until the block ends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Any, **context: Any) -> Any:
    """A page in a context of its own, as ``watched_page``.

    ``context`` goes to Playwright: viewport, color_scheme, locale, has_touch, …
    """
    return watched_page(new_context(browser, **context))


def new_context(browser: Any, **context: Any) -> Any:
    """What a fresh browser keeps, for one person: at 1366×768 and in English where nothing else is said."""
    return browser.new_context(**{"viewport": LAPTOP, "locale": "en-US", **context})


def watched_page(context: Any) -> Any:
    """A page whose console's errors, and those of its scripts, gather in ``page.complaints``."""
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda line: page.complaints.append(_told(line)) if _is_fault(line) else None)
    return page


def _is_fault(line: Any) -> bool:
    """An error of the console, but for Streamlit's own search for its server below a deep link's path."""
    probes = ("/_stcore/health", "/_stcore/host-config")
    return line.type == "error" and not line.location["url"].endswith(probes)


def _told(line: Any) -> str:
    return f"{line.text} {line.location['url']}"


def wait_until_idle(page: Any, timeout: float = 30_000) -> None:
    """Until Streamlit's script has run and nothing more is on its way."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning]", state="attached", timeout=timeout
    )
