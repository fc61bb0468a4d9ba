"""The engine's client of a Dask cluster: the one that ``CNN_EXPLORER_SCHEDULER`` names, else a local one."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from typing import TYPE_CHECKING

from cnn_core.cluster import configure, security
from cnn_core.messages import Problem, one_line, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client, LocalCluster

    from cnn_core.recording import Recorder

CONNECT_SECONDS = 10.0
RETRY_SECONDS = 2.0

UNREACHABLE = text(
    "The training cluster at {address} cannot be reached. Ask whoever runs it to start its scheduler: what "
    "waits begins by itself then."
)
NO_WORKER = text(
    "The training cluster at {address} has no worker yet. Ask whoever runs it to start one: what waits "
    "begins by itself then."
)
NOT_READY = text(
    "Training could not be made ready: {error} It is tried again by itself; the file engine.log, beside the "
    "runs, tells more."
)

log = logging.getLogger("cnn_core.engine")


def open_cluster() -> Client:
    """A client of the cluster that ``CNN_EXPLORER_SCHEDULER`` names, else of a local one of one worker.

    Raises Problem where that cluster cannot be reached, or has no worker yet.
    """
    configure()
    from distributed import Client, LocalCluster  # it reads that configuration when it is imported

    from cnn_core.worker import Warm

    if address := os.environ.get("CNN_EXPLORER_SCHEDULER"):
        try:
            client = Client(
                address, security=security(address), set_as_default=False, timeout=CONNECT_SECONDS
            )
        except (OSError, TimeoutError):
            raise Problem(UNREACHABLE, address=address) from None
        with _closed_on_error(client):
            if not client.scheduler_info()["workers"]:
                raise Problem(NO_WORKER, address=address)
            client.register_plugin(Warm())
        return client
    cluster = LocalCluster(
        n_workers=1,
        threads_per_worker=1,  # one segment at a time; torch has all the cores
        memory_limit=0,
        protocol="tls",
        security=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=logging.ERROR,
    )
    with _closed_on_error(cluster):
        client = Client(cluster, set_as_default=False)
        with _closed_on_error(client):
            client.register_plugin(Warm(nice=10))
    return client


@contextlib.contextmanager
def _closed_on_error(part: Client | LocalCluster) -> Iterator[None]:
    """What was opened is closed where the block fails: it is opened anew, and again, until that succeeds."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):
            part.close(timeout=CONNECT_SECONDS)
        raise


def wait_for_cluster(store: Recorder) -> Client:
    """A client as soon as there is a cluster; until then the store says why nothing trains."""
    while True:
        try:
            client = open_cluster()
        except Problem as why:
            log.warning("%s", why)
            _tell(store, why)
        except Exception as error:  # a worker that dies while it begins takes a local cluster with it
            log.exception("the cluster could not be opened")
            _tell(store, Problem(NOT_READY, error=one_line(error)))
        else:
            _tell(store, None)
            return client
        time.sleep(RETRY_SECONDS)


def _tell(store: Recorder, why: Problem | None) -> None:
    with contextlib.suppress(sqlite3.Error):  # a full disk: the cluster matters more than the sentence
        store.say_trouble(why)


def close(client: Client) -> None:
    """Let go of a cluster, of which little may be left."""
    for part in filter(None, (client, client.cluster)):
        with contextlib.suppress(Exception):
            part.close(timeout=CONNECT_SECONDS)
