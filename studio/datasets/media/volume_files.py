"""Files of volumes: which kind they are, what their header says, and the stream of values behind it.

A .npy file has (depth, height, width), or four axes of which the first or the last has the channels: the shorter one,
the last where both are alike. A .npz file has one such array. NIfTI has slices last in the header, which are first in
the file; its fourth axis has the channels.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from studio.datasets.media import volume_errors as errors
from studio.datasets.media.dicom_files import is_series_zip
from studio.datasets.media.nifti import HEADER_BYTES, header_bytes, is_nifti, parse_nifti
from studio.datasets.media.npy_header import NpyHeaderError, read_npy_header
from studio.datasets.media.volume_facts import Geometry, VolumeFacts, VolumeFormat
from studio.datasets.uploads.file_kinds import is_kind, kind_of_bytes
from studio.files import read_head
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ZIP_NAME = struct.Struct("<4s22xHH")
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, struct.error, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class VolumeHeader:
    """How values of a file become a volume."""

    format: VolumeFormat
    shape: tuple[int, ...]
    """Of the values as they lie."""
    channel_axis: int | None
    dtype: np.dtype[Any]
    is_fortran: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    geometry: Geometry = field(default_factory=Geometry)

    @property
    def is_scaled(self) -> bool:
        """Whether values are not those of the file."""
        return (self.slope, self.intercept) != (1.0, 0.0)

    @property
    def count(self) -> int:
        """How many values there are."""
        return math.prod(self.shape)

    @property
    def is_bytes(self) -> bool:
        """Whether the volume stays one of bytes."""
        return not self.is_scaled and (self.dtype == np.uint8 or self.dtype.kind == "b")

    @property
    def facts(self) -> VolumeFacts:
        """As the rest of the studio knows it."""
        sides = list(self.shape)
        channels = 1 if self.channel_axis is None else sides.pop(self.channel_axis)
        depth, height, width = sides
        return VolumeFacts(depth, height, width, channels, self.format, self.is_bytes, geometry=self.geometry)


def ending_of(head: bytes) -> str | None:
    """The ending of a volume that begins so, without the dot; None for other files."""
    if is_kind(head, "numpy"):
        return "npy"
    if is_kind(head, "zip"):
        return "npz" if _first_name(head).endswith(b".npy") else "zip" if is_series_zip(head) else None
    if is_kind(head, "dicom"):
        return "dcm"
    if is_nifti(head):
        return "nii"
    return "nii.gz" if is_kind(head, "gzip") and is_nifti(_inflated(head)) else None


def axes_of_npy(head: bytes) -> tuple[int, ...]:
    """The shape of the array in a .npy file that begins so; empty where it cannot be read."""
    try:
        return read_npy_header(io.BytesIO(head)).shape
    except NpyHeaderError:
        return ()


@contextmanager
def opened(path: Path) -> Iterator[tuple[VolumeHeader, IO[bytes]]]:
    """The header of a file, and a stream that stands at its first value.

    Raises:
        VolumeError: if the file is empty, foreign, damaged, truncated or too large; also while the stream is read.
    """
    if path.is_dir():
        raise errors.unsupported(
            "The name leads to a folder without DICOM files.",
            "a folder",
            "Name a file, or the folder that holds the slices of one DICOM series.",
        )
    head = read_head(path)
    kind = ending_of(head)
    if not head:
        raise errors.empty()
    if kind == "dcm":
        raise errors.unsupported(
            "A single DICOM file is one slice, or holds many in a way that is not read.",
            "one DICOM file",
            "Put the slices of a series, a file each, into one folder, and name the folder.",
            "a folder with a DICOM series",
        )
    if kind is None:
        found = kind_of_bytes(head)
        raise errors.unsupported("The file is not a supported volume.", found, f"Save it as {errors.EXPECTED}.")
    try:
        with _stream(path, kind) as (file, size):
            header = _nifti(file) if kind.startswith("nii") else _npy(file, "NPZ" if kind == "npz" else "NPY")
            errors.check_sides(header.facts, header.shape)
            if size is not None:
                _check_size(header, size - file.tell())
            yield header, file
    except _BROKEN as error:
        raise errors.damaged(str(error)[:100] or type(error).__name__) from None


@contextmanager
def _stream(path: Path, kind: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """What is in a file, unpacked, and how long it says to be."""
    if kind == "nii.gz":
        with gzip.open(path, "rb") as packed:
            yield cast("IO[bytes]", packed), None
    elif kind == "npz":
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) != 1:
                names = f"{len(entries)} arrays"
                raise errors.unsupported("The .npz file has several arrays.", names, "Save one a file.", "one array")
            if entries[0].compress_type not in _METHODS or entries[0].flag_bits & 1:
                raise errors.damaged("it is packed in a way that numpy does not write")
            with archive.open(entries[0]) as member:
                yield member, entries[0].file_size
    else:
        with path.open("rb") as file:
            yield file, path.stat().st_size


def _npy(file: IO[bytes], format: VolumeFormat) -> VolumeHeader:
    try:
        header = read_npy_header(file)
    except NpyHeaderError as error:
        raise errors.damaged(str(error), "an unreadable header") from None
    shape = header.shape
    if not header.holds_numbers or header.dtype.itemsize > 8:
        found = f"values of the type {str(header.dtype)[:40]}"
        raise errors.unsupported(
            f"The NumPy file holds {header.dtype}, not plain numbers.", found, "Save integers or floats.", "numbers"
        )
    if len(shape) not in (3, 4) or min(shape) < 1:
        raise errors.wrong_shape(shape, "Save (depth, height, width), with channels first or last if there are any.")
    axis = None if len(shape) == 3 else 0 if shape[0] < shape[3] else 3
    return VolumeHeader(format, shape, axis, header.dtype, header.is_fortran)


def _nifti(file: IO[bytes]) -> VolumeHeader:
    head = file.read(HEADER_BYTES)
    head += file.read(header_bytes(head) - HEADER_BYTES)
    nifti = parse_nifti(head)
    skipped = nifti.offset - len(head)
    if len(file.read(skipped)) < skipped:
        raise errors.truncated(0, math.prod(nifti.shape) * nifti.dtype.itemsize)
    return VolumeHeader(
        "NIfTI",
        nifti.shape,
        0,
        nifti.dtype,
        slope=nifti.slope,
        intercept=nifti.intercept,
        geometry=nifti.geometry,
    )


def _check_size(header: VolumeHeader, found: int) -> None:
    expected = header.count * header.dtype.itemsize
    if found < expected:
        raise errors.truncated(max(0, found), expected)


def _first_name(head: bytes) -> bytes:
    """Of the entries of a zip file."""
    if len(head) < _ZIP_NAME.size:
        return b""
    _, length, _ = _ZIP_NAME.unpack_from(head)
    return head[_ZIP_NAME.size : _ZIP_NAME.size + length]


def _inflated(head: bytes) -> bytes:
    """As much of a gzip file as these bytes give, and no more than a header."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEADER_BYTES)
    except zlib.error:
        return b""
