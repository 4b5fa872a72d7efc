"""What each image adds to the metrics of masks. They are those of `sums.py`.

Shapes: B resamples, N rows, K classes, L levels.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from studio.modeling.dense.levels import TRUE, ThresholdCounts, at_threshold
from studio.modeling.predictions import Raw
from studio.modeling.row_statistics import Floats, RowStatistics, mean_of_defined
from studio.modeling.segmentation.sums import row_counts


class MaskStatistics(RowStatistics):
    """Pixels of every image at the threshold."""

    def __init__(self, raw: Sequence[Raw], classes: int, threshold: float) -> None:
        self.rows = len(raw)
        self._counts_CNK = np.zeros((4, len(raw), classes))
        for row, one in enumerate(raw):
            counts = row_counts(one, classes)
            found = at_threshold(counts, threshold)
            is_present = counts[:, TRUE].sum(axis=1) > 0
            self._counts_CNK[:, row] = found.true_positives, found.false_positives, found.false_negatives, is_present

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        hits, false, missed, present = (weights_BN @ one for one in self._counts_CNK)
        sums = ThresholdCounts(*(np.rint(one).astype(np.int64) for one in (hits, false, missed)))
        shown = {"IoU": sums.iou, "Dice": sums.dice}
        return {name: mean_of_defined(np.where(present > 0, one, np.nan)) for name, one in shown.items()}
