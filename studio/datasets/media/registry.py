"""The media there are: every file in `readers/`, and packages that declare the entry point group `studio.media`."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from studio.datasets.media import readers
from studio.datasets.media.reader import MediaReader
from studio.errors import NotFoundError
from studio.files import read_head

ENTRY_POINT_GROUP = "studio.media"


@cache
def _readers() -> dict[str, MediaReader[Any]]:
    own = [
        importlib.import_module(f"{readers.__name__}.{module.name}").READER
        for module in pkgutil.iter_modules(readers.__path__)
    ]
    others = [entry.load() for entry in entry_points(group=ENTRY_POINT_GROUP)]
    found: dict[str, MediaReader[Any]] = {}
    for one in [*own, *others]:
        _add(found, one)
    return found


def _add(found: dict[str, MediaReader[Any]], reader: MediaReader[Any]) -> None:
    if not isinstance(reader, MediaReader) or reader.name in found:
        raise TypeError(f"{reader!r} is not a new MediaReader.")
    found[reader.name] = reader


@contextmanager
def registered(reader: MediaReader[Any]) -> Iterator[None]:
    """One more medium for a while.

    Raises:
        TypeError: if it is no reader, or its name is taken.
    """
    _add(_readers(), reader)
    try:
        yield
    finally:
        del _readers()[reader.name]


def media_readers() -> tuple[MediaReader[Any], ...]:
    """Every reader."""
    return tuple(_readers().values())


def media_reader(name: str) -> MediaReader[Any]:
    """The reader of the medium with this name.

    Raises:
        NotFoundError: with the nearest names.
    """
    known = _readers()
    if name not in known:
        raise NotFoundError.among("medium", name, known)
    return known[name]


def media_endings() -> tuple[str, ...]:
    """The endings of all media, lower case, with the dot."""
    return tuple(ending for one in media_readers() for ending in one.endings)


def reader_of(path: Path) -> MediaReader[Any] | None:
    """The reader of a file or folder, by its content; the likeliest, where several read such files."""
    if path.is_dir():
        return next((one for one in media_readers() if one.reads_folder(path)), None)
    head = read_head(path)
    best = max(media_readers(), key=lambda one: one.likelihood(head))
    return best if best.likelihood(head) > 0 else None


def needs_preview(reader: MediaReader[Any], path: Path) -> bool:
    """Whether a preview stands for a file: in lists, or wherever it is shown."""
    return not reader.is_drawn_by_browsers or not is_shown_by_browsers(path)


def is_shown_by_browsers(path: Path) -> bool:
    """Whether browsers show a file themselves; others need their preview."""
    if path.is_dir():
        return False
    head = read_head(path)
    return any(one.browser_type(head) for one in media_readers())
