"""B110-B113: ids and paths in a database or backup that somebody else made lead nowhere outside of the home."""

import json
import sqlite3
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from studio.errors import PathError
from studio.runs.spec import PredictOrder, RunSpec, WorkerKind
from studio.scheduling.decide import Slots
from studio.scheduling.executors.fake import FakeExecutor
from studio.scheduling.starting import OrderError, Starter
from studio.server.services.secrets import Secrets
from studio.store.backup import BackupContents, BackupError, back_up, restore
from studio.store.datasets import DatasetRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

HOSTILE_IDS = ("../../victim", "..", ".", "", "/etc", "a/b", "a\\b", "a\0b", ".deleted-x", "x" * 81, "é", "a\n", "-rf")


@pytest.mark.parametrize("id", HOSTILE_IDS)
def test_b110_no_path_is_made_of_an_id_that_is_none(home: Home, id: str) -> None:
    named = (home.dataset, home.import_folder, home.upload, Secrets(home.secrets).get)
    workers = [(home.worker_folder, kind) for kind in WorkerKind] + [(home.deleted, kind) for kind in WorkerKind]

    for make in named:
        with pytest.raises(PathError):
            make(id)
    for make_worker, kind in workers:
        with pytest.raises(PathError):
            make_worker(kind, id)


@pytest.fixture
def filled(home: Home) -> Home:
    """A home with a dataset and a run, closed."""
    store = Store.open(home)
    store.datasets.insert(DatasetRow("data-1", "birds", "image_classification", "ready", 1.0))
    spec = RunSpec(run_id="run-1", problem_type="image_classification", dataset="../../datasets/data-1")
    store.runs.insert(RunRow("run-1", WorkerKind.TRAIN, spec, 1.0))
    store.close()
    return home


def backed_up(home: Home, change: Any = None) -> Path:
    """A backup of a home whose database was changed by somebody."""
    if change is not None:
        connection = sqlite3.connect(home.database)
        connection.execute("PRAGMA foreign_keys=OFF")
        change(connection)
        connection.commit()
        connection.close()
    target = home.path.parent / "backup.zip"
    back_up(home, target, BackupContents(), "0")
    return target


def sql(text: str) -> Any:
    return lambda connection: connection.execute(text)


def spec_with(**changes: Any) -> Any:
    """A change of the run's order."""
    values = {"run_id": "run-1", "problem_type": "image_classification", **changes}
    text = RunSpec(**values).model_dump_json()
    return lambda connection: connection.execute(
        "UPDATE run SET spec = ?, kind = ?", (text, values.get("kind", WorkerKind.TRAIN))
    )


def test_b111_an_untouched_backup_is_restored(filled: Home, tmp_path: Path) -> None:
    restore(backed_up(filled), tmp_path / "new")

    assert (tmp_path / "new" / "studio.db").is_file()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(sql("UPDATE dataset SET id = '../../victim'"), id="B111 a dataset"),
        pytest.param(sql("UPDATE run SET id = '../../victim'"), id="B111 a run"),
        pytest.param(sql("INSERT INTO upload VALUES ('../../victim', 'a', 1, 1, 1)"), id="B111 an upload"),
        pytest.param(
            sql("INSERT INTO import_draft VALUES ('imp-1', 'ready', 'a', '/a', '../v', 'upload', NULL, NULL, 1)"),
            id="B111 the upload of an import",
        ),
        pytest.param(spec_with(dataset="../../../elsewhere"), id="B111 the dataset of an order"),
        pytest.param(spec_with(dataset="/etc"), id="B111 an absolute dataset"),
        pytest.param(spec_with(start_weights="../../../x"), id="B111 weights elsewhere"),
        pytest.param(
            spec_with(kind=WorkerKind.PREDICT, predict=PredictOrder(bundle="b", table="../../../etc/passwd")),
            id="B111 a table elsewhere",
        ),
        pytest.param(
            spec_with(
                kind=WorkerKind.INSPECT,
                settings={"import": {"files": "../../imports/i/files", "target": "../../runs/x"}},
            ),
            id="B111 a dataset made elsewhere",
        ),
    ],
)
def test_a_backup_whose_database_names_other_places_is_refused(filled: Home, tmp_path: Path, change: Any) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()

    with pytest.raises(BackupError, match="outside of its home"):
        restore(backed_up(filled, change), tmp_path / "new")

    assert victim.is_dir()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "place",
    [
        "run/sessions.json",
        "run/token",
        "secrets/key",
        "runs/run-1/run.json",
        "runs/run-1/secrets.json",
        "runs/.hidden/spec.json",
        "uploads/up-1",
        "imports/imp-1/request.json",
        "studio.db-wal",
        "backups/studio-x.db",
        "anything",
    ],
)
def test_b112_a_backup_with_files_that_none_holds_is_refused(filled: Home, tmp_path: Path, place: str) -> None:
    backup = backed_up(filled)
    with zipfile.ZipFile(backup) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries.pop("backup.json"))
    manifest["files"].append({"path": place, "size_bytes": 1, "sha256": sha256(b"x").hexdigest()})
    with zipfile.ZipFile(backup, "w") as archive:
        for name, data in {**entries, place: b"x", "backup.json": json.dumps(manifest).encode()}.items():
            archive.writestr(name, data)

    with pytest.raises(BackupError, match="no backup of the studio holds"):
        restore(backup, tmp_path / "new")

    assert not (tmp_path / "new").exists()


def test_what_is_no_thing_of_the_studio_stays_out_of_a_backup(filled: Home, tmp_path: Path) -> None:
    (filled.path / "runs" / "my notes").mkdir()
    (filled.path / "runs" / "my notes" / "spec.json").write_text("{}")

    restore(backed_up(filled), tmp_path / "new")

    assert not (tmp_path / "new" / "runs" / "my notes").exists()


def test_b113_an_order_that_leads_out_of_the_home_is_not_carried_out(home: Home, store: Store) -> None:
    """Also where the database did not come through a restore."""
    executor = FakeExecutor()
    starter = Starter(home, store, executor, Slots, lambda id: {})
    for changes in (
        {"dataset": "../../../elsewhere"},
        {"start_weights": "/etc"},
        {"dataset": "../../../home2/datasets"},
    ):
        spec = RunSpec(run_id="run-1", problem_type="image_classification", **changes)

        with pytest.raises(OrderError, match="outside of the home"):
            starter.start(RunRow("run-1", WorkerKind.TRAIN, spec, 1.0), ())

    assert executor.launched == []
    assert not home.worker_folder(WorkerKind.TRAIN, "run-1").exists()
