"""Progress: where a training is, and where its evaluations and checkpoints lie."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.modeling.loading import batch_bounds


@dataclass
class Progress:
    """What changes while training; goes into every checkpoint."""

    stage: int = 1
    """Stages count from 1; with pseudo labels there are two."""
    epoch: int = 0
    """Epochs of this stage completed."""
    batch: int = 0
    """Batches of the present epoch that are done."""
    update: int = 0
    step: int = 0
    """Samples seen."""
    batch_size: int = 0
    is_evaluation_due: bool = False
    best_metric: float | None = None
    best_step: int | None = None
    best_epoch: float | None = None
    is_probed: bool = False
    """Whether the last layer started as a linear probe."""
    probe_metric: float | None = None
    """The validation metric of that probe, before the first update."""
    seconds: float = 0.0
    """Of the time limit that are over."""
    is_out_of_time: bool = False
    """Whether the time limit has ended the training."""
    averaged: int = 1
    """Of how many validated weights the model is an average in the end."""
    soup: dict[int, float] = field(default_factory=dict)
    """Steps of validated weights that are kept to be averaged, with their validation metric."""

    def to_json(self) -> dict[str, Any]:
        """As a checkpoint carries it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Progress":
        """The opposite of `to_json`. Until 0.1.0 a stage was called a round."""
        read = cls(**{"stage" if name == "round" else name: one for name, one in value.items()})
        read.soup = {int(step): float(metric) for step, metric in read.soup.items()}
        return read


@dataclass(frozen=True)
class Stage:
    """One training from the start among those of a run. Steps and epochs are told through, updates are not."""

    number: int = 1
    count: int = 1
    first_step: int = 0

    def fraction(self, done: float) -> float:
        """How far all stages are when this one is `done`."""
        return (self.number - 1 + done) / self.count


ONLY_STAGE = Stage()


@dataclass(frozen=True)
class TrainingSchedule:
    """How many batches and updates a training has, and after which updates it is evaluated."""

    bounds: tuple[tuple[int, int], ...]
    """(start, stop) of the samples of each batch of an epoch."""
    epochs: int
    accumulation: int
    evaluations: frozenset[int]
    """Updates after which the model is evaluated, counted from 1."""
    warmup_updates: int
    epochs_before: int = 0
    """Of earlier stages."""

    @property
    def updates_per_epoch(self) -> int:
        """Optimizer steps in an epoch; the last may gather fewer batches."""
        return math.ceil(len(self.bounds) / self.accumulation)

    @property
    def updates(self) -> int:
        """Optimizer steps in all."""
        return self.updates_per_epoch * self.epochs

    def samples_of_update(self, batch: int) -> int:
        """Samples that stand behind the update that a batch belongs to."""
        first = batch // self.accumulation * self.accumulation
        last = min(first + self.accumulation, len(self.bounds)) - 1
        return self.bounds[last][1] - self.bounds[first][0]

    def ends_update(self, batch: int) -> bool:
        """Whether the optimizer steps after this batch."""
        return (batch + 1) % self.accumulation == 0 or batch + 1 == len(self.bounds)

    def epoch_at(self, update: int) -> float:
        """Epochs done after an update, those of earlier stages included."""
        return self.epochs_before + update / self.updates_per_epoch


def training_schedule(
    rows: int,
    batch_size: int,
    *,
    drop_last: bool,
    epochs: int,
    accumulation: int,
    evaluation_epochs: float,
    warmup_epochs: float,
    devices: int = 1,
    epochs_before: int = 0,
) -> TrainingSchedule:
    """The schedule of a training over `rows` samples. The last update is always evaluated."""
    bounds = tuple(batch_bounds(rows, batch_size, drop_last=drop_last, devices=devices))
    per_epoch = math.ceil(len(bounds) / accumulation)
    updates = per_epoch * epochs
    every = max(1.0, evaluation_epochs * per_epoch)
    points = {round(every * index) for index in range(1, int(updates / every) + 1)}
    return TrainingSchedule(
        bounds=bounds,
        epochs=epochs,
        accumulation=accumulation,
        evaluations=frozenset({*points, updates}),
        warmup_updates=min(updates, round(warmup_epochs * per_epoch)),
        epochs_before=epochs_before,
    )
