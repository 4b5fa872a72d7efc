"""Views: rows of the store as what the REST API answers."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from studio.datasets.dataset import DatasetManifest
from studio.runs.state import ENDED, RunState
from studio.server.schemas.datasets import Dataset, FindingsCount
from studio.server.schemas.errors import ErrorDetail, FailedSample
from studio.server.schemas.experiments import Experiment, ExperimentRow, MetricSummary, NamedId
from studio.server.schemas.predictions import Prediction
from studio.server.schemas.runs import (
    BestPoint,
    CheckpointInfo,
    MachineUse,
    PhaseInfo,
    Run,
    RunMetrics,
    RunTimings,
    SpeedChoice,
    StateChange,
)
from studio.settings.finding import Finding
from studio.store.artefacts import CheckpointRow
from studio.store.datasets import DatasetRow
from studio.store.experiments import ExperimentRow as StoredExperiment
from studio.store.predictions import PredictionRow
from studio.store.runs import RunRow, Transition

logger = logging.getLogger(__name__)
R = TypeVar("R")
V = TypeVar("V")


def shown(rows: Iterable[R], view: Callable[[R], V], stand_in: Callable[[R], V]) -> list[V]:
    """Rows as the API shows them; in the place of one that is damaged stands that it is, so it can be deleted."""
    views = []
    for row in rows:
        try:
            views.append(view(row))
        except Exception:
            logger.exception("A row cannot be shown: %.80r", getattr(row, "id", ""))
            views.append(stand_in(row))
    return views


_DAMAGED = ErrorDetail(
    code="damaged_row",
    message="It cannot be shown: its row or files are damaged.",
    hint="Delete it, or restore a backup.",
)


def _text(value: object) -> str:
    """SQLite keeps bytes in a column of text, if something puts them there."""
    return value if isinstance(value, str) else "?"


def damaged_dataset(row: DatasetRow) -> Dataset:
    """A dataset of which only its name can be shown."""
    name, kind = _text(row.name), _text(row.problem_type)
    empty = DatasetRow(id=row.id, name=name, problem_type=kind, state="failed", created=0.0)
    return dataset_view(empty, None, 0).model_copy(update={"error": _DAMAGED})


def damaged_experiment(row: StoredExperiment) -> ExperimentRow:
    """An experiment of which only its name can be shown."""
    return ExperimentRow(
        id=row.id,
        name=_text(row.name),
        state=RunState.FAILED,
        problem_type=_text(row.problem_type),
        model_type=None,
        dataset=None,
        created=0.0,
        started=None,
        ended=None,
        progress=0.0,
        seconds_left=None,
        colour=0,
        tags=[],
        archived=False,
        metric=None,
        runs=sum(row.runs_by_state.values()),
        runs_by_state=dict(row.runs_by_state),
        queue_position=None,
    )


def damaged_prediction(row: PredictionRow) -> Prediction:
    """A prediction of which only its name can be shown."""
    return Prediction(
        id=row.id,
        name=_text(row.name),
        experiment=NamedId(id=_text(row.experiment_id), name=_text(row.experiment_name)),
        run_id=_text(row.model_run_id),
        run=None,
        problem_type=_text(row.problem_type),
        dataset=None,
        table=_text(row.table_name),
        state=RunState.FAILED,
        progress=0.0,
        rows=0,
        metrics={},
        intervals={},
        error=_DAMAGED,
        created=0.0,
        ended=None,
        findings=[],
    )


def error_view(error: Mapping[str, Any] | None) -> ErrorDetail | None:
    """A stored error."""
    if not error:
        return None
    return ErrorDetail(
        code=error.get("code", "error"),
        message=error.get("message", ""),
        hint=error.get("hint", ""),
        setting=error.get("setting") or None,
        sample=FailedSample(**error["sample"]) if error.get("sample") else None,
        findings=[Finding.model_validate(one) for one in error.get("findings", ())],
    )


def device_words(devices: Sequence[int]) -> str:
    """Devices as people count them, from 1."""
    return ", ".join(f"GPU {device + 1}" for device in devices) or "CPU"


def experiment_row(row: StoredExperiment, queue_position: int | None) -> ExperimentRow:
    """One line of the list."""
    return ExperimentRow(**_experiment_fields(row, queue_position), runs=sum(row.runs_by_state.values()))


def experiment_view(
    row: StoredExperiment, queue_position: int | None, runs: list[Run], best: RunRow | None
) -> Experiment:
    """An experiment with its runs, and the best of those that have a model."""
    return Experiment(
        **_experiment_fields(row, queue_position),
        notes=row.notes,
        settings_fingerprint=row.fingerprint,
        best_run=None if best is None else best.number + 1,
        runs=runs,
    )


def _experiment_fields(row: StoredExperiment, queue_position: int | None) -> dict[str, Any]:
    dataset = None
    if row.dataset_id is not None:
        dataset = NamedId(id=row.dataset_id, name=row.dataset_name or "")
    metric = None
    if row.metric is not None:
        metric = MetricSummary(
            name=row.metric,
            label=row.metric_label or row.metric,
            direction=row.direction or "maximize",
            best=row.best,
            best_epoch=row.best_epoch,
            last=row.last,
        )
    return {
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "problem_type": row.problem_type,
        "model_type": row.model_type,
        "dataset": dataset,
        "created": row.created,
        "started": row.started,
        "ended": row.ended,
        "progress": row.progress,
        "seconds_left": row.seconds_left,
        "colour": row.colour,
        "tags": list(row.tags),
        "archived": row.archived,
        "metric": metric,
        "runs_by_state": dict(row.runs_by_state),
        "queue_position": queue_position,
    }


def run_view(
    row: RunRow,
    history: Sequence[Transition],
    checkpoints: Sequence[CheckpointRow],
    predictions: Sequence[Any],
    *,
    has_bundle: bool,
    has_pipeline: bool,
) -> Run:
    """A run."""
    best = {key: value for key, value in row.best.items() if key in ("metric", "epoch", "step")}
    return Run(
        id=row.id,
        experiment_id=row.experiment_id or "",
        number=row.number + 1,
        state=row.state,
        fold=row.fold,
        seed=row.seed,
        grid=dict(row.grid),
        attempt=row.attempt,
        epoch=row.epoch,
        epochs=row.epochs,
        step=row.step,
        update=row.update_number,
        updates=row.updates,
        progress=row.progress,
        seconds_left=row.seconds_left,
        phase=PhaseInfo(**row.phase) if row.phase else None,
        queued_reason=row.queued_reason,
        metrics=RunMetrics(**{split: dict(values) for split, values in row.metrics.items()}),
        best=BestPoint(**{**best, **{name: int(best[name] or 0) for name in ("step", "averaged") if best.get(name)}}),
        error=error_view(row.error),
        created=row.created,
        started=row.started,
        ended=row.ended,
        device=device_words(row.devices or row.spec.devices),
        machine=MachineUse(**row.machine) if row.machine else None,
        environment=dict(row.environment),
        speed=_speed_view(row.speed),
        timings=RunTimings(**row.timings) if row.timings else None,
        history=[StateChange(state=one.new, time=one.time, reason=one.reason) for one in history],
        checkpoints=[CheckpointInfo(**vars(one)) for one in checkpoints],
        has_bundle=has_bundle,
        has_pipeline=has_pipeline,
        predictions=list(predictions),
    )


def _speed_view(speed: Mapping[str, Any] | None) -> SpeedChoice | None:
    """A number that is not finite stands as text in the event, and as null here."""
    if not speed:
        return None
    candidates = [
        {key: None if value in ("NaN", "Infinity", "-Infinity") else value for key, value in one.items()}
        for one in speed.get("candidates", [])
    ]
    known = {key: value for key, value in speed.items() if key in SpeedChoice.model_fields}
    return SpeedChoice(**{**known, "candidates": candidates})


def dataset_view(row: DatasetRow, run: RunRow | None, used_by: int) -> Dataset:
    """A dataset; while it is inspected, progress is that of its worker."""
    manifest = row.manifest or DatasetManifest(
        id=row.id,
        name=row.name,
        problem_type=row.problem_type,
        roles={},
        tables=(),
        created=row.created,
        source=row.source,
        example_of=row.example_of,
    )
    fields = manifest.model_dump()
    detail = ""
    progress = 1.0 if row.state == "ready" else 0.0
    if row.state == "inspecting" and run is not None and run.state not in ENDED:
        phase = run.phase or {}
        progress = run.progress
        detail = run.queued_reason or phase.get("detail") or phase.get("name") or ""
    return Dataset(
        **{**fields, "id": row.id, "name": row.name},
        state=row.state,
        progress=progress,
        detail=detail,
        error=error_view(row.error),
        findings_count=FindingsCount(**row.findings_count),
        used_by=used_by,
    )


def prediction_view(
    row: PredictionRow,
    run: RunRow,
    model: RunRow | None,
    rows: int,
    metrics: Mapping[str, float | None],
    intervals: Mapping[str, tuple[float, float]],
    noticed: Sequence[Finding] = (),
) -> Prediction:
    """A prediction; state and progress are those of its worker, and so is what it has noticed."""
    return Prediction(
        id=row.id,
        name=row.name,
        experiment=NamedId(id=row.experiment_id, name=row.experiment_name),
        run_id=row.model_run_id,
        run=None if model is None else model.number + 1,
        problem_type=row.problem_type,
        dataset=NamedId(id=row.dataset_id, name=row.dataset_name or "") if row.dataset_id else None,
        table=row.table_name,
        state=run.state,
        progress=run.progress,
        rows=rows,
        metrics=dict(metrics),
        metric=None if model is None else model.spec.settings.get("prediction", {}).get("metric"),
        intervals=dict(intervals),
        error=error_view(run.error),
        created=row.created,
        ended=run.ended,
        findings=[*(Finding.model_validate(finding) for finding in row.findings), *noticed],
    )
