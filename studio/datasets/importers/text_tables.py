"""TextTables: rows gathered while a text format is read, a table a role, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from studio.datasets.dataset import TableRole
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.uploads.roles import role_by_path
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingsError

Row = Mapping[str, Any]


@dataclass
class TextTables:
    """Rows by table, in the order of their files, and findings."""

    schema: pa.Schema
    rows: dict[TableRole, list[Row]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, role: TableRole, row: Row) -> None:
        """One more row."""
        self.rows.setdefault(role, []).append(row)

    def conversion(self, format: str) -> Conversion:
        """The tables; columns that nothing has a value for are left out.

        Raises:
            FindingsError: if there is no row at all.
        """
        if not any(self.rows.values()):
            message = f"No usable row is left in the {format} files."
            nothing = Finding(
                code="no_rows",
                path=format,
                message=message,
                found="0 rows",
                expected="at least 1 row that can be read",
                fix="Correct the files, or choose another data format.",
            )
            raise FindingsError([*self.findings, nothing])
        return Conversion({role: self._table(rows) for role, rows in self.rows.items()}, ".", self.findings)

    def _table(self, rows: Sequence[Row]) -> pa.Table:
        used = [one for one in self.schema if any(row.get(one.name) is not None for row in rows)]
        return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema(used))


def file_of_role(
    candidates: Sequence[str], role_of: Callable[[str], str | None] = role_by_path
) -> tuple[dict[TableRole, str], list[str]]:
    """(the file of each split, files of a split that has one already); a file that names none is for training."""
    found: dict[TableRole, str] = {}
    for path in candidates:
        found.setdefault(cast(TableRole, role_of(path) or "train"), path)
    return found, [path for path in candidates if path not in found.values()]


def report_unused(tables: TextTables, format: str, others: Sequence[str]) -> None:
    """Say which files were left out because their split has one already."""
    words = f"{len(others)} more {format} files describe the same split and are not used."
    fix = "Keep one file per split, and name it train, validation or test."
    first = others[0] if others else ""
    tables.findings.extend(trouble("unused_files", first, words, fix, others, expected="one file per split"))


def read_begin(upload: Upload, path: str, size: int) -> bytes:
    """The first bytes of a file of the upload."""
    with (upload.files / path).open("rb") as file:
        return file.read(size)
