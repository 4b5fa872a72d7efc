"""TextTables: rows gathered while a text format is read, a table a role, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from studio.datasets.dataset import TableRole
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.uploads.roles import role_by_path
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingLevel, FindingsError

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


def tagged_texts() -> TextTables:
    """Tables of texts with a list of words and a list of their tags."""
    words = pa.list_(pa.string())
    return TextTables(pa.schema([("text", words), ("label", words)]))


def with_roles(
    candidates: Sequence[str], role_of: Callable[[str], str | None] = role_by_path
) -> list[tuple[TableRole, str]]:
    """(split, file) of every file; one that names no split is for training."""
    return [(cast(TableRole, role_of(path) or "train"), path) for path in candidates]


def joined_files(files: Sequence[tuple[TableRole, str]]) -> Iterator[Finding]:
    """Say which files became one table because they are of one split."""
    for split in dict.fromkeys(role for role, _ in files):
        paths = [path for role, path in files if role == split]
        if len(paths) > 1:
            words = f"{len(paths)} files are of one split ({split}); their rows were joined in this order."
            fix = "Name files train, validation or test if they are splits of their own."
            yield from trouble(
                "joined_files", paths[0], words, fix, paths, FindingLevel.NOTE, expected="one file per split"
            )


def read_begin(upload: Upload, path: str, size: int) -> bytes:
    """The first bytes of a file of the upload."""
    with (upload.files / path).open("rb") as file:
        return file.read(size)
