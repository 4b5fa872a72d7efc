"""FileNames: the files that annotation tools mean by the names they write.

A tool may write a whole path of another machine, backslashes, percent signs, an address with a query, decomposed
letters or another case. A name is looked up as it is and then decoded; of several files with that name the one whose
folders end alike is taken. What fits several files equally well is never guessed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from studio.datasets.uploads.roles import role_by_path

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]*/?")
_LOCAL_FILE = re.compile(r".*[?&]d=([^&]+)")
"""How Label Studio names files of a local storage."""
_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the names of uploaded files."""
_PLAIN_FOLDERS = frozenset(
    ("annotation", "annotations", "data", "dataset", "image", "images", "img", "imgs", "jpegimages", "label", "labels")
)
"""Names of folders that say only what kind of files they hold."""
Parts = tuple[str, ...]


class Found(NamedTuple):
    """What a name means."""

    path: str | None
    several: tuple[str, ...] = ()
    """The files that fit equally well, where there is no better one."""


class FileNames:
    """Files of an upload, to be found by whole name or by stem, wherever they lie."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = tuple(paths)
        self._parts = {path: parts_of(path) for path in paths}
        self._by_name = self._index(lambda name: name)
        self._by_folded_name = self._index(_folded)
        self._by_stem = self._index(stem_of)
        self._by_folded_stem = self._index(lambda name: _folded(stem_of(name)))

    def find(self, name: str, near: str) -> Found:
        """The file that an annotation file at `near` calls `name`."""
        for parts in _spellings(name):
            for key, index in ((parts[-1], self._by_name), (_folded(parts[-1]), self._by_folded_name)):
                if paths := index.get(key):
                    return self._best(paths, parts[:-1], near)
        return Found(None)

    def find_stem(self, path: str, near: str = "") -> Found:
        """The file that is named as the one at `path` but for its ending; `near` is where that stands, if elsewhere."""
        for parts in _spellings(path):
            stem = stem_of(parts[-1])
            for key, index in ((stem, self._by_stem), (_folded(stem), self._by_folded_stem)):
                if paths := index.get(key):
                    return self._best(paths, parts[:-1], near or path)
        return Found(None)

    def named(self, name: str, near: str) -> str | None:
        """The file that `find` finds, if there is one."""
        return self.find(name, near).path

    def with_stem(self, stem: str, near: str) -> str | None:
        """The file whose name without ending is `stem`, if there is one; `near` is where that is written."""
        folder = near.rpartition("/")[0]
        return self.find_stem(f"{folder}/{stem}.").path

    def has_stem(self, stem: str) -> bool:
        """Whether some file is named so."""
        return any(
            stem_of(parts[-1]) in self._by_stem or _folded(stem_of(parts[-1])) in self._by_folded_stem
            for parts in _spellings(f"{stem}.")
        )

    def _index(self, key: Callable[[str], str]) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for path, parts in self._parts.items():
            index.setdefault(key(parts[-1]), []).append(path)
        return index

    def _best(self, paths: Sequence[str], folders: Parts, near: str) -> Found:
        """The only file, or the one that its folders, its place or its split speaks for."""
        likenesses = self._likenesses(folders, near)
        while len(paths) > 1 and (likeness := next(likenesses, None)) is not None:
            most = max(map(likeness, paths))
            paths = [path for path in paths if likeness(path) == most]
        return Found(paths[0]) if len(paths) == 1 else Found(None, tuple(paths))

    def _likenesses(self, folders: Parts, near: str) -> Iterator[Callable[[str], int]]:
        beside, role = parts_of(near)[:-1], role_by_path(near)
        yield lambda path: _common(self._parts[path][-2::-1], folders[::-1])
        yield lambda path: _common(_telling(self._parts[path][:-1])[::-1], _telling(folders)[::-1])
        yield lambda path: int(self._parts[path][:-1] == beside + folders)
        yield lambda path: _common(_telling(self._parts[path][:-1]), _telling(beside))
        yield lambda path: int(role is not None and role_by_path(path) == role)


def parts_of(path: str) -> Parts:
    """The folders and the name of a path, composed (NFC), without a scheme, a host and steps that lead nowhere."""
    plain = _SCHEME.sub("", unicodedata.normalize("NFC", path.strip().replace("\\", "/")), count=1)
    parts = tuple(part.strip() for part in plain.split("/"))
    return tuple(part for part in parts if part not in ("", ".", "..")) or ("",)


def stem_of(name: str) -> str:
    """A name without its ending."""
    return name.rpartition(".")[0] or name


def _spellings(name: str) -> Iterator[Parts]:
    """The parts of a name as it is, and as it is meant if it comes from an address."""
    yield parts_of(name)
    if local := _LOCAL_FILE.match(name):
        yield parts_of(unquote(local[1]))
    if "%" in name:
        yield parts_of(unquote(name))
    if "?" in name or "#" in name:
        yield parts_of(unquote(re.split(r"[?#]", name)[0]))
    *folders, last = parts_of(unquote(name))
    if _UPLOADED.match(last):
        yield (*folders, _UPLOADED.sub("", last, count=1))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name)).casefold()


def _telling(folders: Parts) -> Parts:
    return tuple(folder for folder in folders if folder.lower() not in _PLAIN_FOLDERS)


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many of them are alike from the first on."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count
