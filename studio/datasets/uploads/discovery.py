"""What lies in imported files: tables and media folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.datasets.media.registry import media_endings, reader_of
from studio.datasets.tables import json_table, table
from studio.files import read_head


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


def folder_above(folders: Iterable[str]) -> str:
    """The deepest folder that holds all of these, of which there is one at least; "." or "" is the whole upload."""
    found = {"" if folder == "." else folder for folder in folders}
    return "." if "" in found else os.path.commonpath(found) or "."


def list_json_tables(paths: Iterable[str], files: Path) -> list[str]:
    """The JSON documents among these that could be tables, the shallow ones first."""
    found = [path for path in paths if path.lower().endswith(json_table.ENDING)]
    found = [path for path in found if json_table.could_be_json_table(files / path)]
    return sorted(found, key=lambda name: (name.count("/"), name))


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
