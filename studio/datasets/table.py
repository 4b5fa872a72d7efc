"""Tables from files: CSV, parquet and JSON lines. Every CSV column is read as text first, then given a kind.

`NA`, `None` and `null` stay words, `001` stays text, an empty cell is missing, and rows of the wrong length are refused
with their numbers instead of being shifted.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from studio.datasets.cells import CellError, looks_like_list, parse_list
from studio.datasets.dataset import Column, ColumnKind
from studio.errors import DatasetError
from studio.files import read_head
from studio.settings.finding import Finding, FindingLevel

EXTENSIONS = (".csv", ".tsv", ".parquet", ".pq", ".jsonl")
MAX_COLUMNS = 10_000
MAX_CELL_CHARACTERS = 16 << 20
_DELIMITERS = (",", ";", "\t", "|")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})$")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$")
_TOO_LONG = re.compile(r"-?[0-9]{16,}$")
_LARGEST_EXACT = 2**53


@dataclass
class RawTable:
    """A table as read: values with real types, the kind of every column, and what was noticed."""

    name: str
    frame: pd.DataFrame
    kinds: dict[str, ColumnKind]
    findings: list[Finding] = field(default_factory=list)


def read_table(path: Path, name: str) -> RawTable:
    """Read a table file by its content.

    Raises:
        DatasetError: if the file cannot be read as a table at all; what is wrong in rows are findings.
    """
    if path.stat().st_size == 0:
        raise DatasetError(f"{name} is empty.", hint="Export the table again.", code="empty_file")
    head = read_head(path)
    if (head.lstrip()[:1] == b"<" and b"<html" in head.lower()) or head.lstrip()[:9].lower() == b"<!doctype":
        raise DatasetError(f"{name} is a web page, not a table.", hint="Download the file itself.", code="web_page")
    if head[:4] == b"PAR1":
        return _read_parquet(path, name)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise DatasetError(f"{name} is no parquet file.", hint="Export it again, or name it .csv.", code="not_parquet")
    if head[:2] == b"PK":
        raise DatasetError(f"{name} is an Excel or zip file.", hint="Save the sheet as CSV.", code="not_table")
    if path.suffix.lower() == ".jsonl":
        return _read_json_lines(path, name)
    return _read_csv(path, name)


def profile_column(values: pd.Series, kind: ColumnKind) -> Column:
    """Counts and figures over all rows of a column."""
    missing = int(values.isna().sum())
    present = values.dropna()
    if kind == "list":
        lengths = present.map(len).astype(float)
        return Column(
            name=str(values.name),
            kind=kind,
            missing=missing,
            lowest=_number(lengths.min()),
            highest=_number(lengths.max()),
            mean=_number(lengths.mean()),
            deviation=_number(lengths.std(ddof=0)),
        )
    texts = present.map(_text)
    counts = texts.value_counts()
    numbers = present.astype(float) if kind in ("integer", "number") else None
    return Column(
        name=str(values.name),
        kind=kind,
        missing=missing,
        distinct=len(counts),
        lowest=_number(numbers.min()) if numbers is not None else None,
        highest=_number(numbers.max()) if numbers is not None else None,
        mean=_number(numbers.mean()) if numbers is not None else None,
        deviation=_number(numbers.std(ddof=0)) if numbers is not None else None,
        top=tuple((str(text)[:200], int(count)) for text, count in counts.head(20).items()),
    )


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Any) -> float | None:
    return float(value) if value == value and value not in (float("inf"), float("-inf")) else None


def _decode(path: Path, name: str) -> tuple[str, list[Finding]]:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), [_note(name, "encoding", "The file is UTF-16 and was read as such.")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        text = data.decode("cp1252", errors="replace")
        finding = Finding(
            level=FindingLevel.WARNING,
            code="encoding",
            path=name,
            message=f"The file is not UTF-8 (first seen in line {line}); it was read as Windows-1252.",
            found="not UTF-8",
            expected="UTF-8",
            fix="Check words with accents in the preview, or save the file as UTF-8.",
        )
        return text, [finding]


def _read_csv(path: Path, name: str) -> RawTable:
    text, findings = _decode(path, name)
    if "\x00" in text:
        raise DatasetError(f"{name} holds binary data.", hint="Choose a CSV file.", code="binary")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    wrong: list[tuple[int, int]] = []
    try:
        header = next(reader, [])
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                wrong.append((len(rows) + len(wrong) + 1, len(row)))
                continue
            rows.append(row)
    except csv.Error as error:
        raise DatasetError(
            f"{name} cannot be read near line {reader.line_num}: {error}.",
            hint="Look for a quote that is never closed.",
            code="csv",
        ) from None
    names = _checked_header(header, name)
    if wrong:
        findings.append(_wrong_length(name, wrong, len(header)))
    if not rows:
        raise DatasetError(f"{name} has a header and no rows.", hint="Export the table again.", code="no_rows")
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, ColumnKind] = {}
    for position, column in enumerate(names):
        cells = [row[position].strip() for row in rows]
        columns[column], kinds[column] = _typed(cells, column, name, findings)
    return RawTable(name, pd.DataFrame(columns), kinds, findings)


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    counts = {delimiter: first.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else ","


def _checked_header(header: Sequence[str], name: str) -> list[str]:
    names = [one.strip() for one in header]
    if len(names) > MAX_COLUMNS:
        raise DatasetError(f"{name} has {len(names):,} columns.", hint=f"At most {MAX_COLUMNS:,} are read.")
    empty = [str(position + 1) for position, one in enumerate(names) if not one]
    if empty:
        raise DatasetError(
            f"{name}: column {', '.join(empty[:10])} has no name.", hint="Give every column a name.", code="header"
        )
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise DatasetError(
            f"{name}: the column name {', '.join(twice[:10])} stands more than once.",
            hint="Give every column its own name.",
            code="header",
        )
    if "__row" in names:
        raise DatasetError(f"{name}: the column name __row is taken.", hint="Rename the column.", code="header")
    return names


def _wrong_length(name: str, wrong: Sequence[tuple[int, int]], expected: int) -> Finding:
    first = wrong[0]
    return Finding(
        code="row_length",
        path=name,
        message=f"{len(wrong)} rows have another number of values than the header "
        f"(row {first[0]} has {first[1]}, the header has {expected}).",
        found=f"{first[1]} values",
        expected=f"{expected} values",
        fix="Put quotes around values that hold the separator.",
        count=len(wrong),
        rows=tuple(row for row, _ in wrong[:20]),
    )


def _typed(cells: list[str], column: str, name: str, findings: list[Finding]) -> tuple[pd.Series, ColumnKind]:
    present = [cell for cell in cells if cell]
    if present and all(looks_like_list(cell) for cell in present):
        return _lists(cells, column, name, findings), "list"
    if present and all(_INTEGER.match(cell) for cell in present):
        numbers = [int(cell) for cell in present]
        if max(map(abs, numbers)) <= _LARGEST_EXACT:
            values = pd.array([int(cell) if cell else None for cell in cells], dtype="Int64")
            return pd.Series(values, name=column), "integer"
    is_number = present and all(_NUMBER.match(cell) and not re.match(r"-?0[0-9]", cell) for cell in present)
    if is_number and not any(_TOO_LONG.match(cell) for cell in present):
        return pd.Series([float(cell) if cell else np.nan for cell in cells], name=column, dtype="float64"), "number"
    return pd.Series([cell if cell else None for cell in cells], name=column, dtype="str"), "text"


def _lists(cells: list[str], column: str, name: str, findings: list[Finding]) -> pd.Series:
    values: list[list[Any] | None] = []
    bad: list[tuple[int, str]] = []
    for row, cell in enumerate(cells, start=1):
        try:
            values.append(parse_list(cell) if cell else None)
        except CellError as error:
            values.append(None)
            bad.append((row, str(error)))
    if bad:
        findings.append(
            Finding(
                level=FindingLevel.WARNING,
                code="list_cell",
                path=f"{name}: {column}",
                message=f"{len(bad)} cells are not lists ({bad[0][1]}).",
                found=bad[0][1],
                expected="a list such as [1, 2] or ['a', 'b']",
                fix="Write lists as JSON.",
                count=len(bad),
                rows=tuple(row for row, _ in bad[:20]),
            )
        )
    return pd.Series(values, name=column, dtype=object)


def _read_json_lines(path: Path, name: str) -> RawTable:
    text, findings = _decode(path, name)
    records: list[Mapping[str, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise DatasetError(
                f"{name}: line {number} is not JSON ({error}).", hint="Write one object a line."
            ) from None
        if not isinstance(record, dict):
            raise DatasetError(f"{name}: line {number} is not an object.", hint="Write one object a line.")
        records.append(record)
    if not records:
        raise DatasetError(f"{name} has no rows.", hint="Export the table again.", code="no_rows")
    names = _checked_header(list(dict.fromkeys(key for record in records for key in record)), name)
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, ColumnKind] = {}
    for column in names:
        columns[column], kinds[column] = _json_column([record.get(column) for record in records], column, name)
    return RawTable(name, pd.DataFrame(columns), kinds, findings)


def _json_column(values: list[Any], column: str, name: str) -> tuple[pd.Series, ColumnKind]:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, list) for value in present):
        return pd.Series(values, name=column, dtype=object), "list"
    if any(isinstance(value, list | dict) for value in present):
        raise DatasetError(f"{name}: the column {column!r} mixes lists or objects with values.", hint="Use one kind.")
    if present and all(isinstance(value, bool) for value in present):
        return pd.Series(pd.array(values, dtype="boolean"), name=column), "boolean"
    if present and all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        return pd.Series(pd.array(values, dtype="Int64"), name=column), "integer"
    if present and all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return pd.Series(values, name=column, dtype="float64"), "number"
    return pd.Series(
        [None if value in (None, "") else str(value) for value in values], name=column, dtype="str"
    ), "text"


def _read_parquet(path: Path, name: str) -> RawTable:
    try:
        with pq.ParquetFile(path) as file:
            _checked_header(file.schema_arrow.names, name)
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DatasetError(
            f"{name} cannot be read as parquet ({str(error)[:120]}).", hint="Export it again.", code="parquet"
        ) from None
    if table.num_rows == 0:
        raise DatasetError(f"{name} has no rows.", hint="Export the table again.", code="no_rows")
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, ColumnKind] = {}
    findings: list[Finding] = []
    for column in table.column_names:
        columns[column], kinds[column] = _arrow_column(table.column(column), column, name, findings)
    return RawTable(name, pd.DataFrame(columns), kinds, findings)


def _arrow_column(
    values: pa.ChunkedArray, column: str, name: str, findings: list[Finding]
) -> tuple[pd.Series, ColumnKind]:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_boolean(kind):
        return pd.Series(pd.array(values.to_pylist(), dtype="boolean"), name=column), "boolean"
    if pa.types.is_integer(kind):
        return pd.Series(pd.array(values.to_pylist(), dtype="Int64"), name=column), "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pd.Series([np.nan if v is None else float(v) for v in values.to_pylist()], name=column), "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        cells = [None if v is None or v == "" else v for v in values.to_pylist()]
        present = [cell for cell in cells if cell is not None]
        if present and all(looks_like_list(cell) for cell in present):
            return _lists([cell or "" for cell in cells], column, name, findings), "list"
        return pd.Series(cells, name=column, dtype="str"), "text"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pd.Series(values.to_pylist(), name=column, dtype=object), "list"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pd.Series([None if v is None else str(v) for v in values.to_pylist()], name=column, dtype="str"), "text"
    raise DatasetError(
        f"{name}: the column {column!r} has the type {kind}, which is not read.",
        hint="Use text, numbers, booleans or lists of them.",
        code="parquet_type",
    )


def _note(name: str, code: str, message: str) -> Finding:
    return Finding(level=FindingLevel.NOTE, code=code, path=name, message=message)
