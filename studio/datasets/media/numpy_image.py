"""NumPy images: .npy files of (height, width) or (height, width, channels), never with objects in them.

How values become bytes is fixed by the type, and said at import where it is not plain:

uint8, bool      as they are; False and True are 0 and 255
uint16           the high byte, so 65535 becomes 255 in every image alike
float            all values from 0 to 1 are multiplied by 255; all values from 0 to 255 are rounded
other integers   all values from 0 to 255, as they are
anything else    refused: the studio does not guess a range
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from studio.datasets.media.npy_header import NpyHeaderError, read_npy_header
from studio.datasets.media.reader import MediaError
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CHANNELS = 64
MAX_VALUES = 400_000_000
BLOCK_VALUES = 1 << 20
"""Converted at a time."""
Scaling = Literal["", "high byte", "0 to 1", "0 to 255"]


class ImageError(MediaError):
    """A file that cannot be read as an image; the code says in which way."""

    code = "image"


@dataclass(frozen=True)
class ArrayHeader:
    """What a .npy file's header says."""

    height: int
    width: int
    channels: int
    dtype: np.dtype[np.generic]
    """As the file has it, with its order of bytes."""
    is_fortran: bool = False

    @property
    def values(self) -> int:
        """How many there are."""
        return self.height * self.width * self.channels


def read_array_header(file: BinaryIO) -> ArrayHeader:
    """The shape and type of an array; the file then stands at its first value.

    Raises:
        ImageError: if it is no image of numbers, or its size is not what the header says.
    """
    try:
        header = read_npy_header(file)
    except NpyHeaderError as error:
        raise ImageError(
            f"The NumPy file is damaged ({error}).",
            hint="Save it again with numpy.save.",
            code="image_damaged",
            found="an unreadable header",
            expected="a file as numpy.save writes it",
        ) from None
    dtype = header.dtype
    if not header.holds_numbers:
        raise ImageError(
            f"The NumPy file holds {dtype}, not numbers.",
            hint="Save uint8, uint16 or float32.",
            code="image_unsupported",
            found=f"values of the type {str(dtype)[:40]}",
            expected="uint8, uint16 or float32",
        )
    height, width, channels = _sides(header.shape)
    _check_size(file, math.prod(header.shape) * dtype.itemsize)
    return ArrayHeader(height, width, channels, dtype, header.is_fortran)


def read_array(file: BinaryIO) -> tuple[NDArray[np.uint8], Scaling]:
    """Pixels (height, width, channels) as bytes, and how they came to be bytes.

    Raises:
        ImageError: as `read_array_header`, or if the values are in no known range.
    """
    header = read_array_header(file)
    first, step = file.tell(), header.dtype.itemsize

    def blocks() -> Iterator[NDArray[np.generic]]:
        file.seek(first)
        for left in range(header.values, 0, -BLOCK_VALUES):
            data = file.read(min(left, BLOCK_VALUES) * step)
            yield np.frombuffer(data, dtype=header.dtype).astype(header.dtype.newbyteorder("="), copy=False)

    flat, scaling = convert(blocks, header.values, header.dtype)
    shape = (header.height, header.width, header.channels)
    pixels = flat.reshape(shape, order="F" if header.is_fortran else "C")
    return np.ascontiguousarray(pixels), scaling


def convert(
    blocks: Callable[[], Iterator[NDArray[np.generic]]], count: int, dtype: np.dtype[np.generic]
) -> tuple[NDArray[np.uint8], Scaling]:
    """`count` values of an image as bytes, and by which rule; a block at a time, because each is widened on its way.

    Raises:
        ImageError: if the values are in no known range.
    """
    if dtype == np.uint8:
        return _gathered(blocks, count, lambda values: values.astype(np.uint8)), ""
    if dtype.kind == "b":
        return _gathered(blocks, count, lambda values: values.astype(np.uint8) * np.uint8(255)), ""
    if dtype.kind == "u" and dtype.itemsize == 2:
        return _gathered(blocks, count, lambda values: (values.astype(np.uint16) >> 8).astype(np.uint8)), "high byte"
    lowest, highest = _range(blocks)
    if lowest < 0 or highest > 255:
        raise ImageError(
            f"The values reach from {lowest:g} to {highest:g}; they are in no known range.",
            hint="Scale them to 0 to 1, or save 16-bit values as uint16.",
            code="image_range",
            found=f"{lowest:g} to {highest:g}",
            expected="0 to 1, or 0 to 255",
        )
    factor = 255.0 if dtype.kind == "f" and highest <= 1 else 1.0
    pixels = _gathered(blocks, count, lambda values: np.rint(values.astype(np.float64) * factor).astype(np.uint8))
    if dtype.kind != "f":
        return pixels, ""
    return pixels, "0 to 1" if highest <= 1 else "0 to 255"


def _gathered(
    blocks: Callable[[], Iterator[NDArray[np.generic]]],
    count: int,
    changed: Callable[[NDArray[np.generic]], NDArray[np.uint8]],
) -> NDArray[np.uint8]:
    flat, at = np.empty(count, dtype=np.uint8), 0
    for block in blocks():
        flat[at : at + block.size] = changed(block.reshape(-1))
        at += block.size
    return flat


def _range(blocks: Callable[[], Iterator[NDArray[np.generic]]]) -> tuple[float, float]:
    """The least and the greatest value, and zero among them."""
    lowest = highest = 0.0
    unknown = 0
    for block in blocks():
        numbers = block.astype(np.float64)
        is_finite = np.isfinite(numbers)
        unknown += int(numbers.size - is_finite.sum())
        lowest = min(lowest, float(numbers.min(initial=0, where=is_finite)))
        highest = max(highest, float(numbers.max(initial=0, where=is_finite)))
    if unknown:
        raise ImageError(
            "The image contains NaN or infinite values.",
            hint="Replace them first.",
            code="image_values",
            found=f"{unknown:,} values that are not finite",
            expected="finite values",
        )
    return lowest, highest


def _sides(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or min(shape) < 1 or shape[2] > MAX_CHANNELS:
        first = len(shape) == 3 and shape[0] <= MAX_CHANNELS < shape[2]
        raise ImageError(
            f"The array has the shape {shape}, which is not an image.",
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
            "The image is truncated.",
            hint="Copy the file again.",
            code="image_truncated",
            found=f"{found:,} bytes of values",
            expected=f"{expected:,} bytes of values",
        )
