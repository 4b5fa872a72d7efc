"""A start finishes what was cut off, thing by thing; what cannot be finished is failed with its cause."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from studio.runs.spec import RunSpec, WorkerKind
from studio.store.datasets import DatasetRow
from studio.store.drafts import ImportRow, UploadRow
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.support.requirements import covers

LONG_AGO = time.time() - 400 * 24 * 3600.0


def draft(id: str, **changes: Any) -> ImportRow:
    values = {"state": "scanning", "source": "a.csv", "source_path": "/nowhere/a.csv", "root_kind": "path"}
    return ImportRow(**{"id": id, "upload_id": None, "created": time.time(), **values, **changes})


@pytest.fixture
def before(tmp_path: Path) -> Any:
    """The store of the home that the server of this test will start on."""
    return Store.open(Home.create(tmp_path / "home"))


@covers("F110")
def test_an_import_whose_folder_is_gone_is_failed_and_the_next_one_is_looked_at(before: Any, make_server: Any) -> None:
    home = Home(before.database.path.parent)
    table = home.path / "b.csv"
    table.write_text("text,label\na,x\nb,y\n")
    before.imports.insert(draft("imp-gone"))
    before.imports.insert(draft("imp-whole", source="b.csv", source_path=str(table)))
    home.import_folder("imp-whole").mkdir()
    before.close()

    server = make_server()

    gone = server.wait("/api/imports/imp-gone", {"failed"})
    assert gone["error"]["code"] == "files_gone"
    assert gone["error"]["hint"]
    assert server.wait("/api/imports/imp-whole", {"ready", "failed"})["state"] == "ready"


@covers("F110")
def test_half_a_letter_in_a_stored_check_fails_that_import_only(before: Any, make_server: Any) -> None:
    home = Home(before.database.path.parent)
    before.imports.insert(draft("imp-half", choices={"problem_type": "\ud800"}))
    home.import_folder("imp-half").mkdir()
    before.close()

    server = make_server()

    found = server.wait("/api/imports/imp-half", {"failed"})
    assert found["error"]["message"]
    assert server.api.delete("/api/imports/imp-half").status_code == 200


@covers("F110")
def test_a_folder_among_the_uploads_stops_no_start_and_is_left_alone(before: Any, make_server: Any) -> None:
    home = Home(before.database.path.parent)
    (home.path / "uploads" / "mine").mkdir()
    (home.path / "uploads" / "mine" / "precious").write_text("data")
    (home.path / "uploads" / "up-old").mkdir()
    before.uploads.insert(UploadRow("up-old", "a.zip", 10, 0, LONG_AGO))
    before.uploads.insert(UploadRow("up-young", "b.zip", 10, 0, time.time()))
    before.close()
    import os

    for name in ("mine", "up-old"):
        os.utime(home.path / "uploads" / name, (LONG_AGO, LONG_AGO))

    server = make_server()

    assert (home.path / "uploads" / "mine" / "precious").read_text() == "data"
    assert not (home.path / "uploads" / "up-old").exists()
    assert server.api.get("/api/uploads/up-old").status_code == 404
    assert server.api.get("/api/uploads/up-young").status_code == 200


@covers("F110")
def test_deletions_that_were_cut_off_delete_nothing_outside_of_the_home(before: Any, make_server: Any) -> None:
    """The ids of a database that somebody made; the rows go, what they name stays."""
    home = Home(before.database.path.parent)
    victim = home.path.parent / "victim"
    (victim / "precious").mkdir(parents=True)
    for id, name in (("../../victim", "a"), ("data-1", "b")):
        before.datasets.insert(DatasetRow(id, name, "image_classification", "ready", 1.0, deleted=2.0))
    settings: dict[str, Any] = {"settings": {}, "grid": {}, "document_version": 1, "fingerprint": "", "colour": 0}
    before.experiments.insert(
        ExperimentRow("exp-1", "c", "image_classification", None, None, created=1.0, deleted=2.0, **settings)
    )
    spec = RunSpec(run_id="x", problem_type="image_classification")
    before.runs.insert(RunRow("../../victim", WorkerKind.TRAIN, spec, 1.0, experiment_id="exp-1"))
    before.uploads.insert(UploadRow("../../victim", "a.zip", 10, 0, LONG_AGO))
    before.imports.insert(draft("../../victim", state="failed", created=LONG_AGO))
    home.dataset("data-1").mkdir()
    before.close()

    make_server()

    assert (victim / "precious").is_dir()
    assert not home.dataset("data-1").exists()
    connection = sqlite3.connect(home.database)
    tables = ("dataset", "experiment", "run", "upload", "import_draft")
    left = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    assert left == dict.fromkeys(tables, 0)
    connection.close()


@covers("F111")
def test_a_step_that_fails_is_left_out_and_told_on_every_page(before: Any, make_server: Any) -> None:
    home = Home(before.database.path.parent)
    before.close()
    (home.path / "uploads").rmdir()
    server = make_server(is_started=False)
    (home.path / "uploads").rmdir()

    with server.api:
        notices = server.api.get("/api/me").json()["notices"]
        assert [one["code"] for one in notices] == ["start_step"]
        assert "old uploads" in notices[0]["message"]
        assert server.api.get("/api/experiments").status_code == 200


@covers("F132")
def test_a_look_at_a_folder_that_may_not_be_imported_from_any_more_is_failed(before: Any, make_server: Any) -> None:
    """Its root is not named at this start, or its name has become a link: judged again as at the first time."""
    home = Home(before.database.path.parent)
    outside = home.path.parent / "outside.csv"
    outside.write_text("text,label\na,x\n")
    (home.path / "linked.csv").symlink_to(outside)
    for id, path in (("imp-outside", outside), ("imp-linked", home.path / "linked.csv")):
        before.imports.insert(draft(id, source="a.csv", source_path=str(path)))
        home.import_folder(id).mkdir()
    before.close()

    server = make_server()

    for id in ("imp-outside", "imp-linked"):
        error = server.wait(f"/api/imports/{id}", {"failed"})["error"]
        assert error["code"] == "path"
        assert error["hint"]
    again = server.api.post("/api/imports/imp-outside/check", json={"choices": {"problem_type": "text_classification"}})
    assert again.json()["state"] == "failed"
