"""When a run writes checkpoints, and how it tells: never more than a small share of the time."""

import math
import time

from torch import nn

from studio.errors import CheckpointError
from studio.modeling.checkpoint import CheckpointLabels, CheckpointState, CheckpointStore, read_checkpoint, read_model
from studio.runs.events import CheckpointSaved
from studio.training.job import Job
from studio.training.progress import Progress

MAX_TIME_SHARE = 0.02
"""Short epochs would otherwise spend their time on disk: a checkpoint nobody asked for waits until it costs less."""


class Checkpoints:
    """The checkpoints of one run, seen from the loop."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._store = CheckpointStore(job.folder.checkpoints)
        self._cost_seconds = 0.0
        self._written_at = -math.inf
        self.began = time.monotonic()
        self.first_update = 0

    def begin(self, update: int) -> None:
        """Training begins now, at this update."""
        self.began, self.first_update = time.monotonic(), update

    def latest(self) -> CheckpointState | None:
        """The newest state of this round that is complete, if there is one."""
        path = self._store.latest()
        if path is None:
            return None
        state = read_checkpoint(path)
        if Progress.from_json(state.rest["progress"]).round != self._job.round.number:
            return None
        self._job.reporter.log("info", f"Resuming from {path.name}.")
        return state

    def forget_best(self) -> None:
        """A new round begins: what was best before counts no more."""
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
    ) -> None:
        """Write a checkpoint, and tell."""
        started = time.monotonic()
        self._job.reporter.sync()
        labels = CheckpointLabels(
            step=progress.step,
            epoch=epoch,
            fence=self._job.spec.fence,
            settings_fingerprint=self._job.settings.fingerprint(),
            dataset_fingerprint=self._job.dataset.manifest.fingerprint,
        )
        name = self._store.write(state, labels, is_best=is_best)
        self._written_at = time.monotonic()
        self._cost_seconds = self._written_at - started
        self._job.reporter.event(
            CheckpointSaved(
                name=name,
                step=progress.step,
                epoch=epoch,
                is_best=is_best,
                metric=math.nan if metric is None else metric,
                size_bytes=self._store.written[name],
            )
        )

    def load_best(self, model: nn.Module) -> None:
        """Put the best weights into the model; the last ones stay where no metric was ever defined.

        Raises:
            CheckpointError: if there was a best one and it is damaged.
        """
        best = self._store.best()
        if best is not None:
            model.load_state_dict(read_model(best))
            self._job.reporter.log("info", f"Using the weights of {best.name}, the best by {self._job.metric.name}.")
        elif (self._job.folder.checkpoints / "best.json").exists():
            raise CheckpointError("The best checkpoint is damaged.", hint="Run the experiment again.")
