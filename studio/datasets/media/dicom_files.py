"""Files of a DICOM series: those of a folder, or the entries of one zip file, which is how a form sends a folder."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from studio.datasets.media import volume_errors as errors
from studio.datasets.uploads.archive import is_junk
from studio.datasets.uploads.file_kinds import is_kind
from studio.files import read_head

ENDINGS = (".dcm", ".dicom", ".ima", "")
MOST_FILES = 4096
MOST_BYTES = 256 << 20
"""Of one slice."""
MOST_LEVELS = 8
"""Folders that hold nothing but one folder, as exports nest patient, study and series."""
KIND_BYTES = 132
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER = struct.Struct("<4s4xH8x2LHH")
_DIRECTORY_FILE = "dicomdir"


@dataclass(frozen=True)
class SeriesFile:
    """A file of a series, wherever it lies."""

    name: str
    open: Callable[[], IO[bytes]]


def is_series_folder(path: Path) -> bool:
    """Whether a folder holds DICOM files; folders that hold nothing but one folder are looked through."""
    folder = _innermost(path)
    return folder is not None and any(is_kind(read_head(file), "dicom") for file in _candidates(folder)[:4])


def is_series_zip(head: bytes) -> bool:
    """Whether a zip file that begins so holds DICOM files, by its first file."""
    at = 0
    while len(head) >= at + _LOCAL_HEADER.size and is_kind(head[at:], "zip"):
        _, method, packed, _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack_from(head, at)
        name = head[at + _LOCAL_HEADER.size :][:name_bytes]
        at += _LOCAL_HEADER.size + name_bytes + extra_bytes
        if not name.endswith(b"/"):
            return is_kind(_unpacked(head[at:], method), "dicom")
        at += packed
    return False


def _unpacked(data: bytes, method: int) -> bytes:
    if method == zipfile.ZIP_STORED:
        return data
    try:
        return zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(data, KIND_BYTES)
    except zlib.error:
        return b""


@contextmanager
def series_files(path: Path) -> Iterator[list[SeriesFile]]:
    """The files of a series by name; none is opened yet.

    Raises:
        VolumeError: if there are none, or too many.
    """
    if path.is_dir():
        yield _checked([_in_folder(file) for file in _candidates(_innermost(path) or path)])
        return
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and _is_candidate(entry.filename)]
        for entry in entries:
            if entry.compress_type not in _METHODS or entry.flag_bits & 1 or entry.file_size > MOST_BYTES:
                raise errors.damaged_slice(entry.filename, "an entry that is encrypted, too large or oddly packed")
        yield _checked([_in_zip(archive, entry) for entry in entries])


def _checked(files: list[SeriesFile]) -> list[SeriesFile]:
    if not files or len(files) > MOST_FILES:
        raise errors.unsupported(
            "The folder holds no DICOM files." if not files else f"The folder holds {len(files):,} files.",
            f"{len(files):,} files",
            "Name the folder that holds the slices of one series.",
            f"1 to {MOST_FILES:,} DICOM files of one series",
        )
    return sorted(files, key=lambda one: one.name)


def _in_folder(file: Path) -> SeriesFile:
    if file.stat().st_size > MOST_BYTES:
        raise errors.damaged_slice(file.name, f"{file.stat().st_size:,} bytes")
    return SeriesFile(file.name, lambda: file.open("rb"))


def _in_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> SeriesFile:
    return SeriesFile(entry.filename, lambda: io.BytesIO(archive.read(entry)))


def _innermost(path: Path) -> Path | None:
    """The folder itself, or the one that it leads to as its only entry; None where there is no file."""
    for _ in range(MOST_LEVELS):
        if path.is_symlink() or not path.is_dir():
            return None
        entries = [entry for entry in path.iterdir() if not is_junk(Path(entry.name))]
        if len(entries) != 1 or not entries[0].is_dir():
            return path
        path = entries[0]
    return None


def _candidates(folder: Path) -> list[Path]:
    """Files that should be slices, by their names; links are passed over."""
    found = (file for file in folder.iterdir() if not file.is_symlink() and file.is_file() and _is_candidate(file.name))
    return sorted(found)


def _is_candidate(name: str) -> bool:
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    # Names such as 1.2.840.113619.2 end with a number, not with an ending.
    return not is_junk(path) and path.name.lower() != _DIRECTORY_FILE and (ending in ENDINGS or ending[1:].isdigit())
