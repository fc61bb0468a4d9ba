"""What learners make (drawings, uploads, kernels, edited weights), named by its sha256."""

from __future__ import annotations

import json
import time
from typing import Any

from cnn_core.messages import Problem
from cnn_core.records import Artifact, digest
from cnn_core.store_schema import Database

MAX_BYTES = 20_000_000  # of one artifact: a photo as it comes out of a phone fits
MAX_TOTAL = 1_000_000_000  # of all together: what was not used for longest goes first
KEPT_SECONDS = 90 * 86_400  # since its last use
MAX_META = 10_000  # characters of JSON
_NO_START = (
    "sha256 NOT IN (SELECT json_extract(spec, '$.start') FROM runs WHERE iif(json_valid(spec),"
    " json_extract(spec, '$.start') IS NOT NULL, 0))"
)
_USE_NOTED_EVERY = 3_600  # seconds: a picture that is looked at all day need not write all day


class Artifacts(Database):
    """The part of the RunStore that keeps what learners make."""

    def put_artifact(
        self, kind: str, data: bytes, owner: str = "", meta: dict[str, Any] | None = None
    ) -> str:
        """Keep it, and return its sha256; equal bytes are kept once. Raises Problem where it is too large."""
        if len(data) > MAX_BYTES:
            raise Problem(
                "This is too large to keep ({size} MB): at most {limit} MB.",
                size=f"{len(data) / 1e6:.0f}",
                limit=MAX_BYTES // 1_000_000,
            )
        about = json.dumps(meta or {})
        if len(about) > MAX_META:
            raise Problem(
                "This comes with too much text beside it: at most {limit} characters.", limit=MAX_META
            )
        sha256, now = digest(data), time.time()
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET data = excluded.data, used = excluded.used",  # mends damage
                (sha256, kind, data, about, owner, now, now),
            )
        return sha256

    def artifact(self, sha256: str) -> Artifact:
        """What has this sha256. Raises Problem where nothing has, or where its bytes were damaged."""
        row = self._row("SELECT * FROM artifacts WHERE sha256 = ?", sha256)
        if row is None or digest(row["data"]) != sha256:
            raise Problem("What was made here is no longer kept: make it again.")
        if time.time() - row["used"] > _USE_NOTED_EVERY:
            with self._transaction() as connection:
                connection.execute("UPDATE artifacts SET used = ? WHERE sha256 = ?", (time.time(), sha256))
        return Artifact(row["kind"], row["data"], json.loads(row["meta"]), row["owner"], row["created"])

    def artifact_meta(self, sha256: str) -> dict[str, Any]:
        """What was said of it when it was kept; nothing where it is no longer here."""
        row = self._row("SELECT meta FROM artifacts WHERE sha256 = ?", sha256)
        return dict(json.loads(row["meta"])) if row else {}

    def expire_artifacts(self) -> None:
        """Let go of what nobody used for long, and of the oldest where all together are too large.

        What a run begins with stays as long as the run.
        """
        old = time.time() - KEPT_SECONDS
        with self._transaction() as connection:
            connection.execute(f"DELETE FROM artifacts WHERE used < ? AND {_NO_START}", (old,))
            connection.execute(
                "DELETE FROM artifacts WHERE sha256 IN (SELECT sha256 FROM ("
                " SELECT sha256, sum(length(data)) OVER (ORDER BY used DESC, sha256) AS total"
                f" FROM artifacts WHERE {_NO_START}) WHERE total > ?)",
                (MAX_TOTAL,),
            )
