"""ComposedRecipe: an input and a task make a recipe.

An *input* (image, text, ...) knows how a row becomes a sample and a batch, and where its weights come from; it knows no
labels. A *task* (classification, detection, generation, ...) knows targets and results; it knows no medium. What the
network is, and how it learns and answers, is said by a subclass: one for each kind of network.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pandas as pd
from torch import Tensor, nn

from studio.modeling.baseline import Baseline
from studio.modeling.metric_by_column import MeasuredRows, columns_read, metric_by_column
from studio.modeling.predictions import PredictedMask, ScoredTable
from studio.modeling.recipe import (
    Accumulator,
    Assets,
    Batch,
    BatchPicture,
    LabelAlignedRows,
    Media,
    Note,
    Recipe,
    SampleRow,
    Samples,
    Split,
    Target,
)
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.weights import WeightsFile, find_weights
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation
from studio.settings.schema import SettingsSchema


@dataclass
class TargetBatch(Batch):
    """A batch with what is to be learned of it, in the shape that its task gives; None where the table has none."""

    targets: Tensor | None = field(default=None, kw_only=True)

    def target(self, position: int) -> Any | None:
        """What is to be learned of one sample, as `Task.truth_view` takes it; None where it is not known."""
        return None if self.targets is None else self.targets[position].numpy()


BatchT = TypeVar("BatchT", bound=TargetBatch)
TruthView = Callable[[Any], Annotation | None]
"""Shows the target of one sample."""


@dataclass(frozen=True)
class ShownRow:
    """How a page shows the input of one row: as a sample of its own, and as a neighbour of another."""

    view: Mapping[str, Any]
    """Fields of a `SampleView`: title, and medium or texts."""
    neighbour: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a `Neighbour`: medium or text."""


class Input(ABC, Generic[BatchT]):
    """How rows become batches of tensors. Knows no labels."""

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
    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        """See `Recipe.samples`; `targets` are those of `Task.targets_of` and ride along."""

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

    def mix(self, batch: BatchT) -> BatchT:
        """See `Recipe.mix`."""
        return batch

    @abstractmethod
    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        """Every row's input as a page shows it, in the table's order."""

    @abstractmethod
    def batch_pictures(self, batch: BatchT, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        """See `Recipe.batch_pictures`; `truth_view` shows a target of the batch."""

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Panels about the inputs."""
        yield from ()


class Task(ABC):
    """What is predicted: targets and results. Knows no medium."""

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
    def targets_of(self, table: pd.DataFrame) -> Any | None:
        """What the model learns of every row, in the table's order; None where the table has none.

        Of which type it is, says the task: numbers (rows, K), tags of words, places of answers, texts, boxes.
        """

    @abstractmethod
    def truth_view(self, target: Any) -> Annotation | None:
        """The target of one sample of a batch as a page shows it."""

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """See `Recipe.notes`."""
        yield from ()

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        """See `Recipe.class_rows`."""
        return {}

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        """See `Recipe.restated`."""
        return tensors

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """See `Recipe.pseudo_labels`."""
        raise NotImplementedError

    def confidence_start(self) -> float | None:
        """See `Recipe.confidence_start`."""
        return None

    @abstractmethod
    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """See `Recipe.columns`."""

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame | None:
        """See `Recipe.columns_against`; None where rows are not compared."""
        return None

    def masks(self, scored: ScoredTable) -> list[list[PredictedMask]] | None:
        """See `Recipe.masks`."""
        return None

    @abstractmethod
    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """See `Recipe.metrics`."""

    @property
    def is_fitted_on_held_out(self) -> bool:
        """See `Recipe.is_fitted_on_held_out`."""
        return False

    def fit_on_held_out(self, scored: ScoredTable) -> tuple[Target, str]:
        """See `Recipe.fit_on_held_out`."""
        raise NotImplementedError

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        """See `Recipe.row_statistics`."""
        return None

    def baseline(self, scored: ScoredTable) -> Baseline | None:
        """See `Recipe.baseline`."""
        return None

    def accumulator(self, table: pd.DataFrame) -> Accumulator | None:
        """See `Recipe.accumulator`."""
        return None

    @abstractmethod
    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """See `Recipe.insights`."""

    def measured_rows(self, scored: ScoredTable) -> MeasuredRows | None:
        """The rows with truth and the chosen metric of any of them; None where a metric is not one of any rows."""
        return None

    @abstractmethod
    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        """See `Recipe.sample_rows`; `shown` are the rows' inputs."""


class ComposedRecipe(Recipe[Any]):
    """The verbs of a recipe that an input and a task answer. A subclass adds the network, its loss and its answers."""

    input_class: ClassVar[type[Input[Any]]]
    task_class: ClassVar[type[Task]]
    input: Input[Any]
    task: Task

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

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        return self.task.label_aligned_rows(model)

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        return self.task.restated(tensors, other)

    def mix(self, batch: Any) -> Any:
        return self.input.mix(batch)

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        return self.task.pseudo_labels(scored)

    def confidence_start(self) -> float | None:
        return self.task.confidence_start()

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self.task.columns(scored)

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame:
        columns = self.task.columns_against(scored, index)
        return super().columns_against(scored, index) if columns is None else columns

    def masks(self, scored: ScoredTable) -> list[list[PredictedMask]] | None:
        return self.task.masks(scored)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        return self.task.metrics(scored)

    @property
    def is_fitted_on_held_out(self) -> bool:
        return self.task.is_fitted_on_held_out

    def fit_on_held_out(self, scored: ScoredTable) -> tuple[Target, str]:
        return self.task.fit_on_held_out(scored)

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        return self.task.row_statistics(scored)

    def baseline(self, scored: ScoredTable) -> Baseline | None:
        return self.task.baseline(scored)

    def accumulator(self, table: pd.DataFrame) -> Accumulator | None:
        return self.task.accumulator(table)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        yield from self.task.insights(scored, split)
        yield from self.input.insights(scored, split)
        if (measured := self.task.measured_rows(scored)) is not None:
            info = self.metric_info(self.settings.prediction.metric)
            yield from metric_by_column(measured, info, split, columns_read(self.settings))

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        return self.task.sample_rows(scored, self.input.shown(scored, media))

    def batch_pictures(self, batch: Any, table: pd.DataFrame) -> Iterator[BatchPicture]:
        return self.input.batch_pictures(batch, table, self.task.truth_view)
