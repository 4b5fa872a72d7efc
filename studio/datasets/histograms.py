"""Histograms of the facts of a dataset, for its statistics page."""

from __future__ import annotations

from studio.datasets.profile import Histogram
from studio.on_demand import np

BINS = 20


def histogram(title: str, unit: str, values: list[int] | list[float]) -> Histogram:
    """Counts in equal bins between the lowest and the highest value."""
    counts, edges = np.histogram(np.asarray(values, dtype=float), bins=min(BINS, max(1, len(set(values)))))
    return Histogram(
        title=title, unit=unit, edges=tuple(float(edge) for edge in edges), counts=tuple(int(count) for count in counts)
    )
