"""The warm launcher: forks workers that lead sessions of their own, and goes when nobody needs it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workspace import make_run
from studio.datasets.dataset import Dataset
from studio.runs.events import decode
from studio.runs.exit_record import ExitRecord
from studio.runs.folder import RunFolder, is_run_alive
from studio.scheduling.launcher import connect_unix
from tests.support.requirements import covers

WARM_SECONDS = 90
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "HF_HUB_OFFLINE": "1", "MARK": "worker"}


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    path = tmp_path_factory.mktemp("launcher") / "l.sock"
    process = subprocess.Popen([sys.executable, "-m", "studio.training", "--launcher", str(path)])
    deadline = time.monotonic() + WARM_SECONDS
    while time.monotonic() < deadline:
        try:
            connect_unix(path, 1.0).close()
            break
        except OSError:
            time.sleep(0.2)
    yield process, path
    process.terminate()
    process.wait(10)


def fork(path: Path, folder: Path) -> int:
    with connect_unix(path, 5.0) as connection:
        connection.sendall(json.dumps({"folder": str(folder), "threads": 1, "env": ENVIRONMENT}).encode() + b"\n")
        return int(json.loads(connection.makefile("rb").readline())["pid"])


def wait_until(condition: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def tiny_run(folder: Path, dataset: Dataset, epochs: int) -> Path:
    settings = {
        "architecture.backbone": "test_resnet",
        "architecture.pretrained": False,
        "image.image_width": 32,
        "image.image_height": 32,
        "training.epochs": epochs,
        "training.build_scoring_pipelines": False,
        "environment.number_of_workers": 0,
    }
    return make_run(folder, dataset, settings, threads=1)


def kinds(folder: Path) -> list[str]:
    path = folder / "events.jsonl"
    return [decode(line).kind for line in path.read_bytes().splitlines()] if path.exists() else []


def test_a_forked_worker_trains_in_a_session_of_its_own(
    launcher: tuple[subprocess.Popen[bytes], Path], shapes: Dataset, tmp_path: Path
) -> None:
    process, path = launcher
    folder = tiny_run(tmp_path / "run", shapes, epochs=1)

    started = time.monotonic()
    pid = fork(path, folder)
    wait_until(lambda: "started" in kinds(folder))
    warm_seconds = time.monotonic() - started
    session = os.getsid(pid)
    wait_until(lambda: kinds(folder)[-1] == "finished")

    assert session == pid != os.getsid(process.pid)
    assert warm_seconds < 3
    assert "Epoch 1" in (folder / "worker.log").read_text()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_workers_live_on_when_the_launcher_ends(shapes: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "l.sock"
    process = subprocess.Popen([sys.executable, "-m", "studio.training", "--launcher", str(path)])
    wait_until(path.exists, WARM_SECONDS)
    folder = tiny_run(tmp_path / "run", shapes, epochs=400)
    pid = fork(path, folder)
    wait_until(lambda: "metrics" in kinds(folder))

    process.kill()
    process.wait(10)

    assert is_run_alive(RunFolder(folder))
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: kinds(folder)[-1] == "stopped")


def test_told_to_end_it_stays_to_see_how_its_workers_end(shapes: Dataset, tmp_path: Path) -> None:
    """F23: without the one who reaps, nobody would know by which signal a worker died."""
    path = tmp_path / "l.sock"
    process = subprocess.Popen([sys.executable, "-m", "studio.training", "--launcher", str(path)])
    wait_until(path.exists, WARM_SECONDS)
    folder = tiny_run(tmp_path / "run", shapes, epochs=400)
    pid = fork(path, folder)
    wait_until(lambda: "metrics" in kinds(folder))

    process.terminate()
    time.sleep(1.5)
    assert process.poll() is None
    with pytest.raises(ConnectionRefusedError):
        connect_unix(path, 1.0)
    os.kill(pid, signal.SIGKILL)

    assert process.wait(10) == 0
    assert ExitRecord.of(RunFolder(folder), pid) == -signal.SIGKILL


def test_a_bad_request_does_not_end_it(launcher: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, path = launcher

    for text in (b"nonsense\n", b"{}\n", b"\n"):
        with connect_unix(path, 5.0) as connection:
            connection.sendall(text)
            assert connection.makefile("rb").readline() == b""

    assert process.poll() is None
    connect_unix(path, 1.0).close()


@covers("F100")
def test_asked_for_its_stacks_it_goes_on(launcher: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, path = launcher
    caught = next(
        line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("SigCgt")
    )
    assert int(caught.split()[1], 16) >> (signal.SIGUSR1 - 1) & 1

    process.send_signal(signal.SIGUSR1)

    with connect_unix(path, 5.0) as connection:
        connection.sendall(b"{}\n")
        assert connection.makefile("rb").readline() == b""
    assert process.poll() is None


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "l.sock"
    code = (
        "import subprocess, sys, time; from pathlib import Path; "
        f"p = subprocess.Popen([sys.executable, '-m', 'studio.training', '--launcher', {str(path)!r}], "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(p.pid)\n"
        f"while not Path({str(path)!r}).exists(): time.sleep(0.1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid = int(done.stdout)

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    wait_until(is_gone, 60)
