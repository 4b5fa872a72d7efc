"""Histogram: how many values lie in ranges of equal width, with names that a person reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

BINS = 20


@dataclass(frozen=True)
class Histogram:
    """Ranges by name, and how many values lie in each."""

    names: tuple[str, ...]
    counts: tuple[int, ...]


def histogram(values: ArrayLike, bins: int = BINS, between: tuple[float, float] | None = None) -> Histogram:
    """Counts of the finite values in `bins` ranges, by default from the smallest to the largest value.

    Values outside `between` count in the first or last range.
    """
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if between is None:
        between = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    low, high = between
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(np.clip(finite, low, high), bins=bins, range=(low, high))
    return Histogram(range_names([float(edge) for edge in edges]), tuple(int(count) for count in counts))


def range_names(edges: Sequence[float]) -> tuple[str, ...]:
    """`a to b` for each two neighbouring edges, with no more digits than tell them apart."""
    texts = [f"{edge:.3g}" for edge in edges]
    for digits in range(4, 16):
        if len(set(texts)) == len(set(edges)):
            break
        texts = [f"{edge:.{digits}g}" for edge in edges]
    return tuple(f"{start} to {end}" for start, end in pairwise(texts))
