"""Check: what an import would drop, repair and refuse, told before it is ordered.

It is the inspection that makes the dataset, into a place that is thrown away. Of many files it would take long and be
done twice, so these are decoded at the import alone.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.formatting import shortened
from studio.datasets.inspection import MAX_ROWS_SHOWN
from studio.datasets.labels.label_part import LabelPart
from studio.errors import PathError, StudioError
from studio.files import private_folder, resolve_inside
from studio.importing.build import ImportOrder, inspect_tables
from studio.importing.inspection_order import choice_findings, import_order
from studio.importing.scan_result import CheckedRow, Scan, WholeCheck
from studio.settings.finding import Finding, FindingsError, blocking

MOST_FILES = 2_000
MOST_ROWS = 60
"""That are shown of all findings together."""
CELL_LETTERS = 120


class _Silent:
    """Nobody is told how far the check is."""

    def progress(self, fraction: float, detail: str = "") -> None:
        """Nothing."""

    def log(self, level: str, text: str) -> None:
        """Nothing."""


def check_import(folder: Path, found: Scan) -> WholeCheck:
    """The findings of an inspection with the choices of a scan, and the rows that they are about."""
    if blocking(choice_findings(found.choices)):
        return WholeCheck(state="skipped", reason="The columns are not chosen yet.")
    work = folder / ".checking"
    try:
        order = import_order(folder, found.choices, target=work / "dataset")
        rows = sum(table.rows for table in found.tables if table.name in order.tables.values())
        if order.problem_type.medium is not None and rows > MOST_FILES:
            reason = f"{rows:,} files: they are decoded, and rows checked, while the dataset is imported."
            return WholeCheck(state="skipped", reason=reason)
        findings, classes = _inspected(order, private_folder(work))
        return WholeCheck(findings=findings, rows=list(_rows(order, findings)), classes=classes)
    except StudioError as error:
        return WholeCheck(state="skipped", reason=error.message)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _inspected(order: ImportOrder, work: Path) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings, and the classes where there are some."""
    try:
        inspection, profile, _ = inspect_tables(order, work, _Silent())
    except FindingsError as error:
        return list(error.findings), ()
    return inspection.findings, profile.part(LabelPart).names


def _rows(order: ImportOrder, findings: Iterable[Finding]) -> Iterator[CheckedRow]:
    """The rows that findings name, with the cells of the chosen columns and their file."""
    wanted = [(finding.path.partition(": ")[0], row) for finding in findings for row in finding.rows[:MAX_ROWS_SHOWN]]
    told = [one for one in dict.fromkeys(wanted) if one[0] in order.tables.values()][:MOST_ROWS]
    tables = {table: order.read_table(table).frame for table in dict.fromkeys(table for table, _ in told)}
    for table, number in told:
        row = {str(name): cell for name, cell in tables[table].iloc[number - 1].items()}
        yield CheckedRow(table=table, row=number, cells=_cells(order, row), media=_media(order, row))


def _cells(order: ImportOrder, row: Mapping[str, Any]) -> dict[str, str]:
    columns = [name for role in order.roles.values() for name in ([role] if isinstance(role, str) else role)]
    return {name: _text(row[name]) for name in dict.fromkeys(columns) if name in row}


def _text(cell: Any) -> str:
    is_missing = cell is None or (not isinstance(cell, list | dict | str) and pd.isna(cell))
    return "" if is_missing else shortened(str(cell)[:CELL_LETTERS])


def _media(order: ImportOrder, row: Mapping[str, Any]) -> str | None:
    role = order.problem_type.media_role
    name = row.get(str(order.roles.get(role, ""))) if role else None
    if not isinstance(name, str) or not name:
        return None
    path = name if order.media_folder in ("", ".") else f"{order.media_folder}/{name}"
    try:
        resolve_inside(order.files, path)
    except (PathError, OSError):
        return None
    return path
