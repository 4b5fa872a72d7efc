"""Tables: files read by their content into real values, and statistics of their columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.datasets.dataset import Column, ColumnKind
from studio.datasets.tables.csv_table import read_csv_table
from studio.datasets.tables.json_lines_table import read_json_lines_table
from studio.datasets.tables.json_table import ENDING, read_json_table
from studio.datasets.tables.parquet_table import read_parquet_table
from studio.datasets.tables.parsed_table import RawTable
from studio.datasets.uploads.file_kinds import is_kind, is_web_page, kind_of_bytes
from studio.errors import DatasetError
from studio.files import read_head
from studio.on_demand import np, pd

__all__ = ["EXTENSIONS", "RawTable", "profile_column", "read_table"]

EXTENSIONS = (".csv", ".tsv", ".parquet", ".pq", ".jsonl")
_A_TABLE = "a table of CSV, TSV, parquet or JSON lines"


def read_table(path: Path, name: str) -> RawTable:
    """Read a table file by its content.

    Raises:
        DatasetError: if the file cannot be read as a table at all; what is wrong in rows are findings.
    """
    if path.stat().st_size == 0:
        raise DatasetError(
            f"{name} is empty.",
            hint="Export the table again.",
            code="empty_file",
            found="0 bytes",
            expected="a header and at least 1 row",
        )
    head = read_head(path)
    if is_web_page(head):
        raise DatasetError(
            f"{name} is a web page, not a table.",
            hint="Download the file itself.",
            code="web_page",
            found="a web page",
            expected=_A_TABLE,
        )
    if is_kind(head, "parquet"):
        return read_parquet_table(path, name)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise DatasetError(
            f"{name} is not a parquet file.",
            hint="Export it again, or name it .csv.",
            code="not_parquet",
            found=kind_of_bytes(head),
            expected="a parquet file",
        )
    if is_kind(head, "zip"):
        raise DatasetError(
            f"{name} is an Excel or zip file.",
            hint="Save the sheet as CSV.",
            code="not_table",
            found="an Excel or zip file",
            expected=_A_TABLE,
        )
    if path.suffix.lower() == ".jsonl":
        return read_json_lines_table(path, name)
    if path.suffix.lower() == ENDING:
        return read_json_table(path, name)
    return read_csv_table(path, name)


def profile_column(values: pd.Series, kind: ColumnKind) -> Column:
    """Counts and statistics over all rows of a column."""
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
    numbers = present.astype(float).replace([np.inf, -np.inf], np.nan) if kind in ("integer", "number") else None
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
