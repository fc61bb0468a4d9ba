"""The SQLite file below the RunStore: where it lies, its tables, its connections."""

from __future__ import annotations

import os
import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from cnn_core.messages import Problem

BUSY_SECONDS = 10.0  # how long a writer waits for another process's transaction
IN_MEMORY = ":memory:"
PAGES_AT_ONCE = 1_000  # that are handed back to the disk in one transaction: some 4 MB
LONGEST_LOG = 64_000_000  # bytes that the write-ahead log keeps of the disk when it has grown
_INCREMENTAL = 2  # SQLite's number for that kind of auto_vacuum

# Each entry brings the schema one version further; the file's user_version counts those that were applied.
MIGRATIONS = (
    """
    CREATE TABLE clock (tick INTEGER NOT NULL);  -- rises with every change of any run
    INSERT INTO clock VALUES (0);
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        spec TEXT NOT NULL,
        name TEXT NOT NULL DEFAULT '',
        owner TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed')),
        place INTEGER NOT NULL DEFAULT 0,    -- the queue's order
        attempt INTEGER NOT NULL DEFAULT 1,  -- rises when a run starts afresh: late results fall away
        step INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        deleted REAL,                        -- when; a deleted run is kept a while, for the undo
        imported INTEGER NOT NULL DEFAULT 0,
        environment TEXT NOT NULL DEFAULT '{}',
        note TEXT,
        error TEXT,
        train_seconds REAL NOT NULL DEFAULT 0,
        version INTEGER NOT NULL DEFAULT 0   -- the clock at its last change
    );
    CREATE INDEX runs_by_state ON runs (state, place);
    CREATE TRIGGER run_added AFTER INSERT ON runs BEGIN
        UPDATE clock SET tick = tick + 1;
        UPDATE runs SET version = (SELECT tick FROM clock) WHERE id = NEW.id;
    END;
    CREATE TRIGGER run_changed AFTER UPDATE ON runs WHEN NEW.version = OLD.version BEGIN
        UPDATE clock SET tick = tick + 1;
        UPDATE runs SET version = (SELECT tick FROM clock) WHERE id = NEW.id;
    END;
    CREATE TRIGGER run_gone AFTER DELETE ON runs BEGIN
        UPDATE clock SET tick = tick + 1;
    END;
    CREATE TABLE metrics (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        step INTEGER NOT NULL,
        loss REAL,  -- NULL: not a number
        learning_rate REAL NOT NULL,
        images_per_second REAL NOT NULL,
        PRIMARY KEY (run, step)
    ) WITHOUT ROWID;
    CREATE TABLE evaluations (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        step INTEGER NOT NULL,
        correct INTEGER NOT NULL,
        predictions BLOB NOT NULL,
        PRIMARY KEY (run, step)
    );
    CREATE TABLE snapshots (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        step INTEGER NOT NULL,
        data BLOB NOT NULL,
        sha256 TEXT NOT NULL,
        damaged INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (run, step)
    );
    CREATE TABLE checkpoints (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        step INTEGER NOT NULL,
        data BLOB NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (run, step)
    );
    CREATE TABLE live (
        run TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
        step INTEGER NOT NULL,
        time REAL NOT NULL,
        loss REAL,
        data BLOB NOT NULL
    );
    CREATE TABLE artifacts (
        sha256 TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        data BLOB NOT NULL,
        meta TEXT NOT NULL,
        owner TEXT NOT NULL,
        created REAL NOT NULL,
        used REAL NOT NULL
    );
    CREATE INDEX artifacts_by_use ON artifacts (used);
    """,
    """
    CREATE TABLE joined (  -- who asked for a run that another person had started, in that order
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        person TEXT NOT NULL,
        PRIMARY KEY (run, person)
    );
    CREATE TABLE engine (  -- one row where it cannot train now, and why
        only INTEGER PRIMARY KEY CHECK (only = 1),
        trouble TEXT NOT NULL
    );
    """,
    """
    ALTER TABLE runs ADD COLUMN halted REAL;  -- when its owner paused or stopped it; NULL: nobody did
    """,
)


# What SQLite says where the disk is full, and where only this person's share of it is.
NO_ROOM = {
    "SQLITE_FULL",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_TRUNCATE",
    "SQLITE_IOERR_SHMSIZE",
}


def finds_no_room(error: Exception) -> bool:
    """The store did not take something for want of room."""
    return getattr(error, "sqlite_errorname", "") in NO_ROOM


def is_busy(error: Exception) -> bool:
    """The store did not take something because others were writing all the time."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def home() -> Path:
    """The folder of everything that runs and learners make: ``CNN_EXPLORER_HOME``, else the user's data."""
    chosen = os.environ.get("CNN_EXPLORER_HOME")
    return (
        Path(chosen).expanduser() if chosen else platformdirs.user_data_path("cnn-explorer", appauthor=False)
    )


class Database:
    """One SQLite file, safe to use from any thread and from several processes at once."""

    def __init__(self, path: Path | str | None = None) -> None:
        self._in_memory = path == IN_MEMORY  # it lives as long as its one connection
        self.path = Path(path or home() / "runs.sqlite")
        if not self._in_memory:
            _make_folder(self.path.parent)
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._idle.put(self._open())
        with self._connection() as connection:
            _migrate(connection)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        try:
            connection = self._idle.get(block=self._in_memory)
        except queue.Empty:
            connection = self._open()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        if not self._in_memory:
            if not connection.execute("PRAGMA page_count").fetchone()[0]:  # a new file: elsewhere it writes
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            _write_ahead(connection)
            connection.execute(f"PRAGMA journal_size_limit = {LONGEST_LOG}")
        connection.execute(
            "PRAGMA synchronous = NORMAL"
        )  # a power cut loses the last seconds, never the file
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; other writers wait."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._connection() as connection:
            return connection.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: object) -> sqlite3.Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def give_back(self) -> None:
        """Hand what was freed back to the disk, a little at a time, so that others can write in between.

        Raises sqlite3.Error where somebody else keeps the file too long: later calls do the rest.
        """
        with self._connection() as connection:
            if connection.execute("PRAGMA auto_vacuum").fetchone()[0] != _INCREMENTAL:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # the file of an earlier version
                connection.execute("VACUUM")  # this once in one piece
            while connection.execute("PRAGMA freelist_count").fetchone()[0]:
                connection.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections that rest; the store opens new ones when it is used again."""
        while not self._in_memory and not self._idle.empty():
            self._idle.get_nowait().close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers and a writer side by side. Only the switch to it, once in a file's life, knows no waiting."""
    end = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise Problem(
            "The folder {folder} cannot be made: set CNN_EXPLORER_HOME to a folder that can be written.",
            folder=folder,
        ) from None


def _migrate(connection: sqlite3.Connection) -> None:
    if _schema_version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")  # of two processes that open a new file at once, one waits here
    try:
        version = _schema_version(connection)
        if version > len(MIGRATIONS):
            raise Problem(
                "The store of runs was written by a newer CNN Explorer: update this one, "
                "or set CNN_EXPLORER_HOME to another folder."
            )
        for script in MIGRATIONS[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _schema_version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one: ``executescript`` would commit the transaction around them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
