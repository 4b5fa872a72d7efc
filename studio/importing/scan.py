"""Scan: what is in an upload, before anybody decides.

Runs in a child process with limits, the `scanner`. Reads FOLDER/request.json, unpacks or copies the source into
FOLDER/files once, and writes FOLDER/scan.json.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.datasets.formatting import listed, quoted
from studio.datasets.importers.converting import convert
from studio.datasets.importers.upload import Upload
from studio.datasets.media.registry import reader_of
from studio.datasets.tables.json_table import NOT_ROWS
from studio.datasets.tables.kept_tables import kept_beside
from studio.datasets.tables.shards import read_whole_table, without_later_parts
from studio.datasets.tables.table import EXTENSIONS, RawTable, profile_column
from studio.datasets.tables.table_view import TableView
from studio.datasets.uploads.discovery import MediaFolder, list_files, list_json_tables, list_media_folders, list_tables
from studio.datasets.uploads.file_columns import file_columns
from studio.datasets.uploads.named_files import NamedFiles
from studio.datasets.uploads.rejections import found_and_expected, refusal_finding
from studio.errors import ArchiveError, DatasetError, PathError, StudioError, in_quotes
from studio.files import no_space_error, private_folder, read_json, resolve_inside, write_json
from studio.importing.format_choice import FormatOffer, chosen_format, recognised_formats
from studio.importing.lacking_files import lacking_findings, packed_inside
from studio.importing.scan_end import SCAN_CPU_SECONDS
from studio.importing.scan_preview import cell_text, draw_previews, preview_of, samples_of, shown_folders, shown_rows
from studio.importing.scan_result import (
    TABLE_ROLES,
    Preview,
    Scan,
    ScannedColumn,
    ScannedFolder,
    ScannedFormat,
    ScannedGuess,
    ScannedTable,
    ScanProblem,
    ScanRequest,
)
from studio.importing.type_inference import choose, confidence, role_reasons
from studio.importing.unpacking import unpack
from studio.problems.registry import problem_type
from studio.process_limits import GIB, ProcessLimits, limit_process, memory_limit_bytes, usual_memory_bytes
from studio.settings.finding import Finding, FindingLevel, FindingsError, blocking

EXAMPLES = 5
LOOKED_AT = 5
"""Files of a column whose first bytes are read, until one is of a known medium."""


def scan(folder: Path, source: Path | None = None) -> Scan:
    """Scan the import in a folder. What is wrong with the upload is in the answer, not raised.

    `source` is given where it was opened already; else it is the one that the request names.
    """
    request = ScanRequest.model_validate(read_json(folder / "request.json"))
    files = folder / "files"
    noticed: list[Finding] = []
    try:
        if not files.is_dir():
            _unpack_whole(source or Path(request.source), files, request.source_name)
        private_folder(kept_beside(files))
        result = scan_files(files, request.choices or {}, noticed)
        draw_previews(folder, result)
        return result
    except FindingsError as error:
        return Scan(state="failed", findings=_joined(error.findings, noticed), error=_problem(error))
    except (StudioError, OSError) as error:
        known = _as_known(error, folder)
        if known.code == "disk_full":
            shutil.rmtree(files, ignore_errors=True)
        cause = [refusal_finding(known, request.source_name or "upload")] if noticed else []
        return Scan(state="failed", findings=[*cause, *noticed], error=_problem(known))
    except MemoryError:
        room = f"{(memory_limit_bytes() or usual_memory_bytes()) / GIB:.1f} GB of memory"
        problem = ScanProblem(
            code="too_large",
            message=f"Reading the tables needs more than {room}.",
            hint="Split the tables, or drop columns that are not needed. A lower `ulimit` of the account counts, too.",
            found=f"more than {room} needed",
            expected=f"tables that fit into {room}",
        )
        return Scan(state="failed", error=problem)


def _unpack_whole(source: Path, files: Path, name: str) -> None:
    """Unpack beside the files' place: half of an upload, left by a process that was killed, is no upload."""
    work = files.with_name(f".{files.name}.unpacking")
    shutil.rmtree(work, ignore_errors=True)
    try:
        unpack(source, work, name)
        os.rename(work, files)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _problem(error: StudioError) -> ScanProblem:
    found, expected = found_and_expected(error)
    return ScanProblem(code=error.code, message=error.message, hint=error.hint, found=found, expected=expected)


def _joined(refusing: Sequence[Finding], noticed: Sequence[Finding]) -> list[Finding]:
    """What refuses, then what else was noticed and may be why."""
    known = {(one.code, one.path) for one in refusing}
    return [*refusing, *(one for one in noticed if (one.code, one.path) not in known)]


def _as_known(error: StudioError | OSError, folder: Path) -> StudioError:
    if isinstance(error, StudioError):
        return error
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space_error(folder)
    found = error.strerror or "an error of the disk"
    return StudioError(f"The upload cannot be read ({error.strerror}).", found=found, expected="files that can be read")


def scan_files(files: Path, given: Mapping[str, Any], noticed: list[Finding] | None = None) -> Scan:
    """Tables, folders, formats, guesses and a preview of unpacked files.

    `noticed` gets what was found on the way, also where the scan ends in an error.
    """
    paths = list_files(files)
    upload, findings, offers = _looked_through(files, paths, str(given.get("problem_type") or ""))
    tables = upload.tables
    if noticed is not None:
        noticed.extend([*findings, *(finding for one in tables.values() for finding in one.findings)])
    lacking = lacking_findings(upload) if tables else []
    if blocking(lacking):
        raise FindingsError(lacking)
    asked = chosen_format(given, offers)
    folders, named = list_media_folders(paths, files), NamedFiles(files, paths)
    plain = _plain_tables(files, tables, folders, named)
    offer = asked or _surest(offers, plain, given)
    if offer is None or offer.format.read is None:
        _refuse_without_tables(upload, findings, given)
        given = given if offer is None else {"problem_type": offer.kind.id, **_decided(given)}
        return _result(files, plain, given, [*findings, *lacking], offers, folders)
    try:
        converted = convert(offer.format, upload)
    except (FindingsError, DatasetError) as error:
        if asked is not None or not tables:
            raise
        return _result(files, plain, given, [*findings, *lacking, *_not_converted(offer, error)], offers, folders)
    views = {
        name: _view(one, files, {converted.media_folder: len(upload.images.paths)}, named)
        for name, one in converted.tables.items()
    }
    source = _Source(converted.tables, views, offer)
    decided = {"media_folder": converted.media_folder, "problem_type": offer.kind.id, **_decided(given)}
    return _result(files, source, decided, [*lacking, *converted.findings], offers, folders)


def _looked_through(
    files: Path, paths: tuple[str, ...], wanted: str
) -> tuple[Upload, list[Finding], list[FormatOffer]]:
    """The upload with its tables, what was noticed in them, and the formats it may have.

    JSON that belongs to no format may hold rows; where it holds none, it is one of many other things.
    """
    tables, findings = _read_tables(files, list_tables(paths))
    upload = Upload(files, paths, tables)
    offers = recognised_formats(upload, wanted)
    if offers:
        return upload, findings, offers
    rows, refused = _read_tables(files, list_json_tables(paths, files))
    findings += [one for one in refused if one.code != NOT_ROWS]
    upload = Upload(files, paths, {**tables, **rows})
    return upload, findings, recognised_formats(upload, wanted) if rows else []


@dataclass(frozen=True)
class _Source:
    """The tables that an import is made from, plain or converted."""

    tables: Mapping[str, RawTable]
    views: Mapping[str, TableView]
    offer: FormatOffer | None = None


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was decided: a problem type or folder that is empty was not."""
    return {key: value for key, value in given.items() if value or key in TABLE_ROLES}


def _read_tables(files: Path, names: Sequence[str]) -> tuple[dict[str, RawTable], list[Finding]]:
    tables: dict[str, RawTable] = {}
    findings: list[Finding] = []
    for name in without_later_parts(names):
        try:
            tables[name] = read_whole_table(files, name, kept_beside(files))
        except DatasetError as error:
            findings.append(refusal_finding(error, name, FindingLevel.WARNING))
    return tables, findings


def _plain_tables(
    files: Path, tables: Mapping[str, RawTable], folders: Sequence[MediaFolder], named: NamedFiles
) -> _Source:
    counts = {folder.name: folder.files for folder in folders}
    return _Source(tables, {name: _view(one, files, counts, named) for name, one in tables.items()})


def _surest(offers: Sequence[FormatOffer], plain: _Source, given: Mapping[str, Any]) -> FormatOffer | None:
    """The format to take where nobody has chosen one; None for plain tables."""
    best = next(iter(offers), None)
    if best is None or not plain.tables or any(given.get(role) in plain.tables for role in TABLE_ROLES):
        return best if not plain.tables else None
    _, guesses = choose(plain.views, given)
    sure = confidence(guesses, str(given.get("problem_type") or ""))
    return best if best.recognition.confidence > sure else None


def _not_converted(offer: FormatOffer, error: StudioError) -> Iterator[Finding]:
    """Why a format that was recognised, and not chosen, was not taken."""
    title = offer.format.title
    message = f"This looks like {title} but cannot be read as such: {error.message}"
    yield refusal_finding(error, title, FindingLevel.WARNING, message)


def _refuse_without_tables(upload: Upload, findings: list[Finding], given: Mapping[str, Any]) -> None:
    if not upload.tables and not findings:
        packed = packed_inside(upload)
        if packed:
            raise ArchiveError(
                f"{packed[0]} is an archive inside the archive.",
                hint="Unpack it first, and upload its files in one zip.",
                found=quoted(packed[0]),
                expected="tables and their media",
            )
        raise DatasetError(
            "There is no table in the upload, and no data format is recognised.",
            hint=f"Add a table ({', '.join(EXTENSIONS)}, .json) of files or texts with labels, or a folder per class.",
            code="no_table",
            found=listed(upload.paths) or "no file",
            expected=f"a table ({', '.join(EXTENSIONS)}) or a known data format",
        )
    _refuse_unreadable(upload.tables, findings, {given.get(role) for role in TABLE_ROLES} - {None})


def _result(
    files: Path,
    source: _Source,
    given: Mapping[str, Any],
    findings: list[Finding],
    offers: Sequence[FormatOffer],
    folders: Sequence[MediaFolder],
) -> Scan:
    if source.offer is not None:
        _refuse_unreadable(source.tables, [], {given.get(role) for role in TABLE_ROLES} - {None})
    choices, guesses = choose(source.views, given)
    if source.offer is not None:
        choices.format = source.offer.format.id
        guesses = _with_format_reasons(guesses, source.offer)
    kind = problem_type(choices.problem_type) if choices.problem_type else None
    used = [finding for name in choices.tables().values() for finding in source.tables[name].findings]
    base = choices.base_table()
    view = source.views[base] if base is not None else None
    folders_shown = shown_folders(view, choices.media_folder) if view is not None else {}
    rows = shown_rows(view, files, folders_shown) if view is not None else None
    return Scan(
        findings=[*findings, *used],
        tables=[_scanned_table(one, source.views[name].file_columns) for name, one in source.tables.items()],
        folders=[ScannedFolder(name=one.name, files=one.files, kinds=one.kinds) for one in folders],
        formats=[_scanned_format(offer) for offer in offers],
        guesses=guesses,
        choices=choices,
        role_reasons=role_reasons(kind, choices, source.views),
        preview=preview_of(view, rows, folders_shown) if view is not None and rows is not None else Preview(),
        samples=samples_of(kind, rows, choices) if kind is not None and rows is not None else [],
    )


def _with_format_reasons(guesses: list[ScannedGuess], offer: FormatOffer) -> list[ScannedGuess]:
    """Guesses that say first what the upload itself looks like."""
    reasons = [f"{offer.format.title}: {reason}" for reason in offer.recognition.reasons]
    return [
        one.model_copy(update={"reasons": [*reasons, *one.reasons]}) if one.problem_type == offer.kind.id else one
        for one in guesses
    ]


def _scanned_format(offer: FormatOffer) -> ScannedFormat:
    return ScannedFormat(
        id=offer.format.id,
        title=offer.format.title,
        problem_type=offer.kind.id,
        confidence=offer.recognition.confidence,
        reasons=list(offer.recognition.reasons),
    )


def _refuse_unreadable(tables: Mapping[str, RawTable], findings: Sequence[Finding], chosen: set[Any]) -> None:
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
                    message=f"There is no table {in_quotes(name)} in the upload.",
                    found=quoted(str(name)),
                    expected=f"one of {listed(tables, 8)}",
                    fix="Choose one of the tables there are.",
                )
                for name in missing
            ]
        )


def _view(one: RawTable, files: Path, folders: Mapping[str, int], named: NamedFiles) -> TableView:
    columns = file_columns(one.frame, one.kinds, files, list(folders), named, one.name)
    media = {column: medium for column, folder in columns.items() if (medium := _medium(one, column, files / folder))}
    return TableView(one.name, one.frame, one.kinds, folders, columns, media)


def _medium(one: RawTable, column: str, folder: Path) -> str:
    """The medium of the first files that a column names; empty where none of them can be read."""
    named = NamedFiles(folder)
    for cell in one.frame[column].dropna().head(LOOKED_AT):
        path = named.find(str(cell), one.name).path
        try:
            reader = None if path is None else reader_of(resolve_inside(folder, path))
        except (PathError, OSError):
            continue
        if reader is not None:
            return reader.name
    return ""


def _scanned_table(one: RawTable, files: Mapping[str, str]) -> ScannedTable:
    columns = []
    for name, kind in one.kinds.items():
        profiled = profile_column(one.frame[name], kind)
        examples = [cell_text(value) for value in one.frame[name].dropna().head(EXAMPLES)]
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


def scan_into(folder: Path, source: Path | None) -> Scan:
    """Scan the import in a folder within limits; the answer is `scan.json`, too."""
    limit_process(ProcessLimits(memory_bytes=usual_memory_bytes(), cpu_seconds=SCAN_CPU_SECONDS))
    result = scan(folder, source)
    # The API's detail of an error has no such fields; findings, which it passes on whole, have.
    write_json(folder / "scan.json", result.model_dump(mode="json"))
    return result
