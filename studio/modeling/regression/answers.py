"""RegressionAnswers: predicted values of a scored table as columns, metrics, insights and views; for every medium.

Shapes: N rows, K labels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Note, SampleRow, Split
from studio.modeling.regression.insights import regression_insights
from studio.modeling.regression.metrics import regression_metrics
from studio.modeling.regression.targets import RegressionTargets
from studio.results.insight import Insight
from studio.results.sample_view import Annotation, SampleView

VALUES = "predictions"
"""The name of the raw output (K), in the unit of the labels."""
DIGITS = 4


@dataclass(frozen=True)
class RegressionAnswers:
    """The label columns and what is known about their values."""

    targets: RegressionTargets

    def notes(self, loss: str) -> Iterator[Note]:
        """The loss and the range of the labels."""
        labels = zip(self.targets.columns, self.targets.means, self.targets.deviations, strict=True)
        listed = "; ".join(f"{name} {mean:.4g} ± {deviation:.4g}" for name, mean, deviation in labels)
        yield Note("info", f"Loss {loss}, in deviations of the training labels: {listed}.")

    def standardized_truth(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        """What the model learns (N, K), NaN where a value is missing; None if the table lacks a label column."""
        truth = self.targets.truth(table)
        return None if truth is None else self.targets.standardized(truth).astype(np.float32)

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Every row with its predicted values: regression does not say how sure it is."""
        values = scored.stacked(VALUES)
        labelled: pd.DataFrame = scored.table.assign(
            **{name: values[:, k] for k, name in enumerate(self.targets.columns)}
        )
        return labelled

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """`pred_<label>` for every label."""
        values = scored.stacked(VALUES)
        columns = {f"pred_{name}": values[:, k] for k, name in enumerate(self.targets.columns)}
        return pd.DataFrame(columns, index=scored.table.index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """Every metric over the known values; empty without truth."""
        truth = self.targets.truth(scored.table)
        return {} if truth is None else regression_metrics(truth, scored.stacked(VALUES))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Predicted against true, residuals, errors by range, labels."""
        truth = self.targets.truth(scored.table)
        if truth is not None:
            rows = scored.row_numbers()
            yield from regression_insights(truth, scored.stacked(VALUES), self.targets.columns, rows, split)

    def sample_rows(self, scored: ScoredTable, media: Iterator[Mapping[str, Any]]) -> Iterator[SampleRow]:
        """Every row with truth and prediction; `media` gives title and medium, or texts, of each view."""
        truth = self.targets.truth(scored.table)
        values = scored.stacked(VALUES)
        for position, (row, shown) in enumerate(zip(scored.row_numbers(), media, strict=True)):
            true_values = None if truth is None or np.isnan(truth[position]).all() else truth[position]
            view = SampleView(
                row=row,
                truth=None if true_values is None else self.annotation(true_values),
                prediction=self.annotation(values[position]),
                loss=scored.loss_of(position),
                **shown,
            )
            told = "" if true_values is None else self._words(true_values)
            yield SampleRow(view, truth=told, prediction=self._words(values[position]))

    def annotation(self, values: NDArray[Any]) -> Annotation:
        """The values that are known, by label."""
        pairs = zip(self.targets.columns, values, strict=True)
        return Annotation(values={name: float(value) for name, value in pairs if np.isfinite(value)})

    def _words(self, values: NDArray[np.float64]) -> str:
        return ", ".join(f"{value:.{DIGITS}g}" for value in values if np.isfinite(value))
