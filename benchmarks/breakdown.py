"""What the breakdown of the time costs a training: the stopwatch's calls of an update against the update.

    python -m benchmarks.breakdown

The calls are timed by themselves, many at once, and held against updates of a very small network: with a larger one
the share is smaller still. Target: below 1 %.
"""

import tempfile
import time
from pathlib import Path

import torch

from benchmarks.epoch_time import read_events
from benchmarks.workspace import import_example, make_run, run_worker
from studio.runs.events import Timings
from studio.training.reporting.stopwatch import Part, Stopwatch

CALLS: tuple[Part, ...] = ("waiting for data", "transfer", "forward", "backward", "optimizer", "logging")
REPEATS = 20_000
SETTINGS = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.batch_size": 16,
    "training.epochs": 10,
    "training.evaluation_epochs": 1000.0,
    "training.build_scoring_pipelines": False,
    "dataset.test_dataframe": None,
}


def seconds_an_update() -> float:
    """What all calls of one update take."""
    watch = Stopwatch(torch.device("cpu"))
    begun = time.perf_counter()
    for update in range(REPEATS):
        watch.begin_update(update)
        for part in CALLS:
            watch.begin(part)
        watch.is_report_due()
    return (time.perf_counter() - begun) / REPEATS


def main() -> None:
    """Print both and the share."""
    with tempfile.TemporaryDirectory() as name:
        dataset = import_example("image_classification", Path(name) / "shapes")
        folder = make_run(Path(name) / "run", dataset, SETTINGS, threads=2)
        run_worker(folder)
        last = [event for event in read_events(folder) if isinstance(event, Timings)][-1]
    update = sum(last.seconds.values()) / last.updates
    calls = min(seconds_an_update() for _ in range(3))
    print(f"an update {update * 1e3:.2f} ms, the stopwatch {calls * 1e6:.2f} us of it: {calls / update:.3%}")


if __name__ == "__main__":
    main()
