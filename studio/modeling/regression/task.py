"""RegressionTask: one or more numbers a sample, standardized by the training rows; the same for every input.

Shapes: B batch, N rows, K labels.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.baseline import Baseline
from studio.modeling.composed_recipe import ShownRow
from studio.modeling.encoder_recipe import EncoderTask, Score
from studio.modeling.linear_probe import fit_linear_probe
from studio.modeling.metric_by_column import MeasuredRows
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import LabelAlignedRows, Note, SampleRow, Split, Target
from studio.modeling.regression.insights import regression_insights
from studio.modeling.regression.losses import RegressionLoss
from studio.modeling.regression.metrics import regression_metrics
from studio.modeling.regression.row_statistics import RegressionStatistics
from studio.modeling.regression.targets import RegressionTargets
from studio.modeling.row_statistics import RowStatistics
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, ValueAnnotation
from studio.settings.schema import SettingsSchema

VALUES = "predictions"
"""The name of the raw output (K), in the unit of the labels."""
DIGITS = 4


class RegressionTask(EncoderTask):
    """The label columns and what is known about their values."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.targets = RegressionTargets.from_target(target)
        self.loss_function = RegressionLoss(settings.training.loss_function)

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return RegressionTargets.of(table, settings.value("dataset.label_columns")).to_target()

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.targets.truth(table) is not None

    def targets_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        truth = self.targets.truth(table)
        return None if truth is None else self.targets.standardized(truth).astype(np.float32)

    def truth_view(self, target_K: NDArray[Any]) -> ValueAnnotation:
        return self.annotation(self.targets.restored(target_K.astype(np.float64)[None])[0])

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """The loss and the range of the labels."""
        labels = zip(self.targets.columns, self.targets.means, self.targets.deviations, strict=True)
        listed = "; ".join(f"{name} {mean:.4g} ± {deviation:.4g}" for name, mean, deviation in labels)
        yield Note("info", f"Loss {self.loss_function.name}, in standard deviations of the training labels: {listed}.")

    def heads(self, features: int) -> Mapping[str, nn.Module]:
        return {"head": nn.Linear(features, len(self.target.labels))}

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        return {"head.weight": LabelAlignedRows(), "head.bias": LabelAlignedRows()}

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        """Outputs are standardized, and other rows have another mean and deviation."""
        theirs = RegressionTargets.from_target(other)
        weight, bias = self.targets.restated(tensors["head.weight"], tensors["head.bias"], theirs)
        return {**tensors, "head.weight": weight, "head.bias": bias}

    def losses(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        return self.loss_function.per_sample(outputs_BO, targets_BK)

    def loss(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        return self.loss_function.of_batch(outputs_BO, targets_BK)

    def probed(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        has_value = ~torch.isnan(targets).all(1)
        return features[has_value], targets[has_value]

    def fit_heads(self, model: nn.Module, features_NF: Tensor, targets: Tensor, seed: int) -> str:
        """By the squared error, whatever the loss: where features say little, the mean is the safest start."""
        head = model.get_submodule("head")
        assert isinstance(head, nn.Linear)

        def losses(outputs_NO: Tensor, targets_NK: Tensor) -> Tensor:
            errors_NK = torch.where(torch.isnan(targets_NK), 0.0, outputs_NO - torch.nan_to_num(targets_NK))
            return errors_NK.square().sum(1)

        probe = fit_linear_probe(features_NF, targets, losses, head.out_features, seed=seed)
        probe.put_into(head)
        return probe.describe()

    def raw(self, views: Sequence[Tensor]) -> list[Raw]:
        """The mean of the values of all views."""
        means = torch.stack([outputs.double() for outputs in views]).mean(0)
        return [{VALUES: row.astype(np.float32)} for row in self.targets.restored(means.cpu().numpy())]

    def score_of(self, outputs_BO: Tensor) -> Score:
        """The sum of the values in standard deviations: what raises the prediction, and what lowers it."""
        return lambda outputs: outputs.sum(1)

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

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        truth = self.targets.truth(scored.table)
        if truth is None:
            return None
        known = ~np.isnan(truth).all(axis=1)
        return RegressionStatistics(truth[known], scored.stacked(VALUES)[known])

    def baseline(self, scored: ScoredTable) -> Baseline | None:
        """The mean of every label in the training rows."""
        truth = self.targets.truth(scored.table)
        if truth is None:
            return None
        known = truth[~np.isnan(truth).all(axis=1)]
        return Baseline("training mean", RegressionStatistics(known, np.broadcast_to(self.targets.means, known.shape)))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Predicted vs. true, residuals, errors by range, labels."""
        truth = self.targets.truth(scored.table)
        if truth is not None:
            rows = scored.row_numbers()
            yield from regression_insights(truth, scored.stacked(VALUES), self.targets.columns, rows, split)

    def measured_rows(self, scored: ScoredTable) -> MeasuredRows | None:
        truth, predicted = self.targets.truth(scored.table), scored.stacked(VALUES)
        if truth is None:
            return None
        known, name = ~np.isnan(truth).all(axis=1), self.settings.prediction.metric

        def metric_of(rows: NDArray[np.int64]) -> float:
            return regression_metrics(truth[known][rows], predicted[known][rows])[name]

        return MeasuredRows(scored.table.iloc[np.flatnonzero(known).tolist()], metric_of)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        """Every row with truth and prediction."""
        truth = self.targets.truth(scored.table)
        values = scored.stacked(VALUES)
        for position, (row, one) in enumerate(zip(scored.row_numbers(), shown, strict=True)):
            true_values = None if truth is None or np.isnan(truth[position]).all() else truth[position]
            view = SampleView(
                row=row,
                truth=None if true_values is None else self.annotation(true_values),
                prediction=self.annotation(values[position]),
                loss=scored.loss_of(position),
                **one.view,
            )
            told = "" if true_values is None else self._words(true_values)
            yield SampleRow(view, truth=told, prediction=self._words(values[position]))

    def annotation(self, values: NDArray[Any]) -> ValueAnnotation:
        """The values that are known, by label."""
        pairs = zip(self.targets.columns, values, strict=True)
        return ValueAnnotation(values={name: float(value) for name, value in pairs if np.isfinite(value)})

    def _words(self, values: NDArray[np.float64]) -> str:
        return ", ".join(f"{value:.{DIGITS}g}" for value in values if np.isfinite(value))
