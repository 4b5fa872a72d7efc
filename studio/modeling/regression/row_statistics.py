"""What each row adds to the metrics of regression. They are those of `metrics.py`.

Shapes: B resamples, N rows, K labels.
"""

from collections.abc import Mapping

import numpy as np

from studio.modeling.row_statistics import Floats, RowStatistics, mean_of_defined, ratio

SMALLEST_VARIANCE = 1e-12
"""As a share of the table's own: below it, a resample holds one value only."""


class RegressionStatistics(RowStatistics):
    """Of predicted values with their truth, NaN where a label is missing."""

    def __init__(self, truth_NK: Floats, predicted_NK: Floats) -> None:
        self.rows = len(truth_NK)
        self._labels = [_LabelSums(truth_NK[:, k], predicted_NK[:, k]) for k in range(truth_NK.shape[1])]

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        of_labels = [one.metrics(weights_BN) for one in self._labels]
        return {name: mean_of_defined(np.stack([one[name] for one in of_labels], 1)) for name in of_labels[0]}


class _LabelSums:
    """Of one label."""

    def __init__(self, truth_N: Floats, predicted_N: Floats) -> None:
        is_known = ~np.isnan(truth_N)
        truth, errors = np.where(is_known, truth_N, 0.0), np.where(is_known, predicted_N - truth_N, 0.0)
        centre = truth[is_known].mean() if is_known.any() else 0.0
        centred = np.where(is_known, truth - centre, 0.0)
        has_share = is_known & (truth != 0)
        sizes = (np.abs(truth) + np.abs(predicted_N)) / 2
        columns = (
            is_known,
            np.abs(errors),
            errors**2,
            has_share,
            np.divide(np.abs(errors), np.abs(truth), out=np.zeros(len(truth)), where=has_share),
            np.divide(np.abs(errors), sizes, out=np.zeros(len(truth)), where=is_known & (sizes > 0)),
            centred,
            centred**2,
        )
        self._sums_NC = np.stack([np.asarray(one, dtype=np.float64) for one in columns], 1)
        self._least = SMALLEST_VARIANCE * float((centred**2).sum())

    def metrics(self, weights_BN: Floats) -> dict[str, Floats]:
        known, absolute, squared, with_share, shares, symmetric, sums, squares = (weights_BN @ self._sums_NC).T
        spread = squares - np.square(sums) * np.nan_to_num(ratio(np.ones_like(known), known))
        is_varied = (known >= 2) & (spread > self._least)
        mean_square = ratio(squared, known)
        return {
            "MAE": ratio(absolute, known),
            "MSE": mean_square,
            "RMSE": np.sqrt(mean_square),
            "MAPE": 100 * ratio(shares, with_share),
            "SMAPE": 100 * ratio(symmetric, known),
            "R2": np.where(is_varied, 1 - ratio(squared, np.where(is_varied, spread, 1.0)), np.nan),
        }
