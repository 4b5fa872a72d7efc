"""What a run loses because something else runs: one run alone against two at once, and waiting threads that spin.

    python -m benchmarks.contention            one run alone with all cores, then two with half of them each
    python -m benchmarks.contention --spin     also: spinning against passive waiting beside a busy process

Two concurrent runs are to keep at least 0.45 of the samples a second of one run alone, each.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.workspace import import_example, make_run
from studio.datasets.dataset import Dataset
from studio.machine import usable_cores
from studio.runs.events import decode
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.scheduling.environment import worker_environment

SETTINGS = {
    "architecture.backbone": "resnet18",
    "architecture.pretrained": False,
    "image.image_width": 96,
    "image.image_height": 96,
    "training.batch_size": 16,
    "training.epochs": 900,
    "training.evaluation_epochs": 900.0,
    "environment.number_of_workers": 0,
    "environment.memory_layout": "Channels last",
    "environment.mixed_precision_training": False,
    "logging.number_of_images": 1,
    "dataset.test_dataframe": None,
}
WARM_SECONDS = 3.0
TARGET = 0.45


def start(folder: Path, *, is_passive: bool = True) -> subprocess.Popen[bytes]:
    """A worker with the environment that the scheduler gives it; or with torch's defaults for waiting."""
    environment = worker_environment(os.environ, RunSpec.read(folder))
    if not is_passive:
        del environment["OMP_WAIT_POLICY"]
    with RunFolder(folder).log.open("wb") as log:
        command = [sys.executable, "-m", "studio.training", str(folder)]
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def points(folder: Path) -> list[int]:
    """The steps that a run has told so far."""
    path = RunFolder(folder).events
    data = path.read_bytes() if path.exists() else b""
    found = (decode(line) for line in data[: data.rfind(b"\n") + 1].splitlines())
    return [step for event in found if event.kind == "metrics" for step, _ in event.points.get("train.loss", ())]


def speeds(folders: list[Path], seconds: float, *, is_passive: bool = True) -> list[float]:
    """Samples a second of runs that all train at the same time."""
    workers = [start(folder, is_passive=is_passive) for folder in folders]
    try:
        while not all(points(folder) for folder in folders):
            if any(worker.poll() is not None for worker in workers):
                raise RuntimeError(RunFolder(folders[0]).log.read_text()[-2000:])
            time.sleep(0.2)
        time.sleep(WARM_SECONDS)
        before, began = [points(folder)[-1] for folder in folders], time.monotonic()
        time.sleep(seconds)
        after, lasted = [points(folder)[-1] for folder in folders], time.monotonic() - began
        return [(last - first) / lasted for first, last in zip(before, after, strict=True)]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def against_another_run(root: Path, dataset: Dataset, seconds: float, rounds: int) -> float:
    """The smallest share of its speed that one of two runs keeps; alone and together take turns."""
    cores = usable_cores()
    shares: list[float] = []
    for number in range(rounds):
        alone = speeds([make_run(root / f"alone-{number}", dataset, SETTINGS, threads=cores)], seconds)[0]
        half = max(1, cores // 2)
        both = speeds(
            [make_run(root / f"{name}-{number}", dataset, SETTINGS, threads=half) for name in ("left", "right")],
            seconds,
        )
        share = min(both) / alone
        shares.append(share)
        print(
            f"alone on {cores} cores {alone:7.1f} samples/s; two at once with {half} each "
            f"{both[0]:7.1f} and {both[1]:7.1f}: {share:.2f} of one alone"
        )
    return statistics.median(shares)


def beside_a_busy_process(root: Path, dataset: Dataset, seconds: float) -> None:
    """Torch's default wait policy, the passive one, and threads by free cores, with one core kept busy."""
    cores = usable_cores()
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for name, threads, is_passive in (
            ("spinning, all cores", cores, False),
            ("passive, all cores", cores, True),
            ("passive, free cores", max(1, cores - 1), True),
        ):
            folder = make_run(root / name.replace(", ", "-").replace(" ", "-"), dataset, SETTINGS, threads=threads)
            speed = speeds([folder], seconds, is_passive=is_passive)[0]
            print(f"beside one busy process: {name:22} {threads} thread(s) {speed:7.1f} samples/s")
    finally:
        busy.kill()
        busy.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spin", action="store_true", help="also compare wait policies beside a busy process")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_example("image_classification", root / "datasets" / "shapes")
        share = against_another_run(root, dataset, chosen.seconds, chosen.rounds)
        print(f"median of the slower side: {share:.2f} of one run alone (target {TARGET})")
        if chosen.spin:
            beside_a_busy_process(root, dataset, chosen.seconds)


if __name__ == "__main__":
    main()
