"""Samples per second of our loop against a bare PyTorch loop, with the same model, data, optimizer and threads.

    python -m benchmarks.loop [--threads 2] [--rounds 3]

Both read the same PNG files with the same reader and transforms in as many data workers; the bare loop writes nothing,
checks nothing and cannot be stopped. Rounds alternate, so that a busy neighbour disturbs both alike.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.workspace import TRAINING_ONLY, import_example, make_run
from studio.modeling.loading import BatchLoader, TrainingOrder
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.loop import train
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import Reporter
from studio.training.run_context import RunContext, make_context

EPOCHS = 6
SETTINGS = {
    "architecture.backbone": "resnet18",
    "architecture.pretrained": False,
    "image.image_width": 64,
    "image.image_height": 64,
    "training.batch_size": 16,
    "training.epochs": EPOCHS,
    **TRAINING_ONLY,
}


@dataclass(frozen=True)
class Speed:
    """Samples a second, by the clock and by the processor time of this process (data workers not counted)."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Mark:
    """A moment of a training."""

    wall: float
    processor: float
    samples: int

    @classmethod
    def now(cls, samples: int) -> "Mark":
        """This moment."""
        return cls(time.perf_counter(), time.process_time(), samples)

    def speed_until(self, end: "Mark") -> Speed:
        """Between two moments."""
        samples = end.samples - self.samples
        return Speed(samples / (end.wall - self.wall), samples / (end.processor - self.processor))


def bare(context: RunContext) -> Speed:
    """The shortest loop one would write by hand, from the second epoch on."""
    model = context.recipe.model(None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    samples = context.recipe.samples(context.split.train, context.media, training=True)
    order = TrainingOrder(len(samples), 16, drop_last=True, seed=0)
    loader: BatchLoader[Any] = BatchLoader(context.recipe, samples, order, context.workers, context.device)
    model.train()
    seen, began = 0, Mark.now(0)
    for epoch in range(EPOCHS):
        order.begin(epoch)
        for batch in loader:
            optimizer.zero_grad(set_to_none=True)
            context.recipe.loss(model, batch).backward()
            optimizer.step()
            seen += len(batch)
        if epoch == 0:
            began = Mark.now(seen)
    return began.speed_until(Mark.now(seen))


def ours(context: RunContext) -> Speed:
    """Our loop, from the second epoch on, with every checkpoint in between."""
    marks: list[Mark] = []
    report = context.reporter.metric

    def metric(name: str, step: int, value: Any) -> None:
        if name == "train.loss":
            marks.append(Mark.now(step))
        report(name, step, value)

    context.reporter.metric = metric  # type: ignore[method-assign]
    train(context)
    context.reporter.close()
    return marks[len(marks) // EPOCHS].speed_until(marks[-1])


def make(root: Path, name: str, threads: int) -> RunContext:
    """A job of its own for every round."""
    dataset = root / "dataset"
    source = import_example("image_classification", dataset) if not dataset.exists() else None
    from studio.datasets.dataset import Dataset

    folder = RunFolder(make_run(root / name, source or Dataset.open(dataset), SETTINGS, threads=threads))
    reporter = Reporter(folder, 1, 1)
    return make_context(folder, RunSpec.read(folder.path), 1, reporter, StopSignal(folder))


def main() -> None:
    """Print both sides and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for index in range(chosen.rounds):
            hand = bare(make(Path(folder), f"bare{index}", chosen.threads))
            mine = ours(make(Path(folder), f"ours{index}", chosen.threads))
            pairs.append((mine.wall / hand.wall, mine.processor / hand.processor))
            print(
                f"round {index + 1}: ours {mine.wall:.1f}, bare {hand.wall:.1f} samples/s, ratio {pairs[-1][0]:.3f}; "
                f"a processor second {mine.processor:.1f} and {hand.processor:.1f}, ratio {pairs[-1][1]:.3f}",
                flush=True,
            )
    wall, processor = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"median ratio {wall:.3f} by the clock, {processor:.3f} by processor time; target at least 0.97")


if __name__ == "__main__":
    main()
