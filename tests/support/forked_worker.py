"""A worker as a process of its own, forked from the test as the warm launcher forks them: to be killed, and watched."""

import faulthandler
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from studio import failpoints
from studio.runs.events import Event, decode
from studio.runs.folder import RunFolder
from studio.runs.process import die_with_parent
from studio.runs.spec import RunSpec
from studio.training.worker import run_worker

Points = dict[str, list[tuple[int, float]]]


@dataclass
class ForkedWorker:
    """A living or ended worker of a run folder."""

    folder: Path
    pid: int
    code: int | None = field(default=None)

    def wait(self, seconds: float = 120.0) -> int:
        """Its exit code when it has ended; negative for a signal."""
        deadline = time.monotonic() + seconds
        while self.code is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"still running after {seconds} s: {tail(self.folder)}")
            else:
                time.sleep(0.01)
        return self.code

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal it."""
        if self.code is None:
            os.kill(self.pid, number)

    def children(self) -> list[psutil.Process]:
        """Everything it started that lives."""
        return psutil.Process(self.pid).children(recursive=True)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait while it works until something holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited too long: {tail(self.folder)}"
            time.sleep(0.02)


def fork_worker(
    folder: Path, environment: Mapping[str, str] | None = None, plant: Callable[[], object] = lambda: None
) -> ForkedWorker:
    """Fork a worker for a run folder; `plant` is called in it before it begins."""
    sys.stdout.flush()
    sys.stderr.flush()
    (folder / "worker.log").touch(mode=0o600)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid:
        return ForkedWorker(folder, pid)
    code = 1
    try:
        os.setsid()
        die_with_parent()  # a test run that is broken off leaves no worker behind
        log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout = os.fdopen(os.dup(1), "w", buffering=1)
        sys.stderr = sys.__stderr__ = os.fdopen(os.dup(2), "w", buffering=1)
        os.environ.update(environment or {})
        failpoints._seen.clear()
        faulthandler.disable()  # pytest's own writes to the terminal
        plant()
        code = run_worker(folder)
    finally:
        os._exit(code)


def next_attempt(folder: Path) -> None:
    """Order what the server orders when a run is resumed."""
    spec = RunSpec.read(folder)
    spec.model_copy(update={"attempt": spec.attempt + 1, "fence": spec.fence + 1, "resume": True}).write(folder)
    RunFolder(folder).stop.unlink(missing_ok=True)


def events(folder: Path) -> list[Event]:
    """The whole lines of a run's log."""
    data = RunFolder(folder).events.read_bytes() if RunFolder(folder).events.exists() else b""
    return [decode(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def of_kind(folder: Path, kind: str) -> list[Any]:
    """The events of a kind."""
    return [event for event in events(folder) if event.kind == kind]


def stream(folder: Path) -> Points:
    """The points that count, by the rule of the log: an attempt drops all behind the step that it continues from."""
    points: Points = {}
    for event in events(folder):
        if event.kind == "started":
            kept = -1 if event.resumed_from_step is None else event.resumed_from_step
            points = {name: [one for one in series if one[0] <= kept] for name, series in points.items()}
        elif event.kind == "metrics":
            for name, series in event.points.items():
                points.setdefault(name, []).extend(series)
    return points


def tail(folder: Path) -> str:
    """The last words of a run's log."""
    log = RunFolder(folder).log
    return log.read_text()[-3000:] if log.exists() else "no log"
