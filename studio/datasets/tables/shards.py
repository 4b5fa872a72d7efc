"""Tables that are stored in several files: train-00000-of-00002.parquet, part-00001-....csv, data_part1.csv.

The hub, Spark and people who split a large file name the parts of one table so. A table is called after its first part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from studio.datasets.dataset import ColumnKind
from studio.datasets.formatting import counted, listed
from studio.datasets.tables.kept_tables import read_table_once
from studio.datasets.tables.parsed_table import MAX_ROWS_SHOWN, RawTable
from studio.datasets.tables.table import read_table
from studio.errors import DatasetError, in_quotes
from studio.on_demand import pd
from studio.settings.finding import Finding, FindingLevel

_PART = re.compile(
    r"(?P<before>.*?)[-_. ]?(?:(?P<number>\d{1,6})-of-(?P<count>\d{1,6})|part[-_. ]?(?P<part>\d{1,6}))"
    r"(?:-[0-9a-f-]{8,}(?:-c\d+)?)?(?P<ending>(?:\.[a-z]+)+)",
    re.IGNORECASE,
)
"""What a writer adds behind the number, such as a hash, says nothing about the table."""


class _Part(NamedTuple):
    """A file that is called like one of several."""

    table: tuple[str, str, str]
    number: int
    parts: int | None
    """How many there are, where the name says so."""


def without_later_parts(names: Sequence[str]) -> list[str]:
    """The tables among these files: of a table in several parts only the first."""
    later: set[str] = set()
    for name in names:
        if name not in later:
            later.update(parts_among(name, names)[1:])
    return [name for name in names if name not in later]


def parts_among(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The files of the table that a file belongs to, in order; the file alone where it is whole."""
    own = _part(name)
    if own is None:
        return (name,)
    alike = {other: part for other in names if (part := _part(other)) is not None and part.table == own.table}
    numbers = [part.number for part in alike.values()]
    if len(alike) < 2 or len(set(numbers)) < len(numbers):
        return (name,)
    return tuple(sorted(alike, key=lambda other: alike[other].number))


def read_whole_table(folder: Path, name: str, kept: Path | None = None) -> RawTable:
    """The table of a file and of all further parts beside it; `kept` is where tables that were read before are kept.

    Raises:
        DatasetError: if one of the files cannot be read, or its columns are not those of the first.
    """
    above, _, own = name.rpartition("/")
    siblings = [path.name for path in (folder / name).parent.iterdir()] if _part(name) is not None else []
    files = [f"{above}/{part}".removeprefix("/") for part in parts_among(own, siblings)]
    tables = [
        read_table(folder / file, file) if kept is None else read_table_once(folder / file, file, kept)
        for file in files
    ]
    return tables[0] if len(tables) == 1 else _joined(name, files, tables)


def _part(name: str) -> _Part | None:
    folder, _, file = name.rpartition("/")
    match = _PART.fullmatch(file)
    if match is None:
        return None
    number, count = match["number"] or match["part"], match["count"]
    table = (folder, f"{match['before']}/{count or ''}".casefold(), match["ending"].casefold())
    return _Part(table, int(number), None if count is None else int(count))


def _joined(name: str, files: Sequence[str], tables: Sequence[RawTable]) -> RawTable:
    columns = list(tables[0].kinds)
    for file, table in zip(files, tables, strict=True):
        if set(table.kinds) != set(columns):
            raise DatasetError(
                f"{file} is a part of {name} and has other columns.",
                hint="Give all parts the same columns, or import one of them.",
                code="part_columns",
                found=f"the columns {listed(table.kinds, 8)}",
                expected=f"the columns {listed(columns, 8)}",
            )
    kinds = {column: _common_kind(column, files, tables) for column in columns}
    frames = [_as_kinds(table, kinds) for table in tables]
    findings = [finding for table in tables for finding in table.findings]
    return RawTable(name, pd.concat(frames, ignore_index=True), kinds, [*_told(name, files, tables), *findings])


def _common_kind(column: str, files: Sequence[str], tables: Sequence[RawTable]) -> ColumnKind:
    """The kind that all parts can have; a part without a single value has any."""
    found: set[ColumnKind] = {table.kinds[column] for table in tables if table.frame[column].notna().any()}
    if len(found) < 2:
        return next(iter(found), tables[0].kinds[column])
    if found == {"integer", "number"}:
        return "number"
    if "list" not in found:
        return "text"
    raise DatasetError(
        f"The parts of {files[0]} mix lists with other values in the column {in_quotes(column)}.",
        hint="Write the same kind of values in all parts.",
        code="part_columns",
        found=", ".join(sorted(found)),
        expected="one kind of value in a column",
    )


def _as_kinds(table: RawTable, kinds: dict[str, ColumnKind]) -> pd.DataFrame:
    frame = table.frame[list(kinds)].copy()
    for column, kind in kinds.items():
        if table.kinds[column] == kind:
            continue
        values = frame[column]
        if kind == "number":
            frame[column] = values.astype("float64")
        elif kind == "text":
            cells = [None if pd.isna(value) else str(value) for value in values]
            frame[column] = pd.Series(cells, index=frame.index, dtype="str")
        else:
            frame[column] = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    return frame


def _told(name: str, files: Sequence[str], tables: Sequence[RawTable]) -> Iterable[Finding]:
    sizes = ", ".join(f"{len(table.frame):,}" for table in tables[:MAX_ROWS_SHOWN])
    yield Finding(
        level=FindingLevel.NOTE,
        code="parts_joined",
        path=name,
        message=f"{len(files)} files are parts of one table and were joined ({sizes} rows).",
        found=listed(files),
        expected="one table",
        count=len(files),
        examples=tuple(files[:MAX_ROWS_SHOWN]),
    )
    parts = [part for file in files if (part := _part(file)) is not None]
    numbers, count = {part.number for part in parts}, parts[0].parts
    first = min(1, *numbers)
    absent = [] if count is None else [number for number in range(first, first + count) if number not in numbers]
    if absent:
        yield Finding(
            level=FindingLevel.WARNING,
            code="missing_part",
            path=name,
            message=f"{len(absent)} of {count} parts are not in the upload, so their rows are missing.",
            found=f"{counted(len(numbers), 'part')}",
            expected=f"part {', '.join(map(str, absent[:10]))}, too",
            fix="Add the files of these parts.",
            count=len(absent),
        )
