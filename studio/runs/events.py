"""The event log: one JSON object a line, versioned and numbered. The truth; the database is a projection of it.

`n` numbers the events of a run across attempts, without gaps. A number that is not finite is written as text
("NaN", "Infinity", "-Infinity"), never as bare NaN.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter

from studio.results.insight import InsightEntry
from studio.results.prediction import PredictionSummary
from studio.settings.finding import Finding

EVENT_VERSION = 1
TIMED_PARTS = (
    "waiting for data",
    "transfer",
    "forward",
    "backward",
    "optimizer",
    "logging",
    "validation",
    "checkpoint",
)
"""What the time of a training is told apart into."""
DIAGNOSTICS = frozenset({"learning_rate", "gradient_norm", "gradient_norm_clipped"})
"""Series of a training that are drawn and are no metrics of its quality."""


def _write_number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _read_number(value: object) -> object:
    return float(value) if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity") else value


Number = Annotated[float, BeforeValidator(_read_number), PlainSerializer(_write_number)]
"""A float that survives JSON also when it is not finite."""


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    v: int = EVENT_VERSION
    n: int = 0
    attempt: int = 1
    fence: int = 1
    time: float = 0.0
    """Seconds since the epoch."""


class Started(_Event):
    """The worker holds the lock and begins."""

    kind: Literal["started"] = "started"
    pid: int
    seed: int = -1
    """The seed in use; a drawn one is recorded here."""
    resumed_from_step: int | None = None
    environment: dict[str, str] = {}
    """Versions and device names."""


class Phase(_Event):
    """What the worker is doing, for a person: `reading data`, `loading weights`, `training`, ..."""

    kind: Literal["phase"] = "phase"
    name: str
    detail: str = ""


class Progress(_Event):
    """How far it is. `step` counts samples seen, `update` optimizer steps."""

    kind: Literal["progress"] = "progress"
    fraction: float
    epoch: float = 0.0
    epochs: int = 0
    step: int = 0
    update: int = 0
    updates: int = 0
    seconds_left: float | None = None
    detail: str = ""


class Metrics(_Event):
    """Points of series: name -> [(step, value), ...], steps rising."""

    kind: Literal["metrics"] = "metrics"
    points: dict[str, tuple[tuple[int, Number], ...]]
    epoch: float | None = None


class BestValidation(_Event):
    """The best validation so far. The worker alone compares; whoever shows the best shows this."""

    kind: Literal["best"] = "best"
    metric: Number
    epoch: float
    step: int


class CheckpointSaved(_Event):
    """A checkpoint is complete and durable."""

    kind: Literal["checkpoint"] = "checkpoint"
    name: str
    step: int
    epoch: float
    is_best: bool = False
    metric: Number | None = None
    size_bytes: int = 0


class InsightWritten(_Event):
    """An insight file is complete."""

    kind: Literal["insight"] = "insight"
    entry: InsightEntry


class PredictionsWritten(_Event):
    """A table of predictions is complete."""

    kind: Literal["predictions"] = "predictions"
    summary: PredictionSummary


class Log(_Event):
    """A line for the log page."""

    kind: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"] = "info"
    text: str


class Heartbeat(_Event):
    """The worker lives; every 5 s."""

    kind: Literal["heartbeat"] = "heartbeat"
    cpu_percent: float = 0.0
    memory_bytes: int = 0
    gpu_percent: tuple[float, ...] = ()
    gpu_memory_bytes: tuple[int, ...] = ()


class SpeedCandidate(BaseModel):
    """One way of computing that the speed probe tried."""

    model_config = ConfigDict(frozen=True)

    layout: str
    """`Channels first` or `Channels last`."""
    precision: str
    """`float32`, `bfloat16` or `float16`."""
    seconds: Number
    """The median of a training step on a real batch."""
    deviation: Number = 0.0
    """How far the loss is from that in 32 bits, as a share of it."""
    verdict: str = ""
    """Why it was not taken, in words; empty for the one that was."""


class SpeedChosen(_Event):
    """How this run computes, and what that was measured to gain."""

    kind: Literal["speed"] = "speed"
    layout: str
    precision: str
    gain: float = 1.0
    """Of the chosen way over 32-bit floats with channels first; 1 where nothing was measured."""
    reason: str
    """In one sentence, for a person."""
    candidates: tuple[SpeedCandidate, ...] = ()
    updates_before: int = 0
    """Updates that were computed in the default way before, because they came before the measurement."""


class Timings(_Event):
    """Where the time of this attempt has gone so far."""

    kind: Literal["timings"] = "timings"
    seconds: dict[str, float]
    """By part, in the order of `TIMED_PARTS`; parts that took no time are left out."""
    updates: int = 0
    samples: int = 0


class Finished(_Event):
    """The work is complete and everything it made is on disk."""

    kind: Literal["finished"] = "finished"
    metrics: dict[str, dict[str, Number]] = {}
    """Final values by split: train, validation, test."""
    best: dict[str, Number] = {}
    """`metric`, `epoch`, `step` of the best validation; `averaged`: how many weights the model is the mean of."""


class FailedSample(BaseModel):
    """The row at which a run failed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    row: int
    """As the dataset counts its rows, from 1."""
    file: str = ""
    column: str = ""


class Failed(_Event):
    """The work says it cannot go on, and why."""

    kind: Literal["failed"] = "failed"
    code: str
    message: str
    hint: str = ""
    setting: str = ""
    """The key of the likely setting, if one stands behind it."""
    sample: FailedSample | None = None
    """The sample that could not be read, if there was one."""
    findings: tuple[Finding, ...] = ()
    """Everything that is wrong with what the worker was given, where that is why it cannot go on."""
    detail: str = ""
    """Traceback, for the log only."""


class Stopped(_Event):
    """The run was asked to stop and did, after a checkpoint."""

    kind: Literal["stopped"] = "stopped"
    step: int = 0
    epoch: float = 0.0


Event = Annotated[
    Started
    | Phase
    | Progress
    | Metrics
    | BestValidation
    | CheckpointSaved
    | InsightWritten
    | PredictionsWritten
    | Log
    | Heartbeat
    | SpeedChosen
    | Timings
    | Finished
    | Failed
    | Stopped,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


def encode(event: BaseModel) -> bytes:
    """One line of the log, with its line end."""
    return event.model_dump_json().encode() + b"\n"


def decode(line: bytes) -> Event:
    """The event of one line.

    Raises:
        ValueError: if it is none.
    """
    try:
        return _ADAPTER.validate_python(json.loads(line))
    except RecursionError:
        raise ValueError("nested too deep for an event") from None


def read_events(path: Path, offset: int = 0, limit: int = 5000) -> Iterator[tuple[Event, int]]:
    """(event, offset behind it) for every complete line from `offset`; a line still being written is left alone."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(offset)
        for _ in range(limit):
            line = file.readline()
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield decode(line), offset
