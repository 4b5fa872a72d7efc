"""Picture of a recording for pages: its waveform above its mel spectrogram, over its whole length.

A column of the picture stands for an equal part of the recording, so that a playhead moves evenly over both.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from studio.datasets.media.mel_filters import mel_filters
from studio.on_demand import np

if TYPE_CHECKING:
    import soundfile
    from numpy.typing import NDArray

WIDTH = 640
WAVE_HEIGHT = 96
MEL_HEIGHT = 160
WINDOW_SECONDS = 0.032
LEAST_WINDOW = 128
LOWEST_HERTZ = 40.0
RANGE_DB = 70.0
MOST_WHOLE = 1 << 22
"""Samples that are kept for the picture; of more only the parts that are drawn are read again."""
MOST_PART = 1 << 14
"""Samples of a column that are looked at."""
WAVE_INK = (64, 123, 191)
PAPER = (248, 249, 251)
COLOURS = ((13, 8, 36), (59, 15, 112), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191))
"""Colours from quiet to loud, evenly spread; a sequence of rising lightness."""

Parts = Callable[["NDArray[np.int64]", int], "NDArray[np.float32]"]
"""Samples (places, count) of one channel from some places on; silence before the beginning and behind the end."""


def write_picture(parts: Parts, frames: int, sample_rate: int, preview: Path) -> None:
    """Write the picture of a recording as a JPEG."""
    places = (np.arange(WIDTH) * (frames / WIDTH)).astype(np.int64)
    step, window = max(1, frames // WIDTH), window_of(sample_rate)
    wave = _waveform(parts(places, min(step, MOST_PART)))
    pixels = np.concatenate([wave, _spectrogram(parts(places - window // 2, window), sample_rate)])
    preview.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(preview, "JPEG", quality=85)


def window_of(sample_rate: int) -> int:
    """Samples of a column of the spectrogram."""
    return max(LEAST_WINDOW, 1 << round(float(np.log2(WINDOW_SECONDS * sample_rate))))


def parts_of_samples(samples: NDArray[np.float32]) -> Parts:
    """Parts of a recording that was read already."""

    def parts(places: NDArray[np.int64], count: int) -> NDArray[np.float32]:
        at = places[:, None] + np.arange(count)
        return np.where((at >= 0) & (at < len(samples)), samples[at.clip(0, len(samples) - 1)], np.float32(0))

    return parts


def parts_of_file(file: soundfile.SoundFile) -> Parts:
    """Parts of one that is too long to be kept, each read from its place."""

    def parts(places: NDArray[np.int64], count: int) -> NDArray[np.float32]:
        found = np.zeros((len(places), count), np.float32)
        for part, place in zip(found, places.tolist(), strict=True):
            before = max(0, -place)
            file.seek(max(0, place))
            block = file.read(max(0, count - before), dtype="float32", always_2d=True).mean(1)
            part[before : before + len(block)] = block
        return found

    return parts


def _waveform(parts: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(WAVE_HEIGHT, columns, 3): from the lowest to the highest sample of each column."""
    scale = max(float(np.abs(parts).max(initial=0)), 1e-6)
    middle = (WAVE_HEIGHT - 1) / 2
    top = np.floor(middle - parts.max(1) / scale * middle)
    bottom = np.ceil(middle - parts.min(1) / scale * middle)
    rows = np.arange(WAVE_HEIGHT)[:, None]
    is_ink = (rows >= top[None]) & (rows <= bottom[None])
    return np.where(is_ink[..., None], np.array(WAVE_INK, np.uint8), np.array(PAPER, np.uint8))


def _spectrogram(parts: NDArray[np.float32], sample_rate: int) -> NDArray[np.uint8]:
    """(MEL_HEIGHT, columns, 3): low frequencies at the bottom, louder is brighter."""
    powers = np.abs(np.fft.rfft(parts * np.hanning(parts.shape[1]))) ** 2
    mels = mel_filters(sample_rate, parts.shape[1], MEL_HEIGHT // 2, LOWEST_HERTZ, sample_rate / 2) @ powers.T
    decibels = 10 * np.log10(np.maximum(mels, 1e-10))
    shares = np.clip((decibels - decibels.max()) / RANGE_DB + 1, 0, 1)
    return coloured(shares[::-1].repeat(2, axis=0))


def coloured(shares: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colours (..., 3) of values from 0, quiet, to 1, loud."""
    colours = np.asarray(COLOURS, dtype=np.float32)
    places = shares * (len(colours) - 1)
    below = np.minimum(places.astype(np.int64), len(colours) - 2)
    share = (places - below)[..., None]
    return np.asarray(colours[below] * (1 - share) + colours[below + 1] * share, dtype=np.uint8)
