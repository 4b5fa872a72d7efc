"""Headers of NIfTI files, versions 1 and 2, read by nibabel; what a stranger's header may say is bounded here.

Axes stay as they are stored, slices first: masks of a table are drawn on stored voxels. Where the axes point and how
far voxels lie apart is kept beside them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.media import volume_errors as errors
from studio.datasets.media.volume_facts import Geometry
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from nibabel.nifti1 import Nifti1Header
    from numpy.typing import NDArray

HEADER_BYTES = 348
LARGEST_HEADER = 540
"""Of version 2."""
MAX_OFFSET = 64 << 20
"""Extensions may stand between header and values."""
MILLIMETRES = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
_MAGIC_PAIR = (b"ni1\0", b"ni2\0")


@dataclass(frozen=True)
class NiftiHeader:
    """What a header says."""

    shape: tuple[int, int, int, int]
    """(channels, depth, height, width), as the values lie."""
    dtype: np.dtype[Any]
    offset: int
    """Bytes before the first value."""
    slope: float
    intercept: float
    geometry: Geometry


def is_nifti(head: bytes) -> bool:
    """Whether a file that begins so is NIfTI, of any version."""
    return _layout_of(head) is not None


def header_bytes(head: bytes) -> int:
    """How long the header of a file is that begins so."""
    layout = _layout_of(head)
    return layout[1] if layout else HEADER_BYTES


def _layout_of(head: bytes) -> tuple[str, int] | None:
    """The order of bytes, and the length of the header; None for another file."""
    if len(head) < HEADER_BYTES:
        return None
    for order in "<>":
        size = struct.unpack_from(f"{order}i", head)[0]
        if size == HEADER_BYTES and head[344:348] in (b"n+1\0", b"ni1\0"):
            return order, HEADER_BYTES
        if size == LARGEST_HEADER and head[4:8] in (b"n+2\0", b"ni2\0"):
            return order, LARGEST_HEADER
    return None


def parse_nifti(head: bytes) -> NiftiHeader:
    """The header in these bytes.

    Raises:
        VolumeError: if it is of another kind, or contradicts itself.
    """
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    layout = _layout_of(head)
    if layout is None or len(head) < layout[1]:
        raise errors.damaged("no NIfTI header", "an unreadable header")
    order, size = layout
    kind = Nifti1Header if size == HEADER_BYTES else Nifti2Header
    header = kind(head[:size], endianness=order, check=False)
    if bytes(header["magic"]).ljust(4, b"\0")[:4] in _MAGIC_PAIR:
        raise errors.unsupported(
            "The file is one of a pair, header and values apart.",
            "half of a pair of files",
            "Save it as NIfTI in one file.",
            "NIfTI in one file",
        )
    offset, slope, intercept = (float(header[name]) for name in ("vox_offset", "scl_slope", "scl_inter"))
    if not math.isfinite(offset) or not size <= offset <= MAX_OFFSET:
        raise errors.damaged("values begin at no place in the file", f"values at byte {offset:g}")
    has_scaling = math.isfinite(slope) and slope != 0 and math.isfinite(intercept)
    return NiftiHeader(
        _shape(tuple(int(side) for side in header["dim"])),
        _dtype(header),
        int(offset),
        slope if has_scaling else 1.0,
        intercept if has_scaling else 0.0,
        _geometry(header),
    )


def write_nifti(volume_DHW: NDArray[Any], geometry: Geometry, path: Path) -> None:
    """One file of a volume: bytes as they are, whole numbers of 16 bits as such, all else as 32-bit floats."""
    from nibabel.nifti1 import Nifti1Image

    values = volume_DHW if volume_DHW.dtype == np.uint8 else _shortened(volume_DHW)
    affine = None if geometry.affine is None else np.array(geometry.affine)
    image = Nifti1Image(values.transpose(2, 1, 0), affine, dtype=values.dtype)
    if affine is not None:
        image.header.set_xyzt_units("mm")
    elif geometry.spacing is not None:
        image.header.set_zooms(geometry.spacing[::-1])
        image.header.set_xyzt_units("mm")
    with path.open("wb") as file:
        image.to_stream(file)


def _shortened(values: NDArray[Any]) -> NDArray[Any]:
    whole = values.astype(np.int16) if np.abs(values).max() < np.iinfo(np.int16).max else None
    return whole if whole is not None and np.array_equal(whole, values) else values.astype(np.float32, copy=False)


def _dtype(header: Nifti1Header) -> np.dtype[Any]:
    code = int(header["datatype"])
    try:
        dtype: np.dtype[Any] = np.dtype(header.get_data_dtype())
    except (KeyError, ValueError):
        dtype = np.dtype("V")
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise errors.unsupported(
            f"The file holds values of the NIfTI type {code}, not plain numbers.",
            f"values of the NIfTI type {code}",
            "Save integers or floats.",
            "integers or floats",
        )
    return dtype


def _geometry(header: Nifti1Header) -> Geometry:
    """Spacing and orientation; unknown where the header says neither, as files written without them."""
    from nibabel.spatialimages import HeaderDataError

    has_orientation = int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0
    try:
        unit = MILLIMETRES[header.get_xyzt_units()[0]]
        steps = [abs(float(one)) * unit for one in header["pixdim"][1:4]]
        with np.errstate(all="ignore"):
            affine = header.get_best_affine() if has_orientation else None
    except (KeyError, ValueError, ArithmeticError, HeaderDataError):
        return Geometry()
    if affine is not None:
        affine = affine.astype(float)
        affine[:3] *= unit
        return Geometry.of_affine(affine)
    says_nothing = steps == [1.0, 1.0, 1.0] and header.get_xyzt_units()[0] == "unknown"
    is_usable = all(math.isfinite(step) and step > 0 for step in steps)
    return Geometry(None if says_nothing or not is_usable else (steps[2], steps[1], steps[0]))


def _shape(dims: tuple[int, ...]) -> tuple[int, int, int, int]:
    count = dims[0]
    sides = dims[1 : 1 + count] if 1 <= count <= 7 else ()
    if len(sides) < 3 or min(sides) < 1 or any(side > 1 for side in sides[4:]):
        raise errors.wrong_shape(sides, "Save a volume of three axes, or four with channels.")
    width, height, depth = sides[:3]
    return (sides[3] if len(sides) > 3 else 1), depth, height, width
