"""The rows of a table that can be predicted: a row that cannot costs itself, and is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from studio.datasets.formatting import counted, listed
from studio.datasets.uploads.named_files import NamedFiles
from studio.modeling.recipe import Media
from studio.problems.contract import ProblemType
from studio.scoring.input_checks import MAX_ROWS, InputError, RowFault, row_faults, table_findings
from studio.settings.finding import Finding, FindingLevel


@dataclass(frozen=True)
class UsableRows:
    """A table whose rows can all be predicted, and what became of the others."""

    table: pd.DataFrame
    """Names of files are as the files have them."""
    left_out: pd.DataFrame
    """Rows that get no prediction."""
    findings: tuple[Finding, ...]


def usable_rows(
    kind: ProblemType, settings: Any, table: pd.DataFrame, media: Media, *, name: str = "table", refuse: bool = False
) -> UsableRows:
    """The rows that can be predicted; with `refuse`, all of them or an error.

    `settings` are those of the trained model, `name` is what the table is called.

    Raises:
        InputError: if a column is missing, or no row is left, with everything that is wrong with the table.
    """
    table = table.reset_index(drop=True)
    whole = tuple(table_findings(kind, settings, table))
    matched, findings = _with_files(kind, settings, table, media, name)
    faults = list(row_faults(kind, settings, matched, media))
    bad = {row - 1 for fault in faults for row in fault.rows}
    if whole or (bad and (refuse or len(bad) == len(table))):
        raise InputError([*whole, *(fault.finding for fault in faults)])
    return UsableRows(
        matched.drop(index=list(bad)),
        matched.loc[sorted(bad)],
        (*findings, *(_without_prediction(fault) for fault in faults)),
    )


def _without_prediction(fault: RowFault) -> Finding:
    return fault.finding.model_copy(
        update={
            "level": FindingLevel.WARNING,
            "message": f"{fault.finding.message} {counted(len(fault.rows), 'row')} got no prediction.",
            "fix": "Correct these cells, and predict the rows again.",
        }
    )


def _with_files(
    kind: ProblemType, settings: Any, table: pd.DataFrame, media: Media, name: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """The table with its names of files matched as an import matches them, and which differed."""
    column = settings.value(f"dataset.{kind.media_role}") if kind.media_role is not None else None
    if not isinstance(column, str) or column not in table.columns:
        return table, []
    named = NamedFiles(media.root if media.folder in ("", ".") else media.root / media.folder)
    cells = table[column].tolist()
    names = [_file_of(cell, named, name) for cell in cells]
    changed = [row for row, (old, new) in enumerate(zip(cells, names, strict=True)) if new is not old and old != new]
    if not changed:
        return table, []
    matched = table.assign(**{column: pd.Series(names, index=table.index, dtype=object)})
    return matched, list(_matched(name, column, [(row + 1, cells[row], names[row]) for row in changed]))


def _file_of(cell: Any, named: NamedFiles, near: str) -> Any:
    """The file that a cell names; a cell that names none as it is."""
    if cell is None or cell != cell or isinstance(cell, list | dict | bool) or not str(cell).strip():
        return cell
    return named.find(str(cell), near).path or cell


def _matched(name: str, column: str, changed: list[tuple[int, Any, str]]) -> Iterator[Finding]:
    yield Finding(
        level=FindingLevel.NOTE,
        code="file_name_mended",
        path=f"{name}: {column}",
        message=f"{counted(len(changed), 'file name')} differ from the files in case, folders, slashes, ending or "
        "spelling and were matched.",
        found=listed(cell for _, cell, _ in changed),
        expected="names as the files have them",
        count=len(changed),
        rows=tuple(row for row, _, _ in changed[:MAX_ROWS]),
        examples=tuple(f"{cell} -> {path}" for _, cell, path in changed[:MAX_ROWS]),
    )
