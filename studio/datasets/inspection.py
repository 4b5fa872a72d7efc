"""Inspection: decodes every file of a new dataset once, checks and repairs rows, and writes the dataset.

Counts add up: every imported row is kept or dropped, each dropped row for exactly one reason, and a repaired row is a
kept one. Nothing is repaired in silence.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from studio.datasets.dataset import Column, ColumnKind, Dataset, DatasetManifest, DatasetProfile, Table, TableRole
from studio.datasets.media import ImageError, ImageFacts, inspect_image
from studio.datasets.table import RawTable, profile_column, read_table
from studio.errors import PathError
from studio.files import fsync_folder, private_folder, resolve_inside, sha256_file, write_json
from studio.machine import usable_cores
from studio.problems.contract import ProblemType
from studio.results.prediction import HEIGHT, HIDDEN_COLUMNS, ROW, WIDTH
from studio.settings.finding import Finding, FindingLevel, FindingsError, blocking

MAX_ROWS_SHOWN = 20
MAX_PREVIEWS = 20_000
SIDEWAYS = (5, 6, 7, 8)


class Report(Protocol):
    """Where progress goes: the event log of a worker, or nowhere."""

    def progress(self, fraction: float, detail: str = "") -> None:
        """How far the work is, 0 to 1."""

    def log(self, level: str, text: str) -> None:
        """A line for the log."""


@dataclass
class Inspection:
    """Tables on their way into a dataset. Inspectors drop, repair and report through it."""

    frames: dict[TableRole, pd.DataFrame]
    names: dict[TableRole, str]
    kinds: dict[TableRole, dict[str, ColumnKind]]
    roles: Mapping[str, Any]
    media_folder: str
    images: dict[str, ImageFacts] = field(default_factory=dict)
    """Facts by the name in the table."""
    findings: list[Finding] = field(default_factory=list)
    repaired: dict[TableRole, set[int]] = field(default_factory=dict)

    def drop(
        self,
        role: TableRole,
        rows: Iterable[Any],
        code: str,
        column: str,
        message: str,
        fix: str,
        examples: Sequence[str] = (),
    ) -> None:
        """Leave out rows (by frame index) for one reason, and report it once with its count."""
        index = list(rows)
        if not index:
            return
        frame = self.frames[role]
        numbers = sorted(_row(frame, one) for one in index)
        self.frames[role] = frame.drop(index=index)
        self._report(
            role, numbers, FindingLevel.WARNING, code, column, f"{message} {_dropped(len(index))}", fix, examples
        )

    def repair(
        self,
        role: TableRole,
        rows: Iterable[Any],
        code: str,
        column: str,
        message: str,
        fix: str,
        examples: Sequence[str] = (),
    ) -> None:
        """Report rows whose values were mended (the caller has done so)."""
        numbers = sorted(_row(self.frames[role], one) for one in rows)
        if not numbers:
            return
        self.repaired.setdefault(role, set()).update(numbers)
        self._report(role, numbers, FindingLevel.WARNING, code, column, message, fix, examples)

    def note(
        self,
        role: TableRole,
        level: FindingLevel,
        code: str,
        column: str,
        message: str,
        fix: str = "",
        rows: Iterable[Any] = (),
        examples: Sequence[str] = (),
    ) -> None:
        """Report something without changing rows."""
        numbers = sorted(_row(self.frames[role], one) for one in rows)
        self._report(role, numbers, level, code, column, message, fix, examples)

    def _report(
        self,
        role: TableRole,
        numbers: Sequence[int],
        level: FindingLevel,
        code: str,
        column: str,
        message: str,
        fix: str,
        examples: Sequence[str],
    ) -> None:
        name = self.names[role]
        self.findings.append(
            Finding(
                level=level,
                code=code,
                path=f"{name}: {column}" if column else name,
                message=message,
                fix=fix,
                count=max(1, len(numbers)),
                rows=tuple(numbers[:MAX_ROWS_SHOWN]),
                examples=tuple(dict.fromkeys(examples))[:MAX_ROWS_SHOWN],
            )
        )

    def size_of(self, name: str) -> tuple[int, int] | None:
        """(width, height) of an image, if it was decoded."""
        facts = self.images.get(name)
        return (facts.width, facts.height) if facts else None


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
    """Role -> file, relative to `files`."""
    media_folder: str
    roles: Mapping[str, Any]
    source: str = ""
    example_of: str = ""


def inspect(order: ImportOrder, report: Report) -> Dataset:
    """Make the dataset of an order; it appears at its target whole or not at all.

    Raises:
        FindingsError: if the data cannot be used, with every finding.
        DatasetError: if a table cannot be read at all.
    """
    work = order.target.with_name(f".{order.target.name}.making")
    shutil.rmtree(work, ignore_errors=True)
    private_folder(work)
    try:
        return _inspect(order, work, report)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _inspect(order: ImportOrder, work: Path, report: Report) -> Dataset:
    report.progress(0.0, "reading tables")
    raw = {role: read_table(resolve_inside(order.files, name), name) for role, name in order.tables.items()}
    inspection = _open(order, raw)
    _refuse_if_blocked(inspection.findings)
    imported = {role: len(frame) for role, frame in inspection.frames.items()}
    media_role = order.problem_type.media_role
    if media_role is not None:
        _decode_media(order, inspection, str(order.roles[media_role]), work, report)
    report.progress(0.9, "checking labels")
    profile = order.problem_type.inspector(inspection)
    _check_leaks(inspection, media_role)
    _refuse_if_blocked(inspection.findings)
    _summarize(inspection, imported)
    report.progress(0.95, "writing the dataset")
    return _write(order, inspection, profile, imported, work)


def _open(order: ImportOrder, raw: Mapping[TableRole, RawTable]) -> Inspection:
    inspection = Inspection(
        frames={},
        names={role: table.name for role, table in raw.items()},
        kinds={role: dict(table.kinds) for role, table in raw.items()},
        roles=order.roles,
        media_folder=order.media_folder,
    )
    for role, table in raw.items():
        frame = table.frame.copy()
        frame.insert(0, ROW, np.arange(1, len(frame) + 1, dtype=np.int64))
        inspection.frames[role] = frame
        inspection.findings.extend(table.findings)
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
                    message=f"The table has no column {column!r}.",
                    found=", ".join(map(str, table.frame.columns[:20])),
                    expected=column,
                    fix="Choose another column, or add it to the table.",
                )


def _decode_media(order: ImportOrder, inspection: Inspection, column: str, work: Path, report: Report) -> None:
    """Decode every named file once; drop rows whose file is missing or broken."""
    base = order.files if order.media_folder in ("", ".") else resolve_inside(order.files, order.media_folder)
    known = _CaseMap(base)
    for role in inspection.frames:
        _settle_names(inspection, role, column, known)
    names = sorted({str(one) for frame in inspection.frames.values() for one in frame[column]})
    media = private_folder(work / "media")
    previews = private_folder(work / "previews")
    dataset = Dataset(work, _empty_manifest(order))
    failures: dict[str, ImageError] = {}

    def decode(name: str) -> None:
        relative = name if order.media_folder in ("", ".") else f"{order.media_folder}/{name}"
        source = base / name
        place = media / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            preview = dataset.preview(relative) if len(names) <= MAX_PREVIEWS else None
            inspection.images[name] = inspect_image(source, preview)
        except ImageError as error:
            failures[name] = error
            return
        _link_or_copy(source, place)

    with ThreadPoolExecutor(max_workers=min(4, usable_cores())) as pool:
        for done, _ in enumerate(pool.map(decode, names), start=1):
            if done % 16 == 0 or done == len(names):
                report.progress(0.05 + 0.85 * done / len(names), f"{done:,} of {len(names):,} files decoded")
    del previews
    for role in inspection.frames:
        _drop_failures(inspection, role, column, failures)
        _note_oddities(inspection, role, column)


class _CaseMap:
    """Finds files by the name in a table; tolerates `./`, backslashes and, if unambiguous, another case."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._by_folded: dict[str, list[str]] | None = None

    def find(self, text: str) -> tuple[str | None, bool]:
        """(name below the base or None, whether it had to be mended)."""
        plain = text.replace("\\", "/").removeprefix("./")
        try:
            resolve_inside(self._base, plain)
            return plain, plain != text
        except (PathError, OSError):
            pass
        if self._by_folded is None:
            self._by_folded = {}
            for folder, _, files in os.walk(self._base):
                for file in files:
                    relative = Path(folder, file).relative_to(self._base).as_posix()
                    self._by_folded.setdefault(relative.casefold(), []).append(relative)
        found = self._by_folded.get(plain.casefold(), [])
        return (found[0], True) if len(found) == 1 else (None, False)


def _settle_names(inspection: Inspection, role: TableRole, column: str, known: _CaseMap) -> None:
    frame = inspection.frames[role]
    inspection.drop(
        role,
        frame.index[frame[column].isna()],
        "no_file_name",
        column,
        "Rows without a file name.",
        "Fill in the file names.",
    )
    frame = inspection.frames[role]
    missing: dict[Any, str] = {}
    mended: dict[Any, str] = {}
    names = []
    for index, text in zip(frame.index, frame[column].astype(str), strict=True):
        name, was_mended = known.find(text)
        names.append(name if name is not None else text)
        if name is None:
            missing[index] = text
        elif was_mended:
            mended[index] = text
    inspection.frames[role] = frame.assign(**{column: pd.Series(names, index=frame.index, dtype="str")})
    inspection.repair(
        role,
        mended,
        "file_name_mended",
        column,
        f"{len(mended)} file names differ from the file in case or slashes and were matched.",
        "Write the names as the files are named.",
        list(mended.values()),
    )
    inspection.drop(
        role,
        missing,
        "no_file",
        column,
        "The named file is not there.",
        "Add the files to the media folder, or choose another folder.",
        list(missing.values()),
    )
    if inspection.frames[role].empty:
        inspection.note(
            role,
            FindingLevel.ERROR,
            "no_rows_left",
            column,
            f"None of the {len(missing)} named files is in the folder {inspection.media_folder!r}.",
            "Choose the folder that holds the files.",
        )


def _drop_failures(inspection: Inspection, role: TableRole, column: str, failures: Mapping[str, ImageError]) -> None:
    for code in sorted({error.code for error in failures.values()}):
        bad = {name: error for name, error in failures.items() if error.code == code}
        frame = inspection.frames[role]
        rows = frame.index[frame[column].isin(list(bad))]
        first = next(iter(bad.values()))
        inspection.drop(role, rows, code, column, first.message, first.hint, list(bad))


def _note_oddities(inspection: Inspection, role: TableRole, column: str) -> None:
    frame = inspection.frames[role]
    facts = [inspection.images.get(str(name)) for name in frame[column]]
    pairs = list(zip(frame.index, facts, strict=True))
    moving = [index for index, one in pairs if one is not None and one.frames > 1]
    turned = [index for index, one in pairs if one is not None and one.orientation in SIDEWAYS]
    deep = [index for index, one in pairs if one is not None and one.is_deep]
    for rows, code, message, fix in (
        (
            moving,
            "many_frames",
            "images have several frames; the first is used.",
            "Save the frame you mean as its own file.",
        ),
        (
            turned,
            "orientation",
            "images carry an orientation tag of 90 degrees, which is applied. Boxes must be in the turned image.",
            "Check boxes in the preview.",
        ),
        (deep, "deep_image", "images have more than 8 bits a channel and are scaled to 8.", ""),
    ):
        if rows:
            inspection.note(role, FindingLevel.WARNING, code, column, f"{len(rows)} {message}", fix, rows)


def _check_leaks(inspection: Inspection, media_role: str | None) -> None:
    """The same file in training and in validation or test."""
    if media_role is None or "train" not in inspection.frames:
        return
    column = str(inspection.roles[media_role])
    train = set(inspection.frames["train"][column])
    for role in ("validation", "test"):
        frame = inspection.frames.get(role)
        if frame is None:
            continue
        shared = frame.index[frame[column].isin(train)]
        if len(shared):
            inspection.note(
                role,
                FindingLevel.WARNING,
                "leak",
                column,
                f"{len(shared)} rows name files that are also trained on, so their figures flatter the model.",
                "Remove these rows from one of the tables.",
                shared,
            )


def _summarize(inspection: Inspection, imported: Mapping[TableRole, int]) -> None:
    for role, frame in inspection.frames.items():
        kept, repaired = len(frame), len(inspection.repaired.get(role, set()) & set(frame[ROW]))
        inspection.findings.append(
            Finding(
                level=FindingLevel.NOTE,
                code="rows",
                path=inspection.names[role],
                message=f"{imported[role]:,} rows imported, {kept:,} kept, {repaired:,} of them repaired, "
                f"{imported[role] - kept:,} dropped.",
                count=kept,
            )
        )


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
            "fingerprint": _fingerprint(work, tables, media_files),
        }
    )
    write_json(work / "profile.json", profile.model_dump(mode="json"))
    write_json(work / "findings.json", [finding.model_dump(mode="json") for finding in inspection.findings])
    dataset = Dataset(work, manifest)
    dataset.write_manifest()
    fsync_folder(work)
    os.rename(work, order.target)
    fsync_folder(order.target.parent)
    return Dataset(order.target, manifest)


def _write_table(order: ImportOrder, inspection: Inspection, role: TableRole, imported: int, work: Path) -> Table:
    frame = inspection.frames[role].reset_index(drop=True)
    file = f"tables/{role}.parquet"
    media_role = order.problem_type.media_role
    file_column = str(order.roles[media_role]) if media_role else None
    if file_column is not None and inspection.images:
        sizes = [inspection.size_of(str(name)) or (0, 0) for name in frame[file_column]]
        frame = frame.assign(**{WIDTH: [width for width, _ in sizes], HEIGHT: [height for _, height in sizes]})
    frame.to_parquet(work / file, index=False)
    columns: list[Column] = []
    for column in frame.columns:
        if column in HIDDEN_COLUMNS:
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


def _fingerprint(work: Path, tables: Sequence[Table], media_files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in [*(work / table.file for table in tables), *sorted(media_files)]:
        digest.update(path.relative_to(work).as_posix().encode() + b"\0" + sha256_file(path).encode() + b"\n")
    return digest.hexdigest()


def _refuse_if_blocked(findings: Sequence[Finding]) -> None:
    if blocking(findings):
        raise FindingsError(findings)


def _link_or_copy(source: Path, place: Path) -> None:
    """A hard link within the studio's home; a copy where links do not reach."""
    if place.exists():
        return
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def _row(frame: pd.DataFrame, index: Any) -> int:
    return int(cast(int, frame.at[index, ROW]))


def _dropped(count: int) -> str:
    return f"{count} row{'s' if count != 1 else ''} left out."
