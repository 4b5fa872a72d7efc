"""A database that is damaged, missing or older than its files is noticed before anything is written."""

import os
import sqlite3
from pathlib import Path

import pytest

from studio.runs.spec import RunSpec, WorkerKind
from studio.store import damage
from studio.store.copies import copy_database, keep_daily_copy, newest_copy
from studio.store.damage import DamagedDatabaseError, lost_changes, require_sound
from studio.store.home import Home
from studio.store.store import Store


def make_folder(home: Home, id: str, fence: int) -> None:
    folder = home.worker_folder(WorkerKind.TRAIN, id)
    folder.mkdir()
    RunSpec(run_id=id, problem_type="", fence=fence).write(folder)


def test_a_fresh_home_is_sound(home: Home) -> None:
    require_sound(home)


@pytest.mark.parametrize("content", [b"", b"this is not a database at all" * 400])
def test_what_is_no_database_is_refused_where_there_are_runs(home: Home, content: bytes) -> None:
    make_folder(home, "run-1", 1)
    home.database.write_bytes(content)

    with pytest.raises(DamagedDatabaseError, match=r"missing or empty|damaged"):
        require_sound(home)

    assert home.database.read_bytes() == content


def test_a_missing_database_is_not_replaced_by_an_empty_one(home: Home) -> None:
    make_folder(home, "run-1", 1)

    with pytest.raises(DamagedDatabaseError, match="missing"):
        Store.open(home)

    assert not home.database.exists()


def test_the_hint_names_the_newest_copy(store: Store, home: Home) -> None:
    store.preferences.put({"theme": "dark"})
    copy_database(home.database, home.backups / "studio-0001-old.db")
    keep_daily_copy(home.database, home.backups)
    newest = newest_copy(home.backups)
    store.close()
    with home.database.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096 * 3)

    with pytest.raises(DamagedDatabaseError) as raised:
        Store.open(home)

    assert newest is not None
    assert newest.name in raised.value.hint
    assert "studio restore" in raised.value.hint


def test_a_copy_holds_what_is_still_in_the_log(store: Store, home: Home, tmp_path: Path) -> None:
    store.preferences.put({"theme": "dark"})

    copy_database(home.database, tmp_path / "copy.db")

    connection = sqlite3.connect(tmp_path / "copy.db")
    assert connection.execute("SELECT key FROM preference").fetchall() == [("theme",)]
    assert not (tmp_path / "copy.db-wal").exists()
    connection.close()


def test_daily_copies_are_made_once_a_day(store: Store, home: Home) -> None:
    for _ in range(3):
        keep_daily_copy(home.database, home.backups)

    assert len(list(home.backups.glob("studio-daily-*.db"))) == 1


def test_orders_newer_than_the_database_betray_lost_changes(home: Home) -> None:
    make_folder(home, "run-known", 2)
    make_folder(home, "run-behind", 3)
    make_folder(home, "run-unknown", 1)

    assert lost_changes(home, {"run-known": 2, "run-behind": 2}) == ["run-behind", "run-unknown"]


def test_only_the_newest_folders_are_looked_at_for_lost_changes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damage, "FOLDERS_LOOKED_AT", 2)
    for age, id in enumerate(("run-newest", "run-newer", "run-old")):
        make_folder(home, id, 1)
        os.utime(home.worker_folder(WorkerKind.TRAIN, id), (1e9 - age, 1e9 - age))

    assert lost_changes(home, {}) == ["run-newer", "run-newest"]
