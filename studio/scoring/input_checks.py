"""What speaks against predicting a table: columns that are missing, cells that are no input, files that are not there.

Everything is found before the first row is computed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from studio.errors import PathError, in_quotes
from studio.modeling.recipe import Media
from studio.problems.contract import ColumnRole, ProblemType
from studio.settings.finding import Finding, FindingsError

MAX_ROWS = 20
MISSING = "there is no value"
Fault = Callable[[Any], str]
"""What is wrong with a cell, in words; empty if nothing is."""


class InputError(FindingsError):
    """A table that cannot be predicted, with everything that is wrong with it."""

    code = "input"


@dataclass(frozen=True)
class RowFault:
    """A fault of some rows, each of which could be left out."""

    finding: Finding
    rows: tuple[int, ...]
    """All of them, from 1, in the table's order."""


def input_findings(kind: ProblemType, settings: Any, table: pd.DataFrame, media: Media) -> Iterator[Finding]:
    """Everything that is wrong with a table to be predicted; `settings` are those of the trained model."""
    yield from table_findings(kind, settings, table)
    yield from (fault.finding for fault in row_faults(kind, settings, table, media))


def table_findings(kind: ProblemType, settings: Any, table: pd.DataFrame) -> Iterator[Finding]:
    """What is wrong with the table as a whole: no rows, or columns that the model needs are not there."""
    if not len(table):
        yield Finding(
            code="no_rows",
            path="table",
            message="The table has no rows.",
            found="0 rows",
            expected="at least one row",
            fix="Send at least one row.",
        )
    for role in _input_roles(kind):
        if role.is_required:
            missing = (column for column in _columns(role, settings) if column not in table.columns)
            yield from (_missing(role, column, table) for column in missing)


def row_faults(kind: ProblemType, settings: Any, table: pd.DataFrame, media: Media) -> Iterator[RowFault]:
    """What is wrong with rows: cells that are no input, files that are not there."""
    for role in _input_roles(kind):
        columns = _columns(role, settings)
        if columns and all(column in table.columns for column in columns):
            is_media = role.name == kind.media_role
            yield from _cell_faults(role, columns, table, _file_fault(media) if is_media else _fault_of(role))


def _input_roles(kind: ProblemType) -> Iterator[ColumnRole]:
    return (role for role in kind.roles if role.in_test)


def _columns(role: ColumnRole, settings: Any) -> list[str]:
    value = settings.value(f"dataset.{role.name}")
    return [one for one in (value if isinstance(value, tuple) else (value,)) if one]


def _missing(role: ColumnRole, column: str, table: pd.DataFrame) -> Finding:
    names = [str(one) for one in table.columns if not str(one).startswith("__")]
    return Finding(
        code="missing_column",
        path=column,
        message=f"The table has no column {in_quotes(column)}.",
        found=", ".join(names[:12]) or "no columns",
        expected=column,
        fix=f"It needs the {role.title.lower()} that the model was trained with.",
    )


def _cell_faults(role: ColumnRole, columns: Sequence[str], table: pd.DataFrame, fault: Fault) -> Iterator[RowFault]:
    """One for each kind of fault of a role's columns, with its rows."""
    faults: dict[str, list[int]] = {}
    for row, cells in enumerate(zip(*(table[column].tolist() for column in columns), strict=True), start=1):
        told = [fault(cell) for cell in cells]
        # Of several texts that are joined, some may be missing.
        is_empty = all(one == MISSING for one in told)
        for words in dict.fromkeys(told[:1] if is_empty else (one for one in told if one not in ("", MISSING))):
            faults.setdefault(words, []).append(row)
    shown = ", ".join(columns)
    for words, rows in faults.items():
        finding = Finding(
            code="bad_input",
            path=shown,
            message=f"{role.title}: {words} in {_places(rows)}.",
            found=words,
            expected=role.hint or role.title.lower(),
            fix="Correct these cells, or leave the rows out.",
            count=len(rows),
            rows=tuple(rows[:MAX_ROWS]),
        )
        yield RowFault(finding, tuple(rows))


def _fault_of(role: ColumnRole) -> Fault:
    takes_lists = "list" in role.kinds

    def fault(cell: Any) -> str:
        if cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell is pd.NA:
            return MISSING
        if isinstance(cell, str):
            return MISSING if not cell.strip() else "an unpaired surrogate" if not _is_unicode(cell) else ""
        if isinstance(cell, float) and math.isinf(cell):
            return "a number that is not finite"
        if hasattr(cell, "__len__"):
            is_words = takes_lists and not isinstance(cell, dict | bytes) and all(isinstance(one, str) for one in cell)
            return "" if is_words else f"a value that is no text ({type(cell).__name__})"
        return ""

    return fault


def _file_fault(media: Media) -> Fault:
    def fault(cell: Any) -> str:
        if not isinstance(cell, str) or not cell:
            return MISSING if cell is None or cell != cell or cell == "" else f"no file name ({type(cell).__name__})"
        try:
            path = media.path(cell)
        except (PathError, ValueError):
            return "a file that is not in the folder"
        return "" if path.is_file() else "a file that is not in the folder"

    return fault


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _places(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return f"row {rows[0]}"
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f"rows {', '.join(map(str, rows[:5]))}{more}"
