"""Upload: the unpacked files of an import, listed once, with their tables read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from studio.datasets.importers.file_names import FileNames
from studio.datasets.media.reader import MediaReader
from studio.datasets.media.readers.audio import READER as RECORDINGS
from studio.datasets.media.readers.image import READER
from studio.datasets.media.registry import media_endings, reader_of
from studio.datasets.tables.table import EXTENSIONS, RawTable
from studio.files import read_head

_NO_MEDIA = (*EXTENSIONS, ".txt", ".json", ".xml", ".yaml", ".yml", ".md", ".html", ".py", ".zip", ".gz")
"""Endings of files that are not looked into, as they are what they are called."""
_NUL = b"\x00"


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

    def of_medium(self, reader: MediaReader[Any]) -> list[str]:
        """Files of a medium: with one of its endings, or without a known ending and with its first bytes."""
        named, told = self.with_ending(*reader.endings), self._told_by_content.get(reader.name)
        return sorted([*named, *told]) if told else named

    @cached_property
    def _told_by_content(self) -> Mapping[str, list[str]]:
        """Files whose ending says nothing, by the medium of their content."""
        known, found = (*media_endings(), *_NO_MEDIA), dict[str, list[str]]()
        for path in (path for path, lower in self._lowered if not lower.endswith(known)):
            # Letters that begin words begin some kinds of files, too; those have bytes that no text has.
            reader = reader_of(self.files / path) if _NUL in read_head(self.files / path) else None
            if reader is not None:
                found.setdefault(reader.name, []).append(path)
        return found

    @cached_property
    def _lowered(self) -> list[tuple[str, str]]:
        return [(path, path.lower()) for path in self.paths]

    @cached_property
    def images(self) -> FileNames:
        """Every image, to be found by its name."""
        return FileNames(self.of_medium(READER))

    @cached_property
    def recordings(self) -> FileNames:
        """Every recording, to be found by its name."""
        return FileNames(self.of_medium(RECORDINGS))
