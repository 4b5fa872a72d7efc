"""Upload: the unpacked files of an import, listed once, with their tables read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from studio.datasets.media.readers.audio import READER as RECORDINGS
from studio.datasets.media.readers.image import READER
from studio.datasets.tables.table import RawTable
from studio.datasets.uploads.discovery import role_by_name


@dataclass(frozen=True)
class Upload:
    """What lies in an upload. Paths are relative to `files`, with forward slashes, sorted."""

    files: Path
    paths: tuple[str, ...]
    tables: Mapping[str, RawTable]
    """Tables that could be read, by path."""

    def with_ending(self, *endings: str) -> list[str]:
        """Paths that end so, in any case."""
        return [path for path, lower in self._lowered if lower.endswith(endings)]

    @cached_property
    def _lowered(self) -> list[tuple[str, str]]:
        return [(path, path.lower()) for path in self.paths]

    @cached_property
    def images(self) -> "FileIndex":
        """Every image, to be found by name."""
        return FileIndex(self.with_ending(*READER.endings))

    @cached_property
    def recordings(self) -> "FileIndex":
        """Every recording, to be found by name."""
        return FileIndex(self.with_ending(*RECORDINGS.endings))


class FileIndex:
    """Finds files of an upload by whole name or by stem, wherever they lie."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = tuple(paths)
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for path in paths:
            name = path.rpartition("/")[2]
            self._by_name.setdefault(name, []).append(path)
            self._by_stem.setdefault(name.rpartition(".")[0], []).append(path)

    def named(self, name: str, near: str) -> str | None:
        """The file that an annotation file at `near` calls `name`; None if it is not there."""
        plain = name.replace("\\", "/").removeprefix("./")
        found = self._by_name.get(plain.rpartition("/")[2], [])
        whole = [path for path in found if path == plain or path.endswith(f"/{plain}")]
        return _nearest(whole, near)

    def with_stem(self, stem: str, near: str) -> str | None:
        """The file whose name without ending is `stem`; None if there is none."""
        return _nearest(self._by_stem.get(stem, []), near)

    def has_stem(self, stem: str) -> bool:
        """Whether some file is named so."""
        return stem in self._by_stem


def _nearest(paths: list[str], near: str) -> str | None:
    """Of several files with one name, the one whose path has most words in common with the annotation's path."""
    if len(paths) < 2:
        return paths[0] if paths else None
    words = _words(near)
    return max(paths, key=lambda path: len(words & _words(path)))


def _words(path: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", path.lower()))


@lru_cache(maxsize=4096)
def role_by_path(path: str) -> str | None:
    """The table role that a file's own name, or else its nearest folder, speaks of."""
    pure = PurePosixPath(path)
    names = [pure.name, *(parent.name for parent in pure.parents if parent.name)]
    return next((role for name in names if (role := role_by_name(name)) is not None), None)
