"""kill -9 of the worker and of the server in mid-training: the truth is told, and resume goes on (F2, F14)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from studio.runs.events import read_events

Studio = Callable[..., Any]

pytestmark = pytest.mark.heavy


@contextmanager
def server(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "STUDIO_HOME": str(home)}
    command = [sys.executable, "-m", "studio.cli", "serve", "--port", "0", "--no-open"]
    with (
        (home.parent / "server.log").open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(lambda: (home / "run" / "server.json").exists() and process.poll() is None, 60)
            time.sleep(1)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(30)


def wait_for(condition: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s")


def started(studio: Studio, tmp_path: Path, epochs: int) -> tuple[str, Path]:
    """A long training on example data: the experiment's name and its settings file."""
    studio("example", "image_classification", "-o", tmp_path / "example")
    studio("dataset", "import", tmp_path / "example", "--name", "shapes")
    config = tmp_path / "shapes.yaml"
    studio("config", "new", "image_classification", "--dataset", "shapes",
           "--set", "architecture.backbone=test_resnet", "--set", "architecture.pretrained=false",
           "--set", "image.image_width=64", "--set", "image.image_height=64", "--set", "training.batch_size=8",
           "--set", f"training.epochs={epochs}", "--set", "environment.seed=3",
           "--set", "environment.number_of_workers=0", "-o", config)  # fmt: skip
    studio("run", config, "--name", "long")
    return "long", config


def run_of(studio: Studio, name: str) -> dict[str, Any]:
    return studio("experiment", "show", name)["runs"][0]


def folder_of(home: Path, run_id: str) -> Path:
    return next(path for path in home.rglob(run_id) if (path / "spec.json").exists())


def worker_pid(folder: Path) -> int:
    return int(json.loads((folder / "run.json").read_text())["pid"])


def test_a_killed_worker_is_lost_and_resume_continues_from_its_checkpoint(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    home.mkdir()
    with server(home):
        name, _ = started(studio, tmp_path, epochs=60)
        run = wait_for(
            lambda: (found := run_of(studio, name))["state"] == "running" and found["epoch"] >= 2 and found, 120
        )
        folder = folder_of(home, run["id"])

        os.kill(worker_pid(folder), signal.SIGKILL)
        lost = wait_for(lambda: (found := run_of(studio, name))["state"] in ("lost", "failed") and found, 15)
        assert lost["state"] == "lost"
        assert lost["error"]["message"]

        studio("experiment", "resume", name)
        resumed = wait_for(
            lambda: (found := run_of(studio, name))["attempt"] == 2 and found["epoch"] > lost["epoch"] and found, 120
        )
        assert resumed["state"] == "running"
        studio("experiment", "stop", name)
        stopped = wait_for(lambda: (found := run_of(studio, name))["state"] == "stopped" and found, 60)

    numbers = [event.n for event, _ in read_events(folder / "events.jsonl", limit=10**6)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert stopped["step"] > lost["step"]


def test_training_goes_on_without_its_server_and_is_adopted(studio: Studio, home: Path, tmp_path: Path) -> None:
    home.mkdir()
    with server(home) as first:
        name, _ = started(studio, tmp_path, epochs=400)
        run = wait_for(
            lambda: (found := run_of(studio, name))["state"] == "running" and found["step"] > 0 and found, 120
        )
        folder = folder_of(home, run["id"])
        pid = worker_pid(folder)
        first.kill()
        first.wait(10)

    before = sum(1 for _ in read_events(folder / "events.jsonl", limit=10**6))
    time.sleep(4)
    assert sum(1 for _ in read_events(folder / "events.jsonl", limit=10**6)) > before, (
        "training stopped with the server"
    )

    with server(home):
        adopted = wait_for(lambda: (found := run_of(studio, name))["step"] > run["step"] and found, 30)
        assert adopted["state"] == "running"
        assert adopted["attempt"] == 1
        assert worker_pid(folder) == pid
        studio("experiment", "stop", name)
        wait_for(lambda: run_of(studio, name)["state"] == "stopped", 60)
