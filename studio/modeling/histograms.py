"""Histograms, and means over ranges, with names that a person reads."""

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


@dataclass(frozen=True)
class RangeMeans:
    """Ranges by name, and the mean of what lies in each; None where nothing does."""

    names: tuple[str, ...]
    means: tuple[float | None, ...]


def means_by_range(keys: ArrayLike, values: ArrayLike, ranges: int) -> RangeMeans:
    """Means of `values` where `keys` are low, middle and high: at most `ranges` ranges with about as many keys each."""
    places, amounts = np.asarray(keys, dtype=np.float64), np.asarray(values, dtype=np.float64)
    edges = np.unique(np.quantile(places, np.linspace(0, 1, ranges + 1)))
    if np.all(places == places.round()):
        edges = np.unique(edges.round())
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    bins = np.clip(np.searchsorted(edges, places, side="right") - 1, 0, len(edges) - 2)
    parts = [amounts[bins == one] for one in range(len(edges) - 1)]
    names = range_names([float(edge) for edge in edges])
    return RangeMeans(names, tuple(float(part.mean()) if len(part) else None for part in parts))


def range_names(edges: Sequence[float]) -> tuple[str, ...]:
    """`a to b` for each two neighbouring edges, with no more digits than tell them apart."""
    texts = [f"{edge:.3g}" for edge in edges]
    for digits in range(4, 16):
        if len(set(texts)) == len(set(edges)):
            break
        texts = [f"{edge:.{digits}g}" for edge in edges]
    return tuple(f"{start} to {end}" for start, end in pairwise(texts))
