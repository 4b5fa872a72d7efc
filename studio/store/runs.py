"""Runs in the database: trainings, inspections and predictions. States move by compare-and-set, each move recorded."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, delete, exists, func, insert, or_, select, update

from studio.errors import ConflictError, NotFoundError, in_quotes
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ENDED, RunState, check_move, read_state
from studio.store.database import Database
from studio.store.experiments import refresh_experiment
from studio.store.tables import dataset, experiment, run, transition

logger = logging.getLogger(__name__)


class StaleRunError(ConflictError):
    """The run has moved on since it was read."""

    code = "stale_run"


@dataclass(frozen=True)
class RunRow:
    """One run."""

    id: str
    kind: WorkerKind
    spec: RunSpec
    created: float
    position: float = 0.0
    experiment_id: str | None = None
    number: int = 0
    state: RunState = RunState.QUEUED
    fence: int = 0
    attempt: int = 0
    launches: int = 0
    """Starts in a row whose worker never took the lock."""
    resume: bool = False
    queued_reason: str | None = None
    fold: str | None = None
    seed: int = -1
    grid: Mapping[str, Any] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    reported: str | None = None
    """The last of started, finished, failed, stopped that the worker of this fence wrote."""
    epoch: float = 0.0
    epochs: int = 0
    step: int = 0
    update_number: int = 0
    updates: int = 0
    progress: float = 0.0
    seconds_left: float | None = None
    phase: Mapping[str, str] | None = None
    metrics: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    best: Mapping[str, float | None] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    devices: Sequence[int] = ()
    machine: Mapping[str, Any] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    speed: Mapping[str, Any] | None = None
    """How it computes, as the worker chose it: the event `SpeedChosen` without its head."""
    timings: Mapping[str, Any] | None = None
    """Where the time of this attempt has gone: the newest event `Timings` without its head."""
    # Not stored.
    damage: str = ""
    """Why this row cannot be used, in words; what it then says beside its id is made up."""


@dataclass(frozen=True)
class QueuedRun:
    """What the queue needs of a waiting run; the whole row may carry a long order."""

    id: str
    kind: WorkerKind
    experiment_id: str | None
    devices: tuple[int, ...]
    """The devices it may use."""
    gpus_a_run: int
    queued_reason: str | None


@dataclass(frozen=True)
class Transition:
    """One recorded move."""

    run_id: str
    time: float
    attempt: int
    fence: int
    old: RunState | None
    new: RunState
    reason: str


class Runs:
    """The run table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, row: RunRow) -> None:
        """Add a queued run at the end of the queue."""
        values = {**vars(row), "spec": row.spec.model_dump(mode="json"), "devices": list(row.spec.devices)}
        with self._database.write() as connection:
            last = connection.scalar(select(func.max(run.c.position))) or 0.0
            del values["damage"]
            connection.execute(insert(run).values({**values, "position": last + 1.0}))
            connection.execute(
                insert(transition).values(
                    run_id=row.id, time=row.created, attempt=0, fence=0, old=None, new=row.state, reason="submitted"
                )
            )
            if row.experiment_id:
                refresh_experiment(connection, row.experiment_id)

    def get(self, id: str) -> RunRow:
        """A run by id.

        Raises:
            NotFoundError: if there is none.
        """
        with self._database.read() as connection:
            row = connection.execute(select(run).where(run.c.id == id)).mappings().first()
        if row is None:
            raise NotFoundError(f"There is no run {in_quotes(id)}.", hint="Look at the experiment's page for its runs.")
        return _row(row)

    def find(self, id: str) -> RunRow | None:
        """A run by id, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(run).where(run.c.id == id)).mappings().first()
        return None if row is None else _row(row)

    def of_experiment(self, experiment_id: str) -> list[RunRow]:
        """The runs of an experiment in their order."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(run).where(run.c.experiment_id == experiment_id).order_by(run.c.number)
            ).mappings()
            return [_row(row) for row in rows]

    def in_states(self, states: Iterable[RunState], kind: WorkerKind | None = None) -> list[RunRow]:
        """Runs in some states, in the order of the queue; of one kind only, if it is named."""
        query = select(run).where(run.c.state.in_(list(states))).order_by(run.c.position)
        if kind is not None:
            query = query.where(run.c.kind == kind)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]

    def queue(self) -> list[QueuedRun]:
        """The waiting runs, in order."""
        with self._database.read() as connection:
            # SQLite fails the whole query for one text that is no JSON.
            gpus_a_run = case((func.json_valid(run.c.spec) == 1, run.c.spec["gpus_a_run"].as_integer()), else_=1)
            rows = connection.execute(
                select(
                    run.c.id,
                    run.c.kind,
                    run.c.experiment_id,
                    run.c.devices,
                    gpus_a_run.label("gpus_a_run"),
                    run.c.queued_reason,
                )
                .where(run.c.state == RunState.QUEUED)
                .order_by(run.c.position)
            )
            return [
                QueuedRun(
                    row.id,
                    _kind(row.kind),
                    row.experiment_id,
                    tuple(row.devices or ()),
                    row.gpus_a_run or 1,
                    row.queued_reason,
                )
                for row in rows
            ]

    def move(self, row: RunRow, new: RunState, reason: str, now: float, **changes: Any) -> RunRow:
        """Move a run that is still as `row` says; entering *starting* takes a new attempt and a new fence.

        Raises:
            ConflictError: if the move is not in the table of moves.
            StaleRunError: if the run is no longer in `row.state` with `row.fence`, or what it is of was deleted.
        """
        check_move(row.state, new)
        values: dict[str, Any] = {"state": new, **changes}
        if new is RunState.STARTING:
            values |= {"fence": row.fence + 1, "attempt": row.attempt + 1, "reported": None, "error": None}
            values |= {"queued_reason": None, "phase": None, "seconds_left": None, "ended": None}
        elif new is RunState.QUEUED:
            values |= {"devices": list(row.spec.devices), "ended": None}
        elif new in ENDED:
            values |= {"ended": now, "seconds_left": None, "phase": None, "machine": None, "queued_reason": None}
        with self._database.write() as connection:
            is_as_read = (run.c.id == row.id, run.c.state == row.state, run.c.fence == row.fence)
            # A worker is started only for what is not deleted: nobody would stop it, or see what it does.
            is_wanted = (~_is_of_something_deleted(),) if new in (RunState.QUEUED, RunState.STARTING) else ()
            done = connection.execute(update(run).where(*is_as_read, *is_wanted).values(values))
            if done.rowcount != 1:
                raise StaleRunError(
                    f"Run {row.id} is no longer {row.state}, or was deleted.", hint="Look at its present state."
                )
            connection.execute(
                insert(transition).values(
                    run_id=row.id,
                    time=now,
                    attempt=values.get("attempt", row.attempt),
                    fence=values.get("fence", row.fence),
                    old=row.state,
                    new=new,
                    reason=reason,
                )
            )
            if row.experiment_id:
                refresh_experiment(connection, row.experiment_id)
            return self.get(row.id)

    def withdraw(self, rows: Iterable[RunRow], now: float) -> None:
        """End waiting runs of what is being deleted, in the transaction that deletes it.

        Raises:
            StaleRunError: if one has been started meanwhile.
        """
        for row in rows:
            if row.state is RunState.QUEUED:
                self.move(row, RunState.STOPPED, "deleted before it began", now)

    def history(self, id: str) -> list[Transition]:
        """Every recorded move of a run, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(transition).where(transition.c.run_id == id).order_by(transition.c.key))
            return [
                Transition(
                    run_id=row.run_id,
                    time=row.time,
                    attempt=row.attempt,
                    fence=row.fence,
                    old=None if row.old is None else read_state(row.old),
                    new=read_state(row.new),
                    reason=row.reason,
                )
                for row in rows
            ]

    def give_reasons(self, reasons: Mapping[str, str]) -> list[str]:
        """Say why queued runs wait; gives the ids whose reason changed."""
        changed = []
        with self._database.write() as connection:
            for id, reason in reasons.items():
                done = connection.execute(
                    update(run)
                    .where(run.c.id == id, run.c.state == RunState.QUEUED, run.c.queued_reason.is_distinct_from(reason))
                    .values(queued_reason=reason)
                )
                if done.rowcount:
                    changed.append(id)
        return changed

    def order(self, ids: Sequence[str]) -> None:
        """Put the named queued runs into this order, before those that are not named."""
        with self._database.write() as connection:
            queued = list(
                connection.scalars(select(run.c.id).where(run.c.state == RunState.QUEUED).order_by(run.c.position))
            )
            waiting, named = set(queued), set(ids)
            unknown = [id for id in ids if id not in waiting]
            if unknown:
                raise ConflictError(f"Run {unknown[0]} is not waiting.", hint="Only waiting runs have an order.")
            wanted = [*dict.fromkeys(ids), *(id for id in queued if id not in named)]
            for position, id in enumerate(wanted):
                connection.execute(update(run).where(run.c.id == id).values(position=float(position)))

    def fences(self) -> dict[str, int]:
        """Id -> fence of every run."""
        with self._database.read() as connection:
            return {row.id: row.fence for row in connection.execute(select(run.c.id, run.c.fence))}

    def delete(self, id: str) -> None:
        """Remove a run and everything that hangs on it."""
        with self._database.write() as connection:
            connection.execute(delete(run).where(run.c.id == id))


def _is_of_something_deleted() -> ColumnElement[bool]:
    """Whether the experiment of a run, or the dataset that it makes, was deleted."""
    return or_(
        exists().where(experiment.c.id == run.c.experiment_id, experiment.c.deleted.is_not(None)),
        exists().where(dataset.c.id == run.c.id, dataset.c.deleted.is_not(None)),
    )


def _row(mapping: Mapping[Any, Any]) -> RunRow:
    """A row as it is stored; of one that is damaged, what can be told of it still."""
    try:
        return RunRow(
            **{
                **mapping,
                **{name: dict(mapping[name]) for name in ("grid", "metrics", "best", "environment")},
                "kind": WorkerKind(mapping["kind"]),
                "state": RunState(mapping["state"]),
                "spec": RunSpec.model_validate(mapping["spec"]),
                "devices": tuple(mapping["devices"]),
            }
        )
    except (ValueError, TypeError) as error:
        logger.warning("The row of run %.80r is damaged: %s", mapping["id"], type(error).__name__)
        return _damaged(mapping)


def _damaged(mapping: Mapping[Any, Any]) -> RunRow:
    words = "The row of this run in the database is damaged."
    id = str(mapping["id"])
    plain = ("experiment_id", "number", "fence", "attempt", "created", "started", "ended")
    return RunRow(
        id=id,
        kind=_kind(mapping["kind"]),
        state=read_state(mapping["state"]),
        spec=RunSpec(run_id=id, problem_type=""),
        error={"code": "damaged_row", "message": words, "hint": "Delete it, or restore a backup."},
        damage=words,
        **{name: mapping[name] for name in plain},
    )


def _kind(text: str) -> WorkerKind:
    return WorkerKind(text) if text in set(WorkerKind) else WorkerKind.TRAIN
