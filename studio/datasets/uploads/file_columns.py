"""Which columns of a table name files, and in which folder those lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studio.datasets.dataset import ColumnKind
from studio.datasets.media.registry import reader_of
from studio.datasets.uploads.discovery import folder_above
from studio.datasets.uploads.named_files import NamedFiles, has_media_ending
from studio.on_demand import pd

SAMPLE_ROWS = 200
FILE_SHARE = 0.5
NAMED_SHARE = 0.9
"""Of cells that end like names of media: with them a column is one of files, even if most are not there."""
ID_SHARE, MANY_IDS = 0.9, 20
"""How many cells of a column of ids differ: a few words that are also names of files are more often classes."""
LONGEST_NAME = 255
"""Bytes."""


@dataclass(frozen=True)
class _Column:
    """A column that names files."""

    folder: str
    hits: int
    """Cells of the sample that are paths of files there as they are written."""
    paths: frozenset[str] = frozenset()
    """What its cells mean, where they are not all such paths."""


def file_columns(
    rows: pd.DataFrame,
    kinds: Mapping[str, ColumnKind],
    files: Path,
    folders: Sequence[str],
    named: NamedFiles | None = None,
    near: str = "",
) -> dict[str, str]:
    """Column -> folder, for columns most of whose cells name files there; those that are paths as they are first.

    `folders` are those with media directly in them; cells may also start from a folder above. Where cells are spelled
    otherwise, or lie in several folders, it is the one above all files that they mean. `near` is the table's place.
    """
    named = NamedFiles(files) if named is None else named
    above = {parent.as_posix() for folder in folders for parent in PurePosixPath(folder).parents}
    candidates = list(dict.fromkeys([*folders, *sorted(above), "."]))
    found: dict[str, _Column] = {}
    for column in (column for column, kind in kinds.items() if kind == "text"):
        if (one := _by_path(rows[column], files, candidates, named, near)) is not None:
            found[column] = one
    if not found and folders:
        ids = {column: _by_id(rows[column], named, near) for column, kind in kinds.items() if kind in _ID_KINDS}
        found = {column: one for column, one in ids.items() if one is not None}
    ordered = sorted(found, key=lambda column: -found[column].hits)
    return {column: found[column].folder for column in ordered if not _repeats(found, ordered, column)}


_ID_KINDS = ("text", "integer")


def _by_path(values: pd.Series, files: Path, candidates: Sequence[str], named: NamedFiles, near: str) -> _Column | None:
    """A column whose cells are names with endings."""
    sample = [str(value) for value in values.dropna().head(SAMPLE_ROWS)]
    plain = [cell for one in sample if _could_be_path(cell := one.replace("\\", "/"))]
    hits = {folder: sum(_is_medium(files / folder / cell) for cell in plain) for folder in candidates}
    best = max(hits, key=lambda folder: hits[folder])
    exact = hits[best]
    is_whole = bool(sample) and exact == len(sample)
    if not is_whole and any(ending in cell.lower() for cell in sample for ending in named.endings):
        meant = [named.find_named(cell, near) for cell in sample]
        found = sum(path is not None for path in meant)
        if found > exact and (_are_most(meant, FILE_SHARE) or names_media(sample)):
            every = {named.find_named(str(value), near) for value in values.dropna().unique()}
            paths = frozenset(path for path in every if path is not None)
            return _Column(_folder_above(paths), exact, paths)
    is_named = exact > 0 and (exact >= FILE_SHARE * len(plain) or names_media(sample))
    return _Column(best, exact) if is_named else None


def names_media(cells: Sequence[str]) -> bool:
    """Whether nearly all cells end like names of media, whether they are there or not."""
    return bool(cells) and sum(map(has_media_ending, cells)) >= NAMED_SHARE * len(cells)


def _by_id(values: pd.Series, named: NamedFiles, near: str) -> _Column | None:
    """A column whose cells are names without endings, mostly different ones."""
    sample = [str(value) for value in values.dropna().head(SAMPLE_ROWS)]
    meant = [named.find_stem(cell, near) for cell in sample]
    if not _are_most(meant, FILE_SHARE) or len(set(sample)) < max(2, min(MANY_IDS, ID_SHARE * len(sample))):
        return None
    every = {named.find_stem(str(value), near) for value in values.dropna().unique()}
    paths = frozenset(path for path in every if path is not None)
    return _Column(_folder_above(paths), 0, paths)


def _repeats(found: Mapping[str, _Column], ordered: Sequence[str], column: str) -> bool:
    """Whether a column only spells otherwise what an earlier one names, as an address beside a file does."""
    own = found[column].paths
    earlier = ordered[: ordered.index(column)]
    return bool(own) and any(_is_same(found[other], own) for other in earlier)


def _is_same(other: _Column, paths: frozenset[str]) -> bool:
    return other.paths == paths or (not other.paths and other.folder == _folder_above(paths))


def _are_most(meant: Sequence[str | None], share: float) -> bool:
    return bool(meant) and sum(path is not None for path in meant) >= share * len(meant)


def _folder_above(paths: Iterable[str]) -> str:
    """The deepest folder that holds all these files."""
    return folder_above(path.rpartition("/")[0] for path in paths)


def _is_medium(path: Path) -> bool:
    """Whether it is a file, or a folder that some medium reads as one."""
    return path.is_file() or (path.is_dir() and reader_of(path) is not None)


def _could_be_path(cell: str) -> bool:
    """Whether a cell can be the name of a file here; texts are often longer than any name may be."""
    if not cell or cell.startswith("/") or ".." in cell or "\n" in cell or "\x00" in cell:
        return False
    return len(cell) < 1000 and all(len(part.encode()) <= LONGEST_NAME for part in cell.split("/"))
