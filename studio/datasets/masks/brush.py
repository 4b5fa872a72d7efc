"""Run lengths of Label Studio's brush: a stream of bits that gives four bytes a pixel, the last of them its opacity.

The stream: 32 bits for the number of bytes that come out; 5 bits for the length of a word less one; four times 4 bits
for the lengths of counts less one. Then, until all bytes are out: one bit that says whether a run or single words
follow, 2 bits that choose a length of counts, a count less one, and the word of the run or the single words
(https://labelstud.io/guide/export, brush labels).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHANNELS = 4
_COUNT_KINDS = 4
_BYTE = 8


class BrushError(ValueError):
    """Bytes that are no mask of a brush."""


def decode_brush(data: Sequence[int], width: int, height: int) -> NDArray[np.bool_]:
    """The mask (H, W) of the bytes of an export.

    Raises:
        BrushError: if they end early, or are a mask of another size.
    """
    if not data or not all(isinstance(one, int) and 0 <= one < 256 for one in data):
        raise BrushError("bytes from 0 to 255 are expected")
    bits = _Bits("".join(f"{one:08b}" for one in data))
    size = bits.number(32)
    if size != width * height * CHANNELS:
        raise BrushError(f"{size:,} bytes of pixels for {width} x {height} pixels")
    word = bits.number(5) + 1
    if word != _BYTE:
        raise BrushError(f"words of {word} bits")
    lengths = [bits.number(4) + 1 for _ in range(_COUNT_KINDS)]
    values = np.zeros(size, dtype=np.uint8)
    at = 0
    while at < size:
        is_run = bits.number(1)
        count = bits.number(lengths[bits.number(2)]) + 1
        if at + count > size:
            raise BrushError("more pixels than the image has")
        values[at : at + count] = bits.number(word) if is_run else bits.words(count)
        at += count
    return np.asarray(values.reshape(height, width, CHANNELS)[..., CHANNELS - 1] > 0)


class _Bits:
    """A text of bits, read from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def number(self, length: int) -> int:
        return int(self._taken(length), 2)

    def words(self, count: int) -> NDArray[np.uint8]:
        bits = np.frombuffer(self._taken(count * _BYTE).encode(), dtype=np.uint8) - ord("0")
        return np.packbits(bits)

    def _taken(self, length: int) -> str:
        taken = self._text[self._place : self._place + length]
        if len(taken) < length:
            raise BrushError("the bytes end early")
        self._place += length
        return taken
