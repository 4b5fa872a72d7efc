"""damage: what is wrong with a home's database before anything is written to it."""

import heapq
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from studio.errors import StudioError
from studio.files import read_json
from studio.runs.spec import WorkerKind
from studio.store.copies import newest_copy
from studio.store.home import Home
from studio.store.ids import is_id

FOLDERS_LOOKED_AT = 2_000


class DamagedDatabaseError(StudioError):
    """The database cannot be read as a whole; it is left as it is."""

    code = "damaged_database"


def require_sound(home: Home) -> None:
    """Check the database, also that it is there where runs or datasets are.

    Raises:
        DamagedDatabaseError: naming the newest copy and how to restore.
    """
    has_data = any(True for name in ("runs", "datasets") for _ in (home.path / name).glob("*"))
    if not home.database.exists() or home.database.stat().st_size == 0:
        if has_data:
            raise DamagedDatabaseError("The database of this home is missing or empty.", hint=_how_to_restore(home))
        return
    connection = sqlite3.connect(home.database, timeout=5)
    try:
        [[answer]] = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError:
        raise  # the disk's trouble, not the file's
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        connection.close()
    if answer != "ok":
        raise DamagedDatabaseError(
            f"The database of this home is damaged: {str(answer).splitlines()[-1]}.", hint=_how_to_restore(home)
        )


def lost_changes(home: Home, fences: dict[str, int]) -> list[str]:
    """Ids of runs whose folders are of a later time than the database; `fences` are those it knows.

    A lost `studio.db-wal`, or a copy of the database without it, shows in this way: a worker's order carries a fence
    that the database had committed before it was written. The newest folders are looked at only: what a lost log can
    have held is the last few megabytes of changes.
    """
    return sorted(_later(home, fences))


def _later(home: Home, fences: dict[str, int]) -> Iterator[str]:
    for kind in (WorkerKind.TRAIN, WorkerKind.INSPECT, WorkerKind.PREDICT):
        for id in filter(is_id, _newest(home.workers(kind))):
            try:
                fence = int(read_json(home.worker_folder(kind, id) / "spec.json").get("fence", 0))
            except (OSError, ValueError, AttributeError, TypeError):
                continue
            if fence > fences.get(id, -1):
                yield id


def _newest(base: Path) -> list[str]:
    """Names of the folders that were changed last."""
    try:
        with os.scandir(base) as entries:
            newest = heapq.nlargest(FOLDERS_LOOKED_AT, ((one.stat().st_mtime, one.name) for one in entries))
    except OSError:
        return []
    return [name for _, name in newest]


def _how_to_restore(home: Home) -> str:
    newest = newest_copy(home.backups)
    other = "restore a backup into another home with `studio restore FILE --home NEW`"
    if newest is None:
        return f"Nothing was changed. There is no copy in {home.backups}; {other}."
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest.stat().st_mtime))
    return (
        f"Nothing was changed. Move studio.db, studio.db-wal and studio.db-shm out of {home.path} and put the newest "
        f"copy, {newest} of {made}, in the place of studio.db; or {other}."
    )
