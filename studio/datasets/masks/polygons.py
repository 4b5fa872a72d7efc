"""Polygons as run lengths: the pixels whose middle lies inside, by the even-odd rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.datasets.masks.run_lengths import united
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs

LEAST_NUMBERS = 6
"""Of a polygon: the x and y of three corners."""
MOST_CROSSINGS = 1 << 25
"""Columns that the edges of one polygon cross, together."""
FARTHEST = 1e7
"""Pixels from the corner of the image; what lies beyond is moved here."""


class PolygonError(ValueError):
    """A polygon that cannot be filled."""


def polygon_runs(polygons: Sequence[Sequence[float]], width: int, height: int) -> Runs:
    """The runs of all pixels in any of the polygons, each given as x, y, x, y, ... from the image's corner.

    What lies beyond the border is cut off.

    Raises:
        PolygonError: if a polygon has less than three corners, or more edges than can be filled.
    """
    parts = [_filled(np.asarray(polygon, dtype=np.float64), width, height) for polygon in polygons]
    return united(np.concatenate(parts)) if parts else np.zeros((0, 2), dtype=np.int64)


def _filled(numbers: NDArray[Any], width: int, height: int) -> Runs:
    """Runs in order, which may touch: in each column, between every other crossing of an edge with its middle."""
    if len(numbers) < LEAST_NUMBERS or len(numbers) % 2:
        raise PolygonError(f"{len(numbers)} numbers are no polygon.")
    x, y = numbers.clip(-FARTHEST, FARTHEST).reshape(-1, 2).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    # A column belongs to an edge from the left end on, up to the right end, so that each corner counts once.
    places = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
    ends = np.roll(places, -1)
    first, counts = np.minimum(places, ends), np.abs(ends - places)
    total = int(counts.sum())
    if total > MOST_CROSSINGS:
        raise PolygonError(f"{len(x):,} corners are too many for {width} columns.")
    edge = np.repeat(np.arange(len(x)), counts)
    columns = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    slopes = np.divide(next_y - y, next_x - x, out=np.zeros_like(x), where=counts > 0)
    crossings = y[edge] + (columns + 0.5 - x[edge]) * slopes[edge]
    order = np.lexsort((crossings, columns))
    columns = columns[order][::2]
    rows = np.clip(np.ceil(crossings[order] - 0.5), 0, height).astype(np.int64)
    starts, stops = rows[::2], rows[1::2]
    kept = stops > starts
    runs: Runs = np.stack([columns * height + starts + 1, stops - starts], axis=1)[kept]
    return runs
