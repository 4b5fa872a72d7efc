"""JSON documents that are tables: a list of rows, alone or under a key, or columns as pandas writes them.

    [{"text": "...", "label": "good"}, ...]                     a list of objects
    {"data": [{"text": "...", "label": "good"}, ...]}           under a key
    {"text": {"0": "...", "1": "..."}, "label": {...}}          DataFrame.to_json()
    {"columns": ["text", "label"], "index": [0], "data": [[..., ...]]}      DataFrame.to_json(orient="split")

A file that ends in `.json` may hold one object a line as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.datasets.tables.json_lines_table import MAX_DEPTH, read_json_lines_table, table_of_records
from studio.datasets.tables.parsed_table import RawTable
from studio.datasets.texts.text_file import decode_text
from studio.errors import DatasetError
from studio.files import read_head
from studio.json_text import parse_json

ENDING = ".json"
NOT_ROWS = "not_rows"
"""The code of a refusal of a document that is something else than a table."""
MAX_BYTES = 512 << 20
_NUMBERED = "0"
"""The first key of a column that pandas wrote."""
Records = list[Mapping[str, Any]]


def read_json_table(path: Path, name: str) -> RawTable:
    """The table of a JSON document.

    Raises:
        DatasetError: if it holds no rows, or is damaged.
    """
    if path.stat().st_size > MAX_BYTES:
        raise _no_rows_in(name, f"{path.stat().st_size / 1e6:,.0f} MB", f"at most {MAX_BYTES >> 20} MiB")
    text, findings = decode_text(path, name)
    try:
        document = parse_json(text, max_depth=MAX_DEPTH + 2)
    except ValueError as error:
        if _is_lines(text):
            return read_json_lines_table(path, name)
        raise _no_rows_in(name, f"no JSON ({str(error)[:80]})", "a whole JSON document") from None
    records = _records(document)
    if not records:
        raise _no_rows_in(name, f"{_kind(document)} without rows", 'a list of objects, such as [{"text": "..."}]')
    return table_of_records(records, text, name, findings)


def could_be_json_table(path: Path) -> bool:
    """Whether a file begins as a list or an object and is small enough to be looked at."""
    start = read_head(path, 64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start in (b"[", b"{") and path.stat().st_size <= MAX_BYTES


def _records(document: Any) -> Records:
    """The rows of a document; none if it has none."""
    if isinstance(document, list):
        return document if document and all(isinstance(one, dict) for one in document) else []
    if not isinstance(document, dict) or not document:
        return []
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        return _of_split(document["columns"], document["data"])
    if all(isinstance(column, dict) and _NUMBERED in column for column in document.values()):
        numbers = list(next(iter(document.values())))
        return [{name: column.get(number) for name, column in document.items()} for number in numbers]
    lists = [found for value in document.values() if isinstance(value, list) and (found := _records(value))]
    return lists[0] if len(lists) == 1 else []


def _of_split(columns: Sequence[Any], rows: Sequence[Any]) -> Records:
    names = [str(name) for name in columns]
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return []
    return [dict(zip(names, row, strict=True)) for row in rows]


def _is_lines(text: str) -> bool:
    """Whether the first line is an object of its own."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return isinstance(parse_json(first), dict)
    except ValueError:
        return False


def _kind(document: Any) -> str:
    return "a list" if isinstance(document, list) else "an object" if isinstance(document, dict) else "a value"


def _no_rows_in(name: str, found: str, expected: str) -> DatasetError:
    return DatasetError(
        f"{name} is not a table.",
        hint="Write a list of objects with the same keys, or one object per line (.jsonl).",
        code=NOT_ROWS,
        found=found,
        expected=expected,
    )
