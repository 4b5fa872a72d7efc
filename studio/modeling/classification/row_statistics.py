"""What each row adds to the metrics of classification. They are those of `metrics.py`.

Shapes: B resamples, N rows, K classes, E elements whose order counts, G groups of equal scores.
"""

from collections.abc import Mapping

import numpy as np

from studio.datasets.labels.labels import Task
from studio.modeling.classification.metrics import Threshold, decisions
from studio.modeling.row_statistics import Floats, RowStatistics, ratio


class ClassificationStatistics(RowStatistics):
    """Of probabilities with their truth; rows whose truth is NaN must be left out before."""

    def __init__(self, truth_NK: Floats, probabilities_NK: Floats, task: Task, threshold: Threshold) -> None:
        self.rows, self._classes = truth_NK.shape
        is_multi_label = task is Task.MULTI_LABEL
        decided_NK = decisions(probabilities_NK, task, threshold).astype(np.float64)
        right_N = (truth_NK == decided_NK).all(1).astype(np.float64)
        counted = slice(1, 2) if task is Task.BINARY else slice(None)
        true_NC, found_NC = truth_NK[:, counted], decided_NK[:, counted]
        hits_N = (true_NC * found_NC).sum(1)
        self._sums_NC = np.stack(
            [right_N, hits_N, true_NC.sum(1), found_NC.sum(1), row_losses(truth_NK, probabilities_NK, task)], 1
        )
        # Over all classes together, a wrong answer is a false positive and a false negative: all are the accuracy.
        shares = ("Accuracy", *(("F1", "F2", "F05", "Precision", "Recall") if task is Task.MULTI_CLASS else ()))
        self.proportions = dict.fromkeys(shares, right_N)
        if is_multi_label:
            positives_N2 = [truth_NK.sum(1), decided_NK.sum(1)]
            self._true_NK, self._found_NK = (np.stack([self._classes - one, one], 1) for one in positives_N2)
            self._agreed_N = (truth_NK == decided_NK).sum(1).astype(np.float64)
        else:
            self._true_NK, self._found_NK, self._agreed_N = truth_NK, decided_NK, right_N
        scores_NC = probabilities_NK[:, counted]
        self._auc = _RankedElements(true_NC, scores_NC)

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        total_B = weights_BN.sum(1)
        right_B, hits_B, true_B, found_B, loss_B = (weights_BN @ self._sums_NC).T
        return {
            "LogLoss": ratio(loss_B, total_B),
            "ROC_AUC": self._auc.area(weights_BN),
            **{
                name: np.nan_to_num(ratio((1 + beta**2) * hits_B, beta**2 * true_B + found_B))
                for name, beta in (("F1", 1.0), ("F2", 2.0), ("F05", 0.5))
            },
            "Precision": np.nan_to_num(ratio(hits_B, found_B)),
            "Recall": np.nan_to_num(ratio(hits_B, true_B)),
            "Accuracy": ratio(right_B, total_B),
            "MCC": self._correlation(weights_BN),
        }

    def _correlation(self, weights_BN: Floats) -> Floats:
        """Matthews's, of any number of classes (Gorodkin 2004); 0 where it is not defined, as scikit-learn has it."""
        true_BK, found_BK = weights_BN @ self._true_NK, weights_BN @ self._found_NK
        total_B, agreed_B = true_BK.sum(1), weights_BN @ self._agreed_N
        shared_B = agreed_B * total_B - (true_BK * found_BK).sum(1)
        spreads_B = (total_B**2 - (true_BK**2).sum(1)) * (total_B**2 - (found_BK**2).sum(1))
        return np.nan_to_num(ratio(shared_B, np.sqrt(spreads_B)))


class _RankedElements:
    """Elements in the order of their scores, those of equal score together."""

    def __init__(self, truth_NC: Floats, scores_NC: Floats) -> None:
        scores_E = scores_NC.ravel()
        order_E = np.argsort(scores_E, kind="stable")
        self._rows_E = np.repeat(np.arange(len(truth_NC)), truth_NC.shape[1])[order_E]
        self._truth_E = truth_NC.ravel()[order_E]
        ordered_E = scores_E[order_E]
        self._starts_G = (
            np.flatnonzero(np.r_[True, ordered_E[1:] != ordered_E[:-1]]) if len(ordered_E) else np.zeros(0, int)
        )

    def area(self, weights_BN: Floats) -> Floats:
        """Under the ROC curve: how often a positive has the higher score, ties as one half."""
        if not len(self._starts_G):
            return np.full(len(weights_BN), np.nan)
        weights_BE = weights_BN[:, self._rows_E]
        positive_BG = np.add.reduceat(weights_BE * self._truth_E, self._starts_G, axis=1)
        negative_BG = np.add.reduceat(weights_BE, self._starts_G, axis=1) - positive_BG
        below_BG = np.cumsum(negative_BG, axis=1) - negative_BG
        won_B = (positive_BG * (below_BG + 0.5 * negative_BG)).sum(1)
        return ratio(won_B, positive_BG.sum(1) * negative_BG.sum(1))


def row_losses(truth_NK: Floats, probabilities_NK: Floats, task: Task) -> Floats:
    """The log loss of each row (N); probabilities of 0 count as the smallest number, as scikit-learn has it."""
    least = np.finfo(np.float64).eps
    if task is Task.MULTI_LABEL:
        p_NK = np.clip(probabilities_NK, least, 1 - least)
        several_N: Floats = -(truth_NK * np.log(p_NK) + (1 - truth_NK) * np.log(1 - p_NK)).mean(1)
        return several_N
    p_NK = np.clip(probabilities_NK / probabilities_NK.sum(1, keepdims=True), least, 1 - least)
    one_N: Floats = -(truth_NK * np.log(p_NK / p_NK.sum(1, keepdims=True))).sum(1)
    return one_N
