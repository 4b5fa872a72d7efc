"""Insights of classification: confusion, threshold curves, calibration, and a table a class."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.datasets.labels.labels import Task
from studio.modeling.classification.curves import average_precision, calibration_series, roc_auc, threshold_points
from studio.modeling.classification.held_out_fit import Calibration
from studio.modeling.classification.metrics import Threshold, decisions
from studio.modeling.recipe import Split
from studio.results.classification import Panel
from studio.results.insight import Insight, Lines, Matrix, SampleFilter, Table, ThresholdCurves

Array = NDArray[np.float64]
MOST_CURVES = 50
"""Classes that have curves; the table has them all."""


def classification_insights(
    truth_NK: Array,
    probabilities_NK: Array,
    task: Task,
    labels: Sequence[str],
    threshold: Threshold,
    split: Split,
    temperature: float | None = None,
) -> Iterator[Insight]:
    """Every panel that rows with truth allow; none without such rows. A `temperature` is that of the probabilities."""
    if len(truth_NK) == 0:
        return
    decided = decisions(probabilities_NK, task, threshold)
    if task is not Task.MULTI_LABEL:
        yield _confusion(truth_NK.argmax(1), decided.argmax(1), labels, split)
    columns = [len(labels) - 1] if task is Task.BINARY else most_frequent(truth_NK, MOST_CURVES)
    yield _curves(truth_NK, probabilities_NK, columns, labels, threshold, split)
    of_temperature = None if temperature is None else Calibration.of(truth_NK, probabilities_NK, task, temperature)
    yield _calibration(truth_NK, probabilities_NK, columns, labels, split, of_temperature)
    yield _classes(truth_NK, probabilities_NK, decided, labels, task, split, threshold)


def most_frequent(truth_NK: Array, count: int) -> list[int]:
    """The classes with the most samples, in the order of the labels; with 1,000 classes, curves of all are no help."""
    chosen = np.argsort(-truth_NK.sum(axis=0), kind="stable")[:count]
    return sorted(int(column) for column in chosen)


def _confusion(truth: NDArray[np.int64], answer: NDArray[np.int64], labels: Sequence[str], split: Split) -> Insight:
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(counts, (truth, answer), 1)
    return Insight(
        key=f"{split}-confusion",
        group=split,
        title=Panel.CONFUSION,
        how_to_read="Rows are true classes, columns are predicted classes. Every count off the diagonal is an "
        "error; open a cell to see its samples.",
        payload=Matrix(
            row_label="Truth",
            column_label="Prediction",
            row_names=tuple(labels),
            column_names=tuple(labels),
            counts=tuple(tuple(int(one) for one in row) for row in counts),
        ),
    )


def _curves(
    truth: Array,
    probabilities: Array,
    columns: Sequence[int],
    labels: Sequence[str],
    threshold: Threshold,
    split: Split,
) -> Insight:
    thresholds = () if isinstance(threshold, float) else tuple(float(threshold[column]) for column in columns)
    return Insight(
        key=f"{split}-curves",
        group=split,
        title=Panel.CURVES,
        how_to_read="Move the threshold to trade false negatives against false positives. Curves closer to the "
        "upper corner are better.",
        payload=ThresholdCurves(
            default_threshold=threshold if isinstance(threshold, float) else thresholds[0],
            thresholds=thresholds,
            classes=tuple(labels[column] for column in columns),
            points=tuple(threshold_points(truth[:, column], probabilities[:, column]) for column in columns),
            roc_auc=tuple(roc_auc(truth[:, column], probabilities[:, column]) for column in columns),
            average_precision=tuple(
                average_precision(truth[:, column], probabilities[:, column]) for column in columns
            ),
        ),
    )


def _calibration(
    truth: Array,
    probabilities: Array,
    columns: Sequence[int],
    labels: Sequence[str],
    split: Split,
    of_temperature: Calibration | None,
) -> Insight:
    return Insight(
        key=f"{split}-calibration",
        group=split,
        title=Panel.CALIBRATION,
        how_to_read="On the diagonal, a probability of 70 % is right in 70 % of the cases. Below the diagonal, the "
        "model is overconfident." + (f" {of_temperature.describe()}" if of_temperature else ""),
        payload=Lines(
            x_label="Predicted probability",
            y_label="Share of positives",
            series=tuple(
                calibration_series(labels[column], truth[:, column], probabilities[:, column]) for column in columns
            ),
            diagonal=True,
        ),
    )


def _classes(
    truth: Array,
    probabilities: Array,
    decided: NDArray[np.int64],
    labels: Sequence[str],
    task: Task,
    split: Split,
    threshold: Threshold,
) -> Insight:
    further = [] if isinstance(threshold, float) else ["Threshold"]
    rows = []
    for column, label in enumerate(labels):
        is_true, is_chosen = truth[:, column] > 0.5, decided[:, column] > 0
        hits, chosen, positives = int((is_true & is_chosen).sum()), int(is_chosen.sum()), int(is_true.sum())
        precision = hits / chosen if chosen else None
        recall = hits / positives if positives else None
        f1 = 2 * hits / (chosen + positives) if chosen + positives else None
        area = roc_auc(truth[:, column], probabilities[:, column])
        own = () if isinstance(threshold, float) else (float(threshold[column]),)
        rows.append((label, positives, chosen, precision, recall, f1, area, *own))
    filters = () if task is Task.MULTI_LABEL else tuple(SampleFilter(truth=label) for label in labels)
    return Insight(
        key=f"{split}-classes",
        group=split,
        title=Panel.CLASSES,
        how_to_read="Recall: the share of a class's samples that are predicted as this class. Precision: the share "
        "of such predictions that are correct.",
        payload=Table(
            columns=("Class", "Samples", "Predicted", "Precision", "Recall", "F1", "ROC AUC", *further),
            rows=tuple(rows),
            filters=filters,
        ),
    )
