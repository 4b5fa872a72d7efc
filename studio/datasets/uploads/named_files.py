"""NamedFiles: the files below a folder that the cells of a table name, however they are written.

A name that is the path of a file is that file. Any other is looked up as annotation tools' names are (`FileNames`),
and an id without an ending as the name of a media file. What fits several files equally well is no match.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from studio.datasets.importers.file_names import FileNames
from studio.datasets.media.registry import media_endings
from studio.datasets.uploads.discovery import list_files
from studio.errors import PathError
from studio.files import resolve_inside


class NamedFile(NamedTuple):
    """What a cell names."""

    path: str | None
    """Below the folder, with forward slashes."""
    several: tuple[str, ...] = ()
    """The files that fit equally well, where there is no better one."""


class NamedFiles:
    """Files below `base`; `paths` are those there are, if they are listed already."""

    def __init__(self, base: Path, paths: Sequence[str] | None = None) -> None:
        self._base = base
        self._paths = paths

    def find(self, cell: str, near: str) -> NamedFile:
        """The file that a cell of the table at `near` names."""
        plain = cell.replace("\\", "/").removeprefix("./")
        try:
            resolve_inside(self._base, plain)
            return NamedFile(plain)
        except (PathError, OSError):
            return self.find_alike(cell, near)

    def find_alike(self, cell: str, near: str) -> NamedFile:
        """As `find`, for a name that is no path of a file."""
        found, several = self._names.find(cell, near)
        if found is None and not several and not has_media_ending(cell):
            found, several = self._media.find_stem(f"{cell.strip()}.", near)
        return NamedFile(found, several)

    def find_named(self, cell: str, near: str) -> str | None:
        """The file whose name a cell holds, with its ending, in whatever folder and spelling."""
        return self._names.find(cell, near).path

    def find_stem(self, cell: str, near: str) -> str | None:
        """The media file whose name without ending a cell holds."""
        return None if has_media_ending(cell) else self._media.find_stem(f"{cell.strip()}.", near).path

    @cached_property
    def endings(self) -> tuple[str, ...]:
        """Endings of the media files there are."""
        return tuple(ending for ending in media_endings() if any(p.lower().endswith(ending) for p in self._listed))

    @cached_property
    def _listed(self) -> Sequence[str]:
        return list_files(self._base) if self._paths is None else self._paths

    @cached_property
    def _names(self) -> FileNames:
        """Media files, and files without an ending, which scanners write."""
        return FileNames([path for path in self._listed if has_media_ending(path) or _has_no_ending(path)])

    @cached_property
    def _media(self) -> FileNames:
        return FileNames([path for path in self._listed if has_media_ending(path)])


def has_media_ending(name: str) -> bool:
    """Whether a name ends like that of a media file."""
    return name.strip().lower().endswith(media_endings())


def is_shortened(cell: str, path: str) -> bool:
    """Whether a cell spells the end of a path as it is, so that only folders above it, or its ending, are missing."""
    return f"/{path}".endswith(f"/{cell}") or f"/{path.rpartition('.')[0]}".endswith(f"/{cell}")


def _has_no_ending(path: str) -> bool:
    ending = path.rpartition("/")[2].rpartition(".")[2]
    return ending == path.rpartition("/")[2] or ending.isdigit()
