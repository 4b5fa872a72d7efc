"""When a run writes checkpoints, and how it tells: never more than a small share of the time."""

import math
import time
from pathlib import Path

from torch import nn

from studio.errors import CheckpointError
from studio.files import folder_size, read_json
from studio.modeling.checkpoint import (
    CheckpointLabels,
    CheckpointState,
    CheckpointStore,
    read_checkpoint,
    read_model,
)
from studio.runs.checkpoint_files import MANIFEST
from studio.runs.events import CheckpointSaved
from studio.training.failures.disk import DiskError, writing
from studio.training.progress import Progress
from studio.training.run_context import RunContext

MAX_TIME_SHARE = 0.02
"""Short epochs would otherwise spend their time on disk: a checkpoint nobody asked for waits until it costs less."""
MAX_DAMAGED = 3
"""Checkpoints in a row that an error of the disk makes useless, until the run fails."""


class Checkpoints:
    """The checkpoints of one run, seen from the loop."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._store = CheckpointStore(context.folder.checkpoints)
        if context.process_group.is_first:
            self._store.sweep()
        self._cost_seconds = 0.0
        self._written_at = -math.inf
        self._damaged = 0
        """In a row."""
        self.began = time.monotonic()
        self.first_update = 0

    def begin(self, update: int) -> None:
        """Training begins now, at this update."""
        self.began, self.first_update = time.monotonic(), update

    def latest(self) -> CheckpointState | None:
        """The newest state of this stage that is complete, if there is one."""
        path = self._store.latest()
        self._tell_damage(path)
        if path is None:
            return None
        state = read_checkpoint(path)
        progress = Progress.from_json(state.rest["progress"])
        if progress.stage != self._context.stage.number:
            return None
        self._context.reporter.log("info", f"Resuming from {path.name}.")
        self._catch_up(path, progress)
        return state

    def _catch_up(self, path: Path, progress: Progress) -> None:
        """Do what a death right after a checkpoint left undone: note that it is the best, and tell of it."""
        is_best = progress.best_step == progress.step
        if is_best and self._context.process_group.is_first:
            self._store.mark_best(path.name)
        self._context.reporter.event(
            CheckpointSaved(
                name=path.name,
                step=progress.step,
                epoch=float(read_json(path / MANIFEST)["epoch"]),
                is_best=is_best,
                metric=progress.best_metric if is_best and progress.best_metric is not None else math.nan,
                size_bytes=folder_size(path),
            )
        )

    def _tell_damage(self, path: Path | None) -> None:
        """Say what of a newer checkpoint does not fit.

        Raises:
            CheckpointError: if there is nothing older to go on from.
        """
        damage = self._store.damaged()
        for one in damage:
            self._context.reporter.log(
                "warning", f"The file {one.file} of the checkpoint {one.checkpoint} is damaged; it is not used."
            )
        if damage and path is None:
            raise CheckpointError(
                f"The file {damage[0].file} of the checkpoint {damage[0].checkpoint} is damaged, and there is no "
                "earlier checkpoint.",
                hint="Start the experiment again. Have the disk checked.",
                code="checkpoint_damaged",
            )
        if damage and path is not None:
            self._context.reporter.log("warning", f"Continuing from the previous checkpoint, {path.name}.")

    def forget_best(self) -> None:
        """A new stage begins: what was best before counts no more."""
        self._store.forget_best()

    def is_cheap(self) -> bool:
        """Whether a checkpoint that nobody asked for costs little against the time since the last one."""
        return time.monotonic() - self._written_at >= self._cost_seconds / MAX_TIME_SHARE

    def write(
        self,
        state: CheckpointState,
        progress: Progress,
        epoch: float,
        *,
        metric: float | None = None,
        is_best: bool = False,
        is_due: bool = False,
    ) -> None:
        """Write a checkpoint, and tell. One that the disk damages is discarded; if it is due, the next follows at once.

        Raises:
            DiskError: if there is no room, or the third in a row was damaged.
        """
        started = time.monotonic()
        labels = CheckpointLabels(
            step=progress.step,
            epoch=epoch,
            fence=self._context.spec.fence,
            settings_fingerprint=self._context.settings.fingerprint(),
            dataset_fingerprint=self._context.dataset.manifest.fingerprint,
        )
        name = self._write(state, labels, is_best=is_best)
        while name is None and is_due:
            name = self._write(state, labels, is_best=is_best)
        self._written_at = time.monotonic()
        self._cost_seconds = self._written_at - started
        if name is None:
            return
        self._context.reporter.event(
            CheckpointSaved(
                name=name,
                step=progress.step,
                epoch=epoch,
                is_best=is_best,
                metric=math.nan if metric is None else metric,
                size_bytes=self._store.written[name],
            )
        )

    def _write(self, state: CheckpointState, labels: CheckpointLabels, *, is_best: bool) -> str | None:
        """The name of a checkpoint on disk; None if an error of the disk made it useless."""
        try:
            with writing("a checkpoint", self._context.folder.checkpoints, _size_bytes(state)):
                self._context.reporter.sync()
                name = self._store.write(state, labels, is_best=is_best)
        except DiskError as error:
            self._damaged += 1
            if error.code != "disk_error" or self._damaged >= MAX_DAMAGED:
                raise
            self._context.reporter.log("warning", f"{error.message} It is discarded; the next one is tried.")
            return None
        self._damaged = 0
        return name

    def load_best(self, model: nn.Module) -> None:
        """Put the best weights into the model; the last ones stay where no metric was ever defined.

        Raises:
            CheckpointError: if there was a best one and it is damaged.
        """
        best = self._store.best()
        if best is not None:
            model.load_state_dict(read_model(best))
            self._context.reporter.log(
                "info", f"Using the weights of {best.name}, the best by {self._context.metric.name}."
            )
        elif (self._context.folder.checkpoints / "best.json").exists():
            raise CheckpointError(
                "The best checkpoint is damaged.",
                hint="Start the experiment again, or turn off Save best checkpoint to continue with the last one.",
                code="checkpoint_damaged",
            )


def _size_bytes(state: CheckpointState) -> int:
    tensors = (*state.model.values(), *state.optimizer.values(), *state.generators.values())
    return sum(one.numel() * one.element_size() for one in tensors)
