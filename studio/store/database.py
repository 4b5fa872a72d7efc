"""Database: one writing connection behind a lock, short reading connections beside it. SQLite in WAL mode.

`synchronous=FULL` because NORMAL loses acknowledged commits at a power cut; `BEGIN IMMEDIATE` because a deferred
transaction that reads before it writes fails with "database is locked" under any load; one writing connection because
two may meet the WAL-reset bug of SQLite libraries before 3.51.3.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool, StaticPool

from studio.errors import DiskFullError, StudioError
from studio.files import disk_free_bytes
from studio.store.stored_json import read_stored

logger = logging.getLogger(__name__)
BUSY_SECONDS = 5
READERS = 64
"""Connections beyond those that are kept: more than there are threads that read."""
FULL_BYTES = 1 << 20
"""With less free space than this, an input or output error is one of a full disk."""


class BusyError(StudioError):
    """The database could not be written in time."""

    code = "busy"


class StorageError(StudioError):
    """The disk did not take or give what was asked; nothing was changed."""

    code = "disk_error"


class Database:
    """The database of one home. Only the server process opens it."""

    def __init__(self, path: Path, on_full: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._on_full = on_full
        self._writer = _engine(path, is_writer=True)
        event.listen(self._writer, "begin", self._set_patience, insert=True)
        self._reader = _engine(path, is_writer=False)
        self._lock = threading.RLock()
        self._patience_seconds: float = BUSY_SECONDS
        self._open: Connection | None = None
        self._file: tuple[int, int] | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction, committed at the end; inside another one of this thread, a part of it.

        Raises:
            BusyError: if another thread writes for longer than 5 s.
            DiskFullError: if the disk is full; the space kept back is given free.
            StorageError: if the disk fails or can only be read; the next change begins with a new connection. Also
                if the file was deleted, moved or replaced: then changes would go where nobody finds them.
        """
        self._require_file()
        began = time.monotonic()
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise BusyError("The studio is busy writing.", hint="Try again in a moment.")
        try:
            if self._open is not None:
                yield self._open
                return
            # What was waited for a thread of ours is not waited again for another program.
            self._patience_seconds = max(0.0, BUSY_SECONDS - (time.monotonic() - began))
            try:
                with self._writer.begin() as connection:
                    self._open = connection
                    try:
                        yield connection
                    finally:
                        self._open = None
            except OperationalError as error:
                raise self._refused(error) from error
        finally:
            self._lock.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A short reading transaction; inside a writing one of this thread, the same view as that one."""
        if self._lock.acquire(blocking=False):
            try:
                if self._open is not None:
                    yield self._open
                    return
            finally:
                self._lock.release()
        self._require_file()  # a new connection would make an empty one
        try:
            with self._reader.connect() as connection:
                yield connection
        except OperationalError as error:
            raise self._refused(error) from error
        except PoolTimeout as error:
            raise BusyError("The studio is busy reading.", hint="Try again in a moment.") from error

    def _require_file(self) -> None:
        try:
            found = os.stat(self.path)
        except OSError:
            file = None
        else:
            file = (found.st_dev, found.st_ino)
        if self._file is None:
            self._file = file
        elif file != self._file:
            raise StorageError(
                "The database of this home was deleted, moved or replaced; this was not saved.",
                hint=f"Stop the studio, put {self.path} back or restore a backup, and start it again.",
                code="database_gone",
            )

    def _set_patience(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(self._patience_seconds * 1000)}")

    def _refused(self, error: OperationalError) -> Exception:
        """What a failure of the database means to a person. What SQLite could not write, it has taken back."""
        text = str(error.orig).lower()
        is_failing = "disk i/o error" in text or "unable to open" in text
        free = disk_free_bytes(self.path.parent)
        if "full" in text or (is_failing and free < FULL_BYTES):
            self._on_full()
            return DiskFullError(
                f"The disk is full ({free / 1e6:,.1f} MB are free); this was not saved.",
                hint="Delete experiments or datasets that are no longer needed, then try again.",
            )
        if "locked" in text:
            return BusyError("The studio is busy writing.", hint="Try again in a moment.")
        if "readonly" in text or "read-only" in text:
            return StorageError(
                "The disk of this home can only be read now; this was not saved.",
                hint="Check the system's log for a failing disk, and make it writable again.",
                code="read_only",
            )
        if is_failing:
            # After a failed sync nobody knows what the connection's cached pages are worth.
            self._writer.dispose()
            logger.error("The disk failed while the database was used: %s", error.orig)
            return StorageError("The disk failed; this was not saved.", hint="Try again; look at the disk if it stays.")
        return error

    def leave(self) -> None:
        """Close what was only read."""
        self._reader.dispose()
        self._writer.dispose()

    def close(self) -> None:
        """Write the log of changes back into the file and close it."""
        with self._lock:
            with self._writer.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            self._reader.dispose()
            self._writer.dispose()


def sqlite_url(path: Path) -> URL:
    """The address of a database file. Put together, not written as text: `?` and `%` are letters of file names."""
    return URL.create("sqlite", database=str(path))


def _engine(path: Path, *, is_writer: bool) -> Engine:
    pool: dict[str, Any] = (
        {"poolclass": StaticPool}
        if is_writer
        else {"poolclass": QueuePool, "pool_size": 8, "max_overflow": READERS, "pool_timeout": BUSY_SECONDS}
    )
    engine = create_engine(
        sqlite_url(path),
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        json_deserializer=read_stored,
        **pool,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say
        # A damaged byte in one text must not fail the list that the text is in.
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys=ON")
        if not is_writer:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine
