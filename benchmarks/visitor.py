"""A visitor of a page, over Streamlit's protocol and without a browser: it opens pages, waits and polls."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


class Visitor:
    """One session; a context manager. Where a page fails it raises RuntimeError."""

    def __init__(self, url: str) -> None:
        self._socket = connect(url.replace("http", "ws") + "/_stcore/stream", max_size=None, open_timeout=60)
        self._page = ""
        self._polls: dict[str, float] = {}  # fragment -> seconds from poll to poll
        self._due: dict[str, float] = {}

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def open(self, page: str, query: str, seconds: float = 120) -> float:
        """Seconds until a page is whole. ``page`` is its name in an address; raises TimeoutError."""
        begun = time.perf_counter()
        self._page, self._polls, self._due = "", {}, {}
        self._ask(query, page=page)
        while time.perf_counter() - begun < seconds:
            if self._hear(1.0) and self._page:
                return time.perf_counter() - begun
        raise TimeoutError(f"{page} is not whole after {seconds} s")

    def watch(self, query: str, over: threading.Event) -> None:
        """Poll as the browser does, as often as the page has asked for."""
        while not over.is_set():
            self._hear(0.05)
            for fragment, interval in self._polls.items():
                if time.monotonic() > self._due[fragment]:
                    self._due[fragment] = time.monotonic() + interval
                    self._ask(query, fragment)

    def _hear(self, seconds: float) -> bool:
        """Take one message; whether it ends a run."""
        with suppress(TimeoutError):
            message = ForwardMsg.FromString(self._socket.recv(timeout=seconds))  # type: ignore[arg-type]
            if message.HasField("new_session"):
                self._page = message.new_session.page_script_hash
            elif message.HasField("auto_rerun"):
                self._polls[message.auto_rerun.fragment_id] = message.auto_rerun.interval
                self._due.setdefault(message.auto_rerun.fragment_id, time.monotonic())
            elif message.delta.new_element.HasField("exception"):
                raise RuntimeError(message.delta.new_element.exception.message)
            return message.HasField("script_finished")
        return False

    def _ask(self, query: str, fragment: str = "", page: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.page_name = page  # as a browser does with a deep link
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        self._socket.send(message.SerializeToString())


@contextmanager
def watching(url: str, run_id: str, people: int = 1) -> Iterator[None]:
    """So many people have the training page open on a run; its fragments poll as they do in a browser."""
    over, inside = threading.Event(), threading.Barrier(people + 1)
    query = f"lang=en&run={run_id}"

    def watch() -> None:
        with Visitor(url) as visitor:
            visitor.open("training", query)
            inside.wait()
            visitor.watch(query, over)

    clients = [threading.Thread(target=watch, daemon=True) for _ in range(people)]
    for client in clients:
        client.start()
    inside.wait()
    try:
        yield
    finally:
        over.set()
        for client in clients:
            client.join()
