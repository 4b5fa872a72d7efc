"""Insights: typed payloads of a few general kinds, each with one sentence on how to read it.

A payload says what to draw, never how; the browser has one component a kind and no problem type's name.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.results.sample_view import SampleView


class SamplePanel(StrEnum):
    """The panels of samples that every problem type has, by their titles."""

    TRAIN_BATCH = "Train batch"
    BEST = "Best samples"
    WORST = "Worst samples"
    RANDOM = "Random samples"


SAMPLE_PANELS = tuple(SamplePanel)
COLUMN_PANEL = "Metric by column"
"""The panel of tables that have further columns; tasks whose metric is one of any rows declare it."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SampleFilter(_Payload):
    """Which samples stand behind a number: conditions on the columns of the samples table."""

    truth: str | None = None
    prediction: str | None = None
    correct: bool | None = None


class Series(_Payload):
    """One named line; `y` may hold None where a value is undefined."""

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


class Lines(_Payload):
    """Lines over a common axis."""

    kind: Literal["lines"] = "lines"
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    diagonal: bool = False
    """Whether the line y = x helps the eye (ROC, calibration)."""


class ThresholdPoint(_Payload):
    """What one threshold gives."""

    threshold: float
    precision: float | None
    recall: float
    false_positive_rate: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


class ThresholdCurves(_Payload):
    """ROC and precision-recall of one or more classes, with the counts behind each threshold for a slider."""

    kind: Literal["threshold_curves"] = "threshold_curves"
    default_threshold: float
    thresholds: tuple[float, ...] = ()
    """One a class, where each has its own."""
    classes: tuple[str, ...]
    points: tuple[tuple[ThresholdPoint, ...], ...]
    """One tuple a class, thresholds falling."""
    roc_auc: tuple[float | None, ...]
    average_precision: tuple[float | None, ...]
    is_overlap: bool = False
    """Whether what is counted are pixels: overlaps are then told as IoU and Dice."""


class Bars(_Payload):
    """Named amounts, or a histogram when the names are ranges."""

    kind: Literal["bars"] = "bars"
    x_label: str
    y_label: str
    names: tuple[str, ...]
    values: tuple[float | None, ...]


class Matrix(_Payload):
    """A confusion matrix: rows are the truth, columns the prediction. A cell opens the samples behind it."""

    kind: Literal["matrix"] = "matrix"
    row_label: str
    column_label: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    opens_samples: bool = True
    """Whether the samples table can be filtered by `truth` and `prediction` of these names."""
    sample_rows: tuple[tuple[tuple[int, ...], ...], ...] = ()
    """Where it cannot, because a sample has many objects: source rows of some samples behind each cell."""


class Table(_Payload):
    """Rows of values. `filters`, when given, has one entry a row."""

    kind: Literal["table"] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
    filters: tuple[SampleFilter | None, ...] = ()
    chosen_by: str | None = None
    """A column whose values are chosen from, so that the rows of one of them are shown at a time."""


class Samples(_Payload):
    """A grid of samples."""

    kind: Literal["samples"] = "samples"
    samples: tuple[SampleView, ...]
    confidence: float | None = None
    """Where the confidence slider starts; None where there is none."""


class Scatter(_Payload):
    """Points with a group each."""

    kind: Literal["scatter"] = "scatter"
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    groups: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    titles: tuple[str, ...] = ()
    """What each point is, such as the beginning of its text; none, or one a point."""
    diagonal: bool = False


Payload = Annotated[Lines | ThresholdCurves | Bars | Matrix | Table | Samples | Scatter, Field(discriminator="kind")]


class Insight(_Payload):
    """One panel: a title, how to read it, and what to draw."""

    key: str
    """Stable within a run and fit for a URL, such as `validation-confusion`."""
    group: Literal["train", "validation", "test"]
    title: str
    how_to_read: str
    payload: Payload


class InsightEntry(_Payload):
    """An insight in a list, without its payload."""

    key: str
    group: Literal["train", "validation", "test"]
    title: str
    how_to_read: str
    kind: str
