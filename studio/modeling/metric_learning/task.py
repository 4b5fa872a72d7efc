"""MetricLearningTask: embeddings in which samples of one label lie close together; the same for every input.

Shapes: B batch, N rows, E embedding.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.labels.identity_checks import LEAST_LABELS
from studio.datasets.labels.labels import label_text
from studio.errors import DatasetError, in_quotes
from studio.modeling.composed_recipe import ShownRow
from studio.modeling.encoder_recipe import EncoderTask
from studio.modeling.metric_learning.arcface import ArcFace
from studio.modeling.metric_learning.insights import RetrievalResults, metric_learning_insights, neighbours
from studio.modeling.metric_learning.metrics import query_values, retrieval_metrics
from studio.modeling.metric_learning.retrieval import Similar, most_similar
from studio.modeling.metric_learning.softmax import SoftmaxBlock
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import LabelAlignedRows, Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowMeans, RowStatistics
from studio.results.insight import Insight
from studio.results.sample_view import (
    Annotation,
    LabelAnnotation,
    LabelScore,
    NeighbourAnnotation,
    SampleView,
)
from studio.settings.schema import SettingsSchema

EMBEDDING = "embedding"
"""The name of the raw output (E)."""
SHOWN_NEIGHBOURS = 5


class MetricLearningTask(EncoderTask):
    """A neck gives the embedding; a block behind it tells the training labels apart, for the loss alone."""

    layer_groups = {"neck": "Neck", "block": "Loss"}  # noqa: RUF012 - as the base class declares it
    is_explained = False

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.column = str(settings.dataset.label_columns)
        self.top_k = int(settings.prediction.top_k_similar)
        self._last: tuple[ScoredTable, RetrievalResults] | None = None

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        column = settings.value("dataset.label_columns")
        labels = tuple(sorted({label_text(value) for value in table[column].dropna()}))
        if len(labels) < LEAST_LABELS:
            raise DatasetError(
                f"The column {in_quotes(column)} holds {len(labels)} label{'s' if len(labels) != 1 else ''}.",
                hint="Metric learning needs at least two labels to tell apart.",
                code="one_class",
                found=f"only {in_quotes(labels[0])}" if labels else "no label",
                expected=f"at least {LEAST_LABELS} labels",
            )
        return Target("metric-learning", labels)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.column in table.columns

    def targets_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        """The number of each row's label (N, 1); NaN for one that training has not seen."""
        labels = self.labels_of(table)
        if labels is None:
            return None
        index = {label: number for number, label in enumerate(self.target.labels)}
        return np.array([[index.get(label or "", np.nan)] for label in labels], dtype=np.float32)

    def truth_view(self, target_K: NDArray[Any]) -> Annotation | None:
        if np.isnan(target_K[0]):
            return None
        return LabelAnnotation(labels=(LabelScore(label=self.target.labels[int(target_K[0])]),))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", f"Loss {self.settings.training.loss_function}; {len(self.target.labels)} labels.")

    def heads(self, features: int) -> Mapping[str, nn.Module]:
        size, labels, training = (
            self.settings.architecture.embedding_size,
            len(self.target.labels),
            self.settings.training,
        )
        neck = nn.Linear(features, size)
        # Keeps the angles that the backbone has learned: training starts from them, not from noise.
        nn.init.orthogonal_(neck.weight)
        nn.init.zeros_(neck.bias)
        if training.loss_function == "ArcFace":
            return {"neck": neck, "block": ArcFace(size, labels, training.arcface_margin, training.arcface_scale)}
        return {"neck": neck, "block": SoftmaxBlock(size, labels)}

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        return {f"block.{name}": LabelAlignedRows() for name, _ in model.get_submodule("block").named_parameters()}

    def losses(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        block = model.get_submodule("block")
        assert isinstance(block, ArcFace | SoftmaxBlock)
        numbers_B = torch.nan_to_num(targets_BK[:, 0], nan=-1.0).long()
        return block.per_sample(outputs_BO.float(), numbers_B)

    def fit_heads(self, model: nn.Module, features_NF: Tensor, targets: Tensor, seed: int) -> str:
        """The neck keeps the angles of the encoder; each label's centre is the mean direction of its rows."""
        block = model.get_submodule("block")
        assert isinstance(block, ArcFace | SoftmaxBlock)
        with torch.no_grad():
            embeddings_NE = model.get_submodule("neck")(features_NF)
        return block.fit(embeddings_NE, targets[:, 0].long(), seed)

    def raw(self, views: Sequence[Tensor]) -> list[Raw]:
        """The mean of the embeddings of all views."""
        means = torch.stack([outputs.float() for outputs in views]).mean(0)
        return [{EMBEDDING: row} for row in means.cpu().numpy()]

    def labels_of(self, table: pd.DataFrame) -> list[str | None] | None:
        """The label of every row, None where it is missing; None if the table has no such column."""
        if self.column not in table.columns:
            return None
        return [None if pd.isna(value) else label_text(value) for value in table[self.column]]

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """The most similar rows of the table, from 1, nearest first, with their cosines; the label of the nearest."""
        results = self._searched(scored)
        return self._columns(scored, results.similar, results.labels)

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame | None:
        """The same with the most similar rows of another table."""
        queries, found = (one.stacked(EMBEDDING) if len(one) else np.zeros((0, 1)) for one in (scored, index))
        similar = most_similar(queries, found, self.top_k)
        return self._columns(scored, similar, self.labels_of(index.table))

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """Every metric of the rows among themselves; empty without labels."""
        if self.column not in scored.table.columns:
            return {}
        results = self._searched(scored)
        return retrieval_metrics(results.similar.positions, results.labels, None)

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        """Of the queries; what is searched stays the same."""
        if self.column not in scored.table.columns:
            return None
        results = self._searched(scored)
        return RowMeans(query_values(results.similar.positions, results.labels, None))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Map, similarities, recall, labels that are mixed up."""
        return metric_learning_insights(self._searched(scored), split)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        """Every row with its label and the rows most like it."""
        results = self._searched(scored)
        inputs = list(shown)
        for position, row in enumerate(results.rows):
            label = results.labels[position]
            nearest = self._nearest_label(results.similar, results.labels, position)
            cosines = results.similar.similarities[position]
            found = neighbours(results, position, inputs, SHOWN_NEIGHBOURS)
            view = SampleView(
                row=row,
                truth=None if label is None else LabelAnnotation(labels=(LabelScore(label=label),)),
                prediction=NeighbourAnnotation(neighbours=found),
                loss=scored.loss_of(position),
                **inputs[position].view,
            )
            yield SampleRow(
                view,
                truth=label or "",
                prediction=nearest,
                correct=None if label is None or not nearest else label == nearest,
                confidence=float(cosines[0]) if len(cosines) else None,
            )

    def _columns(self, scored: ScoredTable, similar: Similar, labels: Sequence[str | None] | None) -> pd.DataFrame:
        columns: dict[str, Any] = {
            "pred_similar_rows": [(one + 1).tolist() for one in similar.positions],
            "pred_similarities": [one.astype(float).tolist() for one in similar.similarities],
        }
        if labels is not None and any(label is not None for label in labels):
            columns["pred_label"] = [self._nearest_label(similar, labels, row) for row in range(len(scored))]
        return pd.DataFrame(columns, index=scored.table.index)

    def _nearest_label(self, similar: Similar, labels: Sequence[str | None], position: int) -> str:
        """The label of the row most like this one; empty where there is none."""
        nearest = similar.positions[position]
        return (labels[nearest[0]] or "") if len(nearest) else ""

    def _searched(self, scored: ScoredTable) -> RetrievalResults:
        """The rows searched among themselves, once for a table: metrics, panels and rows all need it."""
        if self._last is None or self._last[0] is not scored:
            embeddings = scored.stacked(EMBEDDING) if len(scored) else np.zeros((0, 1))
            labels = self.labels_of(scored.table) or [None] * len(scored)
            similar = most_similar(embeddings, None, self.top_k)
            self._last = (scored, RetrievalResults(embeddings, labels, scored.row_numbers(), similar))
        return self._last[1]
