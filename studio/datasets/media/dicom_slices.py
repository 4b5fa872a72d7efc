"""One slice of a DICOM series: what its header says of its place and values, and its pixels.

What identifies a patient is never read: of a header only the tags in `_TAGS` are taken.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeAlias, TypeVar

from studio.datasets.formatting import listed
from studio.datasets.media import volume_errors as errors
from studio.datasets.media.dicom_files import SeriesFile
from studio.datasets.media.volume_errors import VolumeError
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
    from pydicom import Dataset as DicomDataset

T = TypeVar("T")
Vector: TypeAlias = "tuple[float, ...]"

_TAGS = (
    "SeriesInstanceUID",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
    "PixelRepresentation",
    "PixelSpacing",
    "SliceThickness",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "InstanceNumber",
    "RescaleSlope",
    "RescaleIntercept",
)
_READABLE = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.5": "RLE Lossless",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
}
"""Transfer syntaxes that pydicom decodes by itself or with Pillow. Deflated files are none: they unpack unbounded."""
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, EOFError, RuntimeError, OSError)
"""What pydicom raises where bytes contradict each other."""


@dataclass(frozen=True)
class Slice:
    """What is known of a slice before its pixels are decoded."""

    file: SeriesFile
    series: str
    rows: int
    columns: int
    samples: int
    frames: int
    is_bytes: bool
    slope: float
    intercept: float
    position: Vector | None
    directions: Vector | None
    """Of a row and of a column, three numbers each."""
    step: Vector | None
    """Millimetres between rows and between columns."""
    thickness: float | None
    number: int | None


def read_slice(file: SeriesFile) -> Slice:
    """The header of a file.

    Raises:
        VolumeError: if it is no DICOM file that is read.
    """

    def read(stream: IO[bytes]) -> Slice:
        from pydicom import dcmread

        return _slice_of(file, dcmread(stream, stop_before_pixels=True, specific_tags=list(_TAGS)))

    return _guarded(file, read, "an unreadable header")


def _slice_of(file: SeriesFile, dataset: DicomDataset) -> Slice:
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax not in _READABLE:
        raise errors.unsupported(
            f"{file.name} is compressed in a way that is not read ({syntax}).",
            f"the transfer syntax {syntax[:60]}",
            "Export the series uncompressed, or decompress it, as with dcmdjpeg or gdcmconv --raw.",
            f"one of {listed(_READABLE.values())}",
        )
    position, directions, step = (
        _vector(dataset, name, count)
        for name, count in (("ImagePositionPatient", 3), ("ImageOrientationPatient", 6), ("PixelSpacing", 2))
    )
    return Slice(
        file=file,
        series=str(dataset.get("SeriesInstanceUID", "")),
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        samples=int(dataset.get("SamplesPerPixel", 1)),
        frames=int(dataset.get("NumberOfFrames") or 1),
        is_bytes=int(dataset.BitsAllocated) == 8 and int(dataset.get("PixelRepresentation", 0)) == 0,
        slope=_number(dataset, "RescaleSlope", 1.0),
        intercept=_number(dataset, "RescaleIntercept", 0.0),
        position=position,
        directions=directions,
        step=step,
        thickness=_number(dataset, "SliceThickness", 0.0) or None,
        number=None if dataset.get("InstanceNumber") is None else int(dataset.InstanceNumber),
    )


def read_pixels(one: Slice) -> NDArray[Any]:
    """Values (rows, columns), rescaled as the slice says.

    Raises:
        VolumeError: if they cannot be decoded.
    """

    def read(stream: IO[bytes]) -> NDArray[Any]:
        from pydicom import dcmread

        return np.asarray(dcmread(stream).pixel_array)

    pixels = _guarded(one.file, read, "pixels that cannot be decoded, or are cut off")
    if pixels.shape != (one.rows, one.columns):
        raise errors.damaged_slice(one.file.name, f"pixels of the shape {pixels.shape}")
    if (one.slope, one.intercept) == (1.0, 0.0):
        return pixels
    with np.errstate(over="ignore", invalid="ignore"):
        return (pixels * one.slope + one.intercept).astype(np.float32)


def _guarded(file: SeriesFile, read: Callable[[IO[bytes]], T], found: str) -> T:
    """What is read of a file; pydicom parses a value when it is asked for, so any step may meet nonsense."""
    from pydicom import config
    from pydicom.errors import BytesLengthException, InvalidDicomError

    config.settings.reading_validation_mode = config.IGNORE
    warnings.filterwarnings("ignore", module="pydicom")
    try:
        with file.open() as stream:
            return read(stream)
    except VolumeError:
        raise
    except InvalidDicomError:
        raise errors.damaged_slice(file.name, "bytes that are no DICOM file") from None
    except (BytesLengthException, *_BROKEN):
        raise errors.damaged_slice(file.name, found) from None


def _vector(dataset: DicomDataset, name: str, count: int) -> Vector | None:
    values = dataset.get(name)
    if values is None or len(values) != count:
        return None
    numbers = tuple(float(value) for value in values)
    return numbers if all(map(math.isfinite, numbers)) else None


def _number(dataset: DicomDataset, name: str, default: float) -> float:
    value = dataset.get(name)
    return default if value is None else float(value)
