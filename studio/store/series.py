"""Series of metric points: written by the projector, read reduced to buckets that keep spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text

from studio.on_demand import np
from studio.runs.events import Metrics
from studio.store.database import Database
from studio.store.tables import metric_point, series

if TYPE_CHECKING:
    import numpy.typing as npt

    _Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ReducedSeries:
    """Buckets of a series; a value that is not finite is None."""

    steps: list[int]
    min: list[float | None]
    max: list[float | None]
    last: list[float | None]
    epochs: list[float | None]
    times: list[float | None]
    numbers: list[int]
    """The place of each bucket's last point in the whole series, from 1."""
    total: int


_UPSERT_POINT = text(
    "INSERT INTO metric_point (series_key, step, value, flag, epoch, time) "
    "VALUES (:series_key, :step, :value, :flag, :epoch, :time) "
    "ON CONFLICT (series_key, step) DO UPDATE SET "
    "value = excluded.value, flag = excluded.flag, epoch = excluded.epoch, time = excluded.time"
)
_UPSERT_SERIES = text(
    "INSERT INTO series (run_id, name, last_step, last_value) VALUES (:run_id, :name, :step, :value) "
    "ON CONFLICT (run_id, name) DO UPDATE SET last_step = excluded.last_step, last_value = excluded.last_value "
    "RETURNING key"
)
_TRIM = text(
    "DELETE FROM metric_point WHERE step > :step AND series_key IN (SELECT key FROM series WHERE run_id = :run_id)"
)


def write_points(connection: Connection, run_id: str, event: Metrics) -> None:
    """Store the points of an event; a point that is already there is replaced."""
    for name, points in event.points.items():
        if not points:
            continue
        step, value = points[-1]
        key = connection.execute(
            _UPSERT_SERIES, {"run_id": run_id, "name": name, "step": step, "value": finite(value)}
        ).scalar_one()
        connection.execute(
            _UPSERT_POINT,
            [
                {
                    "series_key": key,
                    "step": step,
                    "value": finite(value),
                    "flag": None if finite(value) is not None else str(value),
                    "epoch": event.epoch,
                    "time": event.time,
                }
                for step, value in points
            ],
        )


def trim_points(connection: Connection, run_id: str, behind_step: int | None) -> None:
    """Forget points behind the step a new attempt resumes from; all of them if it starts anew."""
    connection.execute(_TRIM, {"run_id": run_id, "step": -1 if behind_step is None else behind_step})


def finite(value: float) -> float | None:
    """The value, or None if it is not finite."""
    return value if np.isfinite(value) else None


class SeriesReader:
    """Reads series."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(
        self, run_id: str, names: list[str], points: int, start: int | None, end: int | None
    ) -> dict[str, ReducedSeries]:
        """The named series of a run (all for none), each in at most `points` buckets between two steps."""
        with self._database.read() as connection:
            query = select(series.c.key, series.c.name).where(series.c.run_id == run_id).order_by(series.c.name)
            if names:
                query = query.where(series.c.name.in_(names))
            return {row.name: self._one(connection, row.key, points, start, end) for row in connection.execute(query)}

    def _one(self, connection: Connection, key: int, points: int, start: int | None, end: int | None) -> ReducedSeries:
        query = (
            select(metric_point.c.step, metric_point.c.value, metric_point.c.epoch, metric_point.c.time)
            .where(metric_point.c.series_key == key)
            .order_by(metric_point.c.step)
        )
        before = 0
        if start is not None:
            query = query.where(metric_point.c.step >= start)
            earlier = select(func.count()).where(metric_point.c.series_key == key, metric_point.c.step < start)
            before = connection.scalar(earlier) or 0
        if end is not None:
            query = query.where(metric_point.c.step <= end)
        rows = connection.execute(query).all()
        table = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(len(rows), 4)
        return reduce_points(table[:, 0], table[:, 1], table[:, 2], table[:, 3], points, before)


def reduce_points(
    steps: _Floats, values: _Floats, epochs: _Floats, times: _Floats, points: int, before: int = 0
) -> ReducedSeries:
    """At most `points` buckets of equally many points, each with lowest, highest and last finite value.

    `before` is how many points of the series lie before the first of these.
    """
    total = len(steps)
    count = min(points, total)
    starts = (np.arange(count) * total) // max(count, 1)
    if count == 0:
        return ReducedSeries([], [], [], [], [], [], [], 0)
    lowest = np.fmin.reduceat(values, starts)
    highest = np.fmax.reduceat(values, starts)
    ends = np.append(starts[1:], total) - 1
    return ReducedSeries(
        steps=[int(step) for step in steps[ends]],
        min=_nullable(lowest),
        max=_nullable(highest),
        last=_nullable(values[ends]),
        epochs=_nullable(epochs[ends]),
        times=_nullable(times[ends]),
        numbers=[before + int(end) + 1 for end in ends],
        total=total,
    )


def _nullable(values: _Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
