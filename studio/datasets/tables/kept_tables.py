"""Text tables that were read once: kept as parquet beside an import's files, for every later look at the same file.

IMPORT/files/                      the upload
IMPORT/parsed/<name's hash>.parquet    a table of it as it was read, with the kinds of its columns and what was noticed

Reading a CSV is the longest part of a look at a large table, and an import looks several times: at first, again with
other choices, when it makes the dataset. Only where the folder `parsed` was made is anything kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio.datasets.tables.parsed_table import RawTable
from studio.datasets.tables.table import read_table
from studio.json_text import parse_json
from studio.on_demand import pa, pq
from studio.settings.finding import Finding

FOLDER = "parsed"
_HEAD = b"studio.table"
_PARQUET = (".parquet", ".pq")


def kept_beside(files: Path) -> Path:
    """Where tables of a folder of files are kept."""
    return files.with_name(FOLDER)


def read_table_once(path: Path, name: str, kept: Path) -> RawTable:
    """The table as `read_table` reads it; from `kept` if this file was read before under this name.

    Raises:
        DatasetError: if the file cannot be read as a table at all.
    """
    if path.suffix.lower() in _PARQUET or not kept.is_dir():
        return read_table(path, name)
    place = kept / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.parquet"
    found = _read(place, _head(path, name))
    if found is None:
        head = _head(path, name)
        found = read_table(path, name)
        # A disk or a memory that is full, or a value that parquet has not, only makes the next look slower.
        with suppress(OSError, ValueError, MemoryError, pa.ArrowException):
            _write(place, head, found)
    return found


def _head(path: Path, name: str) -> dict[str, Any]:
    """What makes it the same table: the same file, unchanged, read by the same version."""
    file = path.stat()
    try:
        studio = version("deepstudio")
    except PackageNotFoundError:
        studio = ""
    return {"name": name, "file": [file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns], "studio": studio}


def _write(place: Path, head: dict[str, Any], table: RawTable) -> None:
    frame = table.frame.copy(deep=False)
    for column in _lists(table.kinds):
        frame[column] = [None if cell is None else json.dumps(cell, allow_nan=False) for cell in frame[column]]
    told = {
        **head,
        "kinds": table.kinds,
        "findings": [finding.model_dump(mode="json") for finding in table.findings],
    }
    found = pa.Table.from_pandas(frame, preserve_index=False)
    found = found.replace_schema_metadata({**(found.schema.metadata or {}), _HEAD: json.dumps(told).encode()})
    temporary = place.with_suffix(f".{os.getpid()}.tmp")
    try:
        pq.write_table(found, temporary)
        os.replace(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def _read(place: Path, head: dict[str, Any]) -> RawTable | None:
    if not place.is_file():
        return None
    try:
        found = pq.read_table(place)
        told = parse_json(found.schema.metadata[_HEAD])
        if {key: told[key] for key in head} != head:
            return None
        frame, kinds = found.to_pandas(), dict(told["kinds"])
        for column in _lists(kinds):
            cells = [None if cell is None else parse_json(cell) for cell in frame[column].astype(object)]
            frame[column] = type(frame[column])(cells, dtype=object, name=column)
        return RawTable(str(told["name"]), frame, kinds, [Finding.model_validate(one) for one in told["findings"]])
    except (OSError, ValueError, KeyError, TypeError, ValidationError, pa.ArrowException):
        return None


def _lists(kinds: dict[str, Any]) -> list[str]:
    return [column for column, kind in kinds.items() if kind == "list"]
