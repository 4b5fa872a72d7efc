"""Training state: what the training loop works on, and its state as a checkpoint keeps it."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from studio.modeling.checkpoint import CheckpointState
from studio.modeling.compute_mode import ComputeMode
from studio.modeling.layout import apply_layout
from studio.modeling.loading import BatchLoader, TrainingOrder
from studio.modeling.optimizers import lay_out_moments, optimizer_state, restore_optimizer
from studio.modeling.precision import Precision, gradient_scaler
from studio.modeling.seeds import generator_states, pack_generators, restore_generators, unpack_generators
from studio.runs.events import BestValidation
from studio.training.checkpoints import Checkpoints
from studio.training.progress import Progress, TrainingSchedule
from studio.training.run_context import RunContext
from studio.training.start.speed_choice import Trial
from studio.training.time_limit import TimeLimit


@dataclass
class TrainingState:
    """One training, between two batches."""

    context: RunContext
    mode: ComputeMode
    scaler: torch.amp.GradScaler
    model: nn.Module
    loss: nn.Module
    """The loss of a batch as a module around the model; on several devices it averages gradients."""
    optimizer: torch.optim.Optimizer
    order: TrainingOrder
    loader: BatchLoader[Any]
    table: TrainingSchedule
    progress: Progress
    checkpoints: Checkpoints
    metrics: dict[str, dict[str, float]]
    """The last metrics by split."""
    trial: Trial | None = None
    """The choice of the mode, while it is still to be made."""
    limit: TimeLimit = field(default_factory=TimeLimit)
    time_share: float = 0.0
    """How much of the time for updates is over, as of the last update; 0 without a limit."""
    average: AveragedModel | None = None
    """The average of the weights, where one is kept."""

    @property
    def epoch(self) -> float:
        """Epochs done, those of earlier stages included."""
        return self.table.epoch_at(self.progress.update) if self.table.updates else 0.0

    @property
    def schedule_update(self) -> float:
        """Where the schedule is: at the number of updates done, or further on where the clock is ahead of them."""
        return max(float(self.progress.update), self.time_share * self.table.updates)

    def note_time(self) -> None:
        """After an update: take the time, as the first process has it.

        Where a validation comes now and no update with another one would fit behind it, it is the last.
        """
        if not self.limit.is_set:
            return
        updates = self.progress.update - self.checkpoints.first_update
        samples = max(1, self.progress.step - self.context.stage.first_step) / max(1, self.progress.update)
        validation_updates = len(self.context.split.validation) / samples
        is_due = self.progress.update in self.table.evaluations
        shares = [self.limit.share(updates, validation_updates, validations=one) for one in (0, int(is_due))]
        self.time_share, with_validation = self.context.process_group.from_first(shares)
        self.progress.is_out_of_time = with_validation >= 1 and self.progress.update < self.table.updates

    @property
    def validated(self) -> nn.Module:
        """The model that is scored and kept: that of the averaged weights where they are averaged."""
        return self.model if self.average is None else self.average.module

    @property
    def inference_precision(self) -> Precision:
        """How rows are scored while training goes on."""
        is_mixed = self.context.settings.environment.mixed_precision_inference
        return self.mode.inference(self.context.device, is_mixed=is_mixed).precision

    def compute_in(self, mode: ComputeMode) -> None:
        """Go on in a mode, between two updates, as if a checkpoint had been written and resumed in it."""
        apply_layout(self.model, mode.layout)
        apply_layout(self.validated, mode.layout)
        lay_out_moments(self.optimizer)
        if mode.precision != self.mode.precision:
            self.scaler = gradient_scaler(mode.precision, self.context.device)
        self.mode = mode

    def checkpoint(self, *, metric: float | None = None, is_best: bool = False, is_due: bool = False) -> None:
        """Write a checkpoint if it is due, or cheap enough by now. Every process of the group takes part."""
        if not self.context.process_group.from_first(is_due or self.checkpoints.is_cheap()):
            return
        self.context.watch.begin("checkpoint")
        generators = self.context.process_group.gather(pack_generators(*generator_states()))
        if self.context.process_group.is_first:
            state = self._state(generators)
            with self.context.reporter.heartbeat.stepping(False):
                self.checkpoints.write(state, self.progress, self.epoch, metric=metric, is_best=is_best, is_due=is_due)

    def note_best(self, value: float) -> bool:
        """Note and tell a validation that is strictly better than all before; whether it is."""
        progress = self.progress
        if not self.context.metric.is_better(value, progress.best_metric):
            return False
        progress.best_metric, progress.best_step, progress.best_epoch = value, progress.step, self.epoch
        self.tell_best()
        return True

    def tell_best(self) -> None:
        """Report the best validation so far, if there is one: when it got better, and when a training is resumed."""
        progress = self.progress
        if progress.best_metric is None or not self.context.process_group.is_first:
            return
        self.context.reporter.event(
            BestValidation(metric=progress.best_metric, epoch=progress.best_epoch or 0.0, step=progress.best_step or 0)
        )

    def restore(self, saved: CheckpointState) -> None:
        """Put everything back; the generators last, right before the first batch."""
        self.model.load_state_dict(dict(saved.model))
        self.limit.spent = self.progress.seconds
        if self.average is not None:
            self.average.module.load_state_dict(dict(saved.average))
            self.average.n_averaged.fill_(self.progress.update)
        restore_optimizer(self.optimizer, saved.optimizer, saved.rest["optimizer"])
        if self.scaler.is_enabled() and saved.rest["scaler"]:
            self.scaler.load_state_dict(saved.rest["scaler"])
        self.metrics.update(
            {
                split: {key: math.nan if value is None else value for key, value in values.items()}
                for split, values in saved.rest["metrics"].items()
            }
        )
        others: list[str] = saved.rest.get("others", [])
        rank = self.context.process_group.rank
        if rank == 0:
            restore_generators(dict(saved.generators), saved.rest["generators"])
        elif rank <= len(others):
            restore_generators(*unpack_generators(others[rank - 1]))

    def _state(self, generators: list[str]) -> CheckpointState:
        tensors, optimizer_rest = optimizer_state(self.optimizer)
        self.progress.seconds = self.limit.elapsed() if self.limit.is_set else 0.0
        own, own_rest = unpack_generators(generators[0])
        return CheckpointState(
            model=self.model.state_dict(),
            optimizer=tensors,
            generators=own,
            average={} if self.average is None else self.average.module.state_dict(),
            rest={
                "progress": self.progress.to_json(),
                "mode": self.mode.to_json(),
                "optimizer": optimizer_rest,
                "generators": own_rest,
                "others": generators[1:],
                "scaler": self.scaler.state_dict(),
                "seed": self.context.seed,
                "threads": torch.get_num_threads(),
                "metrics": _finite(self.metrics),
                "last_event": self.context.reporter.last_number,
            },
        )


def _finite(metrics: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    return {
        split: {key: value if math.isfinite(value) else None for key, value in values.items()}
        for split, values in metrics.items()
    }
