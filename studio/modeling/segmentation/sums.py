"""MaskSums: pixels of a table by class, truth, probability level and answer; metrics and insights are made of them.

Shapes: K classes, L levels.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.modeling.dense.levels import LEVELS, TRUE, Counts, ThresholdCounts, at_threshold
from studio.modeling.predictions import Raw
from studio.modeling.recipe import Accumulator

PLACES, COUNTS, CONFUSION, ERRORS = "level_places", "level_counts", "confusion", "error_places"
"""Names of raw outputs: where counts (K, 2, L) are not 0, what they are there, (1 + K, 1 + K) pixels by truth and
prediction, the background last, and where the wrong pixels (K, 3) lie."""


class MaskSums(Accumulator):
    """Sums over rows; of a size that does not depend on how many there are."""

    def __init__(self, classes: int, threshold: float) -> None:
        self.threshold = threshold
        self.counts: Counts = np.zeros((classes, 2, LEVELS), dtype=np.int64)
        self.confusion: Counts = np.zeros((classes + 1, classes + 1), dtype=np.int64)
        self.images: NDArray[np.int64] = np.zeros(classes, dtype=np.int64)
        """In which the class is true."""
        self.errors: Counts = np.zeros((classes, 3), dtype=np.int64)
        """Wrong pixels by place, see `error_places.py`."""

    def add(self, rows: Sequence[int], raw: Sequence[Raw]) -> None:
        for one in raw:
            counts = row_counts(one, len(self.counts))
            self.counts += counts
            self.images += counts[:, TRUE].sum(axis=1) > 0
            self.confusion += one[CONFUSION].reshape(self.confusion.shape)
            self.errors += one[ERRORS].reshape(self.errors.shape)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Classes (K) that have a true pixel."""
        return np.asarray(self.images > 0)

    def at_threshold(self) -> ThresholdCounts:
        """Counts (K) at the threshold."""
        return at_threshold(self.counts, self.threshold)

    def metrics(self) -> dict[str, float]:
        """Means over the classes that occur; NaN where none does."""
        found, present = self.at_threshold(), self.present
        if not present.any():
            return {"IoU": float("nan"), "Dice": float("nan")}
        return {"IoU": float(found.iou[present].mean()), "Dice": float(found.dice[present].mean())}


def row_counts(raw: Raw, classes: int) -> Counts:
    """Counts (K, 2, L) of one row."""
    counts = np.zeros(classes * 2 * LEVELS, dtype=np.int64)
    counts[raw[PLACES]] = raw[COUNTS]
    return counts.reshape(classes, 2, LEVELS)
