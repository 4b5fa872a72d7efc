"""ClassAnswers: probabilities of a scored table as columns, metrics, insights and views; the same for every medium."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.labels import LabelSpace, Task
from studio.modeling.classification.insights import classification_insights
from studio.modeling.classification.metrics import classification_metrics, decisions
from studio.modeling.classification.targets import label_cells, truth_of, unseen_labels
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Note, SampleRow, Split
from studio.results.insight import Insight
from studio.results.sample_view import Annotation, LabelScore, SampleView

MAX_SHOWN_LABELS = 5
SURE = 0.9
"""The probability from which on an answer is good enough to learn from."""
PROBABILITIES = "probabilities"
"""The name of the raw output (K)."""


@dataclass(frozen=True)
class ClassAnswers:
    """A label space and the threshold that decides."""

    space: LabelSpace
    threshold: float

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the probabilities."""
        return self.space.labels

    def notes(self, loss: str, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """The task, the loss, and classes that training has not seen."""
        classes = ", ".join(self.labels[:50])
        yield Note("info", f"Task {self.space.task}; loss {loss}; classes {classes}.")
        for name, table in (("validation", validation), ("test", test)):
            unseen = {} if table is None else unseen_labels(table, self.space)
            if unseen:
                listed = ", ".join(f"{label} ({count})" for label, count in unseen.items())
                yield Note(
                    "warning", f"The {name} rows hold classes unseen in training; they are not scored: {listed}."
                )

    def decided(self, probabilities_NK: NDArray[np.float64]) -> NDArray[np.int64]:
        """The answers as 0 and 1 (N, K)."""
        return decisions(probabilities_NK, self.space.task, self.threshold)

    def explained(self, probabilities_NK: NDArray[np.float64]) -> NDArray[np.int64]:
        """The class (N) that an explanation speaks of: the answer, or of several labels the likeliest."""
        is_single = self.space.task is not Task.MULTI_LABEL
        chosen: NDArray[np.int64] = (self.decided(probabilities_NK) if is_single else probabilities_NK).argmax(1)
        return chosen

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Rows whose answer is sure, labelled as the training table is.

        One class a sample: its probability is at least `SURE`. Several labels: each is at least that or at most
        1 - `SURE`.
        """
        probabilities = scored.stacked(PROBABILITIES)
        if self.space.task is Task.MULTI_LABEL:
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

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Confusion, curves, calibration, classes."""
        truth, probabilities = self._known(scored)
        if truth is not None:
            yield from classification_insights(
                truth, probabilities, self.space.task, self.labels, self.threshold, split
            )

    def sample_rows(self, scored: ScoredTable, media: Iterator[Mapping[str, Any]]) -> Iterator[SampleRow]:
        """Every row with truth and prediction; `media` gives title and medium, or texts, of each view."""
        truth = truth_of(scored.table, self.space)
        probabilities = scored.stacked(PROBABILITIES)
        decided = self.decided(probabilities)
        for position, (row, shown) in enumerate(zip(scored.row_numbers(), media, strict=True)):
            known = truth is not None and not np.isnan(truth[position]).any()
            prediction = self.words(decided[position])
            true_labels = self.words(truth[position] > 0.5) if known and truth is not None else ""
            view = SampleView(
                row=row,
                truth=self.truth_view(truth[position]) if known and truth is not None else None,
                prediction=self._prediction_view(probabilities[position], decided[position]),
                loss=scored.loss_of(position),
                **shown,
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

    def truth_view(self, target: NDArray[Any]) -> Annotation:
        """The true labels; those of a mixture with their shares."""
        is_mixed = not np.isin(np.round(target, 4), (0.0, 1.0)).all()
        return Annotation(
            labels=tuple(
                LabelScore(label=label, score=float(value) if is_mixed else None)
                for label, value in zip(self.labels, target, strict=True)
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

    def _prediction_view(self, probabilities: NDArray[np.float64], chosen: NDArray[np.int64]) -> Annotation:
        """The answer first, then the next likely classes."""
        order = sorted(range(len(probabilities)), key=lambda i: (-int(chosen[i]), -probabilities[i]))
        count = max(MAX_SHOWN_LABELS, int(chosen.sum())) if self.space.task is not Task.BINARY else 2
        return Annotation(
            labels=tuple(LabelScore(label=self.labels[i], score=float(probabilities[i])) for i in order[:count])
        )
