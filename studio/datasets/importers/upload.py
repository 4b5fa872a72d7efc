"""Upload: the unpacked files of an import, listed once, with their tables read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from studio.datasets.importers.file_names import FileNames
from studio.datasets.media.readers.audio import READER as RECORDINGS
from studio.datasets.media.readers.image import READER
from studio.datasets.tables.table import RawTable


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
    def images(self) -> FileNames:
        """Every image, to be found by its name."""
        return FileNames(self.with_ending(*READER.endings))

    @cached_property
    def recordings(self) -> FileNames:
        """Every recording, to be found by its name."""
        return FileNames(self.with_ending(*RECORDINGS.endings))
