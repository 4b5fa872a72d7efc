"""The training loop, read from top to bottom."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from studio.errors import TrainingError
from studio.modeling.checkpoint import CheckpointState
from studio.modeling.loading import BatchLoader, TrainingOrder
from studio.modeling.optimizers import make_optimizer, optimizer_state, restore_optimizer, set_learning_rate
from studio.modeling.precision import choose_precision
from studio.modeling.schedules import schedule_factor
from studio.modeling.seeds import generator_states, restore_generators, seed_everything
from studio.modeling.weights import find_weights
from studio.runs.events import Phase
from studio.training.batch_size import fitting_batch_size
from studio.training.checkpoints import Checkpoints
from studio.training.evaluate import evaluate, train_metric_rows
from studio.training.job import Job
from studio.training.progress import Progress, Timetable, timetable
from studio.training.stopping import StopRequested
from studio.training.train_batch import write_train_batch

TRAINING_SHARE = 0.94
"""How much of a run's progress bar training takes; predictions and packing take the rest."""
LOSS_CHECK_UPDATES = 20
"""On a GPU, how many updates go by until losses are looked at: looking waits for the device."""


@dataclass(frozen=True)
class Trained:
    """The weights that the run is about, and how it got there."""

    model: nn.Module
    progress: Progress
    metrics: dict[str, dict[str, float]]
    """The last figures by split."""


@dataclass
class _Training:
    """What the loop works on."""

    job: Job
    accelerator: Accelerator
    model: nn.Module
    optimizer: Any
    order: TrainingOrder
    loader: BatchLoader[Any]
    table: Timetable
    progress: Progress
    checkpoints: Checkpoints
    metrics: dict[str, dict[str, float]]


def train(job: Job) -> Trained:
    """Train the job's model from its start or its newest checkpoint to the end.

    Raises:
        StopRequested: after a checkpoint, when the run was asked to stop.
        TrainingError: if the loss is not a number, or memory does not suffice.
    """
    training = _begin(job)
    progress, table, settings = training.progress, training.table, job.settings.training
    try:
        if progress.is_evaluation_due or (
            progress.update == 0 and (settings.evaluate_before_training or not table.updates)
        ):
            _evaluate(training)
        for epoch in range(progress.epoch, table.epochs):
            job.reporter.event(Phase(name="training", detail=f"epoch {epoch + 1} of {table.epochs}"))
            training.order.begin(epoch, progress.batch)
            training.model.train()
            for loss in _updates(training):
                _report_update(training, loss)
                job.stop.check()
                if progress.update in table.evaluations:
                    _evaluate(training)
                elif progress.batch == 0:
                    training.checkpoints.write(_state(training), progress, table.epoch_at(progress.update))
    except StopRequested:
        training.checkpoints.write(_state(training), progress, table.epoch_at(progress.update or 0), is_due=True)
        raise
    if settings.save_best_checkpoint:
        training.checkpoints.load_best(training.model)
    return Trained(training.model, progress, training.metrics)


def _updates(training: _Training) -> Iterator[Tensor]:
    """One optimizer step after another to the end of the epoch; gives each step's mean loss."""
    job, table, progress = training.job, training.table, training.progress
    settings = job.settings.training
    total: Tensor | float = 0.0
    for batch_number, batch in enumerate(training.loader, start=progress.batch):
        with training.accelerator.autocast():
            loss = job.recipe.loss(training.model, job.recipe.mix(batch))
        # Weighted by samples, so that a short last batch, or a short last group, counts by its size.
        share = len(batch) / table.samples_of_update(batch_number)
        training.accelerator.backward(loss * share)
        total = total + loss.detach() * share
        if not table.ends_update(batch_number):
            continue
        factor = schedule_factor(settings.schedule, progress.update, table.updates, table.warmup_updates)
        rate = set_learning_rate(training.optimizer, factor)
        progress.step += table.samples_of_update(batch_number)
        job.reporter.metric("train.learning_rate", progress.step, rate)
        _clip(training)
        training.optimizer.step()
        training.optimizer.zero_grad(set_to_none=True)
        progress.update += 1
        progress.batch = batch_number + 1
        if progress.batch == len(table.bounds):
            progress.epoch, progress.batch = progress.epoch + 1, 0
        assert isinstance(total, Tensor)
        yield total
        total = 0.0


def _clip(training: _Training) -> None:
    """Scale gradients down to the largest allowed Euclidean norm, and record the norm if asked."""
    limit = training.job.settings.training.gradient_clip
    is_logged = training.job.settings.logging.log_grad_norm
    if not limit and not is_logged:
        return
    norm = training.accelerator.clip_grad_norm_(training.model.parameters(), limit or math.inf)
    if is_logged and norm is not None:
        step = training.progress.step
        training.job.reporter.metric("train.gradient_norm", step, norm.detach())
        clipped = norm.detach().clamp(max=limit) if limit else norm.detach()
        training.job.reporter.metric("train.gradient_norm_clipped", step, clipped)


def _report_update(training: _Training, loss: Tensor) -> None:
    job, progress, table = training.job, training.progress, training.table
    job.reporter.metric("train.loss", progress.step, loss)
    if job.device.type == "cpu" or progress.update % LOSS_CHECK_UPDATES == 0:
        _require_finite(float(loss), progress)
    done_here = progress.update - training.checkpoints.first_update
    seconds = (time.monotonic() - training.checkpoints.began) / done_here * (table.updates - progress.update)
    if done_here == 1:
        job.reporter.nudge()
    job.reporter.progress(
        TRAINING_SHARE * progress.update / table.updates,
        epoch=table.epoch_at(progress.update),
        epochs=table.epochs,
        step=progress.step,
        update=progress.update,
        updates=table.updates,
        seconds_left=seconds,
    )


def _require_finite(loss: float, progress: Progress) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"The loss is {loss} after {progress.update} updates.",
            hint="Use a lower learning rate, a warm-up, or gradient clipping; with mixed precision, try without.",
            code="nan_loss",
        )


def _evaluate(training: _Training) -> None:
    """Validate, tell, and keep a checkpoint; a stop in the middle leaves the evaluation due."""
    job, progress, table = training.job, training.progress, training.table
    epoch = table.epoch_at(progress.update) if table.updates else 0.0
    progress.is_evaluation_due = True
    job.reporter.event(Phase(name="validating", detail=f"epoch {epoch:g}"))
    splits: dict[str, pd.DataFrame] = {"validation": job.split.validation}
    if job.settings.training.calculate_train_metric:
        splits = {"train": train_metric_rows(job), **splits}
    for name, rows in splits.items():
        values = evaluate(job, training.model, rows, progress.batch_size)
        training.metrics[name] = values
        shown = {key: value for key, value in values.items() if name != "train" or key != "loss"}
        job.reporter.metrics({f"{name}.{key}": value for key, value in shown.items()}, progress.step, epoch)
    progress.is_evaluation_due = False
    is_best = _note_best(training, epoch)
    values = training.metrics["validation"]
    found = values.get(job.metric.name, math.nan)
    job.reporter.log("info", f"Epoch {epoch:g}: validation loss {values['loss']:.4g}, {job.metric.name} {found:.4g}.")
    if math.isnan(found):
        job.reporter.log("warning", f"{job.metric.name} is not defined on these validation rows (one class only, say).")
    is_due = is_best or progress.update == table.updates
    training.checkpoints.write(_state(training), progress, epoch, metric=found, is_best=is_best, is_due=is_due)
    training.model.train()


def _note_best(training: _Training, epoch: float) -> bool:
    """Strictly better wins; starting weights count only when there is no training."""
    job, progress = training.job, training.progress
    value = training.metrics["validation"].get(job.metric.name, math.nan)
    if progress.update == 0 and training.table.updates:
        return False
    if not job.metric.is_better(value, progress.best_metric):
        return False
    progress.best_metric, progress.best_step, progress.best_epoch = value, progress.step, epoch
    return True


def _begin(job: Job) -> _Training:
    """The model, its optimizer and its data, at the start or where the newest checkpoint left them."""
    settings = job.settings.training
    seed_everything(job.seed)
    checkpoints = Checkpoints(job)
    saved = checkpoints.latest() if job.spec.resume else None
    precision = choose_precision(job.device, job.settings.environment.mixed_precision_training)
    job.reporter.log("info", precision.reason)
    model = _model(job, is_resumed=saved is not None)
    rows = job.split.train
    if settings.train_validation_data:
        rows = pd.concat([rows, job.split.validation], ignore_index=True)
        job.reporter.log("warning", "Training on validation rows too: validation figures flatter the model.")
    samples = job.recipe.samples(rows, job.media, training=True)
    progress = Progress.from_json(saved.rest["progress"]) if saved else Progress(batch_size=settings.batch_size)
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(cpu=job.device.type == "cpu", mixed_precision=precision.name)
    if saved is None and settings.automatically_adjust_batch_size:
        progress.batch_size = fitting_batch_size(job, model, samples, settings.batch_size)
    optimizer = make_optimizer(
        settings.optimizer,
        job.recipe.layer_groups(model),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        slow_groups=settings.differential_learning_rate_layers,
        slow_learning_rate=settings.differential_learning_rate,
    )
    table = timetable(
        len(rows),
        progress.batch_size,
        drop_last=settings.drop_last_batch,
        epochs=settings.epochs,
        accumulation=settings.grad_accumulation,
        evaluation_epochs=settings.evaluation_epochs,
        warmup_epochs=settings.warmup_epochs,
    )
    order = TrainingOrder(len(rows), progress.batch_size, drop_last=settings.drop_last_batch, seed=job.seed)
    loader = BatchLoader(job.recipe, samples, order, job.workers, job.device)
    job.reporter.log(
        "info",
        f"{len(rows)} training and {len(job.split.validation)} validation rows; {len(table.bounds)} batches an epoch, "
        f"{table.updates} updates; {job.workers} data workers.",
    )
    write_train_batch(job, samples, order, rows)
    prepared = accelerator.prepare_optimizer(optimizer)
    training = _Training(job, accelerator, model, prepared, order, loader, table, progress, checkpoints, {})
    if saved is not None:
        _restore(training, saved)
    checkpoints.begin(progress.update)
    return training


def _model(job: Job, *, is_resumed: bool) -> nn.Module:
    name = job.recipe.weights_name()
    weights = None
    if name is not None and not is_resumed:
        job.reporter.event(Phase(name="loading weights", detail=name))
        weights = find_weights(name)
        job.reporter.log("info", weights.describe())
    return job.recipe.model(weights).to(job.device)


def _state(training: _Training) -> CheckpointState:
    tensors, optimizer_rest = optimizer_state(training.optimizer)
    generators, generator_rest = generator_states()
    scaler = training.accelerator.scaler
    return CheckpointState(
        model=training.model.state_dict(),
        optimizer=tensors,
        generators=generators,
        rest={
            "progress": training.progress.to_json(),
            "optimizer": optimizer_rest,
            "generators": generator_rest,
            "scaler": scaler.state_dict() if scaler is not None else {},
            "seed": training.job.seed,
            "metrics": _finite(training.metrics),
            "last_event": training.job.reporter.last_number,
        },
    )


def _restore(training: _Training, saved: CheckpointState) -> None:
    """Put everything back; the generators last, right before the first batch."""
    training.model.load_state_dict(dict(saved.model))
    restore_optimizer(training.optimizer, saved.optimizer, saved.rest["optimizer"])
    if training.accelerator.scaler is not None and saved.rest["scaler"]:
        training.accelerator.scaler.load_state_dict(saved.rest["scaler"])
    training.metrics.update(
        {
            split: {key: math.nan if value is None else value for key, value in values.items()}
            for split, values in saved.rest["metrics"].items()
        }
    )
    restore_generators(dict(saved.generators), saved.rest["generators"])


def _finite(metrics: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    return {
        split: {key: value if math.isfinite(value) else None for key, value in values.items()}
        for split, values in metrics.items()
    }
