"""Metrics of classification from probabilities, by scikit-learn. Undefined is NaN.

Shapes: N samples, K classes.
"""

import math
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning

from studio.datasets.labels.labels import Task

Array = NDArray[np.float64]
Threshold = float | Array
"""Of the probability of an answer; of several labels it may be one a class (K)."""


def classification_metrics(
    truth_NK: Array, probabilities_NK: Array, task: Task, threshold: Threshold
) -> dict[str, float]:
    """Every metric by name. Rows whose truth is NaN must be left out before.

    Two classes and several labels are decided by the threshold, one of many by the highest probability. F, Precision
    and Recall are of the positive class for two classes and averaged micro otherwise.
    """
    if len(truth_NK) == 0:
        return dict.fromkeys(NAMES, math.nan)
    decided = decisions(probabilities_NK, task, threshold)
    one_label = task is not Task.MULTI_LABEL
    truth = truth_NK.argmax(1) if one_label else truth_NK.astype(int)
    answer = decided.argmax(1) if one_label else decided.astype(int)
    average = "binary" if task is Task.BINARY else "micro"
    counted = {"average": average, "zero_division": 0.0}
    return {
        "LogLoss": _or_nan(lambda: _log_loss(truth_NK, probabilities_NK, task)),
        "ROC_AUC": _or_nan(lambda: _roc_auc(truth_NK, probabilities_NK, task)),
        "F1": _or_nan(lambda: sk.fbeta_score(truth, answer, beta=1, **counted)),
        "F2": _or_nan(lambda: sk.fbeta_score(truth, answer, beta=2, **counted)),
        "F05": _or_nan(lambda: sk.fbeta_score(truth, answer, beta=0.5, **counted)),
        "Precision": _or_nan(lambda: sk.precision_score(truth, answer, **counted)),
        "Recall": _or_nan(lambda: sk.recall_score(truth, answer, **counted)),
        "Accuracy": _or_nan(lambda: sk.accuracy_score(truth, answer)),
        "MCC": _or_nan(lambda: sk.matthews_corrcoef(truth.ravel(), answer.ravel())),
    }


NAMES = ("LogLoss", "ROC_AUC", "F1", "F2", "F05", "Precision", "Recall", "Accuracy", "MCC")


def decisions(probabilities_NK: Array, task: Task, threshold: Threshold) -> NDArray[np.int64]:
    """Answers as 0 and 1 (N, K)."""
    if task is Task.MULTI_LABEL:
        return (probabilities_NK > threshold).astype(np.int64)
    if task is Task.BINARY:
        chosen = (probabilities_NK[:, 1] > threshold).astype(np.int64)
    else:
        chosen = probabilities_NK.argmax(1)
    return np.eye(probabilities_NK.shape[1], dtype=np.int64)[chosen]


def _log_loss(truth: Array, probabilities: Array, task: Task) -> float:
    if task is Task.MULTI_LABEL:
        return float(sk.log_loss(truth.ravel(), probabilities.ravel(), labels=[0, 1]))
    scaled = probabilities / probabilities.sum(1, keepdims=True)
    return float(sk.log_loss(truth.argmax(1), scaled, labels=list(range(truth.shape[1]))))


def _roc_auc(truth: Array, probabilities: Array, task: Task) -> float:
    if task is Task.BINARY:
        return float(sk.roc_auc_score(truth[:, 1], probabilities[:, 1]))
    return float(sk.roc_auc_score(truth, probabilities, average="micro"))


def _or_nan(compute: Callable[[], float]) -> float:
    """The value, or NaN where scikit-learn says that it is not defined (one class only, say)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", UndefinedMetricWarning)
        try:
            return float(compute())
        except (UndefinedMetricWarning, ValueError):
            return math.nan
