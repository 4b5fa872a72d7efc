"""Parquet tables: text, numbers, booleans, dates and lists of them; other types are refused by column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.tables.column_kinds import list_column
from studio.datasets.tables.hub_classes import hub_class_names, named_classes
from studio.datasets.tables.list_parsing import looks_like_list
from studio.datasets.tables.parsed_table import RawTable, checked_header, no_rows
from studio.errors import DatasetError, in_quotes
from studio.on_demand import np, pa, pd, pq
from studio.settings.finding import Finding

MAX_DEPTH = 8
"""Levels of lists and objects in a cell."""
_INT64 = 2**63


def read_parquet_table(path: Path, name: str) -> RawTable:
    """A parquet table.

    Raises:
        DatasetError: if it is damaged, empty, or a column has a type that is not read.
    """
    findings: list[Finding] = []
    try:
        with pq.ParquetFile(path) as file:
            _require_shallow(file.schema_arrow, name)
            class_names = hub_class_names(file.schema_arrow)
            table = _flat(file.read())
            names = checked_header(table.column_names, name, findings)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _damaged(name, error) from None
    if table.num_rows == 0:
        raise no_rows(name)
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, ColumnKind] = {}
    for position, column in enumerate(names):
        try:
            values, kind = _column(table.column(position), column, name, findings)
            if column in class_names:
                values, kind = named_classes(values, kind, class_names[column], column, name, findings)
            columns[column], kinds[column] = values, kind
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise _damaged(f"{name}: the column {in_quotes(column)}", error) from None
    return RawTable(name, pd.DataFrame(columns), kinds, findings)


def _require_shallow(schema: pa.Schema, name: str) -> None:
    for column in schema:
        level, depth = [column.type], 0
        while level := [one.field(at).type for one in level for at in range(one.num_fields)]:
            depth += 1
            if depth > MAX_DEPTH:
                raise DatasetError(
                    f"{name}: the column {in_quotes(column.name)} is nested more than {MAX_DEPTH} deep.",
                    hint="Use values, or lists of them.",
                    code="parquet_type",
                    found=f"more than {MAX_DEPTH} levels of lists or objects",
                    expected=f"at most {MAX_DEPTH} levels",
                )


def _flat(table: pa.Table) -> pa.Table:
    """A table whose objects are columns of their own: `answers.text` for {"answers": {"text": ...}}."""
    return table.flatten() if any(pa.types.is_struct(one.type) for one in table.schema) else table


def _damaged(what: str, error: Exception) -> DatasetError:
    return DatasetError(
        f"{what} cannot be read as parquet ({str(error)[:120]}).",
        hint="Export it again.",
        code="parquet",
        found="damaged or truncated parquet",
        expected="a complete parquet file",
    )


def _column(values: pa.ChunkedArray, column: str, name: str, findings: list[Finding]) -> tuple[pd.Series, ColumnKind]:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_boolean(kind):
        return pd.Series(pd.array(values.to_pylist(), dtype="boolean"), name=column), "boolean"
    if pa.types.is_integer(kind):
        return _integers(values.to_pylist(), column)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pd.Series([np.nan if v is None else float(v) for v in values.to_pylist()], name=column), "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return _texts(values.to_pylist(), column, name, findings)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pd.Series(values.to_pylist(), name=column, dtype=object), "list"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pd.Series([None if v is None else str(v) for v in values.to_pylist()], name=column, dtype="str"), "text"
    raise DatasetError(
        f"{name}: the column {in_quotes(column)} has the type {kind}, which is not read.",
        hint="Use text, numbers, booleans or lists of them.",
        code="parquet_type",
        found=f"the type {str(kind)[:60]}",
        expected="text, numbers, booleans or lists of them",
    )


def _integers(values: list[Any], column: str) -> tuple[pd.Series, ColumnKind]:
    """Integers; as exact text where they do not fit into 64 bits with a sign."""
    if any(value is not None and value >= _INT64 for value in values):
        return pd.Series([None if v is None else str(v) for v in values], name=column, dtype="str"), "text"
    return pd.Series(pd.array(values, dtype="Int64"), name=column), "integer"


def _texts(values: list[Any], column: str, name: str, findings: list[Finding]) -> tuple[pd.Series, ColumnKind]:
    cells = [None if value in (None, "") else value for value in values]
    present = [cell for cell in cells if cell is not None]
    if present and all(looks_like_list(cell) for cell in present):
        return list_column([cell or "" for cell in cells], column, name, findings), "list"
    return pd.Series(cells, name=column, dtype="str"), "text"
