"""What each text adds to the metrics of tags. They are those of `metrics.py`.

Shapes: B resamples, N rows, T types of entities, or tags.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from studio.modeling.row_statistics import Floats, RowStatistics, mean_of_defined, ratio
from studio.modeling.token_classification.metrics import Counts, entity_counts, word_counts

Tags = Sequence[Sequence[str]]


class TagStatistics(RowStatistics):
    """Of tags with their truth."""

    def __init__(self, truth: Tags, predicted: Tags) -> None:
        self.rows = len(truth)
        self._entities = _counts_of(entity_counts, truth, predicted)
        self._words = _counts_of(word_counts, truth, predicted)

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        found = {}
        for prefix, counts_CNT in (("CONLL_", self._entities), ("", self._words)):
            true, predicted, right = (weights_BN @ one for one in counts_CNT)
            found[f"{prefix}MICRO_F1_SCORE"] = ratio(2 * right.sum(1), (true + predicted).sum(1))
            found[f"{prefix}MACRO_F1_SCORE"] = mean_of_defined(ratio(2 * right, true + predicted))
        return found


def _counts_of(count: Callable[[Tags, Tags], Counts], truth: Tags, predicted: Tags) -> Floats:
    """How often each type is true, predicted and both (3, N, T)."""
    rows = [count([one], [other]) for one, other in zip(truth, predicted, strict=True)]
    names = sorted({name for row in rows for name in row.names})
    place = {name: index for index, name in enumerate(names)}
    counts = np.zeros((3, len(rows), len(names)))
    for index, row in enumerate(rows):
        for kind, of_kind in enumerate((row.true, row.predicted, row.right)):
            for name, value in of_kind.items():
                counts[kind, index, place[name]] = value
    return counts
