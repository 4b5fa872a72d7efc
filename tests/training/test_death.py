"""kill -9 of a worker: the lock is free and its data workers are gone at once; a new attempt goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.workspace import make_run
from studio.datasets.dataset import Dataset
from studio.runs.events import decode
from studio.runs.folder import RunFolder, is_run_alive
from studio.runs.spec import RunSpec
from studio.training.worker import run_worker

SETTINGS = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.epochs": 40,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 2,
    "dataset.test_dataframe": None,
}
RELEASED_SECONDS = 2.0


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_a_killed_run_frees_its_lock_and_resumes_without_a_gap(shapes: Dataset, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", shapes, SETTINGS, threads=3)
    worker = subprocess.Popen([sys.executable, "-m", "studio.training", str(folder)], stdout=subprocess.DEVNULL)
    wait_until((folder / "checkpoints" / "latest.json").exists, 90)
    children = psutil.Process(worker.pid).children(recursive=True)

    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not is_run_alive(RunFolder(folder)), RELEASED_SECONDS)
    wait_until(lambda: all(not one.is_running() or one.status() == "zombie" for one in children), RELEASED_SECONDS)
    changes = {"attempt": 2, "fence": 2, "resume": True, "threads": 1}
    RunSpec.read(folder).model_copy(update=changes).write(folder)
    code = run_worker(folder)

    events = [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
    started = [event for event in events if event.kind == "started"]
    assert len(children) == 2
    assert code == 0
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert started[1].resumed_from_step is not None
    assert started[0].seed == started[1].seed
    assert events[-1].kind == "finished"
