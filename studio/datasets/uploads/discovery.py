"""What lies in imported files: tables, media folders, and which columns name files in which folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studio.datasets.dataset import ColumnKind
from studio.datasets.media.registry import media_endings, reader_of
from studio.datasets.tables import table
from studio.files import read_head
from studio.on_demand import pd

SAMPLE_ROWS = 200
FILE_SHARE = 0.5
LONGEST_NAME = 255
"""Bytes."""


@dataclass(frozen=True)
class MediaFolder:
    """A folder with media files directly in it."""

    name: str
    """Relative to the imported files; "." for the top."""
    files: int
    kinds: dict[str, int]
    """Number of files by ending."""


PIECES = "__pieces__"
"""Folder beside uploaded files for what an importer cuts out of them; it is no part of the upload."""


def list_files(root: Path) -> tuple[str, ...]:
    """Every regular file below a folder, relative and sorted; links are left out. One look at each name."""
    found: list[str] = []
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if prefix + entry.name == PIECES:
                        continue
                    folders.append((f"{prefix}{entry.name}/", folder / entry.name))
                elif entry.is_file(follow_symlinks=False):
                    found.append(prefix + entry.name)
    return tuple(sorted(found))


def list_tables(paths: Iterable[str]) -> list[str]:
    """The table files among these, the shallow ones first."""
    return sorted((path for path in paths if path.lower().endswith(table.EXTENSIONS)), key=lambda n: (n.count("/"), n))


def list_media_folders(paths: Iterable[str], files: Path) -> list[MediaFolder]:
    """Folders below `files` that hold media files, the fullest first.

    Names without an ending, as scanners write them, count where the first of a folder is a medium by its content.
    """
    counts: dict[str, Counter[str]] = {}
    nameless: dict[str, list[str]] = {}
    endings = frozenset(media_endings())
    for path in paths:
        folder, _, name = path.rpartition("/")
        parts = name.lower().split(".")
        # Endings may have two parts, such as .nii.gz.
        found = (f".{'.'.join(parts[-count:])}" for count in (2, 1) if len(parts) > count)
        ending = next((one for one in found if one in endings), None)
        if ending is not None:
            counts.setdefault(folder or ".", Counter())[ending] += 1
        elif len(parts) == 1 or parts[-1].isdigit():
            nameless.setdefault(folder or ".", []).append(path)
    for folder, found_paths in nameless.items():
        first = files / found_paths[0]
        reader = reader_of(first)
        if reader is not None:
            counts.setdefault(folder, Counter())[f".{reader.suffix_of(read_head(first))}"] += len(found_paths)
    folders = [MediaFolder(name, sum(kinds.values()), dict(kinds)) for name, kinds in counts.items()]
    return sorted(folders, key=lambda folder: (-folder.files, folder.name))


def file_columns(
    rows: pd.DataFrame, kinds: Mapping[str, ColumnKind], files: Path, folders: Sequence[str]
) -> dict[str, str]:
    """Column -> folder, for text columns most of whose cells name files there; the best folder a column.

    `folders` are those with media directly in them; cells may also start from a folder above.
    """
    found: dict[str, str] = {}
    above = {parent.as_posix() for folder in folders for parent in PurePosixPath(folder).parents}
    candidates = list(dict.fromkeys([*folders, *sorted(above), "."]))
    for column, kind in kinds.items():
        if kind != "text":
            continue
        cells = [str(value).replace("\\", "/") for value in rows[column].dropna().head(SAMPLE_ROWS)]
        cells = [cell for cell in cells if _could_be_path(cell)]
        if not cells:
            continue
        hits = {folder: sum(_is_medium(files / folder / cell) for cell in cells) for folder in candidates}
        best = max(hits, key=lambda folder: hits[folder])
        if hits[best] >= FILE_SHARE * len(cells):
            found[column] = best
    return found


def _is_medium(path: Path) -> bool:
    """Whether it is a file, or a folder that some medium reads as one."""
    return path.is_file() or (path.is_dir() and reader_of(path) is not None)


def _could_be_path(cell: str) -> bool:
    """Whether a cell can be the name of a file here; texts are often longer than any name may be."""
    if not cell or cell.startswith("/") or ".." in cell or "\n" in cell or "\x00" in cell:
        return False
    return len(cell) < 1000 and all(len(part.encode()) <= LONGEST_NAME for part in cell.split("/"))
