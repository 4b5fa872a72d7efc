"""The training loop, read from top to bottom."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from studio.errors import TrainingError
from studio.failpoints import failpoint
from studio.modeling.compute_mode import ComputeMode
from studio.modeling.optimizers import set_learning_rate
from studio.modeling.precision import autocast
from studio.modeling.schedules import schedule_factor
from studio.runs.events import Phase
from studio.training.greedy_soup import use_soup
from studio.training.probe_average import average_with_probe
from studio.training.processes.distributed import gathering
from studio.training.processes.stopping import StopRequested
from studio.training.progress import Progress
from studio.training.reporting.timing import report_timings
from studio.training.run_context import RunContext
from studio.training.start.setup import set_up
from studio.training.start.speed_choice import UPDATES_BEFORE, tell_choice
from studio.training.training_state import TrainingState
from studio.training.validate import validate

TRAINING_SHARE = 0.94
"""How much of a run's progress bar training takes; predictions and packing take the rest."""
WAIT_SECONDS = 0.5
LOSS_CHECK_UPDATES = 20
"""On a GPU, how many updates go by until losses are looked at: looking waits for the device."""


@dataclass(frozen=True)
class Trained:
    """The weights that the run is about, and how it got there."""

    model: nn.Module
    progress: Progress
    metrics: dict[str, dict[str, float]]
    """The last metrics by split."""
    mode: ComputeMode


def train(context: RunContext) -> Trained:
    """Train the context's model from its start or its newest checkpoint to the end.

    Every process of a group runs this; only the first reports, validates and writes.

    Raises:
        StopRequested: after a checkpoint, when the run was asked to stop.
        TrainingError: if the loss is not a number, or memory does not suffice.
    """
    state = set_up(context)
    progress, table, settings = state.progress, state.table, context.settings.training
    try:
        is_before = progress.update == 0 and not state.metrics  # else an earlier attempt has measured it
        is_asked = settings.evaluate_before_training or not table.updates or progress.is_probed
        if progress.is_evaluation_due or (is_before and is_asked):
            validate(state)
        state.limit.begin_training()
        for epoch in _epochs(state):
            context.reporter.event(Phase(name="training", detail=_epoch(context, epoch)))
            state.order.begin(epoch, progress.batch)
            state.model.train()
            with context.reporter.heartbeat.stepping(True):
                for loss in _updates(state):
                    state.note_time()
                    progress.is_evaluation_due = progress.is_out_of_time or progress.update in table.evaluations
                    failpoint("update")
                    _report_update(state, loss)
                    if state.trial is not None and progress.update >= UPDATES_BEFORE:
                        _settle_mode(state)
                    if context.process_group.any(context.stop.is_requested or context.disk.is_low()):
                        _stop_or_wait(context)
                    if progress.is_evaluation_due:
                        validate(state)
                    elif progress.batch == 0:
                        state.checkpoint()
    except StopRequested:
        state.checkpoint(is_due=True)
        raise
    finally:
        context.watch.begin(None)
    report_timings(state, is_last=True)
    _tell_end(state)
    if state.average is not None:
        state.model.load_state_dict(state.validated.state_dict())
    if context.process_group.is_first:
        _choose_weights(state)
    return Trained(state.model, progress, state.metrics, state.mode)


def _tell_end(state: TrainingState) -> None:
    """Say so if time has ended the training."""
    progress, settings = state.progress, state.context.settings.training
    if progress.is_out_of_time:
        state.context.reporter.log(
            "info",
            f"The time limit of {settings.time_limit:g} minutes ended the training after {progress.update} of at most "
            f"{state.table.updates} updates, epoch {state.epoch:.3g} of {settings.epochs}. The schedule ended with it.",
        )


def _choose_weights(state: TrainingState) -> None:
    """Put the weights that the run is about into the model: an average, the best, or the last as they are."""
    if use_soup(state) or average_with_probe(state):
        return
    if state.context.settings.training.save_best_checkpoint:
        state.checkpoints.load_best(state.model)


def _stop_or_wait(context: RunContext) -> None:
    """Stop if the run was asked to; else the disk is almost full, and all processes wait until it is not.

    Raises:
        StopRequested: also if the run was asked to meanwhile.
    """
    if context.process_group.any(context.stop.is_requested):
        raise StopRequested
    before, words = context.reporter.phase, context.disk.words()
    context.watch.begin(None)
    context.reporter.log("warning", f"Paused: {words}. Training resumes automatically.")
    context.reporter.event(Phase(name="training", detail=f"paused: {words}"))
    with context.reporter.heartbeat.stepping(False):
        while context.process_group.any(context.process_group.is_first and not context.disk.is_enough()):
            context.reporter.heartbeat.alive()
            time.sleep(WAIT_SECONDS)
            if context.process_group.any(context.stop.is_requested):
                raise StopRequested
    context.reporter.log("info", "There is enough disk space again.")
    if before is not None:
        context.reporter.event(before)


def _settle_mode(state: TrainingState) -> None:
    """Choose how the rest of the run computes, now that the first points are there.

    Raises:
        StopRequested: if the run was asked to stop; then the choice is left to the next attempt.
    """
    context, trial = state.context, state.trial
    assert trial is not None
    before = context.reporter.phase
    context.watch.begin(None)
    if trial.told is None:
        context.reporter.event(Phase(name="measuring speed"))
    with context.reporter.heartbeat.stepping(False):
        choice = trial.choose(context)
    state.trial = None
    tell_choice(context, choice, state.progress.update)
    state.compute_in(choice.mode)
    if before is not None and trial.told is None:
        context.reporter.event(before)


def _epochs(state: TrainingState) -> Iterator[int]:
    """The epochs that are still to come, until time is over."""
    for epoch in range(state.progress.epoch, state.table.epochs):
        if state.progress.is_out_of_time:
            return
        yield epoch


def _updates(state: TrainingState) -> Iterator[Tensor]:
    """One optimizer step after another to the end of the epoch; gives each step's mean loss."""
    context, table, progress, watch = state.context, state.table, state.progress, state.context.watch
    settings = context.settings.training
    total: Tensor | float = 0.0
    watch.begin("waiting for data")
    for batch_number, batch in enumerate(state.loader, start=progress.batch):
        is_last = table.ends_update(batch_number)
        watch.begin("forward")
        with gathering(state.loss, is_last=is_last):
            with autocast(state.mode.precision, context.device):
                loss = state.loss(context.recipe.mix(batch))
            # Weighted by samples, so that a short last batch, or a short last group, counts by its size. Processes
            # of a group average what they send, hence its size.
            share = len(batch) / table.samples_of_update(batch_number)
            watch.begin("backward")
            state.scaler.scale(loss * (share * context.process_group.size)).backward()
        context.reporter.heartbeat.stepped()
        total = total + loss.detach() * share
        if not is_last:
            watch.begin("waiting for data")
            continue
        watch.begin("optimizer")
        factor = schedule_factor(settings.schedule, state.schedule_update, table.updates, table.warmup_updates)
        rate = set_learning_rate(state.optimizer, factor)
        progress.step += table.samples_of_update(batch_number)
        context.reporter.metric("train.learning_rate", progress.step, rate)
        _clip(state)
        state.scaler.step(state.optimizer)
        state.scaler.update()
        state.optimizer.zero_grad(set_to_none=True)
        if state.average is not None:
            state.average.update_parameters(state.model)
        progress.update += 1
        progress.batch = batch_number + 1
        if progress.batch == len(table.bounds):
            progress.epoch, progress.batch = progress.epoch + 1, 0
        assert isinstance(total, Tensor)
        yield context.process_group.total(total)
        if progress.is_out_of_time:
            return
        total = 0.0
        watch.begin_update(progress.update)
        watch.begin("waiting for data")


def _clip(state: TrainingState) -> None:
    """Scale gradients down to the largest allowed Euclidean norm, and record the norm if asked."""
    limit = state.context.settings.training.gradient_clip
    is_logged = state.context.settings.logging.log_grad_norm
    if not limit and not is_logged:
        return
    state.scaler.unscale_(state.optimizer)
    norm = clip_grad_norm_(state.model.parameters(), limit or math.inf)
    # In 16-bit floats a step too large is left out and the scale lowered; a GPU is not waited for.
    if state.context.device.type == "cpu" and state.mode.precision != "float16":
        _require_finite_gradient(float(norm), state.progress)
    if is_logged:
        step = state.progress.step
        state.context.reporter.metric("train.gradient_norm", step, norm.detach())
        clipped = norm.detach().clamp(max=limit) if limit else norm.detach()
        state.context.reporter.metric("train.gradient_norm_clipped", step, clipped)


def _report_update(state: TrainingState, loss: Tensor) -> None:
    context, progress, table = state.context, state.progress, state.table
    if context.device.type == "cpu" or progress.update % LOSS_CHECK_UPDATES == 0:
        _require_finite(float(loss), progress)
    context.watch.begin("logging")
    context.reporter.metric("train.loss", progress.step, loss)
    done_here = progress.update - state.checkpoints.first_update
    seconds = (time.monotonic() - state.checkpoints.began) / done_here * (table.updates - progress.update)
    if done_here == 1:
        context.reporter.nudge()
    context.reporter.progress(
        TRAINING_SHARE * context.stage.fraction(state.schedule_update / table.updates),
        epoch=table.epoch_at(progress.update),
        epochs=table.epochs * context.stage.count,
        step=progress.step,
        update=progress.update,
        updates=table.updates,
        seconds_left=min(seconds, state.limit.left()),
    )
    report_timings(state)


def _require_finite(loss: float, progress: Progress) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"The loss is {loss} after {progress.update} updates.",
            hint="Use a lower learning rate, a warm-up, or gradient clipping; with mixed precision, try without.",
            code="nan_loss",
        )


def _require_finite_gradient(norm: float, progress: Progress) -> None:
    if not math.isfinite(norm):
        raise TrainingError(
            f"The gradient is {'infinite' if math.isinf(norm) else 'not a number'} in update {progress.update + 1}.",
            hint="Use a lower learning rate or a warm-up; with mixed precision, try without.",
            code="nan_gradient",
        )


def _epoch(context: RunContext, epoch: int) -> str:
    epochs = context.settings.training.epochs
    number = (context.stage.number - 1) * epochs + epoch + 1
    return f"epoch {number} of {epochs * context.stage.count}"
