"""NumPy images: .npy files of (height, width) or (height, width, channels), never with objects in them.

How values become bytes is fixed by the type, and said at import where it is not plain:

uint8, bool      as they are; False and True are 0 and 255
uint16           the high byte, so 65535 becomes 255 in every image alike
float            all values from 0 to 1 are multiplied by 255; all values from 0 to 255 are rounded
other integers   all values from 0 to 255, as they are
anything else    refused: the studio does not guess a range
"""

import math
from dataclasses import dataclass
from tokenize import TokenError
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError

MAGIC = b"\x93NUMPY"
MAX_CHANNELS = 64
MAX_VALUES = 400_000_000
Scaling = Literal["", "high byte", "0 to 1", "0 to 255"]


class ImageError(StudioError):
    """A file that cannot be read as an image; the code says in which way."""

    code = "image"


@dataclass(frozen=True)
class ArrayHeader:
    """What a .npy file's header says."""

    height: int
    width: int
    channels: int
    dtype: np.dtype[np.generic]


def read_array_header(file: BinaryIO) -> ArrayHeader:
    """The shape and type of an array; the file then stands at its first value.

    Raises:
        ImageError: if it is no image of numbers, or its size is not what the header says.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version}")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except (ValueError, EOFError, OSError, SyntaxError, TokenError, MemoryError, RecursionError) as error:
        raise ImageError(
            f"The NumPy file is damaged ({str(error)[:100]}).",
            hint="Save it again with numpy.save.",
            code="image_damaged",
            found="a header that cannot be read",
            expected="a file as numpy.save writes it",
        ) from None
    if dtype.kind not in "buif":
        raise ImageError(
            f"The NumPy file holds {dtype}, not numbers.",
            hint="Save uint8, uint16 or float32.",
            code="image_unsupported",
            found=f"values of the type {str(dtype)[:40]}",
            expected="uint8, uint16 or float32",
        )
    dtype = dtype.newbyteorder("=")
    height, width, channels = _sides(shape)
    _check_size(file, math.prod(shape) * dtype.itemsize)
    return ArrayHeader(height, width, channels, dtype)


def read_array(file: BinaryIO) -> tuple[NDArray[np.uint8], Scaling]:
    """Pixels (height, width, channels) as bytes, and how they came to be bytes.

    Raises:
        ImageError: as `read_array_header`, or if the values are in no known range.
    """
    start = file.tell()
    header = read_array_header(file)
    file.seek(start)
    values = np.lib.format.read_array(file, allow_pickle=False)
    pixels, scaling = to_bytes(values.astype(header.dtype, copy=False))
    return np.ascontiguousarray(pixels.reshape(header.height, header.width, header.channels)), scaling


def to_bytes(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], Scaling]:
    """Values of an image as bytes, and by which rule.

    Raises:
        ImageError: if the values are in no known range.
    """
    if values.dtype == np.uint8:
        return values.astype(np.uint8), ""
    if values.dtype.kind == "b":
        return values.astype(np.uint8) * np.uint8(255), ""
    if values.dtype == np.uint16:
        return (values.astype(np.uint16) >> 8).astype(np.uint8), "high byte"
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ImageError(
            "The image holds NaN or infinite values.",
            hint="Fill them first.",
            code="image_values",
            found=f"{int((~np.isfinite(numbers)).sum()):,} values that are not finite",
            expected="finite values",
        )
    lowest, highest = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    if lowest < 0 or highest > 255:
        raise ImageError(
            f"The values reach from {lowest:g} to {highest:g}; they are in neither known range.",
            hint="Scale them to 0 to 1, or save 16-bit values as uint16.",
            code="image_range",
            found=f"{lowest:g} to {highest:g}",
            expected="0 to 1, or 0 to 255",
        )
    if values.dtype.kind == "f" and highest <= 1:
        return np.rint(numbers * 255).astype(np.uint8), "0 to 1"
    return np.rint(numbers).astype(np.uint8), "0 to 255" if values.dtype.kind == "f" else ""


def _sides(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or min(shape) < 1 or shape[2] > MAX_CHANNELS:
        first = len(shape) == 3 and shape[0] <= MAX_CHANNELS < shape[2]
        raise ImageError(
            f"The array has the shape {shape}, which is no image.",
            hint="Put the channels last: (height, width, channels)."
            if first
            else f"Save (height, width) or (height, width, channels) with at most {MAX_CHANNELS} channels.",
            code="image_shape",
            found=f"the shape {shape}",
            expected=f"(height, width) or (height, width, channels), at most {MAX_CHANNELS} channels",
        )
    if math.prod(shape) > MAX_VALUES:
        raise ImageError(
            f"The array has {math.prod(shape):,} values.",
            hint=f"At most {MAX_VALUES:,} are read.",
            code="image_too_large",
            found=f"{math.prod(shape):,} values",
            expected=f"at most {MAX_VALUES:,} values",
        )
    return shape[0], shape[1], shape[2]


def _check_size(file: BinaryIO, expected: int) -> None:
    start = file.tell()
    found = file.seek(0, 2) - start
    file.seek(start)
    if found < expected:
        raise ImageError(
            "The image is cut off.",
            hint="Copy the file again.",
            code="image_truncated",
            found=f"{found:,} bytes of values",
            expected=f"{expected:,} bytes of values",
        )
