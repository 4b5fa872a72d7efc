"""The ledger of an import: every file of the upload is used, or named with the reason why not; counts add up."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studio.datasets.formatting import counted, listed
from studio.datasets.importers.format import DatasetFormat
from studio.datasets.inspection import Inspection
from studio.datasets.tables.shards import parts_among
from studio.datasets.tables.table import EXTENSIONS
from studio.datasets.uploads.discovery import list_files
from studio.datasets.uploads.named_files import has_media_ending
from studio.settings.finding import Finding, FindingLevel

MAX_EXAMPLES = 20
ANNOTATION_ENDINGS = (
    *EXTENSIONS,
    ".json",
    ".xml",
    ".txt",
    ".yaml",
    ".yml",
    ".names",
    ".data",
    ".conll",
    ".bio",
    ".iob",
    "",
)
"""Of files that data formats read beside media; which of them they could not use, they say themselves."""


@dataclass(frozen=True)
class UsedFiles:
    """What an import has used. Paths are relative to the upload."""

    tables: Collection[str]
    """Tables that rows are from; none where a format was converted."""
    named: Collection[str]
    """Media that rows name, also those that were left out; of a series of slices their folder."""
    kept: Collection[str]
    """Those of rows that are left."""
    format: DatasetFormat | None = None
    """The format that was converted."""


def account_for_files(inspection: Inspection, files: Path, used: UsedFiles, place: str) -> None:
    """Report how many files were used, and name those that were not; `place` is where that is reported."""
    paths = list_files(files)
    tables = {part for table in used.tables for part in parts_among(table, paths)}
    media = [path for path in paths if _is_in(path, used.named)]
    kept = sum(_is_in(path, used.kept) for path in media)
    known = {*tables, *media}
    rest = [path for path in paths if path not in known]
    read = [path for path in rest if _is_read(path, used.format)]
    unused = list(_unused([path for path in rest if not _is_read(path, used.format)], place))
    inspection.findings.extend(unused)
    parts = {
        counted(len(tables), "table file"): len(tables),
        f"{counted(kept, 'file')} of kept rows": kept,
        f"{counted(len(media) - kept, 'file')} of dropped rows": len(media) - kept,
        counted(len(read), "annotation file"): len(read),
        f"{sum(one.count for one in unused):,} not used": sum(one.count for one in unused),
    }
    inspection.findings.append(
        Finding(
            level=FindingLevel.NOTE,
            code="files",
            path=place,
            message=f"{counted(len(paths), 'file')}: {', '.join(words for words, count in parts.items() if count)}.",
            found=counted(len(paths), "file"),
            expected="every file used" if unused else "",
            count=len(paths),
        )
    )


def _is_in(path: str, named: Collection[str]) -> bool:
    """Whether a file is named, or a folder that it lies in."""
    return path in named or any(parent.as_posix() in named for parent in PurePosixPath(path).parents)


def _is_read(path: str, format: DatasetFormat | None) -> bool:
    """Whether a converted format has read it, or says itself that it has not."""
    if format is None:
        return False
    return format.accounts_for_media if has_media_ending(path) else _ending(path) in ANNOTATION_ENDINGS


def _unused(paths: Sequence[str], place: str) -> Iterable[Finding]:
    media = [path for path in paths if has_media_ending(path)]
    plain = [path for path in paths if not has_media_ending(path)]
    tables = [path for path in plain if path.lower().endswith(EXTENSIONS)]
    others = [path for path in plain if not path.lower().endswith(EXTENSIONS)]
    endings = sorted({_ending(path) or "no ending" for path in others})
    for code, found, words, expected in (
        ("unused_files", media, "left out: named in no row", "one row per file"),
        ("unused_tables", tables, "left out: tables that are not chosen", "tables that are chosen"),
        (
            "unread_files",
            others,
            f"left out: of kinds that are not read ({', '.join(endings[:8])})",
            "tables and media",
        ),
    ):
        if found:
            yield Finding(
                level=FindingLevel.NOTE,
                code=code,
                path=place,
                message=f"{counted(len(found), 'file')} {words}.",
                found=listed(found),
                expected=expected,
                count=len(found),
                examples=tuple(found[:MAX_EXAMPLES]),
            )


def _ending(path: str) -> str:
    return PurePosixPath(path).suffix.lower()
