"""Chunks: the pieces in which recordings are read."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.modeling.dense.tiles import covering_starts


def random_chunk(
    samples: NDArray[np.float32], length: int, generator: np.random.Generator | None, *, shifts: bool = True
) -> NDArray[np.float32]:
    """A piece of this length from a random place; one that is shorter is padded, at random on both sides.

    Without a generator it is the beginning, and without `shifts` padding stands behind the end.
    """
    spare = len(samples) - length
    if spare < 0 and not shifts:
        return padded(samples, length)
    if spare >= 0:
        start = 0 if generator is None else int(generator.integers(spare + 1))
        return samples[start : start + length]
    before = 0 if generator is None else int(generator.integers(-spare + 1))
    return np.pad(samples, (before, -spare - before))


def fixed_chunks(samples: NDArray[np.float32], length: int) -> list[NDArray[np.float32]]:
    """All of a recording in chunks of one length."""
    starts = covering_starts(len(samples), length, overlap=0.0)
    return [padded(samples[start : start + length], length) for start in starts]


def full_chunks(samples: NDArray[np.float32], most: int, step: int) -> list[NDArray[np.float32]]:
    """A recording as a whole, filled up to a multiple of `step`; beyond `most` in pieces of that."""
    if len(samples) > most:
        return fixed_chunks(samples, most)
    return [padded(samples, min(most, step * max(1, math.ceil(len(samples) / step))))]


def padded(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Silence behind the end."""
    return samples if len(samples) >= length else np.pad(samples, (0, length - len(samples)))


def stacked(chunks: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Chunks (N, S) as long as the longest, and how long each is."""
    lengths = np.asarray([len(chunk) for chunk in chunks])
    longest = int(lengths.max())
    return np.stack([padded(chunk, longest) for chunk in chunks]), lengths


def joined(maps: Sequence[NDArray[np.float32]], columns: float) -> NDArray[np.float32]:
    """Maps (M, T) of chunks that cover a recording of so many columns as one map of it; where they overlap, the mean.

    Columns of one chunk that is padded are cut off behind the end.
    """
    length, width = max(1, math.ceil(columns)), maps[0].shape[1]
    if len(maps) == 1:
        return maps[0][:, :length]
    total, times = np.zeros((maps[0].shape[0], length), np.float32), np.zeros(length, np.float32)
    for number, one in enumerate(maps):
        start = round(number * max(0, length - width) / (len(maps) - 1))
        part = one[:, : length - start]
        total[:, start : start + part.shape[1]] += part
        times[start : start + part.shape[1]] += 1
    mean: NDArray[np.float32] = (total / np.maximum(times, 1)).astype(np.float32)
    return mean
