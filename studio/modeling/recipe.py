"""Recipe: how to train and score one problem type. Verbs only; the loop and the files live elsewhere.

Shapes: B batch.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset as TorchDataset

from studio.errors import StudioError
from studio.modeling.baseline import Baseline
from studio.modeling.input_cache import InputCache
from studio.modeling.predictions import PredictedMask, Raw, ScoredTable
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.weights import WeightsFile, find_weights
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import SampleView, TextMark
from studio.settings.schema import SettingsSchema

Split = Literal["train", "validation", "test"]
Assets = Mapping[str, bytes]
"""Files that a model needs beside its weights, such as its tokenizer: name -> content. They travel with the bundle."""


@dataclass(frozen=True)
class Attributions:
    """What in an input of several parts explains its prediction, a part each."""

    parts: tuple["Attribution", ...]


Attribution = np.ndarray | tuple[TextMark, ...] | Attributions
"""What in one input explains its prediction: a map (h, w) from 0 to 1, marks of role importance in its text, both."""


@dataclass(frozen=True)
class Target:
    """What a model predicts, learned from the training table. Goes into the bundle as JSON."""

    task: str
    labels: tuple[str, ...] = ()
    """In the order of the model's outputs."""
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Further values of the problem type that a prediction needs."""

    def to_json(self) -> dict[str, Any]:
        """As `bundle.json` carries it."""
        return {"task": self.task, "labels": list(self.labels), "facts": dict(self.facts)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Target":
        """The opposite of `to_json`."""
        return cls(str(value["task"]), tuple(value["labels"]), dict(value["facts"]))


@dataclass(frozen=True)
class LabelAlignedRows:
    """How the rows of a tensor (its first axis) belong to the labels: groups x (background + labels) x `inner`."""

    background: int = 0
    """Rows before those of the first label."""
    inner: int = 1
    """Neighbouring rows of one label, such as the four sides of its box."""


@dataclass(frozen=True)
class Media:
    """Where the files are that a table names."""

    root: Path
    folder: str = "."
    """Below `root`; what a table names is relative to it."""
    origin: Literal["dataset", "run"] = "dataset"
    cache: InputCache | None = None
    """Where decoded inputs are kept."""

    def relative(self, name: str) -> str:
        """The path below `root` of a file that a table names."""
        return name if self.folder in ("", ".") else f"{self.folder}/{name}"

    def path(self, name: str) -> Path:
        """The file that a table names.

        Raises:
            PathError: if it is not there or leads outside.
        """
        from studio.files import resolve_inside

        return resolve_inside(self.root, self.relative(name))


class SampleIndex(NamedTuple):
    """One sample to be made: which row, and the seed of its random augmentations (None: no randomness).

    The seed rides with the index, so a sample looks the same whichever data worker makes it, differs from epoch to
    epoch, and comes out the same again after a resume (albumentations replays one stream in every worker and epoch
    when left alone).
    """

    row: int
    seed: int | None = None


@dataclass
class Batch:
    """Samples side by side. Recipes add tensors; `rows` are positions in the table."""

    rows: list[int]

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: torch.device) -> Self:
        """This batch with every tensor on a device."""
        moved: dict[str, Any] = {
            one.name: value.to(device, non_blocking=True)
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), Tensor)
        }
        return replace(self, **moved)


@dataclass(frozen=True)
class Scored:
    """What a model says about one batch."""

    raw: list[Raw]
    """One a sample, and compact: they are kept for a whole table. Of a value a pixel, its counts and run lengths."""
    losses: np.ndarray | None
    """One a sample, NaN where a sample has no truth; None where none has."""


BatchT = TypeVar("BatchT", bound=Batch)


class Samples(TorchDataset[Any]):
    """The rows of a table as inputs of a model, made on demand by `SampleIndex`."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, draw: SampleIndex) -> Any:
        raise NotImplementedError

    def lengths(self) -> np.ndarray | None:
        """How long each sample is, where batches of similar lengths save work; None where all are alike."""
        return None

    def cut_count(self) -> int | None:
        """Samples that are longer than the model sees; None where none can be."""
        return None


class Recipe(ABC, Generic[BatchT]):
    """Fill in the verbs. Made anew for training and for scoring from the same settings and target."""

    raw_format: ClassVar[Literal["npz", "parquet"]]
    """npz where every sample's raw arrays have one shape, parquet where they differ or are texts."""
    raw_is_set: ClassVar[bool] = False
    """Whether a sample's raw arrays are (objects, ...) whose order means nothing."""

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        self.settings: Any = settings
        self.target = target
        self.metric_infos = tuple(metrics)
        self.assets: Assets = assets or {}

    @classmethod
    @abstractmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """What is to be predicted, from the training table."""

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        """The files that the model needs beside its weights, made from the training table once a run.

        Raises:
            StudioError: if they cannot be had.
        """
        return {}

    @abstractmethod
    def has_truth(self, table: pd.DataFrame) -> bool:
        """Whether a table has the columns that losses and metrics need."""

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator["Note"]:
        """What was decided, and what is odd about these tables, for the log."""
        yield from ()

    def training_notes(self, table: pd.DataFrame) -> Iterator["Note"]:
        """What is odd about the rows that are learned from, such as rows that are left out, for the log."""
        yield from ()

    # Data

    @abstractmethod
    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        """The table's rows as inputs; augmented at random when training.

        Training may have more samples than rows, such as the windows of long texts: the first of every row come first.
        """

    @abstractmethod
    def collate(self, items: Sequence[Any]) -> BatchT:
        """One batch of what `samples` gives. Runs in data workers."""

    # Model

    def weights_name(self) -> str | None:
        """The library name of the pretrained weights this model starts from; None for random ones."""
        return None

    def find_weights(self, name: str) -> WeightsFile:
        """The file of the pretrained weights of this name.

        Raises:
            WeightsError: if they are neither here nor to be had.
        """
        return find_weights(name)

    @abstractmethod
    def model(self, weights: WeightsFile | None) -> nn.Module:
        """The model; with None, random."""

    @abstractmethod
    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        """Parameters by the names that differential learning rates use; together they are all parameters."""

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, "LabelAlignedRows"]:
        """The tensors by name whose rows belong to labels: weights of another run are taken over by label."""
        return {}

    def restated(self, tensors: Mapping[str, Tensor], other: Target) -> Mapping[str, Tensor]:
        """Weights of a run with another target, changed so that they say the same under this one."""
        return tensors

    @abstractmethod
    def loss(self, model: nn.Module, batch: BatchT) -> Tensor:
        """The training loss of a batch, a mean over its samples."""

    @abstractmethod
    def score(self, model: nn.Module, batch: BatchT) -> Scored:
        """Raw predictions of a batch and, where there is truth, each sample's loss."""

    def mix(self, batch: BatchT) -> BatchT:
        """A training batch with samples mixed by the settings, on its device; torch's generator decides.

        The loop calls it on every training batch and no other.
        """
        return batch

    def attributions(self, model: nn.Module, batch: BatchT) -> Sequence[Attribution] | None:
        """For each sample what in its input explains the prediction.

        None where the problem type, or this model, has none.
        """
        return None

    # Results, from the prediction table

    @abstractmethod
    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """The columns that a prediction table adds to the input's."""

    def columns_against(self, scored: ScoredTable, index: ScoredTable) -> pd.DataFrame:
        """Like `columns`, where rows are compared with those of another table in place of their own.

        Raises:
            StudioError: where the problem type compares no rows.
        """
        raise StudioError("This model compares no rows, so it has no use for an index.", hint="Leave the index out.")

    def masks(self, scored: ScoredTable) -> list[list[PredictedMask]] | None:
        """The predicted masks of every row, as `columns` has them; None where the problem type predicts none."""
        return None

    @abstractmethod
    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        """Every metric by name; NaN where one is undefined. Empty without truth."""

    def fit_head(self, model: nn.Module, batches: Iterable[BatchT], seed: int) -> str | None:
        """Give the last layer the weights of a linear probe on these batches, and say in words what was chosen.

        None where the model has no layer that a linear probe could be.
        """
        return None

    @property
    def is_fitted_on_held_out(self) -> bool:
        """Whether the settings ask for something that rows held out of training decide when it is over."""
        return False

    def fit_on_held_out(self, scored: ScoredTable) -> tuple[Target, str]:
        """The target with what these rows decide, such as thresholds, and words about it for the log."""
        raise NotImplementedError

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        """What each row adds to the metrics, from which their intervals are drawn; None without truth."""
        return None

    def baseline(self, scored: ScoredTable) -> Baseline | None:
        """What the same answer for every row would reach; None without truth, or where no such answer makes sense."""
        return None

    def accumulator(self, table: pd.DataFrame) -> "Accumulator | None":
        """Sums up the metrics of this table batch by batch, where that takes less memory than its raw predictions.

        None where `metrics` of the scored table is all there is.
        """
        return None

    @abstractmethod
    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """Panels of a finished run, beside the sample grids that all types have."""

    @abstractmethod
    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator["SampleRow"]:
        """Every row as a page shows and filters it, in the table's order."""

    @abstractmethod
    def batch_pictures(self, batch: BatchT, table: pd.DataFrame) -> Iterator["BatchPicture"]:
        """A training batch as the model sees it."""

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """The rows that the model is sure of, with label columns as the training table has them.

        Raises:
            NotImplementedError: where the problem type has no unlabeled dataframe.
        """
        raise NotImplementedError

    def raw_difference(self, raw: Raw, expected: Mapping[str, Any]) -> float | None:
        """How far two raw predictions of a sample are apart, relative to 1; None to compare them value by value."""
        return None

    def confidence_start(self) -> float | None:
        """Where the confidence slider of a sample grid starts; None where there is none."""
        return None

    def metric_info(self, name: str) -> MetricInfo:
        """What is known about a metric."""
        return next(info for info in self.metric_infos if info.name == name)


class Accumulator(ABC):
    """Metrics of a table from its raw predictions, a batch at a time; the same numbers as `Recipe.metrics`."""

    @abstractmethod
    def add(self, rows: Sequence[int], raw: Sequence[Raw]) -> None:
        """Take in the raw predictions of some rows, given by their positions in the table."""

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Every metric of all that was added."""


class Note(NamedTuple):
    """A line for the log."""

    level: Literal["info", "warning"]
    text: str


@dataclass(frozen=True)
class SampleRow:
    """One row of the samples table."""

    view: SampleView
    truth: str = ""
    prediction: str = ""
    correct: bool | None = None
    confidence: float | None = None
    error: float | None = None
    """How wrong it is by the measure that people of the problem type use, where that is not the loss."""


@dataclass(frozen=True)
class BatchPicture:
    """One sample of a training batch as it goes in: pixels (H, W, C) with a view without media, or a whole view."""

    pixels: np.ndarray | None
    view: SampleView
