"""Runs, their series, logs, samples and files."""

from typing import Literal

from studio.results.prediction import PredictionSummary
from studio.results.sample_view import SampleView
from studio.runs.state import RunState
from studio.server.schemas.errors import ErrorDetail
from studio.server.schemas.payload import Payload, SettingValue


class PhaseInfo(Payload):
    """What the worker is doing."""

    name: str
    detail: str = ""


class BestPoint(Payload):
    """The best validation so far."""

    metric: float | None = None
    epoch: float | None = None
    step: int | None = None
    averaged: int | None = None
    """Of how many validated weights the model is the average; None where it is none."""


class RunMetrics(Payload):
    """Last values by split and name."""

    train: dict[str, float | None] = {}
    validation: dict[str, float | None] = {}
    test: dict[str, float | None] = {}


class MachineUse(Payload):
    """What a worker uses."""

    cpu_percent: float = 0.0
    memory_bytes: int = 0
    gpu_percent: list[float] = []
    gpu_memory_bytes: list[int] = []


class StateChange(Payload):
    """One recorded move."""

    state: RunState
    time: float
    reason: str


class StopInfo(Payload):
    """How far a stop is. At `deadline` the worker is told by a signal, then killed, whatever it is doing."""

    stage: Literal["asked", "told", "killed"]
    deadline: float
    """When the next, harder means follows, in seconds since the epoch."""


class CheckpointInfo(Payload):
    """A complete checkpoint."""

    name: str
    step: int
    epoch: float
    is_best: bool
    size_bytes: int


class SpeedCandidate(Payload):
    """One way of computing that was tried at the start."""

    layout: str
    precision: str
    seconds: float | None
    deviation: float | None = None
    verdict: str = ""


class SpeedChoice(Payload):
    """How the run computes, and what that was measured to gain."""

    layout: str
    precision: str
    gain: float
    reason: str
    candidates: list[SpeedCandidate] = []


class RunTimings(Payload):
    """Where the time of the present attempt has gone: part -> seconds, in the order to show."""

    seconds: dict[str, float]
    updates: int = 0
    samples: int = 0


class Run(Payload):
    """One training process: one grid point x fold x seed."""

    id: str
    experiment_id: str
    number: int
    """Its place in the experiment, from 1."""
    state: RunState
    fold: str | None
    seed: int
    grid: dict[str, SettingValue]
    attempt: int
    epoch: float
    epochs: int
    step: int
    update: int
    updates: int
    progress: float
    seconds_left: float | None
    phase: PhaseInfo | None
    queued_reason: str | None
    stop: StopInfo | None = None
    metrics: RunMetrics
    best: BestPoint
    error: ErrorDetail | None
    created: float
    started: float | None
    ended: float | None
    device: str
    machine: MachineUse | None
    environment: dict[str, str]
    speed: SpeedChoice | None
    timings: RunTimings | None
    history: list[StateChange]
    checkpoints: list[CheckpointInfo]
    has_bundle: bool
    has_pipeline: bool
    predictions: list[PredictionSummary]


class SeriesData(Payload):
    """One series, reduced to buckets that keep the lowest, the highest and the last value; NaN is null."""

    steps: list[int]
    min: list[float | None]
    max: list[float | None]
    last: list[float | None]
    epochs: list[float | None]
    times: list[float | None]
    numbers: list[int]
    """The place of each bucket's last point in the whole series, from 1. Of the training loss: the optimizer step."""
    total: int


class SeriesAnswer(Payload):
    """Series by name."""

    series: dict[str, SeriesData]


class LogLine(Payload):
    """One line of the log."""

    n: int
    time: float
    level: Literal["debug", "info", "warning", "error"]
    text: str


class LogPage(Payload):
    """Some lines of the log."""

    lines: list[LogLine]
    total: int
    first_error: LogLine | None


class RunSamplePage(Payload):
    """Some samples of a split, and which splits there are."""

    total: int
    rows: list[SampleView]
    splits: list[str]
    known: list[str] = []
    """Which of loss, truth, prediction, correct and confidence have a value in some sample of the split."""


class RunFile(Payload):
    """Something to download."""

    name: str
    size_bytes: int
    kind: Literal["predictions", "log", "settings", "checkpoint", "pipeline"]
    description: str
    ready: bool


class PipelineInfo(Payload):
    """A scoring pipeline that was built."""

    name: str
    size_bytes: int
    sha256: str


class Answer(Payload):
    """What the model says about one sample."""

    sample: SampleView
    seconds: float
