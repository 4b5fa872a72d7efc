"""ProblemType: everything the studio knows about a kind of problem without importing torch.

A problem type is one folder:

    settings.py   LIGHT  the settings, as a SettingsSchema a model type
    spec.py       LIGHT  PROBLEM_TYPE, an instance of ProblemType
    inspection.py LIGHT  how rows are checked and profiled at import (named by the spec)
    example.py    LIGHT  a small learnable dataset made in seconds (named by the spec)
    recipe.py     TORCH  how to train and score it (named by the spec)
    README.md            what the folder holds

The registry finds the folder; no other file is edited.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from studio.datasets.dataset import ColumnKind
from studio.datasets.importers.format import DatasetFormat
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.results.insight import SAMPLE_PANELS
from studio.results.metric import MetricInfo
from studio.results.sample_view import SampleView
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.interpretations import ExplanationMethod

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from studio.datasets.inspection import Inspection


class Category(StrEnum):
    """The groups problem types are offered in."""

    IMAGE = "image"
    TEXT = "text"
    AUDIO = "audio"
    SPEECH = "speech"
    IMAGE_AND_TEXT = "image_and_text"


CATEGORY_TITLES = {
    Category.IMAGE: "Image",
    Category.TEXT: "Text",
    Category.AUDIO: "Audio",
    Category.SPEECH: "Speech",
    Category.IMAGE_AND_TEXT: "Image and text",
}


@dataclass(frozen=True)
class ColumnRole:
    """What a column is for; `name` is the setting that holds it (`image_column`, `label_columns`)."""

    name: str
    title: str
    kinds: tuple[ColumnKind, ...]
    """The column kinds that can play it."""
    is_many: bool = False
    is_required: bool = True
    in_test: bool = True
    """Whether a test table must have it too."""
    hint: str = ""


@dataclass(frozen=True)
class ModelType:
    """One kind of model of a problem type; `id` is None where there is only one kind."""

    id: str | None
    title: str
    settings: type[SettingsSchema]
    recipe: str | None = None
    """`module:Class`; None where it is the problem type's."""


@dataclass(frozen=True)
class Explanation:
    """How a single prediction is explained."""

    shows: str
    """What one sees, such as what raises or lowers a number."""
    method: ExplanationMethod


@dataclass(frozen=True)
class Guess:
    """A problem type that a table looks like, how sure, why, and which column plays which role."""

    problem_type: str
    confidence: float
    """0 to 1."""
    reasons: tuple[str, ...]
    roles: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class SuggestionContext:
    """What suggested settings are made from."""

    profile: DatasetProfile
    train_rows: int
    gpu_count: int
    cores: int
    packaged_weights: tuple[str, ...] = ()
    """Names of backbones whose weights came with the installation."""
    is_hub_reachable: bool = False
    gpu_memory_bytes: int = 0
    """Of the smallest GPU; 0 without one."""


class RowViewer(Protocol):
    """Shows one row of a dataset's table: its medium and its truth."""

    def __call__(self, row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
        """`media_folder` is the folder, relative to the dataset's `media/`, that the row's file name is in."""


class LabelFinder(Protocol):
    """Says which rows of a dataset's table have a label, for the filter of the samples page."""

    def __call__(self, frame: "pd.DataFrame", roles: Mapping[str, Any], label: str) -> "NDArray[np.bool_]":
        """One truth value a row."""


class Inspector(Protocol):
    """Checks and repairs rows and gathers facts, once a file, at import."""

    def __call__(self, inspection: "Inspection") -> DatasetProfile:
        """Drop, repair and report through `inspection`; give the profile."""


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem. Everything here is light; the recipe is named, not imported."""

    id: str
    title: str
    category: Category
    description: str
    model_types: tuple[ModelType, ...]
    roles: tuple[ColumnRole, ...]
    dataset_formats: tuple[DatasetFormat, ...]
    """How data may lie in an upload; plain tables first."""
    metrics: tuple[MetricInfo, ...]
    default_metric: str
    panels: tuple[str, ...]
    """Titles of the panels that a finished run shows beside its samples, in the order of the page."""
    prediction_columns: str
    """What the prediction table adds, in words."""
    guess: Callable[[TableView], Guess | None]
    inspector: Inspector
    suggest: Callable[[SettingsSchema, SuggestionContext], Sequence[SuggestedChange]]
    make_example: Callable[[Path], None]
    """Writes a small learnable dataset (tables and media) into a folder. Deterministic, no download."""
    example_title: str
    view_row: RowViewer
    find_label: LabelFinder
    media_role: str | None
    """The role of the column that names files; None where rows are whole in themselves."""
    medium: str | None
    """The name of their medium, which has a reader in `datasets/media/readers/`."""
    recipe: str
    """`module:Class`, imported only in a worker or a scoring pipeline."""
    scoring_distributions: tuple[str, ...]
    """Distributions that a scoring pipeline of this type needs, for its requirements.txt."""
    explanation: Explanation | None = None
    """What an explanation of a prediction shows, and by which method; None where there is none."""

    @property
    def is_row_needed(self) -> bool:
        """Whether a prediction needs cells of a row, and not its file alone."""
        return any(role.in_test and role.is_required and role.name != self.media_role for role in self.roles)

    @property
    def insights(self) -> tuple[str, ...]:
        """What a finished run shows, in words."""
        words = [f"{one.shows} ({one.method.name}), on the samples" for one in [self.explanation] if one]
        return (*SAMPLE_PANELS, *self.panels, *words)

    def model_type(self, id: str | None) -> ModelType:
        """The model type with this id; the first for None.

        Raises:
            NotFoundError: listing the ids there are.
        """
        from studio.errors import NotFoundError

        if id is None:
            return self.model_types[0]
        for one in self.model_types:
            if one.id == id:
                return one
        raise NotFoundError.among("model type", id, [one.id or "" for one in self.model_types])

    def metric(self, name: str) -> MetricInfo:
        """The metric of this name."""
        from studio.errors import NotFoundError

        for one in self.metrics:
            if one.name == name:
                return one
        raise NotFoundError.among("metric", name, [one.name for one in self.metrics])
