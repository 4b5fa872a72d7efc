"""Decoding of volumes, behind `readers/volume.py`.

Bytes stay bytes, False and True become 0 and 255, and all other numbers become 32-bit floats, scaled as the file says:
intensities of scanners have no common range, so none is guessed here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from studio.datasets.media import volume_errors as errors
from studio.datasets.media.dicom import decode_series, read_series_facts
from studio.datasets.media.dicom_files import is_series_folder, is_series_zip
from studio.datasets.media.nifti import write_nifti
from studio.datasets.media.volume_facts import PERCENTILES, VolumeFacts
from studio.datasets.media.volume_files import VolumeHeader, opened
from studio.datasets.media.volume_preview import percentiles_of, write_pictures
from studio.files import read_head
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

BLOCK_VALUES = 1 << 20
"""Converted at a time."""
MOST_BEHIND = 1 << 20
"""Bytes that may follow the last value; a packed file is read on to its checksum, and no further than this."""


def read_facts(path: Path) -> VolumeFacts:
    """Sides and type of a volume from its header, without decoding it.

    Raises:
        VolumeError: if it is no volume that is read, or too large.
    """
    if is_series(path):
        return read_series_facts(path)
    with opened(path) as (header, _):
        return header.facts


def is_series(path: Path) -> bool:
    """Whether this is a DICOM series: a folder, or a zip file, of slices."""
    return is_series_folder(path) if path.is_dir() else is_series_zip(read_head(path))


def convert_series(path: Path, target: Path) -> None:
    """Write a DICOM series as one NIfTI file, which says nothing of who was scanned.

    Raises:
        VolumeError: as `open_volume`.
    """
    facts, volume = decode_series(path)
    write_nifti(volume, facts.geometry, target)


def open_volume(path: Path, channels: int) -> NDArray[Any]:
    """Values (depth, height, width, channels), uint8 or float32.

    Raises:
        VolumeError: if the file is empty, unsupported, truncated, damaged or too large, or has other channels.
    """
    volume = _decoded(path)[1]
    found = volume.shape[3]
    if found == channels:
        return volume
    if found == 1:
        return np.repeat(volume, channels, axis=3)
    raise errors.other_channels(found, channels)


def inspect_volume(path: Path, preview: Path | None = None) -> VolumeFacts:
    """Decode a volume to its last byte, once, and draw slices of it if asked.

    Raises:
        VolumeError: as `open_volume`.
    """
    facts, volume = _decoded(path)
    if preview is not None:
        write_pictures(volume, preview)
    return replace(
        facts,
        lowest=float(volume.min()),
        highest=float(volume.max()),
        percentiles=percentiles_of(volume, PERCENTILES),
    )


def _decoded(path: Path) -> tuple[VolumeFacts, NDArray[Any]]:
    if is_series(path):
        facts, volume_DHW = decode_series(path)
        return facts, volume_DHW[..., None]
    with opened(path) as (header, file):
        flat = _values(header, file)
        if len(file.read(MOST_BEHIND + 1)) > MOST_BEHIND:
            raise errors.damaged("more bytes follow than its header says", f"over {MOST_BEHIND:,} further bytes")
    volume = flat.reshape(header.shape, order="F" if header.is_fortran else "C")
    volume = volume[..., None] if header.channel_axis is None else np.moveaxis(volume, header.channel_axis, 3)
    return header.facts, np.ascontiguousarray(volume)


def _values(header: VolumeHeader, file: IO[bytes]) -> NDArray[Any]:
    flat = np.empty(header.count, dtype=np.uint8 if header.is_bytes else np.float32)
    step, unknown = header.dtype.itemsize, 0
    for at in range(0, header.count, BLOCK_VALUES):
        wanted = min(BLOCK_VALUES, header.count - at)
        data = file.read(wanted * step)
        if len(data) < wanted * step:
            raise errors.truncated(at * step + len(data), header.count * step)
        values = np.frombuffer(data, dtype=header.dtype)
        block = flat[at : at + wanted]
        if header.is_bytes:
            block[:] = values.astype(np.uint8) * np.uint8(255) if header.dtype.kind == "b" else values
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            block[:] = values * header.slope + header.intercept if header.is_scaled else values
        unknown += int(wanted - np.isfinite(block).sum())
    if unknown:
        raise errors.not_finite(unknown)
    return flat
