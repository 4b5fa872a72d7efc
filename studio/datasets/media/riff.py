"""RIFF: WAV files without a library that decodes: how many samples one declares, and writing a plain one.

libsndfile reads a file that was cut off as a shorter one, in silence.
"""

from __future__ import annotations

import struct
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = struct.Struct("<4sI")
MOST_CHUNKS = 64
UNKNOWN_SIZE = 0xFFFFFFFF
"""Written by what streams, and by RF64."""


def missing_frames(path: Path) -> int:
    """The samples a channel that a WAV file declares beyond those it holds; 0 where it does not say."""
    size, frame_bytes = path.stat().st_size, 0
    with path.open("rb") as file:
        file.seek(12)
        for _ in range(MOST_CHUNKS):
            head = file.read(CHUNK.size)
            if len(head) < CHUNK.size:
                return 0
            name, length = CHUNK.unpack(head)
            if name == b"fmt " and length >= 16:
                frame_bytes = int(struct.unpack("<H", file.read(16)[12:14])[0])
                length -= 16
            elif name == b"data":
                held = size - file.tell()
                is_short = frame_bytes > 0 and length != UNKNOWN_SIZE and length > held
                return (length - held) // frame_bytes if is_short else 0
            file.seek(length + length % 2, 1)
    return 0


def write_wav(path: Path, samples: NDArray[np.float64], sample_rate: int) -> None:
    """Write samples from -1 to 1 as a recording of one channel and 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
