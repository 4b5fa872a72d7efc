"""EncoderRecipe: an input and a task make a recipe whose model is an encoder with a head.

An *input* (image, text, ...) knows how a row becomes tensors, and tensors one vector; it knows no labels. A *task*
(classification, regression, metric learning) knows labels, head, loss and results; it knows no medium. So every input
goes with every task.

Shapes: B batch, F features, O outputs, K targets.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.batch_normalization import KeepsStatistics
from studio.modeling.layout import Layout, apply_layout
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import (
    Assets,
    Attribution,
    Batch,
    BatchPicture,
    ClassRows,
    Media,
    Note,
    Recipe,
    SampleRow,
    Samples,
    Scored,
    Split,
    Target,
)
from studio.modeling.weights import WeightsFile, find_weights
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation
from studio.settings.schema import SettingsSchema


@dataclass
class EncoderBatch(Batch):
    """A batch of an input, with targets (B, K), NaN where unknown; None where the table has none."""

    targets: Tensor | None = field(default=None, kw_only=True)


BatchT = TypeVar("BatchT", bound=EncoderBatch)
Score = Callable[[Tensor], Tensor]
"""Of outputs (B, O) one number a sample (B), such as the logit of one class."""


@dataclass(frozen=True)
class Encoder:
    """What turns the tensors of a batch into vectors (B, F)."""

    modules: Mapping[str, nn.Module]
    """By name, in the order in which they are applied; the names are those of the model's weights."""
    features: int
    keeps_statistics: bool = False
    """Whether batch normalizations keep their running statistics in training."""
    layout: Layout = "Any"


@dataclass(frozen=True)
class ShownRow:
    """How a page shows the input of one row: as a sample of its own, and as a neighbour of another."""

    view: Mapping[str, Any]
    """Fields of a `SampleView`: title, and medium or texts."""
    neighbour: Mapping[str, Any]
    """Fields of a `Neighbour`: medium or text."""


class Input(ABC, Generic[BatchT]):
    """How rows become tensors, and tensors vectors. Knows no labels."""

    def __init__(self, settings: Any, assets: Assets) -> None:
        self.settings: Any = settings
        self.assets = assets

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        """See `Recipe.assets_of`."""
        return {}

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """What is odd about the inputs of these tables, for the log."""
        yield from ()

    @abstractmethod
    def samples(
        self, table: pd.DataFrame, media: Media, targets: NDArray[np.float32] | None, *, training: bool
    ) -> Samples:
        """See `Recipe.samples`; `targets` (rows, K) ride along."""

    @abstractmethod
    def collate(self, items: Sequence[Any]) -> BatchT:
        """See `Recipe.collate`."""

    def weights_name(self) -> str | None:
        """See `Recipe.weights_name`."""
        architecture = self.settings.architecture
        return str(architecture.backbone) if architecture.pretrained else None

    def find_weights(self, name: str) -> WeightsFile:
        """See `Recipe.find_weights`."""
        return find_weights(name)

    @abstractmethod
    def encoder(self, weights: WeightsFile | None) -> Encoder:
        """The encoder; with None, random."""

    @abstractmethod
    def tensors(self, batch: BatchT) -> tuple[Tensor, ...]:
        """What the encoder is called with."""

    def views(self, batch: BatchT) -> Iterator[tuple[Tensor, ...]]:
        """The batch as it is, then in the other views that test time augmentations ask for."""
        yield self.tensors(batch)

    def mix(self, batch: BatchT) -> BatchT:
        """See `Recipe.mix`."""
        return batch

    def attributions(
        self, model: "EncoderModel", batch: BatchT, score_of: "Callable[[Tensor], Score]"
    ) -> Sequence[Attribution] | None:
        """See `Recipe.attributions`. `score_of` says of the outputs of this batch what is to be explained."""
        return None

    @abstractmethod
    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        """Every row's input as a page shows it, in the table's order."""

    @abstractmethod
    def batch_pictures(
        self, batch: BatchT, table: pd.DataFrame, truth_view: Callable[[NDArray[Any]], Annotation | None]
    ) -> Iterator[BatchPicture]:
        """See `Recipe.batch_pictures`; `truth_view` shows a row of the targets."""

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Panels about the inputs."""
        yield from ()


class Task(ABC):
    """What is predicted: labels, head, loss and results. Knows no medium."""

    layer_groups: ClassVar[Mapping[str, str]] = {"head": "Head"}
    """The modules of `heads` by the names that settings use for them."""
    is_explained: ClassVar[bool] = True
    """Whether `score_of` says what an explanation is about."""

    def __init__(self, settings: Any, target: Target) -> None:
        self.settings: Any = settings
        self.target = target

    @classmethod
    @abstractmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """See `Recipe.target_of`."""

    @abstractmethod
    def has_truth(self, table: pd.DataFrame) -> bool:
        """See `Recipe.has_truth`."""

    @abstractmethod
    def targets_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        """What the model learns of every row (rows, K), NaN where unknown; None where the table has none."""

    @abstractmethod
    def truth_view(self, target_K: NDArray[Any]) -> Annotation | None:
        """One row of the targets as a page shows it."""

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """See `Recipe.notes`."""
        yield from ()

    @abstractmethod
    def heads(self, features: int) -> Mapping[str, nn.Module]:
        """Modules on top of the encoder by name. The first makes the model's outputs, the others serve the loss."""

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        """See `Recipe.class_rows`."""
        return {}

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        """See `Recipe.restated`."""
        return tensors

    @abstractmethod
    def losses(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """One loss a sample (B), NaN where it has no truth."""

    def loss(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """The training loss of a batch."""
        return self.losses(model, outputs_BO, targets_BK).mean()

    @abstractmethod
    def raw(self, views: Sequence[Tensor]) -> list[Raw]:
        """Raw predictions of a batch from the outputs (B, O) of each of its views."""

    def score_of(self, outputs_BO: Tensor) -> Score:
        """What is to be explained of these outputs.

        Raises:
            NotImplementedError: where the task explains nothing.
        """
        raise NotImplementedError

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """See `Recipe.pseudo_labels`."""
        raise NotImplementedError

    @abstractmethod
    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """See `Recipe.columns`."""

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame | None:
        """See `Recipe.columns_against`; None where rows are not compared."""
        return None

    @abstractmethod
    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """See `Recipe.metrics`."""

    @abstractmethod
    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """See `Recipe.insights`."""

    @abstractmethod
    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        """See `Recipe.sample_rows`; `shown` are the rows' inputs."""


class EncoderModel(KeepsStatistics):
    """Encoder, dropout and heads; gives the outputs (B, O) of the first head."""

    def __init__(self, encoder: Encoder, dropout: float, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self._encoder_names, self._output_name = tuple(encoder.modules), next(iter(heads))
        for name, module in {**encoder.modules, "dropout": nn.Dropout(dropout), **heads}.items():
            self.add_module(name, module)
        if encoder.keeps_statistics:
            for name in self._encoder_names:
                self.keep_statistics(self.get_submodule(name))
        apply_layout(self, encoder.layout)

    @property
    def encoder_parameters(self) -> list[nn.Parameter]:
        """Those of the encoder, without heads."""
        return [one for name in self._encoder_names for one in self.get_submodule(name).parameters()]

    def forward(self, *tensors: Tensor) -> Tensor:
        """The outputs."""
        first, *others = self._encoder_names
        features_BF: Tensor = self.get_submodule(first)(*tensors)
        for name in others:
            features_BF = self.get_submodule(name)(features_BF)
        outputs_BO: Tensor = self.get_submodule(self._output_name)(self.get_submodule("dropout")(features_BF))
        return outputs_BO


class EncoderRecipe(Recipe[Any]):
    """The verbs of a recipe, from an input and a task."""

    raw_format = "npz"
    input_class: ClassVar[type[Input[Any]]]
    task_class: ClassVar[type[Task]]

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.input = self.input_class(self.settings, self.assets)
        self.task = self.task_class(self.settings, target)

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return cls.task_class.target_of(settings, table)

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        return cls.input_class.assets_of(settings, table)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.task.has_truth(table)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield from self.task.notes(validation, test)
        yield from self.input.notes(validation, test)

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        return self.input.samples(table, media, self.task.targets_of(table), training=training)

    def collate(self, items: Sequence[Any]) -> Any:
        return self.input.collate(items)

    def weights_name(self) -> str | None:
        return self.input.weights_name()

    def find_weights(self, name: str) -> WeightsFile:
        return self.input.find_weights(name)

    def model(self, weights: WeightsFile | None) -> EncoderModel:
        encoder = self.input.encoder(weights)
        return EncoderModel(encoder, float(self.settings.architecture.dropout), self.task.heads(encoder.features))

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, EncoderModel)
        heads = {title: list(model.get_submodule(name).parameters()) for name, title in self.task.layer_groups.items()}
        return {"Backbone": model.encoder_parameters, **heads}

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        return self.task.class_rows(model)

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        return self.task.restated(tensors, other)

    def loss(self, model: nn.Module, batch: Any) -> Tensor:
        return self.task.loss(model, model(*self.input.tensors(batch)), batch.targets)

    def score(self, model: nn.Module, batch: Any) -> Scored:
        """With test time augmentations, the mean of the predictions and of the losses over all views."""
        views = [model(*tensors) for tensors in self.input.views(batch)]
        losses = None
        if batch.targets is not None:
            of_views = [self.task.losses(model, outputs, batch.targets) for outputs in views]
            losses = torch.stack(of_views).mean(0).float().cpu().numpy()
        return Scored(self.task.raw(views), losses)

    def mix(self, batch: Any) -> Any:
        return self.input.mix(batch)

    def attributions(self, model: nn.Module, batch: Any) -> Sequence[Attribution] | None:
        if not self.task.is_explained:
            return None
        assert isinstance(model, EncoderModel)
        return self.input.attributions(model, batch, self.task.score_of)

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        return self.task.pseudo_labels(scored)

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self.task.columns(scored)

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame:
        columns = self.task.columns_against(scored, index)
        return super().columns_against(scored, index) if columns is None else columns

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        return self.task.metrics(scored)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        yield from self.task.insights(scored, split)
        yield from self.input.insights(scored, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        return self.task.sample_rows(scored, self.input.shown(scored, media))

    def batch_pictures(self, batch: Any, table: pd.DataFrame) -> Iterator[BatchPicture]:
        return self.input.batch_pictures(batch, table, self.task.truth_view)
