"""Live: turns what the scheduler sees into messages of the stream, a few a second for each run."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from studio.isolation import is_done_without
from studio.results.insight import InsightEntry
from studio.runs.spec import WorkerKind
from studio.runs.state import ACTIVE, ENDED, RunState
from studio.scheduling.hub import Hub
from studio.server.schemas.runs import LogLine
from studio.server.schemas.stream import EndMessage, InsightMessage, LogMessage, PointsMessage, QueueMessage
from studio.server.services.datasets import Datasets
from studio.server.services.experiments import Experiments
from studio.server.services.importing.imports import Imports
from studio.server.services.inference.predictions import Predictions
from studio.server.services.runs import Runs
from studio.server.views import experiment_row
from studio.store.projector import Projection
from studio.store.runs import RunRow
from studio.store.store import Store

FLUSH_SECONDS = 0.75
MAX_LINES = 200
MAX_POINTS = 2000


@dataclass
class _Pending:
    """What was not told yet about one run."""

    kind: WorkerKind
    experiment_id: str | None
    points: dict[str, list[tuple[int, float | None]]] = field(default_factory=dict)
    epoch: float | None = None
    lines: list[LogLine] = field(default_factory=list)
    insights: list[InsightEntry] = field(default_factory=list)
    has_moved: bool = False
    told: float = -1e9


class Live:
    """The scheduler's listener."""

    def __init__(self, store: Store, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._hub = hub
        self._clock = clock
        self._pending: dict[str, _Pending] = {}
        self._told: dict[str, float] = {}
        self._has_queue_changed = False
        self.runs: Runs
        self.experiments: Experiments
        self.datasets: Datasets
        self.predictions: Predictions
        self.imports: Imports

    def connect(
        self, runs: Runs, experiments: Experiments, datasets: Datasets, predictions: Predictions, imports: Imports
    ) -> None:
        """The services whose views are told. They need the scheduler, which needs this; so they come last."""
        self.runs, self.experiments = runs, experiments
        self.datasets, self.predictions, self.imports = datasets, predictions, imports

    def projected(self, run: RunRow, projection: Projection) -> None:
        """Gather what is new."""
        pending = self._of(run)
        for name, points in projection.points.items():
            pending.points.setdefault(name, []).extend(points)
        pending.epoch = projection.epoch if projection.epoch is not None else pending.epoch
        pending.lines.extend(LogLine(**vars(line)) for line in projection.lines)
        pending.insights.extend(projection.insights)

    def moved(self, run: RunRow) -> None:
        """A move is told at the end of the round, whatever was told shortly before."""
        self._of(run).has_moved = True
        settling = {
            WorkerKind.INSPECT: (self.datasets.settle, self.imports.settle),
            WorkerKind.PREDICT: (self.predictions.settle,),
        }
        for settle in settling.get(run.kind, ()):
            is_done_without(f"settling run {run.id}", partial(settle, run))
        if run.state not in (RunState.STARTING, RunState.RUNNING):
            self._flush(run.id, self._pending.pop(run.id))

    def queue_changed(self) -> None:
        """Told at the end of the round."""
        self._has_queue_changed = True

    def ticked(self) -> None:
        """Tell what is due."""
        now = self._clock()
        for id, pending in list(self._pending.items()):
            if pending.has_moved or now - self._told.get(id, -1e9) >= FLUSH_SECONDS:
                is_done_without(f"telling of run {id}", partial(self._flush, id, self._pending.pop(id)))
        if self._has_queue_changed:
            self._has_queue_changed = False
            running = len(self._store.runs.in_states(ACTIVE))
            waiting = len(self._store.runs.queue())
            self._hub.publish({"queue"}, "queue", QueueMessage(running=running, waiting=waiting))

    def _of(self, run: RunRow) -> _Pending:
        return self._pending.setdefault(run.id, _Pending(run.kind, run.experiment_id))

    def _flush(self, id: str, pending: _Pending) -> None:
        run = self._store.runs.find(id)
        if run is None:
            return
        self._told[id] = self._clock()
        if pending.kind is WorkerKind.INSPECT:
            self.datasets.announce(id)
            return
        if pending.kind is WorkerKind.PREDICT:
            self.predictions.announce(id)
            return
        self._tell(run, pending)

    def _tell(self, run: RunRow, pending: _Pending) -> None:
        topic = {f"run:{run.id}"}
        if pending.points:
            series = {name: points[-MAX_POINTS:] for name, points in pending.points.items()}
            self._hub.publish(topic, "points", PointsMessage(run=run.id, series=series, epoch=pending.epoch))
        if pending.lines:
            self._hub.publish(topic, "log", LogMessage(run=run.id, lines=pending.lines[-MAX_LINES:]))
        for entry in pending.insights:
            self._hub.publish(topic, "insight", InsightMessage(run=run.id, entry=entry))
        self._hub.publish(topic, "run", self.runs.view(run))
        row = self._store.experiments.get(run.experiment_id or "")
        position = self.experiments.queue_positions().get(row.id)
        self._hub.publish({"experiments"}, "experiment", experiment_row(row, position))
        if run.state in ENDED:
            self._told.pop(run.id, None)
            self._hub.publish(topic, "end", EndMessage(run=run.id, state=run.state))
