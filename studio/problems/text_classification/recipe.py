"""How to train and score text classification.

Shapes: B batch, K classes.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.classification.answers import PROBABILITIES, ClassAnswers
from studio.modeling.classification.losses import loss_of
from studio.modeling.classification.targets import space_of, target_of, truth_of
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Assets, Attribution, ClassRows, Media, Note, SampleRow, Scored, Split, Target
from studio.modeling.text.encoder import TextHead
from studio.modeling.text.inputs import TextBatch
from studio.modeling.text.recipe import PooledTextRecipe
from studio.modeling.weights import WeightsFile
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation
from studio.settings.schema import SettingsSchema


class TextClassificationRecipe(PooledTextRecipe):
    """A transformer with a linear layer, for one of two, one of many, or several classes a text."""

    raw_format = "npz"

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.space = space_of(target, self.settings.dataset.label_columns)
        self.answers = ClassAnswers(self.space, float(self.settings.prediction.probability_threshold))
        self.loss_function = loss_of(self.settings.training, self.space)

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return target_of(settings, table)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.space.has_labels(table)

    def truth_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        return truth_of(table, self.space)

    def truth_view(self, target: NDArray[np.float32]) -> Annotation:
        return self.answers.truth_view(target)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield from self.answers.notes(self.loss_function.name, validation, test)
        yield from super().notes(validation, test)

    def model(self, weights: WeightsFile | None) -> nn.Module:
        return TextHead(self.settings.architecture, self.assets, self.loss_function.outputs, weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, TextHead)
        return {"Backbone": list(model.backbone.parameters()), "Head": list(model.head.parameters())}

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        is_one_each = self.loss_function.is_one_output_a_class
        return {"head.weight": ClassRows(), "head.bias": ClassRows()} if is_one_each else {}

    def loss(self, model: nn.Module, batch: TextBatch) -> Tensor:
        assert batch.targets is not None
        return self.loss_function.per_sample(model(batch.ids, batch.mask), batch.targets).mean()

    def score(self, model: nn.Module, batch: TextBatch) -> Scored:
        logits = model(batch.ids, batch.mask)
        probabilities = self.loss_function.probabilities(logits).cpu().numpy()
        losses = None
        if batch.targets is not None:
            losses = self.loss_function.per_sample(logits, batch.targets).cpu().numpy()
        return Scored([{PROBABILITIES: row} for row in probabilities], losses)

    def attributions(self, model: nn.Module, batch: TextBatch) -> Sequence[Attribution]:
        """Of the answer's logit; where a text may have several labels, of the likeliest."""
        assert isinstance(model, TextHead)
        with torch.no_grad():
            probabilities = self.loss_function.probabilities(model(batch.ids, batch.mask)).cpu().numpy()
        chosen = torch.from_numpy(self.answers.explained(probabilities.astype(np.float64))).to(batch.ids.device)
        return self.importance(
            model.backbone, batch, lambda: self.loss_function.logits_of(model(batch.ids, batch.mask), chosen)
        )

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        return self.answers.pseudo_labels(scored)

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self.answers.columns(scored)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        return self.answers.metrics(scored)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        yield from self.answers.insights(scored, split)
        yield from self.length_insights(scored, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        return self.answers.sample_rows(scored, self.shown(scored))
