"""How to train and score text regression.

Shapes: B batch, K labels.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Assets, Attribution, ClassRows, Media, Note, SampleRow, Scored, Split, Target
from studio.modeling.regression.answers import VALUES, RegressionAnswers
from studio.modeling.regression.losses import RegressionLoss
from studio.modeling.regression.targets import RegressionTargets
from studio.modeling.text.encoder import TextHead
from studio.modeling.text.inputs import TextBatch
from studio.modeling.text.recipe import PooledTextRecipe
from studio.modeling.weights import WeightsFile
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation
from studio.settings.schema import SettingsSchema


class TextRegressionRecipe(PooledTextRecipe):
    """A transformer with a linear layer that gives one or more numbers, standardized by the training rows."""

    raw_format = "npz"

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.targets = RegressionTargets.from_target(target)
        self.answers = RegressionAnswers(self.targets)
        self.loss_function = RegressionLoss(self.settings.training.loss_function)

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return RegressionTargets.of(table, settings.value("dataset.label_columns")).to_target()

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.targets.truth(table) is not None

    def truth_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        return self.answers.standardized_truth(table)

    def truth_view(self, target: NDArray[np.float32]) -> Annotation:
        return self.answers.annotation(self.targets.restored(target.astype(np.float64)[None])[0])

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield from self.answers.notes(self.loss_function.name)
        yield from super().notes(validation, test)

    def model(self, weights: WeightsFile | None) -> nn.Module:
        return TextHead(self.settings.architecture, self.assets, len(self.target.labels), weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, TextHead)
        return {"Backbone": list(model.backbone.parameters()), "Head": list(model.head.parameters())}

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        return {"head.weight": ClassRows(), "head.bias": ClassRows()}

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        """Outputs are standardized, and other rows have another mean and deviation."""
        theirs = RegressionTargets.from_target(other)
        weight, bias = self.targets.restated(tensors["head.weight"], tensors["head.bias"], theirs)
        return {**tensors, "head.weight": weight, "head.bias": bias}

    def loss(self, model: nn.Module, batch: TextBatch) -> Tensor:
        assert batch.targets is not None
        return self.loss_function.of_batch(model(batch.ids, batch.mask), batch.targets)

    def score(self, model: nn.Module, batch: TextBatch) -> Scored:
        outputs = model(batch.ids, batch.mask)
        values = self.targets.restored(outputs.double().cpu().numpy())
        losses = None
        if batch.targets is not None:
            losses = self.loss_function.per_sample(outputs, batch.targets).cpu().numpy()
        return Scored([{VALUES: row.astype(np.float32)} for row in values], losses)

    def attributions(self, model: nn.Module, batch: TextBatch) -> Sequence[Attribution]:
        """Of the sum of the values, in deviations: what raises the answer, and what lowers it."""
        assert isinstance(model, TextHead)

        def raised() -> Tensor:
            total: Tensor = model(batch.ids, batch.mask).sum(1)
            return total

        return self.importance(model.backbone, batch, raised)

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
