"""Experiments in the database. What follows from their runs is kept beside them, so that lists read one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from studio.errors import ConflictError, NotFoundError, StudioError, in_quotes
from studio.runs.ranking import leading
from studio.runs.state import ACTIVE, ENDED, RunState, read_state, state_of_experiment
from studio.store.database import Database
from studio.store.tables import dataset, experiment, experiment_tag, run

_NOW = (func.julianday("now") - 2440587.5) * 86400.0
"""Seconds since the epoch. 2440587.5 is the Julian day of 1970-01-01."""
SORT_COLUMNS: dict[str, ColumnElement[Any]] = {
    "created": experiment.c.created,
    "name": experiment.c.name,
    "state": experiment.c.state,
    "ended": experiment.c.ended,
    "best": experiment.c.best,
    "progress": experiment.c.progress,
    "problem_type": experiment.c.problem_type,
    "dataset": dataset.c.name,
    "duration": func.coalesce(
        experiment.c.ended, case((experiment.c.state.in_(ACTIVE), _NOW), else_=experiment.c.started)
    )
    - experiment.c.started,
}


@dataclass(frozen=True)
class ExperimentQuery:
    """Which experiments, in which order."""

    text: str = ""
    """In the name, the notes or a tag."""
    state: str = ""
    problem_type: str = ""
    dataset: str = ""
    tag: str = ""
    archived: bool = False
    has_model: bool = False
    """Only those with a finished run."""
    sort: str = "-created"
    offset: int = 0
    limit: int = 200


@dataclass(frozen=True)
class ExperimentRow:
    """One experiment."""

    id: str
    name: str
    problem_type: str
    model_type: str | None
    dataset_id: str | None
    settings: Mapping[str, Any]
    """Flat."""
    grid: Mapping[str, Sequence[Any]]
    document_version: int
    fingerprint: str
    colour: int
    created: float
    metric: str | None = None
    metric_label: str | None = None
    direction: str | None = None
    state: RunState = RunState.QUEUED
    notes: str = ""
    archived: bool = False
    deleted: float | None = None
    started: float | None = None
    ended: float | None = None
    progress: float = 0.0
    seconds_left: float | None = None
    best: float | None = None
    best_epoch: float | None = None
    last: float | None = None
    # From other tables; not stored here.
    dataset_name: str | None = None
    tags: tuple[str, ...] = ()
    runs_by_state: Mapping[str, int] = field(default_factory=dict)


_ELSEWHERE = frozenset({"dataset_name", "tags", "runs_by_state"})


class Experiments:
    """The experiment table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, row: ExperimentRow) -> None:
        """Add an experiment; its runs follow in the same transaction.

        Raises:
            ConflictError: if the name is taken.
        """
        values = {name: value for name, value in vars(row).items() if name not in _ELSEWHERE}
        with self._database.write() as connection:
            self._refuse_taken_name(connection, row.name, None)
            connection.execute(insert(experiment).values(values))
            self._write_tags(connection, row.id, row.tags)

    def get(self, id_or_name: str) -> ExperimentRow:
        """An experiment by id, or by its name.

        Raises:
            NotFoundError: with the nearest names.
        """
        with self._database.read() as connection:
            for column in (experiment.c.id, experiment.c.name):
                rows = self._fetch(connection, _select().where(column == id_or_name, experiment.c.deleted.is_(None)))
                if rows:
                    return rows[0]
            names = connection.scalars(
                select(experiment.c.name)
                .where(experiment.c.deleted.is_(None))
                .order_by(experiment.c.created.desc())
                .limit(500)
            )
            raise NotFoundError.among("experiment", id_or_name, names)

    def page(self, query: ExperimentQuery) -> tuple[int, list[ExperimentRow]]:
        """How many experiments match, and the asked ones of them."""
        conditions = _conditions(query)
        with self._database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(experiment).where(*conditions)) or 0
            rows = self._fetch(
                connection,
                _select().where(*conditions).order_by(*_order(query.sort)).limit(query.limit).offset(query.offset),
            )
        return total, rows

    def names(self) -> list[tuple[str, str]]:
        """(id, name) of every experiment, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(experiment.c.id, experiment.c.name)
                .where(experiment.c.deleted.is_(None))
                .order_by(experiment.c.created.desc())
            )
            return [(row.id, row.name) for row in rows]

    def count(self) -> int:
        """How many experiments were ever made and are still known."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(experiment)) or 0

    def is_name_taken(self, name: str) -> bool:
        """Whether some experiment has this name, case ignored."""
        with self._database.read() as connection:
            return connection.scalar(select(experiment.c.id).where(experiment.c.name == name)) is not None

    def of_dataset(self, dataset_id: str) -> list[ExperimentRow]:
        """Experiments that use a dataset."""
        with self._database.read() as connection:
            return self._fetch(
                connection,
                _select()
                .where(experiment.c.dataset_id == dataset_id, experiment.c.deleted.is_(None))
                .order_by(experiment.c.created.desc()),
            )

    def change(
        self,
        id: str,
        *,
        name: str | None = None,
        notes: str | None = None,
        tags: Sequence[str] | None = None,
        archived: bool | None = None,
    ) -> None:
        """Change what people may change; None leaves a thing as it is.

        Raises:
            ConflictError: if the new name is taken.
        """
        values = {"name": name, "notes": notes, "archived": archived}
        values = {key: value for key, value in values.items() if value is not None}
        with self._database.write() as connection:
            if name is not None:
                self._refuse_taken_name(connection, name, id)
            if values:
                connection.execute(update(experiment).where(experiment.c.id == id).values(values))
            if tags is not None:
                self._write_tags(connection, id, tuple(tags))

    def soft_delete(self, id: str, now: float) -> None:
        """Mark as deleted; it is gone from every list, its name is free, its files may follow."""
        with self._database.write() as connection:
            connection.execute(
                update(experiment)
                .where(experiment.c.id == id, experiment.c.deleted.is_(None))
                .values(deleted=now, name=experiment.c.name + " (deleted " + id + ")")
            )

    def soft_deleted(self) -> list[str]:
        """Ids marked as deleted whose rows still stand."""
        with self._database.read() as connection:
            return list(connection.scalars(select(experiment.c.id).where(experiment.c.deleted.is_not(None))))

    def delete(self, id: str) -> None:
        """Remove the rows of an experiment and everything that hangs on it."""
        with self._database.write() as connection:
            connection.execute(delete(experiment).where(experiment.c.id == id))

    def _refuse_taken_name(self, connection: Connection, name: str, own_id: str | None) -> None:
        taken = connection.scalar(select(experiment.c.id).where(experiment.c.name == name))
        if taken is not None and taken != own_id:
            raise ConflictError(f"There is already an experiment named {in_quotes(name)}.", hint="Choose another name.")

    def _write_tags(self, connection: Connection, id: str, tags: Sequence[str]) -> None:
        connection.execute(delete(experiment_tag).where(experiment_tag.c.experiment_id == id))
        for tag in dict.fromkeys(tags):
            connection.execute(insert(experiment_tag).values(experiment_id=id, tag=tag))

    def _fetch(self, connection: Connection, query: Select[Any]) -> list[ExperimentRow]:
        found = list(connection.execute(query).mappings())
        ids = [row["id"] for row in found]
        tags: dict[str, list[str]] = {}
        states: dict[str, dict[str, int]] = {}
        if ids:
            for one in connection.execute(
                select(experiment_tag).where(experiment_tag.c.experiment_id.in_(ids)).order_by(experiment_tag.c.tag)
            ):
                tags.setdefault(one.experiment_id, []).append(one.tag)
            for counted in connection.execute(
                select(run.c.experiment_id, run.c.state, func.count().label("runs"))
                .where(run.c.experiment_id.in_(ids))
                .group_by(run.c.experiment_id, run.c.state)
            ):
                states.setdefault(counted.experiment_id, {})[counted.state] = counted.runs
        return [
            ExperimentRow(
                **{
                    **row,
                    "state": read_state(row["state"]),
                    "settings": row["settings"] or {},
                    "grid": row["grid"] or {},
                },
                tags=tuple(tags.get(row["id"], ())),
                runs_by_state=states.get(row["id"], {}),
            )
            for row in found
        ]


def refresh_experiment(connection: Connection, id: str) -> None:
    """Write what follows from an experiment's runs; called in the transaction that changed one of them."""
    rows = connection.execute(
        select(
            run.c.state, run.c.started, run.c.ended, run.c.progress, run.c.seconds_left, run.c.best, run.c.metrics
        ).where(run.c.experiment_id == id)
    ).all()
    if not rows:
        return
    head = connection.execute(select(experiment.c.metric, experiment.c.direction).where(experiment.c.id == id)).one()
    states = [read_state(row.state) for row in rows]
    has_ended = all(state in ENDED for state in states)
    has_queued = RunState.QUEUED in states
    left = [row.seconds_left for row in rows if row.seconds_left is not None]
    first = leading(rows, head.direction)
    best = first.best if first else {}
    lasts = [(row.metrics or {}).get("validation", {}).get(head.metric) for row in rows]
    connection.execute(
        update(experiment)
        .where(experiment.c.id == id)
        .values(
            state=state_of_experiment(states),
            started=min((row.started for row in rows if row.started), default=None),
            ended=max((row.ended for row in rows if row.ended), default=None) if has_ended else None,
            progress=sum(1.0 if row.state == RunState.FINISHED else row.progress for row in rows) / len(rows),
            seconds_left=max(left) if left and not has_queued and not has_ended else None,
            best=best.get("metric"),
            best_epoch=best.get("epoch"),
            last=next((value for value in reversed(lasts) if value is not None), None),
        )
    )


def _select() -> Select[Any]:
    return select(experiment, dataset.c.name.label("dataset_name")).outerjoin(
        dataset, dataset.c.id == experiment.c.dataset_id
    )


def _conditions(query: ExperimentQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        experiment.c.archived == query.archived,
        experiment.c.deleted.is_(None),
    ]
    if query.text:
        conditions.append(_mentions(query.text))
    if query.state:
        conditions.append(experiment.c.state.in_(query.state.split(",")))
    if query.problem_type:
        conditions.append(experiment.c.problem_type == query.problem_type)
    if query.dataset:
        conditions.append(experiment.c.dataset_id == query.dataset)
    if query.tag:
        tagged = select(experiment_tag.c.experiment_id).where(experiment_tag.c.tag == query.tag)
        conditions.append(experiment.c.id.in_(tagged))
    if query.has_model:
        # Named by the runs: there is an index on what they belong to.
        finished = select(run.c.id).where(run.c.experiment_id == experiment.c.id, run.c.state == RunState.FINISHED)
        conditions.append(finished.exists())
    return conditions


def _mentions(text: str) -> ColumnElement[bool]:
    """Whether the name, the notes or a tag contains the text."""
    tagged = select(experiment_tag.c.experiment_id).where(experiment_tag.c.tag.contains(text, autoescape=True))
    return or_(
        experiment.c.name.contains(text, autoescape=True),
        experiment.c.notes.contains(text, autoescape=True),
        experiment.c.id.in_(tagged),
    )


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    name = sort.removeprefix("-")
    if name not in SORT_COLUMNS:
        raise StudioError(
            f"Experiments cannot be sorted by {in_quotes(name)}.",
            hint=f"Use one of {', '.join(SORT_COLUMNS)}.",
            code="sort",
        )
    column = SORT_COLUMNS[name]
    # Rows that are equal in this column need an order of their own, or two pages of a list may show one of them twice.
    # Every index ends with the row id already, so this costs nothing.
    tie: ColumnElement[int] = literal_column("experiment.rowid")
    # SQLite holds NULL for the smallest value, so falling order ends with it; rising order has to say so.
    return (column.desc(), tie.desc()) if sort.startswith("-") else (column.asc().nulls_last(), tie.asc())
