"""ClassificationTask: one of two, one of many, or several classes a sample; the same for every input.

Shapes: B batch, N rows, K classes, O outputs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.labels.labels import Task as Kind
from studio.modeling.baseline import Baseline
from studio.modeling.classification.class_weights import class_weights
from studio.modeling.classification.held_out_fit import (
    Calibration,
    at_temperature,
    best_thresholds,
    fit_temperature,
    temperature_of,
    thresholds_of,
    with_temperature,
    with_thresholds,
)
from studio.modeling.classification.insights import classification_insights
from studio.modeling.classification.losses import loss_of
from studio.modeling.classification.metrics import Threshold, classification_metrics, decisions
from studio.modeling.classification.row_statistics import ClassificationStatistics
from studio.modeling.classification.targets import (
    class_counts,
    class_shares,
    label_cells,
    space_of,
    target_of,
    truth_of,
    unseen_labels,
)
from studio.modeling.composed_recipe import ShownRow
from studio.modeling.encoder_recipe import EncoderTask, Score
from studio.modeling.linear_probe import fit_linear_probe
from studio.modeling.metric_by_column import MeasuredRows
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import LabelAlignedRows, Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.unseen_classes import unseen_classes
from studio.results.insight import Insight
from studio.results.sample_view import LabelAnnotation, LabelScore, SampleView
from studio.settings.schema import SettingsSchema

MAX_SHOWN_LABELS = 5
SURE = 0.9
"""The probability from which on a prediction is good enough to learn from."""
PROBABILITIES = "probabilities"
"""The name of the raw output (K)."""


class ClassificationTask(EncoderTask):
    """Classes, with the threshold that decides."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.space = space_of(target, settings.dataset.label_columns)
        self.one_threshold = float(settings.prediction.probability_threshold)
        own = thresholds_of(target, self.one_threshold)
        self.threshold: Threshold = self.one_threshold if own is None else own
        self.temperature = temperature_of(target)
        self.loss_function = loss_of(settings.training, self.space)
        weighting = settings.training.class_weights
        self.weights = class_weights(weighting, self.space.task, *class_counts(target)) if weighting != "None" else None

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return target_of(settings, table)

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the probabilities."""
        return self.space.labels

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.space.has_labels(table)

    def targets_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        return truth_of(table, self.space)

    def heads(self, features: int) -> Mapping[str, nn.Module]:
        return {"head": nn.Linear(features, self.loss_function.outputs)}

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        is_one_each = self.loss_function.is_one_output_a_class
        return {"head.weight": LabelAlignedRows(), "head.bias": LabelAlignedRows()} if is_one_each else {}

    def losses(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        return self.loss_function.per_sample(outputs_BO, targets_BK)

    def loss(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """The only loss that class weights act on: those of validation rows stay comparable."""
        return self.loss_function.per_sample(outputs_BO, targets_BK, self.weights).mean()

    def fit_heads(self, model: nn.Module, features_NF: Tensor, targets: Tensor, seed: int) -> str:
        head = model.get_submodule("head")
        assert isinstance(head, nn.Linear)

        def losses(outputs_NO: Tensor, targets_NK: Tensor) -> Tensor:
            return self.loss_function.per_sample(outputs_NO, targets_NK, self.weights)

        probe = fit_linear_probe(features_NF, targets, losses, head.out_features, seed=seed)
        probe.put_into(head)
        return probe.describe()

    def raw(self, views: Sequence[Tensor]) -> list[Raw]:
        """The mean of the probabilities of all views, at the temperature that was fitted, if one was."""
        means = torch.stack([self.loss_function.probabilities(logits) for logits in views]).mean(0).cpu().numpy()
        if self.temperature is not None:
            means = at_temperature(means.astype(np.float64), self.space.task, self.temperature).astype(np.float32)
        return [{PROBABILITIES: row} for row in means]

    @property
    def is_fitted_on_held_out(self) -> bool:
        return bool(self.settings.prediction.temperature_scaling) or self._has_threshold_a_class

    def fit_on_held_out(self, scored: ScoredTable) -> tuple[Target, str]:
        """The temperature first, then the thresholds of the probabilities that it makes."""
        truth, probabilities = self._known(scored)
        if truth is None or not len(truth):
            return self.target, "No validation row has labels, so that nothing is fitted on them."
        target, words, task = self.target, [], self.space.task
        if self.settings.prediction.temperature_scaling:
            temperature = fit_temperature(truth, probabilities, task)
            target, probabilities = (
                with_temperature(target, temperature),
                at_temperature(probabilities, task, temperature),
            )
            words.append(Calibration.of(truth, probabilities, task, temperature).describe())
        if self._has_threshold_a_class:
            thresholds = best_thresholds(truth, probabilities, self.one_threshold)
            target = with_thresholds(target, thresholds)
            shown = ", ".join(f"{label} {one:.3g}" for label, one in zip(self.labels[:50], thresholds, strict=False))
            words.append(f"Thresholds of the best F1 on the validation rows: {shown}.")
        return target, " ".join(words)

    @property
    def _has_threshold_a_class(self) -> bool:
        is_asked = self.settings.prediction.thresholds == "Per class"
        return is_asked and self.space.task is Kind.MULTI_LABEL

    def score_of(self, outputs_BO: Tensor) -> Score:
        """The logit of the predicted class; where a sample may have several labels, of the likeliest."""
        probabilities = self.loss_function.probabilities(outputs_BO.detach()).cpu().numpy().astype(np.float64)
        chosen = torch.from_numpy(self.explained(probabilities)).to(outputs_BO.device)
        return lambda outputs: self.loss_function.logits_of(outputs, chosen)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """The task, the loss, and classes that training has not seen."""
        classes = ", ".join(self.labels[:50])
        yield Note("info", f"Task {self.space.task}; loss {self.loss_function.name}; classes {classes}.")
        for name, table in (("validation", validation), ("test", test)):
            if table is not None:
                yield from unseen_classes(name, unseen_labels(table, self.space))

    def decided(self, probabilities_NK: NDArray[np.float64]) -> NDArray[np.int64]:
        """The predicted classes as 0 and 1 (N, K)."""
        return decisions(probabilities_NK, self.space.task, self.threshold)

    def explained(self, probabilities_NK: NDArray[np.float64]) -> NDArray[np.int64]:
        """The class (N) that an explanation is about: the predicted one, or of several labels the likeliest."""
        is_single = self.space.task is not Kind.MULTI_LABEL
        chosen: NDArray[np.int64] = (self.decided(probabilities_NK) if is_single else probabilities_NK).argmax(1)
        return chosen

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Rows whose prediction is sure, labelled as the training table is.

        One class a sample: its probability is at least `SURE`. Several labels: each is at least that or at most
        1 - `SURE`.
        """
        probabilities = scored.stacked(PROBABILITIES)
        if self.space.task is Kind.MULTI_LABEL:
            is_sure = (np.maximum(probabilities, 1 - probabilities) >= SURE).all(axis=1)
        else:
            is_sure = probabilities.max(axis=1) >= SURE
        labels = label_cells(self.space, probabilities[is_sure])
        sure: pd.DataFrame = scored.table[is_sure].assign(**{name: list(cells) for name, cells in labels.items()})
        return sure

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """`pred_<class>` with probabilities, and `pred_label`."""
        probabilities = scored.stacked(PROBABILITIES)
        columns: dict[str, Any] = {f"pred_{label}": probabilities[:, index] for index, label in enumerate(self.labels)}
        columns["pred_label"] = [self.words(row) for row in self.decided(probabilities)]
        return pd.DataFrame(columns, index=scored.table.index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """Every metric of the rows whose truth is known; empty without truth."""
        truth, probabilities = self._known(scored)
        return {} if truth is None else classification_metrics(truth, probabilities, self.space.task, self.threshold)

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        truth, probabilities = self._known(scored)
        if truth is None:
            return None
        return ClassificationStatistics(truth, probabilities, self.space.task, self.threshold)

    def baseline(self, scored: ScoredTable) -> Baseline | None:
        """The share of every class in the training rows."""
        shares_K = class_shares(self.target)
        truth, probabilities = self._known(scored)
        if truth is None or shares_K is None:
            return None
        constant = np.broadcast_to(shares_K, probabilities.shape)
        return Baseline("class frequencies", ClassificationStatistics(truth, constant, self.space.task, self.threshold))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Confusion, curves, calibration, classes."""
        truth, probabilities = self._known(scored)
        if truth is not None:
            yield from classification_insights(
                truth, probabilities, self.space.task, self.labels, self.threshold, split, self.temperature
            )

    def measured_rows(self, scored: ScoredTable) -> MeasuredRows | None:
        every, (truth, probabilities) = truth_of(scored.table, self.space), self._known(scored)
        if every is None or truth is None:
            return None
        task, name = self.space.task, self.settings.prediction.metric

        def metric_of(rows: NDArray[np.int64]) -> float:
            return classification_metrics(truth[rows], probabilities[rows], task, self.threshold)[name]

        known = np.flatnonzero(~np.isnan(every).any(axis=1)).tolist()
        return MeasuredRows(scored.table.iloc[known], metric_of)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        """Every row with truth and prediction."""
        truth = truth_of(scored.table, self.space)
        probabilities = scored.stacked(PROBABILITIES)
        decided = self.decided(probabilities)
        for position, (row, one) in enumerate(zip(scored.row_numbers(), shown, strict=True)):
            known = truth is not None and not np.isnan(truth[position]).any()
            prediction = self.words(decided[position])
            true_labels = self.words(truth[position] > 0.5) if known and truth is not None else ""
            view = SampleView(
                row=row,
                truth=self.truth_view(truth[position]) if known and truth is not None else None,
                prediction=self._prediction_view(probabilities[position], decided[position]),
                loss=scored.loss_of(position),
                **one.view,
            )
            yield SampleRow(
                view,
                truth=true_labels,
                prediction=prediction,
                correct=prediction == true_labels if known else None,
                confidence=float(probabilities[position].max()),
            )

    def words(self, chosen: NDArray[Any]) -> str:
        """The chosen classes as text, in the order of the labels."""
        return ", ".join(label for label, is_chosen in zip(self.labels, chosen, strict=True) if is_chosen)

    def truth_view(self, target_K: NDArray[Any]) -> LabelAnnotation:
        """The true labels; those of a mixture with their shares."""
        is_mixed = not np.isin(np.round(target_K, 4), (0.0, 1.0)).all()
        return LabelAnnotation(
            labels=tuple(
                LabelScore(label=label, score=float(value) if is_mixed else None)
                for label, value in zip(self.labels, target_K, strict=True)
                if value > 0
            )
        )

    def _known(self, scored: ScoredTable) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
        """Truth and probabilities of the rows whose truth is known."""
        truth, probabilities = truth_of(scored.table, self.space), scored.stacked(PROBABILITIES)
        if truth is None:
            return None, probabilities
        known = ~np.isnan(truth).any(axis=1)
        return truth[known].astype(np.float64), probabilities[known]

    def _prediction_view(self, probabilities: NDArray[np.float64], chosen: NDArray[np.int64]) -> LabelAnnotation:
        """The predicted class first, then the next likely classes."""
        order = sorted(range(len(probabilities)), key=lambda i: (-int(chosen[i]), -probabilities[i]))
        count = max(MAX_SHOWN_LABELS, int(chosen.sum())) if self.space.task is not Kind.BINARY else 2
        return LabelAnnotation(
            labels=tuple(LabelScore(label=self.labels[i], score=float(probabilities[i])) for i in order[:count])
        )
