"""Experiments as lists and pages see them."""

from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from studio.runs.state import RunState
from studio.server.schemas.payload import Name, Payload, SettingValue
from studio.server.schemas.runs import Run
from studio.settings.finding import Finding

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class ExperimentCreate(Payload):
    """What to start."""

    problem_type: str
    model_type: str | None = None
    name: Name | None = None
    settings: dict[str, SettingValue] = {}
    grid: dict[str, list[SettingValue]] = {}


class YamlStart(Payload):
    """What to start, as a configuration file and changes to it."""

    yaml: str
    changes: dict[str, SettingValue] = {}
    """By key, in place of what the file says."""
    name: Name | None = None


class ExperimentPatch(Payload):
    """What people may change afterwards; what is absent stays."""

    name: Name | None = None
    notes: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    archived: StrictBool | None = None


class NamedId(Payload):
    """Something with a name."""

    id: str
    name: str


class MetricSummary(Payload):
    """The number an experiment is compared by."""

    name: str
    label: str
    direction: str
    best: float | None = None
    best_epoch: float | None = None
    last: float | None = None


class ExperimentRow(Payload):
    """One line of the list."""

    id: str
    name: str
    state: RunState
    problem_type: str
    model_type: str | None
    dataset: NamedId | None
    created: float
    started: float | None
    ended: float | None
    progress: float
    seconds_left: float | None
    colour: int
    tags: list[str]
    archived: bool
    metric: MetricSummary | None
    runs: int
    runs_by_state: dict[str, int]
    queue_position: int | None


class ExperimentList(Payload):
    """Some experiments of many."""

    total: int
    items: list[ExperimentRow]


class Experiment(Payload):
    """An experiment with its runs."""

    id: str
    name: str
    state: RunState
    problem_type: str
    model_type: str | None
    dataset: NamedId | None
    created: float
    started: float | None
    ended: float | None
    progress: float
    seconds_left: float | None
    colour: int
    tags: list[str]
    archived: bool
    metric: MetricSummary | None
    runs_by_state: dict[str, int]
    queue_position: int | None
    notes: str
    settings_fingerprint: str
    best_run: int | None
    """The number of the run whose model is taken where none is named: the finished one with the best metric."""
    runs: list[Run]


class StartedExperiment(Payload):
    """An experiment that was started, and what is worth knowing about its configuration."""

    experiment: Experiment
    findings: list[Finding]


class SettingChange(Payload):
    """A setting that is not at its default."""

    key: str
    default: SettingValue
    value: SettingValue


class ExperimentSettings(Payload):
    """What an experiment was asked to do."""

    problem_type: str
    model_type: str | None
    settings: dict[str, SettingValue]
    grid: dict[str, list[SettingValue]]
    changes: list[SettingChange]
    document_version: int
