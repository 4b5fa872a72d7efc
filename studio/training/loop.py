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
from studio.training.processes.distributed import gathering
from studio.training.processes.stopping import StopRequested
from studio.training.progress import Progress
from studio.training.reporting.timing import report_timings
from studio.training.run_context import Job
from studio.training.start.setup import begin
from studio.training.start.speed_choice import UPDATES_BEFORE, tell_choice
from studio.training.training_state import Session
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
    """The last figures by split."""
    mode: ComputeMode


def train(job: Job) -> Trained:
    """Train the job's model from its start or its newest checkpoint to the end.

    Every process of a team runs this; only the first reports, validates and writes.

    Raises:
        StopRequested: after a checkpoint, when the run was asked to stop.
        TrainingError: if the loss is not a number, or memory does not suffice.
    """
    session = begin(job)
    progress, table, settings = session.progress, session.table, job.settings.training
    try:
        is_before = progress.update == 0 and not session.metrics  # else an earlier attempt has measured it
        if progress.is_evaluation_due or (is_before and (settings.evaluate_before_training or not table.updates)):
            validate(session)
        for epoch in range(progress.epoch, table.epochs):
            job.reporter.event(Phase(name="training", detail=_epoch(job, epoch)))
            session.order.begin(epoch, progress.batch)
            session.model.train()
            with job.reporter.signs.stepping(True):
                for loss in _updates(session):
                    progress.is_evaluation_due = progress.update in table.evaluations
                    failpoint("update")
                    _report_update(session, loss)
                    if session.trial is not None and progress.update >= UPDATES_BEFORE:
                        _settle_mode(session)
                    if job.team.any(job.stop.is_requested or job.disk.is_low()):
                        _stop_or_wait(job)
                    if progress.is_evaluation_due:
                        validate(session)
                    elif progress.batch == 0:
                        session.checkpoint()
    except StopRequested:
        session.checkpoint(is_due=True)
        raise
    finally:
        job.watch.begin(None)
    report_timings(session, is_last=True)
    if settings.save_best_checkpoint and job.team.is_first:
        session.checkpoints.load_best(session.model)
    return Trained(session.model, progress, session.metrics, session.mode)


def _stop_or_wait(job: Job) -> None:
    """Stop if the run was asked to; else the disk is almost full, and all processes wait until it is not.

    Raises:
        StopRequested: also if the run was asked to meanwhile.
    """
    if job.team.any(job.stop.is_requested):
        raise StopRequested
    before, words = job.reporter.phase, job.disk.words()
    job.watch.begin(None)
    job.reporter.log("warning", f"Paused: {words}. Training resumes automatically.")
    job.reporter.event(Phase(name="training", detail=f"paused: {words}"))
    with job.reporter.signs.stepping(False):
        while job.team.any(job.team.is_first and not job.disk.is_enough()):
            job.reporter.signs.alive()
            time.sleep(WAIT_SECONDS)
            if job.team.any(job.stop.is_requested):
                raise StopRequested
    job.reporter.log("info", "There is enough disk space again.")
    if before is not None:
        job.reporter.event(before)


def _settle_mode(session: Session) -> None:
    """Choose how the rest of the run computes, now that the first points are there.

    Raises:
        StopRequested: if the run was asked to stop; then the choice is left to the next attempt.
    """
    job, trial = session.job, session.trial
    assert trial is not None
    before = job.reporter.phase
    job.watch.begin(None)
    if trial.told is None:
        job.reporter.event(Phase(name="measuring speed"))
    with job.reporter.signs.stepping(False):
        choice = trial.choose(job)
    session.trial = None
    tell_choice(job, choice, session.progress.update)
    session.compute_in(choice.mode)
    if before is not None and trial.told is None:
        job.reporter.event(before)


def _updates(session: Session) -> Iterator[Tensor]:
    """One optimizer step after another to the end of the epoch; gives each step's mean loss."""
    job, table, progress, watch = session.job, session.table, session.progress, session.job.watch
    settings = job.settings.training
    total: Tensor | float = 0.0
    watch.begin("waiting for data")
    for batch_number, batch in enumerate(session.loader, start=progress.batch):
        is_last = table.ends_update(batch_number)
        watch.begin("forward")
        with gathering(session.loss, is_last=is_last):
            with autocast(session.mode.precision, job.device):
                loss = session.loss(job.recipe.mix(batch))
            # Weighted by samples, so that a short last batch, or a short last group, counts by its size. Processes
            # of a team average what they send, hence its size.
            share = len(batch) / table.samples_of_update(batch_number)
            watch.begin("backward")
            session.scaler.scale(loss * (share * job.team.size)).backward()
        job.reporter.signs.stepped()
        total = total + loss.detach() * share
        if not is_last:
            watch.begin("waiting for data")
            continue
        watch.begin("optimizer")
        factor = schedule_factor(settings.schedule, progress.update, table.updates, table.warmup_updates)
        rate = set_learning_rate(session.optimizer, factor)
        progress.step += table.samples_of_update(batch_number)
        job.reporter.metric("train.learning_rate", progress.step, rate)
        _clip(session)
        session.scaler.step(session.optimizer)
        session.scaler.update()
        session.optimizer.zero_grad(set_to_none=True)
        progress.update += 1
        progress.batch = batch_number + 1
        if progress.batch == len(table.bounds):
            progress.epoch, progress.batch = progress.epoch + 1, 0
        assert isinstance(total, Tensor)
        yield job.team.total(total)
        total = 0.0
        watch.begin_update(progress.update)
        watch.begin("waiting for data")


def _clip(session: Session) -> None:
    """Scale gradients down to the largest allowed Euclidean norm, and record the norm if asked."""
    limit = session.job.settings.training.gradient_clip
    is_logged = session.job.settings.logging.log_grad_norm
    if not limit and not is_logged:
        return
    session.scaler.unscale_(session.optimizer)
    norm = clip_grad_norm_(session.model.parameters(), limit or math.inf)
    # In 16-bit floats a step too large is left out and the scale lowered; a GPU is not waited for.
    if session.job.device.type == "cpu" and session.mode.precision != "float16":
        _require_finite_gradient(float(norm), session.progress)
    if is_logged:
        step = session.progress.step
        session.job.reporter.metric("train.gradient_norm", step, norm.detach())
        clipped = norm.detach().clamp(max=limit) if limit else norm.detach()
        session.job.reporter.metric("train.gradient_norm_clipped", step, clipped)


def _report_update(session: Session, loss: Tensor) -> None:
    job, progress, table = session.job, session.progress, session.table
    if job.device.type == "cpu" or progress.update % LOSS_CHECK_UPDATES == 0:
        _require_finite(float(loss), progress)
    job.watch.begin("logging")
    job.reporter.metric("train.loss", progress.step, loss)
    done_here = progress.update - session.checkpoints.first_update
    seconds = (time.monotonic() - session.checkpoints.began) / done_here * (table.updates - progress.update)
    if done_here == 1:
        job.reporter.nudge()
    job.reporter.progress(
        TRAINING_SHARE * job.round.fraction(progress.update / table.updates),
        epoch=table.epoch_at(progress.update),
        epochs=table.epochs * job.round.count,
        step=progress.step,
        update=progress.update,
        updates=table.updates,
        seconds_left=seconds,
    )
    report_timings(session)


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


def _epoch(job: Job, epoch: int) -> str:
    epochs = job.settings.training.epochs
    number = (job.round.number - 1) * epochs + epoch + 1
    return f"epoch {number} of {epochs * job.round.count}"
