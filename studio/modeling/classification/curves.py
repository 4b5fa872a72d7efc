"""Threshold curves and calibration: the points behind ROC, precision-recall and reliability plots.

Shapes: N samples.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from studio.results.insight import Series, ThresholdPoint

Array = NDArray[np.float64]
MAX_POINTS = 200
CALIBRATION_BINS = 10


def threshold_points(truth_N: Array, probability_N: Array) -> tuple[ThresholdPoint, ...]:
    """Counts at thresholds that fall from above the highest to below the lowest probability, at most `MAX_POINTS`.

    A sample is positive when its probability is at least the threshold.
    """
    order = np.argsort(-probability_N, kind="stable")
    scores, hits = probability_N[order], truth_N[order] > 0.5
    last_of_value = np.r_[np.flatnonzero(np.diff(scores)), len(scores) - 1]
    true_positives = np.r_[0, np.cumsum(hits)[last_of_value]]
    chosen_count = np.r_[0, last_of_value + 1]
    thresholds = np.r_[np.nextafter(scores[0], 2.0), scores[last_of_value]]
    keep = _spread(len(thresholds))
    positives = int(hits.sum())
    return tuple(
        _point(float(thresholds[i]), int(true_positives[i]), int(chosen_count[i]), positives, len(scores)) for i in keep
    )


def roc_auc(truth_N: Array, probability_N: Array) -> float | None:
    """Area under the ROC curve; None where only one class occurs."""
    if len(np.unique(truth_N)) < 2:
        return None
    return float(sk.roc_auc_score(truth_N, probability_N))


def average_precision(truth_N: Array, probability_N: Array) -> float | None:
    """Area under the precision-recall curve; None without positives."""
    if not truth_N.any():
        return None
    return float(sk.average_precision_score(truth_N, probability_N))


def calibration_series(name: str, truth_N: Array, probability_N: Array) -> Series:
    """Mean probability against the share of positives, in bins of equal width that hold any sample."""
    bins = np.clip((probability_N * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    used = [one for one in range(CALIBRATION_BINS) if (bins == one).any()]
    return Series(
        name=name,
        x=tuple(float(probability_N[bins == one].mean()) for one in used),
        y=tuple(float(truth_N[bins == one].mean()) for one in used),
    )


def _spread(count: int) -> NDArray[np.int64]:
    if count <= MAX_POINTS:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, MAX_POINTS).round().astype(np.int64))


def _point(threshold: float, hits: int, chosen: int, positives: int, total: int) -> ThresholdPoint:
    wrong = chosen - hits
    negatives = total - positives
    return ThresholdPoint(
        threshold=min(threshold, 1.0) if chosen else threshold,
        precision=hits / chosen if chosen else None,
        recall=hits / positives if positives else 0.0,
        false_positive_rate=wrong / negatives if negatives else 0.0,
        true_positives=hits,
        false_positives=wrong,
        false_negatives=positives - hits,
        true_negatives=negatives - wrong,
    )
