"""Making a dataset: tables read, media decoded, rows checked, and everything written whole or not at all."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.datasets.checksums import write_checksums
from studio.datasets.dataset import Column, Dataset, DatasetManifest, Table, TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.importers.format import DatasetFormat
from studio.datasets.inspection import Inspection, Report
from studio.datasets.media.media_inspection import decode_media
from studio.datasets.media.registry import media_reader
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.kept_tables import kept_beside
from studio.datasets.tables.row_checks import check_rows
from studio.datasets.tables.shards import read_whole_table
from studio.datasets.tables.table import RawTable, profile_column
from studio.errors import in_quotes
from studio.failpoints import failpoint
from studio.files import fsync_folder, private_folder, resolve_inside, sha256_file, sync_files, write_json
from studio.importing.file_ledger import UsedFiles, account_for_files
from studio.problems.contract import ProblemType
from studio.results.prediction import ROW, is_hidden
from studio.settings.finding import Finding, FindingLevel, FindingsError, blocking, cause_first

ROW_GROUP_ROWS = 20_000
"""Pages of samples read a group at a time."""


@dataclass(frozen=True)
class ImportOrder:
    """What an inspection is to make."""

    files: Path
    """Where the imported files lie."""
    target: Path
    """The dataset's folder to be."""
    dataset_id: str
    name: str
    problem_type: ProblemType
    tables: Mapping[TableRole, str]
    """Role -> file, relative to the folder of tables."""
    media_folder: str
    roles: Mapping[str, Any]
    source: str = ""
    example_of: str = ""
    tables_folder: Path | None = None
    """Where the tables lie, if not among the files: where a converted format has left them."""
    format: DatasetFormat | None = None
    """The format that was converted, if one was."""
    noticed: tuple[Finding, ...] = ()
    """What was noticed before, while converting."""

    def read_table(self, name: str) -> RawTable:
        """A table with all its parts.

        Raises:
            PathError: if it is not among the tables.
            DatasetError: if it cannot be read.
        """
        folder = self.tables_folder or self.files
        resolve_inside(folder, name)
        return read_whole_table(folder, name, kept_beside(self.files))


def make_dataset(order: ImportOrder, report: Report) -> Dataset:
    """Make the dataset of an order; it appears at its target whole or not at all.

    Raises:
        FindingsError: if the data cannot be used, with every finding.
        DatasetError: if a table cannot be read at all.
    """
    work = order.target.with_name(f".{order.target.name}.making")
    shutil.rmtree(work, ignore_errors=True)
    private_folder(work)
    try:
        return _make(order, work, report)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _make(order: ImportOrder, work: Path, report: Report) -> Dataset:
    inspection, profile, imported = inspect_tables(order, work, report)
    report.progress(0.95, "writing the dataset")
    return _write(order, inspection, profile, imported, work)


def inspect_tables(
    order: ImportOrder, work: Path, report: Report
) -> tuple[Inspection, DatasetProfile, Mapping[TableRole, int]]:
    """Tables read, media decoded into `work`, and rows checked; with how many rows each table had.

    Raises:
        FindingsError: if the data cannot be used, with every finding.
        DatasetError: if a table cannot be read at all.
    """
    report.progress(0.0, "reading tables")
    raw = {role: order.read_table(name) for role, name in order.tables.items()}
    inspection = _open(order, raw)
    _refuse_if_blocked(inspection.findings)
    imported = {role: len(frame) for role, frame in inspection.frames.items()}
    media_role, named = order.problem_type.media_role, []
    if media_role is not None and order.problem_type.medium is not None:
        reader, column = media_reader(order.problem_type.medium), str(order.roles[media_role])
        named = decode_media(inspection, reader, order.files, column, _empty_manifest(order), work, report)
    report.progress(0.9, "checking labels")
    profile = order.problem_type.inspector(inspection)
    check_rows(inspection, str(order.roles[media_role]) if media_role else None)
    _refuse_if_blocked(inspection.findings)
    account_for_files(inspection, order.files, _used(order, inspection, named), next(iter(inspection.names.values())))
    _summarize(inspection, imported)
    return inspection, profile, imported


def _open(order: ImportOrder, raw: Mapping[TableRole, RawTable]) -> Inspection:
    inspection = Inspection(
        frames={},
        names={role: table.name for role, table in raw.items()},
        kinds={role: dict(table.kinds) for role, table in raw.items()},
        roles=order.roles,
        media_folder=order.media_folder,
        findings=list(order.noticed),
    )
    for role, table in raw.items():
        frame = table.frame.copy()
        frame.insert(0, ROW, np.arange(1, len(frame) + 1, dtype=np.int64))
        inspection.frames[role] = frame
        inspection.findings.extend(one for one in table.findings if one not in inspection.findings)
        inspection.findings.extend(_missing_columns(order, role, table))
    return inspection


def _missing_columns(order: ImportOrder, role: TableRole, table: RawTable) -> Iterable[Finding]:
    for column_role in order.problem_type.roles:
        chosen = order.roles.get(column_role.name)
        columns = [chosen] if isinstance(chosen, str) and chosen else list(chosen or ())
        if not columns and column_role.is_required and role == "train":
            yield Finding(
                code="no_column",
                path=f"{table.name}",
                message=f"No column is chosen as {column_role.title.lower()}.",
                found="no column",
                expected=column_role.hint or column_role.title,
                fix="Choose a column.",
            )
        for column in columns:
            if column in table.frame.columns:
                continue
            optional = role in ("test", "unlabeled") and not column_role.in_test
            if not optional:
                yield Finding(
                    code="no_column",
                    path=f"{table.name}: {column}",
                    message=f"The table has no column {in_quotes(column)}.",
                    found=f"the columns {listed(table.frame.columns, 8)}",
                    expected=f"a column {in_quotes(column)}",
                    fix="Choose another column, or add it to the table.",
                )


def _used(order: ImportOrder, inspection: Inspection, named: Iterable[str]) -> UsedFiles:
    """What of the upload the dataset is made of."""
    base = "" if order.media_folder in ("", ".") else f"{order.media_folder}/"
    media_role = order.problem_type.media_role
    column = str(order.roles[media_role]) if media_role is not None else ""
    kept = {str(name) for frame in inspection.frames.values() if column in frame for name in frame[column]}
    return UsedFiles(
        tables=() if order.format is not None else tuple(order.tables.values()),
        named={f"{base}{name}" for name in named},
        kept={f"{base}{name}" for name in kept} if media_role is not None else (),
        format=order.format,
    )


def _summarize(inspection: Inspection, imported: Mapping[TableRole, int]) -> None:
    for role, frame in inspection.frames.items():
        kept, repaired = len(frame), len(inspection.repaired.get(role, set()) & set(frame[ROW]))
        inspection.findings.append(
            Finding(
                level=FindingLevel.NOTE,
                code="rows",
                path=inspection.names[role],
                message=_told_rows(imported[role], kept, repaired),
                count=kept,
            )
        )


def _told_rows(imported: int, kept: int, repaired: int) -> str:
    """What became of the rows of a table; of what did not happen, nothing."""
    parts = (
        f"{counted(imported, 'row')} imported",
        f"{kept:,} kept",
        f"{repaired:,} of them repaired" if repaired else "",
    )
    dropped = f"{imported - kept:,} dropped" if kept < imported else ""
    return f"{', '.join(filter(None, (*parts, dropped)))}."


def _write(
    order: ImportOrder,
    inspection: Inspection,
    profile: DatasetProfile,
    imported: Mapping[TableRole, int],
    work: Path,
) -> Dataset:
    private_folder(work / "tables")
    tables = tuple(_write_table(order, inspection, role, imported[role], work) for role in inspection.frames)
    media_files = [path for path in (work / "media").rglob("*") if path.is_file()] if (work / "media").is_dir() else []
    private_folder(work / "media")
    folders = sorted(
        {path.parent.relative_to(work / "media").as_posix() for path in media_files} | {order.media_folder or "."}
    )
    manifest = _empty_manifest(order).model_copy(
        update={
            "tables": tables,
            "media_folders": tuple(folders),
            "media_files": len(media_files),
            "size_bytes": sum(path.stat().st_size for path in media_files)
            + sum((work / table.file).stat().st_size for table in tables),
            "created": time.time(),
            "fingerprint": _fingerprint(work, tables, media_files, inspection.digests, order.media_folder),
        }
    )
    write_json(work / "profile.json", profile.model_dump(mode="json"))
    write_json(work / "findings.json", [finding.model_dump(mode="json") for finding in inspection.findings])
    dataset = Dataset(work, manifest)
    dataset.write_manifest()
    write_checksums(work, [table.file for table in tables], lambda path: _known_digest(order, inspection, path))
    sync_files(work)
    failpoint("dataset_before_rename")
    os.rename(work, order.target)
    failpoint("dataset_after_rename")
    fsync_folder(order.target.parent)
    return Dataset(order.target, manifest)


def _write_table(order: ImportOrder, inspection: Inspection, role: TableRole, imported: int, work: Path) -> Table:
    frame = inspection.frames[role].reset_index(drop=True)
    file = f"tables/{role}.parquet"
    media_role = order.problem_type.media_role
    file_column = str(order.roles[media_role]) if media_role else None
    if file_column is not None and order.problem_type.medium is not None and inspection.media:
        facts = [inspection.media.get(str(name)) for name in frame[file_column]]
        frame = frame.assign(**media_reader(order.problem_type.medium).columns(facts))
    frame.to_parquet(work / file, index=False, row_group_size=ROW_GROUP_ROWS)
    columns: list[Column] = []
    for column in frame.columns:
        if is_hidden(str(column)):
            continue
        kind = inspection.kinds[role].get(column, "text")
        profiled = profile_column(frame[column], kind)
        columns.append(profiled.model_copy(update={"kind": "file"}) if column == file_column else profiled)
    return Table(
        name=inspection.names[role],
        file=file,
        role=role,
        rows=len(frame),
        rows_imported=imported,
        columns=tuple(columns),
    )


def _empty_manifest(order: ImportOrder) -> DatasetManifest:
    return DatasetManifest(
        id=order.dataset_id,
        name=order.name,
        problem_type=order.problem_type.id,
        roles={key: value if isinstance(value, str) else tuple(value) for key, value in order.roles.items() if value},
        tables=(),
        media_folder=order.media_folder or ".",
        source=order.source,
        example_of=order.example_of,
    )


def _fingerprint(
    work: Path, tables: Sequence[Table], media_files: Sequence[Path], digests: Mapping[str, str], folder: str
) -> str:
    """Over the contents of tables and media; what was hashed while it was decoded is not read again."""
    digest = hashlib.sha256()
    base = work / "media" if folder in ("", ".") else work / "media" / folder
    for path in [*(work / table.file for table in tables), *sorted(media_files)]:
        known = digests.get(path.relative_to(base).as_posix()) if path.is_relative_to(base) else None
        digest.update(
            path.relative_to(work).as_posix().encode() + b"\0" + (known or sha256_file(path)).encode() + b"\n"
        )
    return digest.hexdigest()


def _known_digest(order: ImportOrder, inspection: Inspection, path: str) -> str | None:
    """The hash of a media file that was taken while it was decoded."""
    base = "" if order.media_folder in ("", ".") else f"{order.media_folder}/"
    return inspection.digests.get(path.removeprefix(base))


def _refuse_if_blocked(findings: Sequence[Finding]) -> None:
    if blocking(findings):
        raise FindingsError(cause_first(findings))
