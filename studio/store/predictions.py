"""Predictions in the database. State and progress are those of the run with the same id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from studio.errors import NotFoundError, in_quotes
from studio.runs.state import ACTIVE, RunState
from studio.store.database import Database
from studio.store.tables import prediction, run


@dataclass(frozen=True)
class PredictionRow:
    """One prediction."""

    id: str
    """Also the id of the run that makes it."""
    name: str
    problem_type: str
    experiment_id: str
    experiment_name: str
    model_run_id: str
    dataset_id: str | None
    dataset_name: str | None
    table_name: str
    created: float
    findings: tuple[Mapping[str, Any], ...] = ()


class Predictions:
    """The prediction table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, row: PredictionRow) -> None:
        """Add a prediction; its run is there already, in the same transaction."""
        with self._database.write() as connection:
            connection.execute(insert(prediction).values({**vars(row), "findings": list(row.findings)}))

    def get(self, id: str) -> PredictionRow:
        """A prediction by id.

        Raises:
            NotFoundError: if there is none.
        """
        with self._database.read() as connection:
            row = connection.execute(select(prediction).where(prediction.c.id == id)).mappings().first()
        if row is None:
            raise NotFoundError(f"There is no prediction {in_quotes(id)}.", hint="Look at the list of predictions.")
        return _row(row)

    def all(self, model_run_id: str = "") -> list[PredictionRow]:
        """Every prediction, the newest first; of one model only, if a run is named."""
        query = select(prediction).order_by(prediction.c.created.desc())
        if model_run_id:
            query = query.where(prediction.c.model_run_id == model_run_id)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]

    def active(self, *, model_run_id: str = "", dataset_id: str = "") -> list[PredictionRow]:
        """Predictions that wait or are being made, with a model or on a dataset."""
        unfinished = select(run.c.id).where(run.c.state.in_([RunState.QUEUED, *ACTIVE]))
        query = select(prediction).where(prediction.c.id.in_(unfinished))
        if model_run_id:
            query = query.where(prediction.c.model_run_id == model_run_id)
        if dataset_id:
            query = query.where(prediction.c.dataset_id == dataset_id)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]


def _row(mapping: Mapping[Any, Any]) -> PredictionRow:
    return PredictionRow(**{**mapping, "findings": tuple(mapping["findings"] or ())})
