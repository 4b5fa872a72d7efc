"""Samples per second of our loop against a bare PyTorch loop, with the same model, data, optimizer and threads.

    python -m benchmarks.loop [--threads 2] [--rounds 3]

Both read the same PNG files with the same reader and transforms in as many data workers; the bare loop writes nothing,
checks nothing and cannot be stopped. Rounds alternate, so that a busy neighbour disturbs both alike.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.workspace import import_example, make_run
from studio.modeling.loading import BatchLoader, TrainingOrder
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.job import Job, make_job
from studio.training.loop import train
from studio.training.reporter import Reporter
from studio.training.stopping import StopSignal

EPOCHS = 3
SETTINGS = {
    "architecture.backbone": "resnet18",
    "architecture.pretrained": False,
    "image.image_width": 128,
    "image.image_height": 128,
    "training.batch_size": 16,
    "training.epochs": EPOCHS,
    "training.evaluation_epochs": 1000.0,
    "training.build_scoring_pipelines": False,
    "dataset.validation_strategy": "automatic",
    "dataset.validation_size": 0.05,
    "dataset.test_dataframe": None,
}


def bare(job: Job) -> float:
    """Samples a second of the shortest loop one would write by hand, from the second epoch on."""
    model = job.recipe.model(None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    samples = job.recipe.samples(job.split.train, job.media, training=True)
    order = TrainingOrder(len(samples), 16, drop_last=True, seed=0)
    loader: BatchLoader[Any] = BatchLoader(job.recipe, samples, order, job.workers, job.device)
    model.train()
    seen, started = 0, 0.0
    for epoch in range(EPOCHS):
        order.begin(epoch)
        if epoch == 1:
            started = time.perf_counter()
        for batch in loader:
            optimizer.zero_grad(set_to_none=True)
            job.recipe.loss(model, batch).backward()
            optimizer.step()
            seen += len(batch) if epoch else 0
    return seen / (time.perf_counter() - started)


def ours(job: Job) -> float:
    """Samples a second of our loop, from the second epoch on, the checkpoint of the first epoch included."""
    times: list[tuple[float, int]] = []
    report = job.reporter.metric

    def metric(name: str, step: int, value: Any) -> None:
        if name == "train.loss":
            times.append((time.perf_counter(), step))
        report(name, step, value)

    job.reporter.metric = metric  # type: ignore[method-assign]
    train(job)
    per_epoch = len(times) // EPOCHS
    (began, first), (ended, last) = times[per_epoch - 1], times[-1]
    return (last - first) / (ended - began)


def make(root: Path, name: str, threads: int) -> Job:
    """A job of its own for every round."""
    dataset = root / "dataset"
    source = import_example("image_classification", dataset) if not dataset.exists() else None
    from studio.datasets.dataset import Dataset

    folder = RunFolder(make_run(root / name, source or Dataset.open(dataset), SETTINGS, threads=threads))
    reporter = Reporter(folder, 1, 1)
    return make_job(folder, RunSpec.read(folder.path), 1, reporter, StopSignal(folder))


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
            pairs.append((mine, hand))
            print(f"round {index + 1}: ours {mine:.1f}, bare {hand:.1f} samples/s, ratio {mine / hand:.3f}")
    ratio = statistics.median(mine / hand for mine, hand in pairs)
    print(f"median ratio {ratio:.3f}; target at least 0.97")


if __name__ == "__main__":
    main()
