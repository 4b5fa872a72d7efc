"""How to train and score text metric learning.

Shapes: B batch, N rows, E embedding.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.identity_checks import LEAST_LABELS
from studio.datasets.labels import label_text
from studio.errors import DatasetError
from studio.modeling.metric_learning.answers import EMBEDDING, EmbeddingAnswers
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Assets, ClassRows, Media, Note, SampleRow, Scored, Split, Target
from studio.modeling.text.inputs import TextBatch
from studio.modeling.text.recipe import PooledTextRecipe
from studio.modeling.weights import WeightsFile
from studio.problems.text_metric_learning.model import TextEmbedder
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation, LabelScore
from studio.settings.schema import SettingsSchema


class TextMetricLearningRecipe(PooledTextRecipe):
    """A transformer with a neck, trained so that texts of one label lie near each other."""

    raw_format = "npz"

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.column = str(self.settings.dataset.label_columns)
        self.answers = EmbeddingAnswers(self.column, int(self.settings.prediction.top_k_similar))

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        column = settings.value("dataset.label_columns")
        labels = tuple(sorted({label_text(value) for value in table[column].dropna()}))
        if len(labels) < LEAST_LABELS:
            raise DatasetError(
                f"The column {column!r} holds {len(labels)} label{'s' if len(labels) != 1 else ''}.",
                hint="Metric learning needs at least two labels to tell apart.",
                code="one_class",
                found=f"only {labels[0]!r}" if labels else "no label",
                expected=f"at least {LEAST_LABELS} labels",
            )
        return Target("metric-learning", labels)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.column in table.columns

    def truth_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        """The number of each row's label (N, 1); NaN for one that training has not seen."""
        labels = self.answers.labels_of(table)
        if labels is None:
            return None
        index = {label: number for number, label in enumerate(self.target.labels)}
        return np.array([[index.get(label or "", np.nan)] for label in labels], dtype=np.float32)

    def truth_view(self, target: NDArray[np.float32]) -> Annotation | None:
        if np.isnan(target[0]):
            return None
        return Annotation(labels=(LabelScore(label=self.target.labels[int(target[0])]),))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        loss = self.settings.training.loss_function
        yield Note("info", f"Loss {loss}; {len(self.target.labels)} labels.")
        yield from super().notes(validation, test)

    def model(self, weights: WeightsFile | None) -> nn.Module:
        return TextEmbedder(self.settings, self.assets, len(self.target.labels), weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, TextEmbedder)
        return {
            "Backbone": list(model.backbone.parameters()),
            "Neck": list(model.neck.parameters()),
            "Loss": list(model.block.parameters()),
        }

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        assert isinstance(model, TextEmbedder)
        return {f"block.{name}": ClassRows() for name, _ in model.block.named_parameters()}

    def loss(self, model: nn.Module, batch: TextBatch) -> Tensor:
        assert batch.targets is not None
        embedder = model
        assert isinstance(embedder, TextEmbedder)
        return embedder.block.per_sample(embedder(batch.ids, batch.mask), numbers_of(batch.targets)).mean()

    def score(self, model: nn.Module, batch: TextBatch) -> Scored:
        assert isinstance(model, TextEmbedder)
        embeddings = model(batch.ids, batch.mask)
        losses = None
        if batch.targets is not None:
            losses = model.block.per_sample(embeddings, numbers_of(batch.targets)).float().cpu().numpy()
        return Scored([{EMBEDDING: row} for row in embeddings.cpu().numpy()], losses)

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self.answers.columns(scored)

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame:
        return self.answers.columns_against(scored, index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        return self.answers.metrics(scored)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        yield from self.answers.insights(scored, split)
        yield from self.length_insights(scored, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        return self.answers.sample_rows(scored, list(self.shown(scored)), self.shown_texts(scored.table))


def numbers_of(targets_B1: Tensor) -> Tensor:
    """Label numbers (B); -1 where there is none."""
    return torch.nan_to_num(targets_B1[:, 0], nan=-1.0).long()
