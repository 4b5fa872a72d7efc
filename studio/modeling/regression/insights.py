"""Insights of regression: predicted against true, residuals, error by range of the truth, a table of the labels.

Shapes: N samples, K labels.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.modeling.histograms import histogram, means_by_range
from studio.modeling.recipe import Split
from studio.modeling.regression.metrics import label_metrics
from studio.results.insight import Bars, Insight, Scatter, Table
from studio.results.regression import Panel

Array = NDArray[np.float64]
MOST_LABELS = 6
"""Labels that have plots; the table has them all."""
MOST_POINTS = 2000
RANGES = 8


@dataclass(frozen=True)
class _Label:
    """The rows of one label whose truth is known."""

    name: str
    truth: Array
    predicted: Array
    rows: NDArray[np.int64]
    split: Split
    key: str
    """What its panels' keys start with."""
    of: str
    """What their titles end with: nothing for the only label."""


def regression_insights(
    truth_NK: Array, predicted_NK: Array, labels: Sequence[str], rows: Sequence[int], split: Split
) -> Iterator[Insight]:
    """Every panel that rows with truth allow; none without such rows. `rows` are those of the source table."""
    found = [one for k in range(len(labels)) if (one := _label(truth_NK, predicted_NK, labels, rows, k, split))]
    for one in found[:MOST_LABELS]:
        yield _predicted(one)
        yield _residuals(one)
        yield _by_range(one)
    if found:
        yield _labels(found, split)


def _label(
    truth: Array, predicted: Array, labels: Sequence[str], rows: Sequence[int], k: int, split: Split
) -> _Label | None:
    known = ~np.isnan(truth[:, k])
    if not known.any():
        return None
    is_only = len(labels) == 1
    return _Label(
        labels[k],
        truth[known, k],
        predicted[known, k],
        np.asarray(rows, dtype=np.int64)[known],
        split,
        key=split if is_only else f"{split}-{k + 1}",
        of="" if is_only else f": {labels[k]}",
    )


def _predicted(label: _Label) -> Insight:
    shown = np.arange(len(label.truth))
    if len(shown) > MOST_POINTS:
        # Evenly over the sorted truth, so that rare values stay in the picture.
        picks = np.linspace(0, len(shown) - 1, MOST_POINTS).round().astype(np.int64)
        shown = np.sort(np.argsort(label.truth, kind="stable")[picks])
    return Insight(
        key=f"{label.key}-predicted",
        group=label.split,
        title=f"{Panel.PREDICTED}{label.of}",
        how_to_read="Each point is a sample; on the diagonal the prediction is correct. A cloud flatter than the "
        "diagonal means that predictions stay near the mean.",
        payload=Scatter(
            x_label=f"True {label.name}",
            y_label=f"Predicted {label.name}",
            x=tuple(label.truth[shown].tolist()),
            y=tuple(label.predicted[shown].tolist()),
            rows=tuple(label.rows[shown].tolist()),
            diagonal=True,
        ),
    )


def _residuals(label: _Label) -> Insight:
    found = histogram(label.predicted - label.truth)
    return Insight(
        key=f"{label.key}-residuals",
        group=label.split,
        title=f"{Panel.RESIDUALS}{label.of}",
        how_to_read="Residuals: prediction minus truth. A distribution that is not centred at 0 means that the "
        "model is biased.",
        payload=Bars(
            x_label="Prediction minus truth",
            y_label="Samples",
            names=found.names,
            values=tuple(float(count) for count in found.counts),
        ),
    )


def _by_range(label: _Label) -> Insight:
    """Ranges that hold about as many samples each."""
    found = means_by_range(label.truth, np.abs(label.predicted - label.truth), RANGES)
    return Insight(
        key=f"{label.key}-error-by-range",
        group=label.split,
        title=f"{Panel.BY_RANGE}{label.of}",
        how_to_read="Mean absolute error by range of the true value. Ranges with few training rows are often worse.",
        payload=Bars(
            x_label=f"True {label.name}",
            y_label="Mean absolute error",
            names=found.names,
            values=found.means,
        ),
    )


def _labels(found: Sequence[_Label], split: Split) -> Insight:
    rows = []
    for one in found:
        metrics = label_metrics(one.truth, one.predicted)
        baseline = float(np.abs(one.truth - np.median(one.truth)).mean())
        values = (metrics["MAE"], baseline, metrics["RMSE"], metrics["R2"], _correlation(one.truth, one.predicted))
        rows.append((one.name, len(one.truth), *(None if math.isnan(value) else value for value in values)))
    return Insight(
        key=f"{split}-labels",
        group=split,
        title=Panel.LABELS,
        how_to_read="Metrics of each label, with the MAE of always predicting the median as a baseline. R2 and the "
        "correlation are at most 1.",
        payload=Table(
            columns=("Label", "Samples", "MAE", "MAE of the median (baseline)", "RMSE", "R2", "Correlation"),
            rows=tuple(rows),
        ),
    )


def _correlation(truth: Array, predicted: Array) -> float:
    """Pearson's; NaN where one of them does not vary."""
    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        return math.nan
    return float(np.corrcoef(truth, predicted)[0, 1])
