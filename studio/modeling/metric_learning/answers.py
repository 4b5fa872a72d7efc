"""EmbeddingAnswers: embeddings of a scored table, searched among themselves; the same for every medium.

Shapes: N rows, E embedding.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from studio.datasets.labels import label_text
from studio.modeling.metric_learning.insights import Searched, metric_learning_insights, neighbours
from studio.modeling.metric_learning.metrics import retrieval_metrics
from studio.modeling.metric_learning.retrieval import Similar, most_similar
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import SampleRow, Split
from studio.results.insight import Insight
from studio.results.sample_view import Annotation, LabelScore, SampleView

EMBEDDING = "embedding"
"""The name of the raw output (E)."""
SHOWN_NEIGHBOURS = 5


class EmbeddingAnswers:
    """The column of labels, and how many similar rows are kept."""

    def __init__(self, column: str, top_k: int) -> None:
        self.column, self.top_k = column, top_k
        self._last: tuple[ScoredTable, Searched] | None = None

    def labels_of(self, table: pd.DataFrame) -> list[str | None] | None:
        """The label of every row, None where it is missing; None if the table has no such column."""
        if self.column not in table.columns:
            return None
        return [None if pd.isna(value) else label_text(value) for value in table[self.column]]

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """The most similar rows of the table, from 1, nearest first, with their cosines; the label of the nearest."""
        searched = self._searched(scored)
        return self._columns(scored, searched.similar, searched.labels)

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame:
        """The same with the most similar rows of another table."""
        queries, found = (one.stacked(EMBEDDING) if len(one) else np.zeros((0, 1)) for one in (scored, index))
        similar = most_similar(queries, found, self.top_k)
        return self._columns(scored, similar, self.labels_of(index.table))

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """Every metric of the rows among themselves; empty without labels."""
        if self.column not in scored.table.columns:
            return {}
        searched = self._searched(scored)
        return retrieval_metrics(searched.similar.positions, searched.labels, None)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Map, similarities, recall, labels that are mixed up."""
        return metric_learning_insights(self._searched(scored), split)

    def sample_rows(
        self, scored: ScoredTable, shown: Sequence[Mapping[str, Any]], texts: Sequence[str]
    ) -> Iterator[SampleRow]:
        """Every row with its label and the rows most like it; `shown` gives title and medium, or texts, of a view."""
        searched = self._searched(scored)
        for position, row in enumerate(searched.rows):
            label = searched.labels[position]
            nearest = self._nearest_label(searched.similar, searched.labels, position)
            cosines = searched.similar.similarities[position]
            found = neighbours(
                searched.similar, position, label, searched.rows, texts, searched.labels, SHOWN_NEIGHBOURS
            )
            view = SampleView(
                row=row,
                truth=None if label is None else Annotation(labels=(LabelScore(label=label),)),
                prediction=Annotation(labels=(LabelScore(label=nearest),) if nearest else ()),
                loss=scored.loss_of(position),
                neighbours=found,
                **shown[position],
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

    def _searched(self, scored: ScoredTable) -> Searched:
        """The rows searched among themselves, once for a table: metrics, panels and rows all need it."""
        if self._last is None or self._last[0] is not scored:
            embeddings = scored.stacked(EMBEDDING) if len(scored) else np.zeros((0, 1))
            labels = self.labels_of(scored.table) or [None] * len(scored)
            similar = most_similar(embeddings, None, self.top_k)
            self._last = (scored, Searched(embeddings, labels, scored.row_numbers(), similar))
        return self._last[1]
