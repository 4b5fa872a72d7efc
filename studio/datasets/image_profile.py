"""Facts about a dataset's images: sizes, channels, formats."""

from collections import Counter

import numpy as np

from studio.datasets.dataset import Histogram
from studio.datasets.inspection import Inspection

MAX_SIZES = 50
BINS = 20


def image_sizes(inspection: Inspection) -> tuple[tuple[int, int, int], ...]:
    """(width, height, count), most frequent first."""
    counts = Counter((facts.width, facts.height) for facts in inspection.images.values())
    return tuple((width, height, count) for (width, height), count in counts.most_common(MAX_SIZES))


def image_channels(inspection: Inspection) -> dict[str, int]:
    """Number of images by number of channels."""
    return dict(sorted(Counter(str(facts.channels) for facts in inspection.images.values()).items()))


def image_facts(inspection: Inspection) -> dict[str, float]:
    """Medians that suggestions look at."""
    if not inspection.images:
        return {}
    widths = [facts.width for facts in inspection.images.values()]
    heights = [facts.height for facts in inspection.images.values()]
    return {"median_width": float(np.median(widths)), "median_height": float(np.median(heights))}


def image_histograms(inspection: Inspection) -> tuple[Histogram, ...]:
    """Widths and heights."""
    facts = list(inspection.images.values())
    if not facts:
        return ()
    return (
        histogram("Image width", "px", [one.width for one in facts]),
        histogram("Image height", "px", [one.height for one in facts]),
    )


def histogram(title: str, unit: str, values: list[int] | list[float]) -> Histogram:
    """Counts in equal bins between the lowest and the highest value."""
    counts, edges = np.histogram(np.asarray(values, dtype=float), bins=min(BINS, max(1, len(set(values)))))
    return Histogram(
        title=title, unit=unit, edges=tuple(float(edge) for edge in edges), counts=tuple(int(count) for count in counts)
    )
