"""Validation within a training: metrics reported, the best noted, a checkpoint kept."""

import math

import pandas as pd

from studio.failpoints import failpoint
from studio.runs.events import Phase
from studio.training.evaluate import evaluate, train_metric_rows
from studio.training.greedy_soup import keep_ingredient
from studio.training.processes.stopping import StopRequested
from studio.training.training_state import TrainingState


def validate(state: TrainingState) -> None:
    """Validate in the first process; the others wait. A stop in the middle leaves the validation due.

    Raises:
        StopRequested: in every process, when the run was asked to stop.
    """
    context, progress = state.context, state.progress
    context.watch.begin("validation")
    progress.is_evaluation_due = True
    is_best = is_stopped = False
    if context.process_group.is_first:
        try:
            with context.reporter.heartbeat.stepping(False), state.limit.validating():
                is_best = _validate(state)
        except StopRequested:
            is_stopped = True
    if context.process_group.from_first(is_stopped):
        raise StopRequested
    progress.is_evaluation_due = False
    found = state.metrics.get("validation", {}).get(context.metric.name, math.nan)
    is_last = progress.is_out_of_time or progress.update == state.table.updates
    state.checkpoint(metric=found, is_best=is_best, is_due=is_best or is_last)
    state.model.train()
    context.watch.begin("logging")


def _validate(state: TrainingState) -> bool:
    """Compute and tell; whether this is the best so far."""
    context, progress = state.context, state.progress
    epoch = state.epoch
    context.reporter.event(Phase(name="validating", detail=f"epoch {epoch:g}"))
    failpoint("validation")
    splits: dict[str, pd.DataFrame] = {"validation": context.split.validation}
    if context.settings.training.calculate_train_metric:
        splits = {"train": train_metric_rows(context), **splits}
    for name, rows in splits.items():
        values = evaluate(context, state.validated, rows, progress.batch_size, state.inference_precision)
        state.metrics[name] = values
        shown = {key: value for key, value in values.items() if name != "train" or key != "loss"}
        context.reporter.metrics({f"{name}.{key}": value for key, value in shown.items()}, progress.step, epoch)
    values = state.metrics["validation"]
    found = values.get(context.metric.name, math.nan)
    context.reporter.log(
        "info", f"Epoch {epoch:g}: validation loss {values['loss']:.4g}, {context.metric.name} {found:.4g}."
    )
    if math.isnan(found):
        context.reporter.log(
            "warning",
            f"{context.metric.name} is not defined on these validation rows (for example with a single class).",
        )
    keep_ingredient(state, found)
    return _note_best(state, found)


def _note_best(state: TrainingState, value: float) -> bool:
    """Strictly better wins; starting weights count only without training, or if their last layer was fitted."""
    progress = state.progress
    if progress.update == 0 and state.table.updates and not progress.is_probed:
        return False
    if progress.update == 0 and progress.is_probed and math.isfinite(value):
        progress.probe_metric = value
    return state.note_best(value)
