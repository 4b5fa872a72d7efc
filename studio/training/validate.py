"""Validation within a training: figures told, the best noted, a checkpoint kept."""

import math

import pandas as pd

from studio.failpoints import failpoint
from studio.runs.events import Phase
from studio.training.evaluate import evaluate, train_metric_rows
from studio.training.processes.stopping import StopRequested
from studio.training.training_state import Session


def validate(session: Session) -> None:
    """Validate in the first process; the others wait. A stop in the middle leaves the validation due.

    Raises:
        StopRequested: in every process, when the run was asked to stop.
    """
    job, progress = session.job, session.progress
    job.watch.begin("validation")
    progress.is_evaluation_due = True
    is_best = is_stopped = False
    if job.team.is_first:
        try:
            with job.reporter.signs.stepping(False):
                is_best = _validate(session)
        except StopRequested:
            is_stopped = True
    if job.team.from_first(is_stopped):
        raise StopRequested
    progress.is_evaluation_due = False
    found = session.metrics.get("validation", {}).get(job.metric.name, math.nan)
    session.checkpoint(metric=found, is_best=is_best, is_due=is_best or progress.update == session.table.updates)
    session.model.train()
    job.watch.begin("logging")


def _validate(session: Session) -> bool:
    """Compute and tell; whether this is the best so far."""
    job, progress = session.job, session.progress
    epoch = session.table.epoch_at(progress.update) if session.table.updates else 0.0
    job.reporter.event(Phase(name="validating", detail=f"epoch {epoch:g}"))
    failpoint("validation")
    splits: dict[str, pd.DataFrame] = {"validation": job.split.validation}
    if job.settings.training.calculate_train_metric:
        splits = {"train": train_metric_rows(job), **splits}
    precision = session.mode.inference(
        job.device, is_mixed=job.settings.environment.mixed_precision_inference
    ).precision
    for name, rows in splits.items():
        values = evaluate(job, session.model, rows, progress.batch_size, precision)
        session.metrics[name] = values
        shown = {key: value for key, value in values.items() if name != "train" or key != "loss"}
        job.reporter.metrics({f"{name}.{key}": value for key, value in shown.items()}, progress.step, epoch)
    values = session.metrics["validation"]
    found = values.get(job.metric.name, math.nan)
    job.reporter.log("info", f"Epoch {epoch:g}: validation loss {values['loss']:.4g}, {job.metric.name} {found:.4g}.")
    if math.isnan(found):
        job.reporter.log(
            "warning", f"{job.metric.name} is not defined on these validation rows (for example with a single class)."
        )
    return _note_best(session, found, epoch)


def _note_best(session: Session, value: float, epoch: float) -> bool:
    """Strictly better wins; starting weights count only when there is no training."""
    progress = session.progress
    if progress.update == 0 and session.table.updates:
        return False
    if not session.job.metric.is_better(value, progress.best_metric):
        return False
    progress.best_metric, progress.best_step, progress.best_epoch = value, progress.step, epoch
    session.tell_best()
    return True
