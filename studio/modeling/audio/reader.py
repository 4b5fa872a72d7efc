"""The one way a recording of a table becomes samples in training and scoring: the reader that import used, one rate."""

import numpy as np
import soxr
from numpy.typing import NDArray

from studio.datasets.media.audio_decoding import open_audio
from studio.modeling.input_cache import Entry
from studio.modeling.recipe import Media
from studio.modeling.sample_error import reading_file

QUALITY = "HQ"
"""soxr's: 20 bits, passband up to 91 % of half the rate."""
MOST_CACHED_BYTES = 64 << 20


def read_recording(media: Media, name: str, row: int, sample_rate: int) -> NDArray[np.float32]:
    """The recording that a row names, as one channel (samples,) at this rate.

    Where the media have a cache, it is asked first.

    Raises:
        SampleError: naming row and file.
    """
    with reading_file("recording", name, row):
        path = media.path(name)

        def decode() -> Entry:
            samples, rate = open_audio(path)
            return Entry(resampled(samples, rate, sample_rate))

        if media.cache is None:
            return decode().array
        return media.cache.get(path, f"audio-{sample_rate}-v1", decode, MOST_CACHED_BYTES).array


def resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """The same sound at another rate."""
    if rate == wanted:
        return np.ascontiguousarray(samples)
    changed: NDArray[np.float32] = soxr.resample(samples, rate, wanted, quality=QUALITY)
    return changed
