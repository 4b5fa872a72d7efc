"""What runs made, as rows: log lines, insights, checkpoints, predictions. Written by the projector."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel
from sqlalchemy import func, select

from studio.results.insight import InsightEntry
from studio.results.prediction import PredictionSummary
from studio.store.database import Database
from studio.store.tables import checkpoint, insight, log_line, run_prediction

logger = logging.getLogger(__name__)
T = TypeVar("T", bound=BaseModel)
LEVELS = ("debug", "info", "warning", "error")
Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class LogLineRow:
    """One line of a log."""

    n: int
    time: float
    level: Level
    text: str


@dataclass(frozen=True)
class CheckpointRow:
    """One checkpoint."""

    name: str
    step: int
    epoch: float
    is_best: bool
    size_bytes: int


class Artefacts:
    """Reads what runs made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(
        self,
        run_id: str,
        after: int = 0,
        limit: int = 500,
        level: str = "",
        text: str = "",
        *,
        before: int | None = None,
        is_end: bool = False,
    ) -> tuple[list[LogLineRow], int]:
        """Lines behind number `after` of a level or worse that contain a text, and how many there are in all.

        The first `limit` of them, or with `is_end` the last; only those with a number below `before`.
        """
        conditions = [log_line.c.run_id == run_id]
        if level:
            conditions.append(log_line.c.level.in_(LEVELS[LEVELS.index(level) :]))
        if text:
            conditions.append(log_line.c.text.contains(text, autoescape=True))
        with self._database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(log_line).where(*conditions)) or 0
            order = log_line.c.n.desc() if is_end else log_line.c.n
            query = select(log_line).where(*conditions, log_line.c.n > after).order_by(order).limit(limit)
            if before is not None:
                query = query.where(log_line.c.n < before)
            lines = [LogLineRow(row.n, row.time, row.level, row.text) for row in connection.execute(query)]
            return lines[::-1] if is_end else lines, total

    def first_error(self, run_id: str) -> LogLineRow | None:
        """The first line that says error."""
        lines, _ = self.log(run_id, limit=1, level="error")
        return lines[0] if lines else None

    def insights(self, run_id: str) -> list[InsightEntry]:
        """The insights of a run, in the order they came."""
        with self._database.read() as connection:
            rows = connection.scalars(select(insight.c.entry).where(insight.c.run_id == run_id).order_by(insight.c.n))
            return list(_readable(InsightEntry, rows, run_id))

    def checkpoints(self, run_id: str) -> list[CheckpointRow]:
        """The checkpoints a run reported, by step; some may have been pruned since."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(checkpoint).where(checkpoint.c.run_id == run_id).order_by(checkpoint.c.step)
            )
            return [CheckpointRow(row.name, row.step, row.epoch, row.is_best, row.size_bytes) for row in rows]

    def predictions(self, run_id: str) -> list[PredictionSummary]:
        """The tables of predictions a run wrote."""
        with self._database.read() as connection:
            rows = connection.scalars(select(run_prediction.c.summary).where(run_prediction.c.run_id == run_id))
            return list(_readable(PredictionSummary, rows, run_id))


def _readable(kind: type[T], values: Iterable[Any], run_id: str) -> Iterator[T]:
    """What can be read of a run's values; one that is damaged hides no other."""
    for value in values:
        try:
            yield kind.model_validate(value)
        except ValueError:
            logger.warning("A stored %s of run %s is damaged.", kind.__name__, run_id)
