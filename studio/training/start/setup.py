"""How a training begins: model, optimizer and data, at the start or where the newest checkpoint left them."""

import pandas as pd
import torch
from torch import nn

from studio.errors import TrainingError
from studio.machine import usable_cores
from studio.modeling.checkpoint import CheckpointState
from studio.modeling.layer_decay import layer_scales
from studio.modeling.layout import apply_layout
from studio.modeling.loading import BatchLoader, TrainingOrder, source_rows
from studio.modeling.optimizers import make_optimizer
from studio.modeling.precision import gradient_scaler
from studio.modeling.recipe import Samples
from studio.modeling.seeds import seed_everything
from studio.modeling.weight_average import averaged_model
from studio.runs.events import Phase
from studio.training.checkpoints import Checkpoints
from studio.training.greedy_soup import drop_ingredients, wants_soup
from studio.training.outputs.train_batch import write_train_batch
from studio.training.probe_average import keep_probe, wants_average
from studio.training.processes.distributed import shared_loss
from studio.training.processes.synchronized_norm import synchronize_norms
from studio.training.progress import Progress, TrainingSchedule, training_schedule
from studio.training.run_context import RunContext
from studio.training.start.batch_size import fitting_batch_size
from studio.training.start.head_start import fit_head, wants_probe
from studio.training.start.speed_choice import first_mode
from studio.training.start.speed_probe import ProbeInputs
from studio.training.start.start_weights import load_start_weights
from studio.training.time_limit import TimeLimit
from studio.training.training_state import TrainingState


def set_up(context: RunContext) -> TrainingState:
    """The training state of a run, before its first batch.

    Raises:
        StudioError: if weights, model or data cannot be had.
    """
    limit = _time_limit(context)
    seed_everything(context.seed)
    checkpoints = Checkpoints(context)
    saved = checkpoints.latest() if context.spec.resume else None
    if saved is not None:
        _compute_as_before(saved)
    model = _model(context, is_resumed=saved is not None)
    rows = _training_rows(context)
    samples = context.recipe.samples(rows, context.media, training=True)
    progress = _progress(context, model, samples, saved)
    if saved is None and wants_probe(context):
        progress.is_probed = fit_head(context, model, rows, progress.batch_size)
        if progress.is_probed and context.process_group.is_first and wants_average(context):
            keep_probe(context, model)
    table = _training_schedule(context, len(samples), progress.batch_size)
    order = _order(context, samples, progress.batch_size)
    # The probe draws the first batch; the order of the training may be in the middle of an epoch by then.
    first = _order(context, samples, progress.batch_size)
    work = ProbeInputs(context.recipe, model, samples, first, context.device, _batches(table), context.stop.check)
    mode, trial = first_mode(context, work, saved, progress.update)
    apply_layout(model, mode.layout)
    if context.process_group.is_first and context.stage.number == 1:
        write_train_batch(context, samples, order, rows)
    state = TrainingState(
        context=context,
        mode=mode,
        scaler=gradient_scaler(mode.precision, context.device),
        model=model,
        loss=shared_loss(context.recipe, model, context.process_group),
        optimizer=_optimizer(context, model),
        order=order,
        loader=BatchLoader(
            context.recipe,
            samples,
            order,
            context.workers,
            context.device,
            on_arrival=lambda: context.watch.begin("transfer"),
            rows=source_rows(rows),
        ),
        table=table,
        progress=progress,
        checkpoints=checkpoints,
        metrics={},
        trial=trial,
        limit=limit,
        average=averaged_model(model, context.settings.training.ema_decay),
    )
    _tell(context, rows, table)
    for note in context.recipe.training_notes(rows):
        context.reporter.log(note.level, note.text)
    if context.process_group.rank:
        # Other random numbers than the first process's, which are those of a run on one device.
        seed_everything(context.seed + context.process_group.rank)
    if saved is not None:
        state.restore(saved)
        state.tell_best()
    elif context.stage.number > 1 and context.process_group.is_first:
        checkpoints.forget_best()
        drop_ingredients(context)
    checkpoints.begin(progress.update)
    return state


def _time_limit(context: RunContext) -> TimeLimit:
    """Of this stage. Its clock starts now, so what comes before the first update counts."""
    settings = context.settings.training
    if not settings.time_limit:
        return TimeLimit()
    averages = settings.greedy_soup if wants_soup(context) else 0
    return TimeLimit(settings.time_limit * 60 / context.stage.count, validations_after=1 + averages)


def _order(context: RunContext, samples: Samples, batch_size: int) -> TrainingOrder:
    return TrainingOrder(
        len(samples),
        batch_size,
        drop_last=context.settings.training.drop_last_batch,
        seed=context.seed,
        devices=context.process_group.size,
        part=context.process_group.part,
        lengths=samples.lengths(),
    )


def _compute_as_before(saved: CheckpointState) -> None:
    """With as many threads: how sums are split over them decides their last bits."""
    threads = int(saved.rest.get("threads", 0))
    if 0 < threads <= usable_cores():
        torch.set_num_threads(threads)


def _model(context: RunContext, *, is_resumed: bool) -> nn.Module:
    """The model on its device: random, pretrained, or with the weights of another run."""
    name = context.recipe.weights_name()
    weights = None
    if name is not None and not is_resumed and context.start is None:
        context.reporter.event(Phase(name="loading weights", detail=name))
        weights = context.recipe.find_weights(name)
        context.reporter.log("info", weights.describe())
    model = context.recipe.model(weights)
    if context.start is not None and not is_resumed:
        load_start_weights(context, model)
    if context.process_group.size > 1 and context.settings.environment.sync_batch_normalization:
        count = synchronize_norms(model)
        context.reporter.log("info", f"{count} batch normalization layers are synchronized over all devices.")
    return model.to(context.device)


def _training_rows(context: RunContext) -> pd.DataFrame:
    rows = context.split.learned(context.settings)
    if context.settings.training.train_validation_data:
        context.reporter.log("warning", "Training on validation rows too: validation metrics are optimistic (leakage).")
    if len(rows) < context.process_group.size:
        raise TrainingError(
            f"{len(rows)} training rows cannot be distributed over {context.process_group.size} GPUs.",
            hint="Use fewer GPUs per run.",
            code="too_few_rows",
        )
    return rows


def _progress(context: RunContext, model: nn.Module, samples: Samples, saved: CheckpointState | None) -> Progress:
    """Where to begin, with a batch size that fits into every device."""
    if saved is not None:
        return Progress.from_json(saved.rest["progress"])
    settings = context.settings.training
    size = settings.batch_size
    if settings.automatically_adjust_batch_size:
        size = min(context.process_group.gather(fitting_batch_size(context, model, samples, size)))
    return Progress(stage=context.stage.number, step=context.stage.first_step, batch_size=size)


def _training_schedule(context: RunContext, samples: int, batch_size: int) -> TrainingSchedule:
    settings = context.settings.training
    return training_schedule(
        samples,
        batch_size,
        drop_last=settings.drop_last_batch,
        epochs=settings.epochs,
        accumulation=settings.grad_accumulation,
        evaluation_epochs=settings.evaluation_epochs,
        warmup_epochs=settings.warmup_epochs,
        devices=context.process_group.size,
        epochs_before=(context.stage.number - 1) * settings.epochs,
    )


def _batches(table: TrainingSchedule) -> int:
    return len(table.bounds) * table.epochs


def _optimizer(context: RunContext, model: nn.Module) -> torch.optim.Optimizer:
    settings = context.settings.training
    decay = float(getattr(settings, "layer_decay", 1.0))
    scales = layer_scales(model, decay)
    if decay < 1 and not scales:
        context.reporter.log("warning", "Layer decay has no effect: the layers of this network are not known.")
    return make_optimizer(
        settings.optimizer,
        context.recipe.layer_groups(model),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        slow_groups=settings.differential_learning_rate_layers,
        slow_learning_rate=settings.differential_learning_rate,
        scales=scales,
    )


def _tell(context: RunContext, rows: pd.DataFrame, table: TrainingSchedule) -> None:
    devices = f" on each of {context.process_group.size} devices" if context.process_group.size > 1 else ""
    context.reporter.log(
        "info",
        f"{len(rows)} training and {len(context.split.validation)} validation rows; {len(table.bounds)} batches per "
        f"epoch, {table.updates} updates; {context.workers} data workers{devices}.",
    )
