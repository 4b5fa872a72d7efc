"""Scan: what is in an upload, before anybody decides.

Runs as a child process with limits: `python -m studio.datasets.scan FOLDER`.
Reads FOLDER/request.json, unpacks or copies the source into FOLDER/files once, and writes FOLDER/scan.json.
"""

import os
import resource
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.archive import extract_zip, foreign_archive, is_junk
from studio.datasets.choosing import choose, role_reasons
from studio.datasets.listing import file_columns, list_media_folders, list_tables
from studio.datasets.scan_result import (
    TABLE_ROLES,
    Choices,
    Preview,
    PreviewRow,
    Scan,
    ScannedColumn,
    ScannedFolder,
    ScannedTable,
    ScanProblem,
    ScanRequest,
)
from studio.datasets.table import EXTENSIONS, RawTable, profile_column, read_table
from studio.errors import ArchiveError, DatasetError, StudioError
from studio.files import disk_free_bytes, iter_files, read_head, read_json, require_free_space, write_json
from studio.problems.contract import ProblemType, TableView
from studio.problems.registry import problem_type
from studio.results.prediction import ROW
from studio.results.sample_view import SampleView
from studio.settings.finding import Finding, FindingLevel, FindingsError

MEMORY_BYTES = 6 << 30
CPU_SECONDS = 600
PREVIEW_ROWS = 20
PREVIEW_SAMPLES = 6
EXAMPLES = 5


def scan(folder: Path) -> Scan:
    """Scan the import in a folder. What is wrong with the upload is in the answer, not raised."""
    request = ScanRequest.model_validate(read_json(folder / "request.json"))
    files = folder / "files"
    try:
        if not files.is_dir():
            unpack(Path(request.source), files, request.source_name)
        return scan_files(files, request.choices or {})
    except FindingsError as error:
        return Scan(
            state="failed",
            findings=list(error.findings),
            error=ScanProblem(code=error.code, message=error.message, hint=error.hint),
        )
    except (StudioError, OSError) as error:
        known = (
            error if isinstance(error, StudioError) else StudioError(f"The upload cannot be read ({error.strerror}).")
        )
        return Scan(state="failed", error=ScanProblem(code=known.code, message=known.message, hint=known.hint))
    except MemoryError:
        problem = ScanProblem(
            code="too_large",
            message=f"Reading the tables needs more than {MEMORY_BYTES >> 30} GB of memory.",
            hint="Split the tables, or drop columns that are not needed.",
        )
        return Scan(state="failed", error=problem)


def unpack(source: Path, files: Path, name: str = "") -> None:
    """Bring a zip file, a table or a folder into `files`.

    Raises:
        StudioError: if it is none of these, or does not fit on the disk.
    """
    shown = name or source.name
    if source.is_dir():
        require_free_space(files.parent, sum(path.stat().st_size for path in iter_files(source)))
        _copy_folder(source, files)
        return
    if not source.is_file():
        raise DatasetError(f"There is no file {shown!r}.", hint="Check the path.", code="no_file")
    if source.stat().st_size == 0:
        raise DatasetError(f"{shown} is empty.", hint="Upload it again.", code="empty_file")
    head = read_head(source)
    ending = Path(shown).suffix.lower()
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06") and ending not in (".xlsx", ".docx"):
        extract_zip(source, files, free_bytes=disk_free_bytes(files.parent))
        return
    other = foreign_archive(head)
    if other is not None:
        raise ArchiveError(f"{shown} is a {other} file.", hint="Unpack it and upload a zip file.", code="not_zip")
    if ending == ".zip":
        hint = "The upload may be incomplete; upload it again."
        if b"<html" in head.lower() or b"<!doctype" in head.lower():
            hint = "It looks like a web page, perhaps of a login. Download the file itself."
        raise ArchiveError(f"{shown} is not a zip file.", hint=hint, code="not_zip")
    if ending not in EXTENSIONS:
        raise DatasetError(
            f"{shown} is neither a zip file nor a table.",
            hint=f"Upload .zip or {', '.join(EXTENSIONS)}.",
            code="not_table",
        )
    files.mkdir()
    shutil.copyfile(source, files / Path(shown).name)


def scan_files(files: Path, given: Mapping[str, Any]) -> Scan:
    """Tables, folders, guesses and a preview of unpacked files."""
    names = list_tables(files)
    folders = list_media_folders(files)
    if not names:
        raise DatasetError(
            "There is no table in the upload.",
            hint=f"Add a table ({', '.join(EXTENSIONS)}) that names the files and their labels.",
            code="no_table",
        )
    tables: dict[str, RawTable] = {}
    findings: list[Finding] = []
    for name in names:
        try:
            tables[name] = read_table(files / name, name)
        except DatasetError as error:
            findings.append(_unreadable(name, error))
    chosen_names = {given.get(role) for role in TABLE_ROLES} - {None}
    _refuse_unreadable(tables, findings, chosen_names)
    views = {name: _view(one, files, {folder.name: folder.files for folder in folders}) for name, one in tables.items()}
    choices, guesses = choose(views, given)
    findings.extend(finding for name in choices.tables().values() for finding in tables[name].findings)
    kind = problem_type(choices.problem_type) if choices.problem_type else None
    return Scan(
        findings=findings,
        tables=[_scanned_table(one, views[name].file_columns) for name, one in tables.items()],
        folders=[ScannedFolder(name=one.name, files=one.files, kinds=one.kinds) for one in folders],
        guesses=guesses,
        choices=choices,
        role_reasons=role_reasons(kind, choices, views),
        preview=_preview(tables, choices, views),
        samples=_samples(kind, tables, choices),
    )


def _unreadable(name: str, error: DatasetError) -> Finding:
    return Finding(level=FindingLevel.WARNING, code=error.code, path=name, message=error.message, fix=error.hint)


def _refuse_unreadable(tables: Mapping[str, RawTable], findings: list[Finding], chosen: set[Any]) -> None:
    bad = [one for one in findings if one.path in chosen]
    if bad or not tables:
        raise FindingsError([one.model_copy(update={"level": FindingLevel.ERROR}) for one in bad or findings])
    missing = [name for name in chosen if name not in tables]
    if missing:
        raise FindingsError(
            [
                Finding(
                    code="no_table",
                    path=str(name),
                    message=f"There is no table {name!r} in the upload.",
                    found=str(name),
                    expected=", ".join(tables),
                    fix="Choose one of the tables there are.",
                )
                for name in missing
            ]
        )


def _view(one: RawTable, files: Path, folders: Mapping[str, int]) -> TableView:
    columns = file_columns(one.frame, one.kinds, files, list(folders))
    return TableView(one.name, one.frame, one.kinds, folders, columns)


def _scanned_table(one: RawTable, files: Mapping[str, str]) -> ScannedTable:
    columns = []
    for name, kind in one.kinds.items():
        profiled = profile_column(one.frame[name], kind)
        examples = [_cell(value) for value in one.frame[name].dropna().head(EXAMPLES)]
        columns.append(
            ScannedColumn(
                name=name,
                kind="file" if name in files else kind,
                missing=profiled.missing,
                distinct=profiled.distinct,
                examples=examples,
            )
        )
    return ScannedTable(name=one.name, rows=len(one.frame), columns=columns)


def _preview(tables: Mapping[str, RawTable], choices: Choices, views: Mapping[str, TableView]) -> Preview:
    if choices.train is None:
        return Preview()
    frame = tables[choices.train].frame.head(PREVIEW_ROWS)
    files = views[choices.train].file_columns
    column = next(iter(files), None)
    rows = []
    for number, (_, row) in enumerate(frame.iterrows(), start=1):
        media = None
        if column is not None and isinstance(row[column], str):
            media = row[column] if files[column] == "." else f"{files[column]}/{row[column]}"
        rows.append(PreviewRow(row=number, cells=[_cell(value) for value in row], media=media))
    return Preview(columns=[str(name) for name in frame.columns], rows=rows)


def _samples(kind: ProblemType | None, tables: Mapping[str, RawTable], choices: Choices) -> list[SampleView]:
    """The first rows as the studio will show them; none where the roles do not fit."""
    if kind is None or choices.train is None:
        return []
    required = [role.name for role in kind.roles if role.is_required]
    if any(not choices.roles.get(name) for name in required):
        return []
    frame = tables[choices.train].frame.head(PREVIEW_SAMPLES)
    views = []
    for number, (_, row) in enumerate(frame.iterrows(), start=1):
        values = {**{str(key): value for key, value in row.items()}, ROW: number}
        try:
            views.append(kind.view_row(values, choices.roles, choices.media_folder))
        except (KeyError, TypeError, ValueError):
            return views
    return views


def _cell(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(map(str, value[:8])) + (", ..." if len(value) > 8 else "")
        return f"[{text}]"
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)[:200]


def _copy_folder(source: Path, files: Path) -> None:
    for path in iter_files(source):
        relative = path.relative_to(source)
        if is_junk(relative):
            continue
        place = files / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    files.mkdir(exist_ok=True)


def limit_process() -> None:
    """Bound memory and processor time of this process, so that a hostile file ends it and not the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Scan one import folder; the answer is `scan.json`."""
    os.umask(0o077)
    folder = Path(arguments[0]).resolve()
    limit_process()
    result = scan(folder)
    write_json(folder / "scan.json", result.model_dump(mode="json"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
