"""Histograms, and means over ranges, with names that a person reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


@dataclass(frozen=True)
class RangeMeans:
    """Ranges by name, and the mean of what lies in each; None where nothing does."""

    names: tuple[str, ...]
    means: tuple[float | None, ...]


@dataclass(frozen=True)
class Ranges:
    """Ranges by name, and in which of them each value lies."""

    names: tuple[str, ...]
    places: NDArray[np.int64]


def ranges_of(values: ArrayLike, ranges: int) -> Ranges:
    """At most `ranges` ranges with about as many of the values each."""
    amounts = np.asarray(values, dtype=np.float64)
    edges = np.unique(np.quantile(amounts, np.linspace(0, 1, ranges + 1)))
    if np.all(amounts == amounts.round()):
        edges = np.unique(edges.round())
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    places = np.clip(np.searchsorted(edges, amounts, side="right") - 1, 0, len(edges) - 2)
    return Ranges(range_names([float(edge) for edge in edges]), places)


def means_by_range(keys: ArrayLike, values: ArrayLike, ranges: int) -> RangeMeans:
    """Means of `values` where `keys` are low, middle and high: at most `ranges` ranges with about as many keys each."""
    found, amounts = ranges_of(keys, ranges), np.asarray(values, dtype=np.float64)
    parts = [amounts[found.places == one] for one in range(len(found.names))]
    return RangeMeans(found.names, tuple(float(part.mean()) if len(part) else None for part in parts))


def range_names(edges: Sequence[float]) -> tuple[str, ...]:
    """`a to b` for each two neighbouring edges, with no more digits than tell them apart."""
    texts = [f"{edge:.3g}" for edge in edges]
    for digits in range(4, 16):
        if len(set(texts)) == len(set(edges)):
            break
        texts = [f"{edge:.{digits}g}" for edge in edges]
    return tuple(f"{start} to {end}" for start, end in pairwise(texts))
