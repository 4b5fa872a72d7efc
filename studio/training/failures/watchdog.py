"""Watchdog: notices that a run makes no progress, writes down what every thread is doing, and ends it.

While batches follow each other, only the next one is progress: a process that waits for a device may look busy. In all
other work (downloads, caches, metrics, predictions, packing) processor time and bytes moved count as well.

A hang that holds Python's lock keeps this thread from running. Then a timer of the interpreter's own writes down the
stacks, and the server, which hears no heartbeat any more, ends the run.
"""

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from studio.errors import TrainingError
from studio.runs.hang_timeout import hang_seconds
from studio.training.failures.heartbeat import HeartbeatMonitor

MEDIAN_STEPS = 20
LOOK_SECONDS = 1.0
DUMP_SECONDS = 0.5
"""How long other processes get to write their stacks."""
MAX_STACK_BYTES = 15_000
IDLE_CPU_SECONDS, IDLE_CPU_SHARE = 0.2, 0.02
IDLE_BYTES, IDLE_BYTES_A_SECOND = 1 << 20, 20_000
"""What heartbeats and this thread use by themselves, and more."""


@dataclass(frozen=True)
class Effort:
    """What a process has used so far."""

    cpu_seconds: float
    moved_bytes: int

    @classmethod
    def now(cls) -> "Effort":
        """Of this process."""
        process = psutil.Process()
        times = process.cpu_times()
        counters = process.io_counters()
        return cls(times.user + times.system, counters.read_chars + counters.write_chars)

    def is_work(self, since: "Effort", seconds: float) -> bool:
        """Whether more was done since then than waiting costs."""
        return (
            self.cpu_seconds - since.cpu_seconds > IDLE_CPU_SECONDS + IDLE_CPU_SHARE * seconds
            or self.moved_bytes - since.moved_bytes > IDLE_BYTES + IDLE_BYTES_A_SECOND * seconds
        )


class Patience:
    """How long nothing has happened. Time in which this process did not run itself does not count."""

    def __init__(
        self, heartbeat: HeartbeatMonitor, limit_seconds: float, effort: Callable[[], Effort] = Effort.now
    ) -> None:
        self._heartbeat = heartbeat
        self._limit = limit_seconds
        self._effort = effort
        self._seen = -1
        self._used = effort()
        self.idle_seconds = 0.0

    @property
    def limit_seconds(self) -> float:
        """Of no progress that is too long."""
        return max(self._limit, MEDIAN_STEPS * self._heartbeat.median_step)

    def is_over(self, seconds: float) -> bool:
        """Look again after `seconds`; whether it has been too long."""
        # A stopped process tree, or a machine that slept, did not hang.
        self.idle_seconds += min(seconds, 2 * LOOK_SECONDS)
        count = self._heartbeat.count
        is_busy = not self._heartbeat.is_stepping and self._effort().is_work(self._used, self.idle_seconds)
        if count != self._seen or is_busy:
            self._seen, self.idle_seconds = count, 0.0
            self._used = self._effort()
        return self.idle_seconds > self.limit_seconds


class Watchdog:
    """The thread that looks; `give_up` is called from it and does not come back."""

    def __init__(
        self, heartbeat: HeartbeatMonitor, give_up: Callable[[float], None], environment: Mapping[str, str] = os.environ
    ) -> None:
        self._patience = Patience(heartbeat, hang_seconds(environment))
        self._give_up = give_up
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._arm()
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)
        faulthandler.cancel_dump_traceback_later()

    def _arm(self) -> None:
        """Have the stacks written should this thread not come round again in time."""
        faulthandler.dump_traceback_later(self._patience.limit_seconds, file=2)

    def _run(self) -> None:
        last = time.monotonic()
        while not self._closing.wait(LOOK_SECONDS):
            now = time.monotonic()
            self._arm()
            if self._patience.is_over(now - last):
                self._give_up(self._patience.idle_seconds)
                return
            last = now


def register_stack_dumps() -> None:
    """From now on SIGUSR1, and a crash, write what every thread is doing into the worker's log."""
    if sys.__stderr__ is None:
        return
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    if not faulthandler.is_enabled():
        faulthandler.enable(file=2)


def dump_stacks(log: Path) -> tuple[str, list[psutil.Process]]:
    """Have this process and all it started write their stacks into the worker's log.

    Gives what was written, and the processes that are stopped and could not.
    """
    sys.stderr.flush()
    before = log.stat().st_size if log.exists() else 0
    faulthandler.dump_traceback(file=2)
    stopped = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_STOPPED:
                stopped.append(process)
            elif _dumps_on_request(process.pid):
                process.send_signal(signal.SIGUSR1)
    time.sleep(DUMP_SECONDS)
    if not log.exists():
        return "", stopped
    with log.open("rb") as file:
        file.seek(before)
        return file.read(MAX_STACK_BYTES).decode(errors="replace"), stopped


def end_children() -> None:
    """Kill everything this process started; a stopped process dies of it, too."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def stuck(idle_seconds: float, where: str, culprit: str = "") -> TrainingError:
    """The failure of a run that made no progress."""
    at = f" {where}" if where else ""
    return TrainingError(
        f"The run made no progress for {idle_seconds:.0f} s{at}.{f' {culprit}' if culprit else ''}",
        hint="The log shows the stack of each thread. Resume it from its last checkpoint.",
        code="stuck",
    )


def _dumps_on_request(pid: int) -> bool:
    """Whether a process handles SIGUSR1: others would die of it before they can be told apart."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGUSR1 - 1) & 1)
    return False
