"""Metrics of regression, by scikit-learn. Undefined is NaN.

With several labels, each metric is the mean over the labels. Missing labels are left out one by one.

Shapes: N samples, K labels.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

Array = NDArray[np.float64]


def regression_metrics(truth_NK: Array, predicted_NK: Array) -> dict[str, float]:
    """Every metric by name."""
    of_labels = [label_metrics(truth_NK[:, k], predicted_NK[:, k]) for k in range(truth_NK.shape[1])]
    return {name: _mean([one[name] for one in of_labels]) for name in METRICS}


def label_metrics(truth_N: Array, predicted_N: Array) -> dict[str, float]:
    """Every metric of one label."""
    known = ~np.isnan(truth_N)
    truth, predicted = truth_N[known], predicted_N[known]
    return {name: metric(truth, predicted) if len(truth) else math.nan for name, metric in METRICS.items()}


def mape(truth: Array, predicted: Array) -> float:
    """The mean error in percent of the truth. A truth of 0 has no percentage and is left out."""
    is_defined = truth != 0
    if not is_defined.any():
        return math.nan
    return 100 * float(sk.mean_absolute_percentage_error(truth[is_defined], predicted[is_defined]))


def smape(truth: Array, predicted: Array) -> float:
    """The mean error in percent of the mean of absolute truth and prediction, 0 to 200; 0 where both are 0."""
    sizes = (np.abs(truth) + np.abs(predicted)) / 2
    errors = np.abs(truth - predicted)
    return 100 * float(np.divide(errors, sizes, out=np.zeros(len(errors)), where=sizes > 0).mean())


def r2(truth: Array, predicted: Array) -> float:
    """The share of the variance that is explained; below 0 for worse than the mean, NaN without variance."""
    if len(truth) < 2 or np.ptp(truth) == 0:
        return math.nan
    return float(sk.r2_score(truth, predicted))


METRICS: dict[str, Callable[[Array, Array], float]] = {
    "MAE": lambda truth, predicted: float(sk.mean_absolute_error(truth, predicted)),
    "MSE": lambda truth, predicted: float(sk.mean_squared_error(truth, predicted)),
    "RMSE": lambda truth, predicted: float(sk.root_mean_squared_error(truth, predicted)),
    "MAPE": mape,
    "SMAPE": smape,
    "R2": r2,
}


def _mean(values: list[float]) -> float:
    """Over the labels where it is defined."""
    defined = [value for value in values if not math.isnan(value)]
    return sum(defined) / len(defined) if defined else math.nan
