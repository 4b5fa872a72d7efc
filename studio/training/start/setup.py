"""How a training begins: model, optimizer and data, at the start or where the newest checkpoint left them."""

import pandas as pd
import torch
from torch import nn

from studio.errors import TrainingError
from studio.machine import usable_cores
from studio.modeling.checkpoint import CheckpointState
from studio.modeling.layout import apply_layout
from studio.modeling.loading import BatchLoader, TrainingOrder, source_rows
from studio.modeling.optimizers import make_optimizer
from studio.modeling.precision import gradient_scaler
from studio.modeling.recipe import Samples
from studio.modeling.seeds import seed_everything
from studio.runs.events import Phase
from studio.training.checkpoints import Checkpoints
from studio.training.outputs.train_batch import write_train_batch
from studio.training.processes.distributed import shared_loss
from studio.training.processes.synchronized_norm import synchronize_norms
from studio.training.progress import Progress, Timetable, timetable
from studio.training.run_context import Job
from studio.training.start.batch_size import fitting_batch_size
from studio.training.start.speed_choice import first_mode
from studio.training.start.speed_probe import Work
from studio.training.start.start_weights import load_start_weights
from studio.training.training_state import Session


def begin(job: Job) -> Session:
    """The session of a job.

    Raises:
        StudioError: if weights, model or data cannot be had.
    """
    seed_everything(job.seed)
    checkpoints = Checkpoints(job)
    saved = checkpoints.latest() if job.spec.resume else None
    if saved is not None:
        _compute_as_before(saved)
    model = _model(job, is_resumed=saved is not None)
    rows = _training_rows(job)
    samples = job.recipe.samples(rows, job.media, training=True)
    progress = _progress(job, model, samples, saved)
    table = _timetable(job, len(samples), progress.batch_size)
    order = _order(job, samples, progress.batch_size)
    # The probe draws the first batch; the order of the training may be in the middle of an epoch by then.
    first = _order(job, samples, progress.batch_size)
    work = Work(job.recipe, model, samples, first, job.device, _batches(table), job.stop.check)
    mode, trial = first_mode(job, work, saved, progress.update)
    apply_layout(model, mode.layout)
    if job.team.is_first and job.round.number == 1:
        write_train_batch(job, samples, order, rows)
    session = Session(
        job=job,
        mode=mode,
        scaler=gradient_scaler(mode.precision, job.device),
        model=model,
        loss=shared_loss(job.recipe, model, job.team),
        optimizer=_optimizer(job, model),
        order=order,
        loader=BatchLoader(
            job.recipe,
            samples,
            order,
            job.workers,
            job.device,
            on_arrival=lambda: job.watch.begin("transfer"),
            rows=source_rows(rows),
        ),
        table=table,
        progress=progress,
        checkpoints=checkpoints,
        metrics={},
        trial=trial,
    )
    _tell(job, rows, table)
    if job.team.rank:
        # Other random numbers than the first process's, which are those of a run on one device.
        seed_everything(job.seed + job.team.rank)
    if saved is not None:
        session.restore(saved)
        session.tell_best()
    elif job.round.number > 1 and job.team.is_first:
        checkpoints.forget_best()
    checkpoints.begin(progress.update)
    return session


def _order(job: Job, samples: Samples, batch_size: int) -> TrainingOrder:
    return TrainingOrder(
        len(samples),
        batch_size,
        drop_last=job.settings.training.drop_last_batch,
        seed=job.seed,
        devices=job.team.size,
        part=job.team.part,
        lengths=samples.lengths(),
    )


def _compute_as_before(saved: CheckpointState) -> None:
    """With as many threads: how sums are split over them decides their last bits."""
    threads = int(saved.rest.get("threads", 0))
    if 0 < threads <= usable_cores():
        torch.set_num_threads(threads)


def _model(job: Job, *, is_resumed: bool) -> nn.Module:
    """The model on its device: random, pretrained, or with the weights of another run."""
    name = job.recipe.weights_name()
    weights = None
    if name is not None and not is_resumed and job.start is None:
        job.reporter.event(Phase(name="loading weights", detail=name))
        weights = job.recipe.find_weights(name)
        job.reporter.log("info", weights.describe())
    model = job.recipe.model(weights)
    if job.start is not None and not is_resumed:
        load_start_weights(job, model)
    if job.team.size > 1 and job.settings.environment.sync_batch_normalization:
        count = synchronize_norms(model)
        job.reporter.log("info", f"{count} batch normalization layers are synchronized over all devices.")
    return model.to(job.device)


def _training_rows(job: Job) -> pd.DataFrame:
    rows = job.split.learned(job.settings)
    if job.settings.training.train_validation_data:
        job.reporter.log("warning", "Training on validation rows too: validation metrics are optimistic (leakage).")
    if len(rows) < job.team.size:
        raise TrainingError(
            f"{len(rows)} training rows cannot be distributed over {job.team.size} GPUs.",
            hint="Use fewer GPUs per run.",
            code="too_few_rows",
        )
    return rows


def _progress(job: Job, model: nn.Module, samples: Samples, saved: CheckpointState | None) -> Progress:
    """Where to begin, with a batch size that fits into every device."""
    if saved is not None:
        return Progress.from_json(saved.rest["progress"])
    settings = job.settings.training
    size = settings.batch_size
    if settings.automatically_adjust_batch_size:
        size = min(job.team.gather(fitting_batch_size(job, model, samples, size)))
    return Progress(round=job.round.number, step=job.round.first_step, batch_size=size)


def _timetable(job: Job, samples: int, batch_size: int) -> Timetable:
    settings = job.settings.training
    return timetable(
        samples,
        batch_size,
        drop_last=settings.drop_last_batch,
        epochs=settings.epochs,
        accumulation=settings.grad_accumulation,
        evaluation_epochs=settings.evaluation_epochs,
        warmup_epochs=settings.warmup_epochs,
        devices=job.team.size,
        epochs_before=(job.round.number - 1) * settings.epochs,
    )


def _batches(table: Timetable) -> int:
    return len(table.bounds) * table.epochs


def _optimizer(job: Job, model: nn.Module) -> torch.optim.Optimizer:
    settings = job.settings.training
    return make_optimizer(
        settings.optimizer,
        job.recipe.layer_groups(model),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        slow_groups=settings.differential_learning_rate_layers,
        slow_learning_rate=settings.differential_learning_rate,
    )


def _tell(job: Job, rows: pd.DataFrame, table: Timetable) -> None:
    devices = f" on each of {job.team.size} devices" if job.team.size > 1 else ""
    job.reporter.log(
        "info",
        f"{len(rows)} training and {len(job.split.validation)} validation rows; {len(table.bounds)} batches per "
        f"epoch, {table.updates} updates; {job.workers} data workers{devices}.",
    )
