"""Copies of the database, made through SQLite: a plain copy of the file misses what is still in the log."""

import sqlite3
import time
from pathlib import Path

from studio.files import disk_free_bytes, made_beside

DAY_SECONDS = 24 * 3600.0
KEPT_DAILY = 3
DAILY = "daily"
ROOM = 4
"""A daily copy is made only where this many times its size is free."""


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that may be in use; the target is whole and durable, or not there."""
    with made_beside(target) as temporary:
        origin, copy = sqlite3.connect(source), sqlite3.connect(temporary)
        try:
            origin.backup(copy)
            # The journal mode is copied, too; in one file a copy can be moved about.
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()
            origin.close()


def newest_copy(backups: Path) -> Path | None:
    """The copy that was made last."""
    copies = sorted(backups.glob("studio-*.db"), key=lambda file: file.stat().st_mtime)
    return copies[-1] if copies else None


def keep_daily_copy(database: Path, backups: Path) -> None:
    """Copy the database if the last daily copy is older than a day and there is room; the oldest ones go."""
    copies = sorted(backups.glob(f"studio-{DAILY}-*.db"), key=lambda file: file.stat().st_mtime)
    if copies and time.time() - copies[-1].stat().st_mtime < DAY_SECONDS:
        return
    if disk_free_bytes(backups) < ROOM * database.stat().st_size:
        return
    copy_database(database, backups / f"studio-{DAILY}-{time.strftime('%Y%m%d-%H%M%S')}.db")
    for old in copies[: max(0, len(copies) + 1 - KEPT_DAILY)]:
        old.unlink(missing_ok=True)
