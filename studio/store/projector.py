"""Projector: turns a run's event log into rows, each event exactly once.

Rows and the number of the last event are written in one transaction, so a crash repeats nothing and loses nothing.
Events of an older fence come from a worker that was given up; they are counted past and otherwise ignored.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select, text, update

from studio.escape_control import escape_controls
from studio.results.insight import InsightEntry
from studio.runs import events
from studio.runs.events import Event, decode
from studio.store.artefacts import LogLineRow
from studio.store.database import Database
from studio.store.experiments import refresh_experiment
from studio.store.runs import RunRow
from studio.store.series import finite, trim_points, write_points
from studio.store.tables import checkpoint, cursor, insight, run, run_prediction

logger = logging.getLogger(__name__)
BATCH_EVENTS = 2000
MAX_LOG_TEXT = 20_000
SPLITS = ("train", "validation", "test")

_UPSERT_CURSOR = text(
    "INSERT INTO cursor (run_id, offset, n) VALUES (:run_id, :offset, :n) "
    "ON CONFLICT (run_id) DO UPDATE SET offset = excluded.offset, n = excluded.n"
)
_INSERT_LOG = text(
    "INSERT INTO log_line (run_id, n, time, level, text) VALUES (:run_id, :n, :time, :level, :text) "
    "ON CONFLICT (run_id, n) DO NOTHING"
)


@dataclass
class Projection:
    """What one step of projecting changed, for those who watch."""

    run_id: str
    events: int = 0
    refused: int = 0
    """Events of an older fence."""
    points: dict[str, list[tuple[int, float | None]]] = field(default_factory=dict)
    epoch: float | None = None
    lines: list[LogLineRow] = field(default_factory=list)
    insights: list[InsightEntry] = field(default_factory=list)
    reported: str | None = None
    is_more: bool = False
    """Whether the log held more than one step takes."""


class Projector:
    """Projects one run at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def project(self, row: RunRow, log: Path) -> Projection:
        """Project what the log holds behind the last event seen."""
        projection = Projection(row.id)
        if not log.exists():
            return projection
        with self._database.read() as connection:
            seen = connection.execute(select(cursor.c.offset, cursor.c.n).where(cursor.c.run_id == row.id)).first()
        offset, last = (seen.offset, seen.n) if seen else (0, 0)
        found, behind = _read(log, offset)
        if behind == offset:
            return projection
        with self._database.write() as connection:
            fold = _Fold(connection, row, projection)
            for event in found:
                if event.n <= last:
                    continue
                last = event.n
                if event.fence < row.fence:
                    projection.refused += 1
                    continue
                projection.events += 1
                fold.apply(event)
            fold.write()
            connection.execute(_UPSERT_CURSOR, {"run_id": row.id, "offset": behind, "n": last})
        projection.is_more = len(found) >= BATCH_EVENTS
        return projection


def _read(log: Path, offset: int) -> tuple[list[Event], int]:
    """Events from `offset` and the offset behind the last complete line; a line that makes no sense is left out."""
    found: list[Event] = []
    with log.open("rb") as file:
        file.seek(offset)
        for _ in range(BATCH_EVENTS):
            line = file.readline()
            if not line.endswith(b"\n"):
                break
            offset += len(line)
            try:
                found.append(decode(line))
            except ValueError:
                logger.warning("A line of %s before byte %d is not an event.", log, offset)
    return found, offset


def _body(event: Event) -> dict[str, Any]:
    """What an event says, without the head that every event has."""
    return event.model_dump(mode="json", exclude={"v", "n", "attempt", "fence", "time", "kind"})


class _Fold:
    """Applies events to rows; what changes in the run's own row is gathered and written once."""

    def __init__(self, connection: Connection, row: RunRow, projection: Projection) -> None:
        self._connection = connection
        self._row = row
        self._projection = projection
        self._changes: dict[str, Any] = {}
        self._metrics = {split: dict(row.metrics.get(split, {})) for split in SPLITS}
        self._lines: list[dict[str, Any]] = []

    def apply(self, event: Event) -> None:
        match event:
            case events.Started():
                self._start(event)
            case events.Phase():
                self._changes["phase"] = {"name": event.name, "detail": event.detail}
            case events.Progress():
                self._progress(event)
            case events.Metrics():
                self._points(event)
            case events.BestValidation():
                self._changes["best"] = {"metric": finite(event.metric), "epoch": event.epoch, "step": event.step}
            case events.CheckpointSaved():
                self._checkpoint(event)
            case events.InsightWritten():
                self._insight(event)
            case events.PredictionsWritten():
                self._predictions(event)
            case events.Log():
                self._log(event, event.level, event.text)
            case events.Heartbeat():
                self._changes["machine"] = event.model_dump(
                    mode="json", include={"cpu_percent", "memory_bytes", "gpu_percent", "gpu_memory_bytes"}
                )
            case events.SpeedChosen():
                self._changes["speed"] = _body(event)
            case events.Timings():
                self._changes["timings"] = _body(event)
            case events.Finished():
                self._finish(event)
            case events.Failed():
                self._fail(event)
            case events.Stopped():
                self._report("stopped")

    def write(self) -> None:
        """Write what was gathered."""
        if self._lines:
            self._connection.execute(_INSERT_LOG, self._lines)
        if self._changes:
            self._connection.execute(update(run).where(run.c.id == self._row.id).values(self._changes))
            if self._row.experiment_id:
                refresh_experiment(self._connection, self._row.experiment_id)

    def _report(self, word: str) -> None:
        self._changes["reported"] = word
        self._projection.reported = word

    def _start(self, event: events.Started) -> None:
        """A new attempt: forget what lies behind the step it continues from."""
        self._report("started")
        trim_points(self._connection, self._row.id, event.resumed_from_step)
        self._changes |= {"seed": event.seed, "environment": event.environment, "timings": None}
        self._changes["started"] = self._row.started or event.time
        if event.resumed_from_step is None:
            self._metrics = {split: {} for split in SPLITS}
            self._changes |= {"metrics": self._metrics, "best": {}, "progress": 0.0, "epoch": 0.0, "step": 0}
            self._changes["update_number"] = 0
            for table in (insight, checkpoint, run_prediction):
                self._connection.execute(delete(table).where(table.c.run_id == self._row.id))
        elif (self._row.best.get("step") or 0) > event.resumed_from_step:
            self._changes["best"] = {}  # the worker tells it again when its state is restored

    def _progress(self, event: events.Progress) -> None:
        self._changes |= {"progress": min(1.0, max(0.0, event.fraction)), "seconds_left": event.seconds_left}
        if event.epochs or event.step:
            # What comes after training (predicting, packing) tells only how far it is.
            self._changes |= {
                "epoch": event.epoch,
                "epochs": event.epochs,
                "step": event.step,
                "update_number": event.update,
                "updates": event.updates,
            }
        if event.detail:
            phase = self._changes.get("phase") or self._row.phase or {}
            self._changes["phase"] = {"name": phase.get("name", ""), "detail": event.detail}

    def _points(self, event: events.Metrics) -> None:
        write_points(self._connection, self._row.id, event)
        self._projection.epoch = event.epoch
        for name, points in event.points.items():
            shown = self._projection.points.setdefault(name, [])
            shown.extend((step, finite(value)) for step, value in points)
            split, _, metric = name.replace("/", ".").partition(".")
            if points and metric and split in SPLITS and metric not in events.DIAGNOSTICS:
                self._metrics[split][metric] = finite(points[-1][1])
                self._changes["metrics"] = self._metrics

    def _checkpoint(self, event: events.CheckpointSaved) -> None:
        key = {"run_id": self._row.id, "name": event.name}
        self._connection.execute(
            delete(checkpoint).where(checkpoint.c.run_id == self._row.id, checkpoint.c.name == event.name)
        )
        if event.is_best:
            self._connection.execute(
                update(checkpoint).where(checkpoint.c.run_id == self._row.id).values(is_best=False)
            )
        self._connection.execute(
            checkpoint.insert().values(
                **key, step=event.step, epoch=event.epoch, is_best=event.is_best, size_bytes=event.size_bytes
            )
        )

    def _insight(self, event: events.InsightWritten) -> None:
        self._connection.execute(
            delete(insight).where(insight.c.run_id == self._row.id, insight.c.key == event.entry.key)
        )
        self._connection.execute(
            insight.insert().values(
                run_id=self._row.id, key=event.entry.key, n=event.n, entry=event.entry.model_dump(mode="json")
            )
        )
        self._projection.insights.append(event.entry)

    def _predictions(self, event: events.PredictionsWritten) -> None:
        summary = event.summary.model_dump(mode="json")
        self._connection.execute(
            delete(run_prediction).where(
                run_prediction.c.run_id == self._row.id, run_prediction.c.split == event.summary.split
            )
        )
        self._connection.execute(
            run_prediction.insert().values(run_id=self._row.id, split=event.summary.split, summary=summary)
        )

    def _log(self, event: Event, level: str, line: str) -> None:
        shown = escape_controls(line, keep="\n\t")[:MAX_LOG_TEXT]
        self._lines.append({"run_id": self._row.id, "n": event.n, "time": event.time, "level": level, "text": shown})
        self._projection.lines.append(LogLineRow(event.n, event.time, level, shown))  # type: ignore[arg-type]

    def _finish(self, event: events.Finished) -> None:
        self._report("finished")
        self._changes["progress"] = 1.0
        if event.metrics:
            for split, values in event.metrics.items():
                self._metrics.setdefault(split, {}).update({name: finite(value) for name, value in values.items()})
            self._changes["metrics"] = self._metrics
        if event.best:
            self._changes["best"] = {name: finite(value) for name, value in event.best.items()}

    def _fail(self, event: events.Failed) -> None:
        self._report("failed")
        self._changes["error"] = {
            "code": event.code,
            "message": event.message,
            "hint": event.hint,
            "setting": event.setting,
        }
        if event.sample is not None:
            self._changes["error"]["sample"] = event.sample.model_dump(mode="json")
        if event.findings:
            self._changes["error"]["findings"] = [finding.model_dump(mode="json") for finding in event.findings]
        # A named cause needs no traceback; for whoever mends the studio it stands in worker.log.
        detail = f"\n{event.detail}" if event.detail and event.code == "internal" else ""
        self._log(event, "error", f"{event.message} {event.hint}".strip() + detail)
