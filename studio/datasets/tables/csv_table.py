"""CSV tables: every cell is read as text first, and a row of another length never shifts columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from studio.datasets.dataset import ColumnKind
from studio.datasets.formatting import counted
from studio.datasets.tables.column_kinds import typed_column
from studio.datasets.tables.csv_rows import parsed_rows, without_unnamed
from studio.datasets.tables.header_row import with_header
from studio.datasets.tables.object_cells import object_columns
from studio.datasets.tables.parsed_table import RawTable, checked_header
from studio.datasets.texts.text_file import decode_text
from studio.errors import DatasetError
from studio.on_demand import pd
from studio.settings.finding import Finding

_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r"\s*sep=(.)[ \t]*(?:\r?\n|\r)", re.IGNORECASE)
"""What spreadsheets write, and no other program reads."""


def read_csv_table(path: Path, name: str) -> RawTable:
    """A table of separated values.

    Raises:
        DatasetError: if the file cannot be read as a table at all; what is wrong in rows are findings.
    """
    text, findings = decode_text(path, name)
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text = text[declared.end() :]
    delimiter = declared[1] if declared else "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    header, rows, wrong = parsed_rows(text, delimiter, name, findings)
    header, rows = without_unnamed(header, rows, name, findings)
    header, rows = with_header(header, rows, name, findings)
    names = checked_header(header, name, findings)
    if wrong:
        findings.append(_wrong_length(name, wrong, len(header)))
    if not rows:
        raise DatasetError(
            f"{name} has a header and no rows.",
            hint="Export the table again.",
            code="no_rows",
            found=f"a header of {counted(len(header), 'column')}",
            expected="at least 1 row",
        )
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, ColumnKind] = {}
    for position, column in enumerate(names):
        cells = [row[position] for row in rows]
        parts = object_columns(cells, column, name, taken=names)
        for part, (values, kind) in parts.items():
            columns[part], kinds[part] = values, kind
        if not parts:
            columns[column], kinds[column] = typed_column(
                cells, column, name, findings, may_have_decimal_commas=delimiter != ","
            )
    return RawTable(name, pd.DataFrame(columns), kinds, findings)


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    counts = {delimiter: first.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else ","


def _wrong_length(name: str, wrong: Sequence[tuple[int, int]], expected: int) -> Finding:
    first = wrong[0]
    return Finding(
        code="row_length",
        path=name,
        message=f"{len(wrong)} rows have another number of values than the header "
        f"(row {first[0]} has {first[1]}, the header has {expected}).",
        found=counted(first[1], "value"),
        expected=counted(expected, "value"),
        fix="Put quotes around values that hold the separator.",
        count=len(wrong),
        rows=tuple(row for row, _ in wrong[:20]),
    )
