"""JSON lines: one object a line, a column a key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.formatting import counted, listed
from studio.datasets.tables.parsed_table import RawTable, checked_header, no_rows
from studio.datasets.texts.text_file import decode_text
from studio.errors import DatasetError, in_quotes
from studio.json_text import parse_json
from studio.on_demand import pd
from studio.settings.finding import Finding

MAX_DEPTH = 8
"""Levels of lists and objects in a line, its own object counted."""
_INT64 = 2**63
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_KINDS: dict[type, str] = {list: "lists", dict: "objects", bool: "true or false", int: "numbers", float: "numbers"}
_AN_OBJECT = "a JSON object in every line"


def read_json_lines_table(path: Path, name: str) -> RawTable:
    """A table of JSON objects.

    Raises:
        DatasetError: naming the first line that is no object.
    """
    text, findings = decode_text(path, name)
    return table_of_records(_records(text, name), text, name, findings)


def table_of_records(records: Sequence[Mapping[str, Any]], text: str, name: str, findings: list[Finding]) -> RawTable:
    """A table of objects, a column a key; `text` is what they were read from.

    Raises:
        DatasetError: if there is none, a key cannot name a column, or a column mixes kinds of values.
    """
    if _SURROGATE.search(text):
        records = _whole(records, name, findings)
    records = [flat_record(record) for record in records]
    if not records:
        raise no_rows(name)
    keys = list(dict.fromkeys(key for record in records for key in record))
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, ColumnKind] = {}
    for key, column in zip(keys, checked_header(keys, name, findings), strict=True):
        columns[column], kinds[column] = json_column([record.get(key) for record in records], column, name)
    return RawTable(name, pd.DataFrame(columns), kinds, findings)


def _records(text: str, name: str) -> list[Mapping[str, Any]]:
    records: list[Mapping[str, Any]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = parse_json(line, max_depth=MAX_DEPTH)
        except ValueError as error:
            raise DatasetError(
                f"{name}: line {number} cannot be read as JSON ({str(error)[:120]}).",
                hint="Write one object per line.",
                found=listed([line.strip()]),
                expected=_AN_OBJECT,
            ) from None
        if not isinstance(record, dict):
            raise DatasetError(
                f"{name}: line {number} is not an object.",
                hint="Write one object per line.",
                found=listed([line.strip()]),
                expected=_AN_OBJECT,
            )
        records.append(record)
    return records


def _whole(records: Sequence[Mapping[str, Any]], name: str, findings: list[Finding]) -> Sequence[Mapping[str, Any]]:
    """Records whose texts are valid characters; others are empty and reported."""
    broken = [row for row, record in enumerate(records, start=1) if not _is_unicode(record)]
    if broken:
        findings.append(
            Finding(
                code="invalid_utf8",
                path=name,
                message=f"{len(broken)} rows contain an unpaired surrogate, which is not a valid character.",
                found=f"unpaired surrogate in {counted(len(broken), 'row')}",
                expected="valid characters",
                fix="Write the characters unescaped, or both surrogates of the pair.",
                count=len(broken),
                rows=tuple(broken[:20]),
            )
        )
        left = set(broken)
        records = [record if row not in left else {} for row, record in enumerate(records, start=1)]
    return records


def flat_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record whose objects are columns of their own: `answers.text` for {"answers": {"text": ...}}."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and value and not any(isinstance(one, dict) for one in value.values()):
            flat.update({f"{key}.{inner}": one for inner, one in value.items()})
        else:
            flat[key] = value
    return flat


def _is_unicode(record: Mapping[str, Any]) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def json_column(values: list[Any], column: str, name: str) -> tuple[pd.Series, ColumnKind]:
    """A column of values as JSON has them, and their kind.

    Raises:
        DatasetError: if lists or objects stand beside other values.
    """
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, list) for value in present):
        return pd.Series(values, name=column, dtype=object), "list"
    if any(isinstance(value, list | dict) for value in present):
        raise DatasetError(
            f"{name}: the column {in_quotes(column)} mixes lists or objects with values.",
            hint="Use one kind.",
            found=", ".join(dict.fromkeys(_KINDS.get(type(value), "text") for value in present)),
            expected="one kind of value in the column",
        )
    if present and all(isinstance(value, bool) for value in present):
        return pd.Series(pd.array(values, dtype="boolean"), name=column), "boolean"
    numbers = [value for value in present if isinstance(value, int | float) and not isinstance(value, bool)]
    if present and len(numbers) == len(present):
        if all(isinstance(value, int) and abs(value) < _INT64 for value in numbers):
            return pd.Series(pd.array(values, dtype="Int64"), name=column), "integer"
        if all(isinstance(value, float) or abs(value) < _INT64 for value in numbers):
            return pd.Series(values, name=column, dtype="float64"), "number"
    texts = [None if value in (None, "") else str(value) for value in values]
    return pd.Series(texts, name=column, dtype="str"), "text"
