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
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict

from studio.datasets.archive import extract_zip, foreign_archive, is_junk
from studio.datasets.dataset import ColumnKind, TableRole
from studio.datasets.listing import file_columns, list_media_folders, list_tables, role_by_name
from studio.datasets.table import EXTENSIONS, RawTable, profile_column, read_table
from studio.errors import ArchiveError, DatasetError, StudioError
from studio.files import disk_free_bytes, iter_files, read_head, read_json, require_free_space, write_json
from studio.problems.contract import Guess, ProblemType, TableView
from studio.problems.registry import problem_type, problem_types
from studio.results.prediction import ROW
from studio.results.sample_view import SampleView
from studio.settings.finding import Finding, FindingLevel, FindingsError

MEMORY_BYTES = 6 << 30
CPU_SECONDS = 600
PREVIEW_ROWS = 20
PREVIEW_SAMPLES = 6
EXAMPLES = 5
_ROLES: tuple[TableRole, ...] = ("train", "validation", "test", "unlabeled")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Choices(_Model):
    """What is decided about an import; every part has a guess."""

    problem_type: str = ""
    train: str | None = None
    validation: str | None = None
    test: str | None = None
    unlabeled: str | None = None
    media_folder: str = "."
    roles: dict[str, str | list[str] | None] = {}
    format: str = "table"

    def tables(self) -> dict[TableRole, str]:
        """Role -> file, of the tables that are chosen."""
        chosen = {role: getattr(self, role) for role in _ROLES}
        return {role: name for role, name in chosen.items() if name}


class ScanRequest(_Model):
    """`request.json`. `choices` given by a person win over guesses; what they leave open is guessed."""

    source: str
    """The uploaded file, or a file or folder of the server."""
    source_name: str = ""
    choices: dict[str, Any] | None = None


class ScannedColumn(_Model):
    """A column of a scanned table."""

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    examples: list[str]


class ScannedTable(_Model):
    """A table of the upload."""

    name: str
    rows: int
    columns: list[ScannedColumn]


class ScannedFolder(_Model):
    """A media folder of the upload."""

    name: str
    files: int
    kinds: dict[str, int]


class ScannedGuess(_Model):
    """A problem type that the data looks like."""

    problem_type: str
    confidence: float
    reasons: list[str]
    roles: dict[str, str | list[str]]


class PreviewRow(_Model):
    """One row of the preview; `media` is a path inside the upload."""

    row: int
    cells: list[str]
    media: str | None = None


class Preview(_Model):
    """The first rows of the train table (or the first there is)."""

    columns: list[str] = []
    rows: list[PreviewRow] = []


class ScanProblem(_Model):
    """Why a scan failed."""

    code: str
    message: str
    hint: str


class Scan(_Model):
    """`scan.json`."""

    state: Literal["ready", "failed"] = "ready"
    error: ScanProblem | None = None
    findings: list[Finding] = []
    tables: list[ScannedTable] = []
    folders: list[ScannedFolder] = []
    guesses: list[ScannedGuess] = []
    choices: Choices = Choices()
    role_reasons: dict[str, str] = {}
    preview: Preview = Preview()
    samples: list[SampleView] = []


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
    chosen_names = {given.get(role) for role in _ROLES} - {None}
    _refuse_unreadable(tables, findings, chosen_names)
    views = {name: _view(one, files, {folder.name: folder.files for folder in folders}) for name, one in tables.items()}
    choices, guesses = _choose(views, given)
    findings.extend(finding for name in choices.tables().values() for finding in tables[name].findings)
    kind = problem_type(choices.problem_type) if choices.problem_type else None
    return Scan(
        findings=findings,
        tables=[_scanned_table(one, views[name].file_columns) for name, one in tables.items()],
        folders=[ScannedFolder(name=one.name, files=one.files, kinds=one.kinds) for one in folders],
        guesses=guesses,
        choices=choices,
        role_reasons=_role_reasons(kind, choices, views),
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


def _choose(views: Mapping[str, TableView], given: Mapping[str, Any]) -> tuple[Choices, list[ScannedGuess]]:
    """The given choices, and guesses for whatever they leave open."""
    wanted = str(given.get("problem_type") or "")
    if wanted:
        problem_type(wanted)
    candidates = [given["train"]] if given.get("train") else _train_candidates(views)
    best_name, guesses = candidates[0], _guesses(views[candidates[0]])
    for name in candidates[1:]:
        found = _guesses(views[name])
        if _confidence(found, wanted) > _confidence(guesses, wanted):
            best_name, guesses = name, found
    chosen = next((one for one in guesses if not wanted or one.problem_type == wanted), None)
    kind = wanted or (chosen.problem_type if chosen else "")
    roles: dict[str, str | list[str] | None] = {**(chosen.roles if chosen else {}), **(given.get("roles") or {})}
    view = views[best_name]
    media_role = problem_type(kind).media_role if kind else None
    if media_role and not roles.get(media_role) and view.file_columns:
        roles[media_role] = next(iter(view.file_columns))
    media_folder = given.get("media_folder") or _media_folder(kind, roles, view)
    names = {role: given.get(role) for role in _ROLES} | {"train": best_name}
    for role in _ROLES[1:]:
        if role not in given:
            names[role] = _companion(role, best_name, views, kind, roles)
    return Choices(problem_type=kind, media_folder=media_folder, roles=roles, **names), guesses


def _train_candidates(views: Mapping[str, TableView]) -> list[str]:
    trains = [name for name in views if role_by_name(name) == "train"]
    others = [name for name in views if role_by_name(name) is None]
    return trains or others or list(views)


def _guesses(view: TableView) -> list[ScannedGuess]:
    found: list[Guess] = [guess for kind in problem_types().values() if (guess := kind.guess(view)) is not None]
    return [
        ScannedGuess(
            problem_type=guess.problem_type,
            confidence=guess.confidence,
            reasons=list(guess.reasons),
            roles={
                role: columns if isinstance(columns, str) else list(columns) for role, columns in guess.roles.items()
            },
        )
        for guess in sorted(found, key=lambda one: -one.confidence)
    ]


def _confidence(guesses: list[ScannedGuess], wanted: str) -> float:
    return max((one.confidence for one in guesses if not wanted or one.problem_type == wanted), default=0.0)


def _media_folder(kind: str, roles: Mapping[str, Any], view: TableView) -> str:
    role = problem_type(kind).media_role if kind else None
    column = roles.get(role) if role else None
    if isinstance(column, str) and column in view.file_columns:
        return view.file_columns[column]
    return next(iter(view.media_folders), ".")


def _companion(
    role: TableRole, train: str, views: Mapping[str, TableView], kind: str, roles: Mapping[str, Any]
) -> str | None:
    """A table of this role by name whose columns fit, the one most like the train table."""
    needed = {
        str(roles[one.name])
        for one in (problem_type(kind).roles if kind else ())
        if (one.in_test or role == "validation") and isinstance(roles.get(one.name), str)
    }
    fitting = [
        name
        for name, view in views.items()
        if name != train and role_by_name(name) == role and needed <= set(map(str, view.rows.columns))
    ]
    train_columns = set(views[train].rows.columns)
    fitting.sort(key=lambda name: (len(train_columns ^ set(views[name].rows.columns)), name))
    return fitting[0] if fitting else None


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


def _role_reasons(kind: ProblemType | None, choices: Choices, views: Mapping[str, TableView]) -> dict[str, str]:
    if kind is None or choices.train is None:
        return {}
    view = views[choices.train]
    reasons = {}
    for role in kind.roles:
        chosen = choices.roles.get(role.name)
        if isinstance(chosen, str) and chosen in view.file_columns:
            reasons[role.name] = f"its cells name files in {view.file_columns[chosen]}"
        elif isinstance(chosen, str) and chosen in view.kinds:
            column = view.rows[chosen]
            reasons[role.name] = (
                "holds lists" if view.kinds[chosen] == "list" else f"{int(column.nunique())} different values"
            )
        elif isinstance(chosen, list) and len(chosen) == 1 and chosen[0] in view.kinds:
            reasons[role.name] = f"{int(view.rows[chosen[0]].nunique())} different values"
        elif chosen:
            reasons[role.name] = f"{len(chosen)} columns of 0 and 1"
    return reasons


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
