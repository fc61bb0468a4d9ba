"""A Dask cluster for a class: its scheduler, its workers, and the certificates that keep others out.

A cluster's folder holds ``cluster.crt`` and ``cluster.key``: whoever has both is a member, nobody else is.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core.messages import Problem
from cnn_core.store_schema import home

if TYPE_CHECKING:
    from distributed.security import Security

PORT = 8786  # Dask's own
VALID_DAYS = 365
# What Dask watches of itself takes a tenth of a core from training. Nobody looks at it here.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.client.scheduler-info-interval": "10s",
}
CERTIFICATE, KEY = "cluster.crt", "cluster.key"


def configure() -> None:
    """Dask as the app needs it; before anything of distributed is imported."""
    import dask

    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": 1_000_000,  # a lost worker is never the run's fault
            # Dask has workers give memory back after every tensor: training then takes 1.8 times as long.
            "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": None},
            **QUIET,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.comm.timeouts.connect": "10s",
            "logging": {"distributed": "error"},
            "temporary-directory": str(home() / "dask"),
        }
    )


def folder() -> Path:
    """Where the certificates lie: ``CNN_EXPLORER_CERTIFICATES``, else in the home."""
    chosen = os.environ.get("CNN_EXPLORER_CERTIFICATES")
    return Path(chosen).expanduser() if chosen else home() / "certificates"


def make_certificates(into: Path) -> None:
    """A new key and a certificate that vouches for itself. Raises Problem where some lie there already."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    if (into / CERTIFICATE).exists() or (into / KEY).exists():
        raise Problem("{folder} has certificates already: remove them first, or name another.", folder=into)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CNN Explorer cluster")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a laptop's clock may be slow
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    into.mkdir(parents=True, exist_ok=True)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(into / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    (into / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def security(address: str) -> Security | None:
    """The certificates for a tls:// address; None for tcp://. Raises Problem where they are missing."""
    from distributed.security import Security

    if not address.startswith("tls://"):
        return None
    certificate, key = str(folder() / CERTIFICATE), str(folder() / KEY)
    if not (Path(certificate).is_file() and Path(key).is_file()):
        raise Problem(
            "The cluster's certificates are not in {folder}: copy cluster.crt and cluster.key there, or make "
            "them with python -m cnn_core certificates.",
            folder=folder(),
        )
    pairs = {f"tls_{role}_{part}": file for role in ("scheduler", "worker", "client")
             for part, file in (("cert", certificate), ("key", key))}  # fmt: skip
    return Security(tls_ca_file=certificate, require_encryption=True, **pairs)


def run_scheduler(address: str) -> None:
    """Serve as the scheduler at tcp://host:port or tls://host:port until the process ends."""
    configure()
    from distributed import Scheduler

    protocol, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")

    async def serve() -> None:
        async with Scheduler(
            host=host, port=int(port), protocol=protocol, security=security(address), dashboard=False
        ) as scheduler:
            await scheduler.finished()

    _run(serve())


def run_worker(address: str) -> None:
    """Train for the scheduler at the address until the process ends; a worker that dies is started again."""
    configure()
    from distributed import Nanny

    async def serve() -> None:
        async with Nanny(address, nthreads=1, memory_limit=0, security=security(address)) as nanny:
            await nanny.finished()

    _run(serve())


def _run(serve: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(serve)
    except KeyboardInterrupt:
        return
