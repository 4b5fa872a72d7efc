"""The messages of the event stream. `event:` is the snake-case word, `data:` one of these."""

from typing import Literal

from studio.results.insight import InsightEntry
from studio.runs.state import RunState
from studio.server.schemas.payload import Payload
from studio.server.schemas.runs import LogLine


class SnapshotMessage(Payload):
    """Everything may have changed: fetch again."""

    topics: list[str]


class PointsMessage(Payload):
    """New points of series, steps rising."""

    run: str
    series: dict[str, list[tuple[int, float | None]]]
    epoch: float | None = None


class LogMessage(Payload):
    """New lines of the log."""

    run: str
    lines: list[LogLine]


class InsightMessage(Payload):
    """An insight is ready."""

    run: str
    entry: InsightEntry


class QueueMessage(Payload):
    """How much runs and waits."""

    running: int
    waiting: int


class GoneMessage(Payload):
    """Something was deleted."""

    kind: Literal["experiment", "dataset", "prediction"]
    id: str


class EndMessage(Payload):
    """A run has ended."""

    run: str
    state: RunState


MESSAGES = (SnapshotMessage, PointsMessage, LogMessage, InsightMessage, QueueMessage, GoneMessage, EndMessage)
