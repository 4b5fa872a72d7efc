"""Headers of NIfTI-1 files (https://nifti.nimh.nih.gov/nifti-1), a fixed record of 348 bytes.

Only what a volume needs is read: sides, type of values, where they begin, and their scaling. Orientation and spacing
are left alone; axes come as they are stored, slices first.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.datasets.media import volume_errors as errors
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

HEADER_BYTES = 348
MAX_OFFSET = 64 << 20
"""Extensions may stand between header and values."""
_TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_SINGLE_FILE, _PAIR = b"n+1\0", b"ni1\0"
_NIFTI2_BYTES = 540


@dataclass(frozen=True)
class NiftiHeader:
    """What a NIfTI-1 header says."""

    shape: tuple[int, int, int, int]
    """(channels, depth, height, width), as the values lie."""
    dtype: np.dtype[Any]
    offset: int
    """Bytes before the first value."""
    slope: float
    intercept: float


def is_nifti(head: bytes) -> bool:
    """Whether a file that begins so is NIfTI, of any version."""
    return _order_of(head) is not None


def _order_of(head: bytes) -> str | None:
    """The order of bytes; None for another file."""
    if len(head) < HEADER_BYTES:
        return None
    for order in "<>":
        size = struct.unpack_from(f"{order}i", head)[0]
        if size == HEADER_BYTES and head[344:348] in (_SINGLE_FILE, _PAIR):
            return order
        if size == _NIFTI2_BYTES and head[4:7] in (b"n+2", b"ni2"):
            return order
    return None


def parse_nifti(head: bytes) -> NiftiHeader:
    """The header in these bytes.

    Raises:
        VolumeError: if it is of another version or kind, or contradicts itself.
    """
    order = _order_of(head)
    if order is None:
        raise errors.damaged("no NIfTI header", "an unreadable header")
    if struct.unpack_from(f"{order}i", head)[0] == _NIFTI2_BYTES or head[344:348] == _PAIR:
        raise errors.unsupported(
            "The file is NIfTI-2, or one of a pair of files.",
            "another kind of NIfTI",
            "Save it as NIfTI-1 in one file.",
            "NIfTI-1 in one file",
        )
    dims = struct.unpack_from(f"{order}8h", head, 40)
    code = struct.unpack_from(f"{order}h", head, 70)[0]
    offset, slope, intercept = struct.unpack_from(f"{order}3f", head, 108)
    if code not in _TYPES:
        raise errors.unsupported(
            f"The file holds values of the NIfTI type {code}, not plain numbers.",
            f"values of the NIfTI type {code}",
            "Save integers or floats.",
            "integers or floats",
        )
    if not math.isfinite(offset) or not HEADER_BYTES <= offset <= MAX_OFFSET:
        raise errors.damaged("values begin at no place in the file", f"values at byte {offset:g}")
    has_scaling = math.isfinite(slope) and slope != 0 and math.isfinite(intercept)
    return NiftiHeader(
        _shape(dims),
        np.dtype(f"{order}{_TYPES[code]}"),
        int(offset),
        slope if has_scaling else 1.0,
        intercept if has_scaling else 0.0,
    )


def _shape(dims: tuple[int, ...]) -> tuple[int, int, int, int]:
    count = dims[0]
    sides = dims[1 : 1 + count] if 1 <= count <= 7 else ()
    if len(sides) < 3 or min(sides) < 1 or any(side > 1 for side in sides[4:]):
        raise errors.wrong_shape(sides, "Save a volume of three axes, or four with channels.")
    width, height, depth = sides[:3]
    return (sides[3] if len(sides) > 3 else 1), depth, height, width
