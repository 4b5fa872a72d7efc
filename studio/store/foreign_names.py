"""foreign_names: ids and paths in a database that would lead a file operation out of the home.

A database may come from a backup that somebody else made. Ids become names of folders that are deleted with their rows,
and the orders of runs name what a worker reads.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from studio.errors import in_quotes
from studio.json_text import parse_json
from studio.runs.spec import RunSpec, WorkerKind
from studio.store.home import Home
from studio.store.ids import is_id
from studio.store.stored_json import MAX_DEPTH

_ID_COLUMNS = {
    "dataset": ("id",),
    "experiment": ("id", "dataset_id"),
    "run": ("id", "experiment_id"),
    "prediction": ("id", "experiment_id", "model_run_id", "dataset_id"),
    "upload": ("id",),
    "import_draft": ("id", "upload_id"),
    "idempotency": ("answer",),
    "checkpoint": ("name",),
}


def foreign_names(home: Home) -> list[str]:
    """What is wrong, one phrase each, such as `run.id is '../../x'`."""
    connection = sqlite3.connect(f"file:{home.database}?mode=ro", uri=True)
    try:
        return [*_foreign_ids(connection), *_foreign_orders(home, connection)]
    finally:
        connection.close()


def foreign_paths(home: Home, kind: WorkerKind, id: str, spec: RunSpec) -> list[str]:
    """Paths of an order that lead out of the home, or a dataset that it would make elsewhere."""
    folder = home.worker_folder(kind, id)
    return [
        f"{name} is {in_quotes(text)}"
        for name, text in spec.paths().items()
        if not _is_inside(home, folder, name, text)
    ]


def _is_inside(home: Home, folder: Path, name: str, text: str) -> bool:
    path = Path(os.path.normpath(folder / text))
    if name == "target":
        return path.parent == home.path / "datasets" and is_id(path.name)
    return not os.path.isabs(text) and path.is_relative_to(home.path) and path != home.path


def _foreign_ids(connection: sqlite3.Connection) -> Iterator[str]:
    for table, columns in _ID_COLUMNS.items():
        known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        for column in known.intersection(columns):
            for (value,) in connection.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"):  # noqa: S608
                if not is_id(value):
                    yield f"{table}.{column} is {in_quotes(str(value)[:80])}"


def _foreign_orders(home: Home, connection: sqlite3.Connection) -> Iterator[str]:
    if not connection.execute("PRAGMA table_info(run)").fetchall():
        return
    for id, kind, text in connection.execute("SELECT id, kind, spec FROM run"):
        if not is_id(id):
            continue
        try:
            spec = RunSpec.model_validate(parse_json(text, max_depth=MAX_DEPTH))
            found = foreign_paths(home, WorkerKind(kind), id, spec)
        except (ValidationError, ValueError, TypeError):
            continue  # an order that cannot be read is carried out by nobody
        yield from (f"the order of {id}: {one}" for one in found)
