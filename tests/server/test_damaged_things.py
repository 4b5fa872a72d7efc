"""One damaged dataset, experiment, prediction or import is shown as such; lists show the others, too."""

import sqlite3
import time
from typing import Any

import pytest

from studio.runs.spec import PredictOrder, RunSpec, WorkerKind
from studio.store.datasets import DatasetRow
from studio.store.drafts import ImportRow
from studio.store.experiments import ExperimentRow
from studio.store.predictions import PredictionRow
from studio.store.runs import RunRow
from tests.support.requirements import covers

TYPE = "image_classification"


@pytest.fixture
def filled(server: Any) -> Any:
    """A server with two datasets, experiments, predictions and imports."""
    store = server.studio.store
    settings: dict[str, Any] = {"settings": {}, "grid": {}, "document_version": 1, "fingerprint": "", "colour": 0}
    for number in (1, 2):
        error = {"code": "x", "message": "a failed one", "hint": ""}
        store.datasets.insert(DatasetRow(f"data-{number}", f"data {number}", TYPE, "failed", 1.0, error=error))
        store.experiments.insert(
            ExperimentRow(f"exp-{number}", f"exp {number}", TYPE, None, None, created=1.0, **settings)
        )
        for id, kind in ((f"run-{number}", WorkerKind.TRAIN), (f"pred-{number}", WorkerKind.PREDICT)):
            spec = RunSpec(kind=kind, run_id=id, problem_type=TYPE, predict=PredictOrder(bundle="b"))
            experiment = f"exp-{number}" if kind is WorkerKind.TRAIN else None
            store.runs.insert(RunRow(id, kind, spec, 1.0, experiment_id=experiment))
        store.predictions.insert(
            PredictionRow(
                f"pred-{number}", f"pred {number}", TYPE, f"exp-{number}", "e", f"run-{number}", None, None, "t", 1.0
            )
        )
        store.imports.insert(ImportRow(f"imp-{number}", "failed", "a.csv", "/a.csv", None, "path", time.time()))
        server.studio.home.import_folder(f"imp-{number}").mkdir()
    connection = sqlite3.connect(server.studio.home.database)
    connection.execute("UPDATE run SET state = 'stopped'")
    connection.commit()
    connection.close()
    return server


def harm(server: Any, sql: str) -> None:
    connection = sqlite3.connect(server.studio.home.database)
    connection.execute("PRAGMA ignore_check_constraints=ON")
    connection.execute(sql)
    connection.commit()
    connection.close()


def items_of(listed: Any) -> list[dict[str, Any]]:
    """A list as it is answered: some come with their total."""
    return list(listed["items"] if isinstance(listed, dict) else listed)


VALUES = ("'x'", "'[1]'", "'{}'", "X'ff00'", "'" + "[" * 3000 + "'")
COLUMNS = {
    "dataset": ("manifest", "findings_count", "error", "name", "problem_type"),
    "experiment": ("metric", "state", "colour", "settings", "problem_type"),
    "prediction": ("findings", "table_name", "problem_type"),
}


@covers("F117")
@pytest.mark.parametrize("table", COLUMNS)
def test_a_list_shows_the_others_and_the_damaged_one_by_its_name(filled: Any, table: str) -> None:
    path, id = f"/api/{table}s", {"dataset": "data-1", "experiment": "exp-1", "prediction": "pred-1"}[table]
    harm(filled, f"CREATE TABLE whole AS SELECT * FROM {table} WHERE id = '{id}'")
    for column in COLUMNS[table]:
        for value in VALUES:
            harm(filled, f"UPDATE {table} SET {column} = {value} WHERE id = '{id}'")
            answer = filled.api.get(path)
            assert answer.status_code == 200, (column, value[:20], answer.text)
            assert {one["id"] for one in items_of(answer.json())} == {id, id.replace("1", "2")}, (column, value[:20])
            harm(filled, f"UPDATE {table} SET {column} = (SELECT {column} FROM whole) WHERE id = '{id}'")
    harm(filled, f"UPDATE {table} SET {COLUMNS[table][0]} = 'x' WHERE id = '{id}'")

    deleted = filled.api.delete(f"{path}/{id}")

    assert deleted.status_code == 200, deleted.text
    assert len(items_of(filled.api.get(path).json())) == 1


@covers("F117")
def test_an_import_whose_result_is_damaged_says_so_and_can_be_deleted(filled: Any) -> None:
    texts = ("", "[", "[1]", "null", '{"preview": 3}', '{"tables": 3}', "[" * 100_000, "\ufeff{}")
    for text in texts:
        (filled.studio.home.import_folder("imp-1") / "scan.json").write_text(text)

        answer = filled.api.get("/api/imports/imp-1")

        assert answer.status_code == 200
        assert answer.json()["state"] == "failed"
    assert filled.api.get("/api/imports/imp-2").status_code == 200
    assert filled.api.delete("/api/imports/imp-1").status_code == 200


@covers("F117")
def test_a_message_that_cannot_be_sent_ends_no_stream(server: Any) -> None:
    import asyncio

    from studio.server.stream import EventStream

    hub = server.studio.hub
    start = hub.last_id
    hub.publish({"queue"}, "queue", {"running": "\ud800"})
    hub.publish({"queue"}, "queue", {"running": float("nan")})
    hub.publish({"queue"}, "queue", {"running": 1})

    async def first() -> bytes:
        stream = EventStream(hub, frozenset({"queue"}), str(start)).messages()
        await anext(stream)
        found = await anext(stream)
        await stream.aclose()
        return found

    assert b'"running": 1' in asyncio.run(first())
