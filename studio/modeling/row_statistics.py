"""RowStatistics: what each row adds to the metrics, so that those of a resampled table cost one product of matrices.

Shapes: B resamples, N rows, C columns of a statistic.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class RowStatistics(ABC):
    """Of the rows of a table whose truth is known."""

    rows: int
    proportions: Mapping[str, Floats] = {}
    """Metrics that are the share of the rows (N) that are 1 and not 0."""

    @abstractmethod
    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        """Every metric (B) of tables in which each row counts so often; NaN where one is undefined.

        With ones, those of the table itself.
        """


class RowMeans(RowStatistics):
    """Metrics that are means of values that each row has by itself."""

    def __init__(self, values: Mapping[str, Sequence[float]] | Mapping[str, Floats]) -> None:
        self._values = {name: np.asarray(one, dtype=np.float64) for name, one in values.items()}
        self.rows = len(next(iter(self._values.values()))) if values else 0
        self.proportions = {name: one for name, one in self._values.items() if np.isin(one, (0.0, 1.0)).all()}

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        total_B = weights_BN.sum(1)
        return {name: ratio(weights_BN @ one, total_B) for name, one in self._values.items()}


def ratio(part: Floats, whole: Floats) -> Floats:
    """A part of a whole, NaN where there is no whole."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    shares: Floats = np.divide(part, whole, out=np.full(shape, np.nan), where=np.broadcast_to(whole, shape) != 0)
    return shares


def mean_of_defined(values_BC: Floats) -> Floats:
    """The mean over the columns that are no NaN; NaN where none is."""
    is_defined = ~np.isnan(values_BC)
    return ratio(np.where(is_defined, values_BC, 0.0).sum(-1), is_defined.sum(-1).astype(np.float64))
