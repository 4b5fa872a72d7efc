"""Datasets as pages and programs see them."""

from typing import Literal

from studio.datasets.dataset import DatasetManifest
from studio.results.sample_view import SampleView
from studio.server.schemas.errors import ErrorDetail
from studio.server.schemas.payload import Name, Payload

DatasetState = Literal["inspecting", "ready", "failed"]


class FindingsCount(Payload):
    """How many findings of each level."""

    error: int = 0
    warning: int = 0
    note: int = 0


class Dataset(DatasetManifest):
    """A dataset with its present state. Until it is ready, tables and roles are empty."""

    state: DatasetState
    progress: float = 0.0
    detail: str = ""
    error: ErrorDetail | None = None
    findings_count: FindingsCount = FindingsCount()
    used_by: int = 0


class DatasetPatch(Payload):
    """A new name."""

    name: Name


class SamplePage(Payload):
    """Some samples of many."""

    total: int
    rows: list[SampleView]


class UsedBy(Payload):
    """An experiment that uses a dataset."""

    id: str
    name: str
    state: str


class Example(Payload):
    """An example dataset that can be made, or was."""

    problem_type: str
    title: str
    category: str
    description: str
    size_bytes: int | None = None
    minutes_estimate: float | None = None
    dataset_id: str | None = None
