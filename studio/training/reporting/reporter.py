"""Reporter: the worker's one way to tell the world anything. Appends numbered events to the run's log.

Logging a value costs an append to a list (measured below 1 microsecond); a thread of its own numbers, encodes and
writes what has gathered, so that a training step waits for no disk. Numbers go on where an earlier attempt ended.

What the disk does not take is kept and written when it does. A small reserve file is given back for the last words, so
that a run on a full disk can still say why it ended.
"""

import errno
import json
import logging
import math
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from studio.escape_control import escape_controls
from studio.failpoints import failpoint
from studio.runs.events import (
    EVENT_VERSION,
    Failed,
    Finished,
    Heartbeat,
    Log,
    Phase,
    Progress,
    Stopped,
    decode,
    encode,
)
from studio.runs.folder import RunFolder
from studio.training.failures.heartbeat import HeartbeatMonitor
from studio.training.reporting.usage import Usage

FLUSH_SECONDS = 0.25
SYNC_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0
PROGRESS_SECONDS = 0.5
MAX_LOG_LINE = 4000
RESERVE_BYTES = 1 << 16

Level = Literal["debug", "info", "warning", "error"]
Listener = Callable[[Mapping[str, list[tuple[int, float]]]], None]


class Reporter:
    """Writes one run's events from one process."""

    def __init__(self, folder: RunFolder, attempt: int, fence: int, devices: tuple[int, ...] = ()) -> None:
        self.heartbeat = HeartbeatMonitor()
        self.phase: Phase | None = None
        self.latest: Progress | None = None
        self._reserve = folder.events.with_suffix(".reserve")
        self._stamp = {"attempt": attempt, "fence": fence}
        self._number = _repair(folder.events)
        self._file = os.open(folder.events, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        _keep_reserve(self._reserve)
        self._unwritten = b""
        self._refused: tuple[float, OSError] | None = None
        self._pending: deque[Any] = deque()
        self._progress: Progress | None = None
        self._writing = threading.Lock()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._has_begun = False
        self._has_ended = False
        self._listener: Listener | None = None
        self._usage = Usage(devices)
        self._last_sync = self._last_beat = self._last_progress = 0.0
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)
        self._thread.start()

    def metric(self, name: str, step: int, value: Any) -> None:
        """One point of a series; a tensor is read later, many at once, so that a GPU is not waited for."""
        self._pending.append((name, step, value))

    def metrics(self, values: dict[str, float], step: int, epoch: float) -> None:
        """Points of a validation, which know their epoch."""
        self.heartbeat.alive()
        self._pending.append(_Points({name: [(step, value)] for name, value in values.items()}, epoch))

    def event(self, event: BaseModel) -> None:
        """Any other event, in its turn and at once."""
        self._has_begun = True
        self.heartbeat.alive()
        if isinstance(event, Phase):
            self.phase = event
        self._pending.append(event)
        self._wake.set()

    def nudge(self) -> None:
        """Write what has gathered now, without waiting for it."""
        self.heartbeat.alive()
        self._wake.set()

    def listen(self, listener: "Listener | None") -> None:
        """Let somebody hear every point as it is written, in the order they come; None ends that."""
        self._flush(force_progress=False)
        with self._writing:
            self._listener = listener

    def log(self, level: Level, text: str) -> None:
        """Lines for the log page; also printed, for `worker.log`. Texts of others cannot forge or hide one."""
        lines = [escape_controls(line, keep="\t") for line in text.split("\n")]
        sys.stdout.write("\n".join([f"{level}: {lines[0]}", *lines[1:], ""]))
        sys.stdout.flush()
        for line in lines:
            self.event(Log(level=level, text=line[:MAX_LOG_LINE]))

    def progress(self, fraction: float, detail: str = "", **more: Any) -> None:
        """How far the work is; only the newest is written, twice a second."""
        self.heartbeat.alive()
        self._progress = Progress(fraction=min(1.0, max(0.0, fraction)), detail=detail, **more)
        if self._progress.update:
            self.latest = self._progress

    def sync(self) -> None:
        """Write everything said so far and make it durable.

        Raises:
            OSError: if the disk does not take it.
        """
        self._flush(force_progress=True)
        os.fsync(self._file)

    def close(self) -> None:
        """Write what is left and stop the thread. Never raises: there is nobody left to hear it."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout=10)
        try:
            self.sync()
        except OSError as error:
            sys.stderr.write(f"The last events could not be written: {error}\n")
        finally:
            os.close(self._file)
            self._reserve.unlink(missing_ok=True)

    @property
    def last_number(self) -> int:
        """The number of the newest event on disk."""
        return self._number

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(FLUSH_SECONDS)
            self._wake.clear()
            try:
                self._tick(time.monotonic())
            except OSError as error:
                if self._refused is None:
                    sys.stderr.write(f"The event log cannot be written: {error}\n")
                    self._refused = (time.monotonic(), error)

    def _tick(self, now: float) -> None:
        # `started` comes first, however long the imports before it take.
        if self._has_begun and now - self._last_beat >= HEARTBEAT_SECONDS:
            self._last_beat = now
            # Not by `event`: it says that this thread lives, not that the work goes on.
            self._pending.append(Heartbeat(**self._usage.now()))
        self._flush(force_progress=now - self._last_progress >= PROGRESS_SECONDS)
        if now - self._last_sync >= SYNC_SECONDS:
            self._last_sync = now
            os.fsync(self._file)

    def _flush(self, *, force_progress: bool) -> None:
        with self._writing:
            items = [self._pending.popleft() for _ in range(len(self._pending))]
            progress = self._progress if force_progress else None
            if progress is not None:
                self._progress = None
                self._last_progress = time.monotonic()
                items.append(progress)
            events = self._up_to_the_end(_grouped(items))
            now = time.time()
            lines = []
            for event in events:
                self._number += 1
                lines.append(_line(event, {"n": self._number, "time": now, **self._stamp}))
            self._unwritten += b"".join(lines)
            if self._listener is not None:
                for event in events:
                    if isinstance(event, _Points):
                        self._listener(event.numbers())
            self._write_out()

    def _write_out(self) -> None:
        """Write what has not been written; what the disk does not take stays for the next time."""
        try:
            while self._unwritten:
                failpoint("event_log")
                self._unwritten = self._unwritten[os.write(self._file, self._unwritten) :]
        except OSError as error:
            if not self._has_ended or error.errno not in _FULL or not self._reserve.exists():
                raise
            self._reserve.unlink()
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._file, self._unwritten) :]
        if self._refused is not None:
            since, cause = self._refused
            self._refused = None
            text = f"The run's events could not be written for {time.monotonic() - since:.0f} s ({cause.strerror})."
            self._pending.append(Log(level="warning", text=f"{text} They are written now."))

    def _up_to_the_end(self, events: list[Any]) -> list[Any]:
        """Nothing follows the event that ends a run, not even a heartbeat that was due at the same moment."""
        kept = []
        for event in events:
            if self._has_ended:
                break
            kept.append(event)
            self._has_ended = isinstance(event, Finished | Failed | Stopped)
        return kept


class SilentReporter(Reporter):
    """For processes of a run beside the first: the same verbs, and nothing told."""

    def __init__(self) -> None:
        self.heartbeat = HeartbeatMonitor()
        self.phase = None
        self.latest = None
        self._number = 0

    def metric(self, name: str, step: int, value: Any) -> None:
        """Say nothing."""

    def metrics(self, values: dict[str, float], step: int, epoch: float) -> None:
        """Say nothing."""

    def event(self, event: BaseModel) -> None:
        """Say nothing."""

    def nudge(self) -> None:
        """Write nothing."""

    def listen(self, listener: Listener | None) -> None:
        """There is nothing to hear."""

    def log(self, level: Level, text: str) -> None:
        """Say nothing."""

    def progress(self, fraction: float, detail: str = "", **more: Any) -> None:
        """Say nothing."""

    def sync(self) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Nothing is open."""


class ReportedLog(logging.Handler):
    """Python log records of our own modules as lines of the run's log."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.INFO)
        self._reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        levels: dict[int, Level] = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "error"}
        self._reporter.log(levels.get(record.levelno, "info"), record.getMessage())


class _Points:
    """Points gathered into one event."""

    def __init__(self, points: dict[str, list[tuple[int, Any]]], epoch: float | None = None) -> None:
        self.points = points
        self.epoch = epoch

    def numbers(self) -> dict[str, list[tuple[int, float]]]:
        """The points with plain numbers."""
        return {name: [(step, float(value)) for step, value in series] for name, series in self.points.items()}


def _grouped(items: list[Any]) -> list[Any]:
    """Neighbouring single points as one event."""
    grouped: list[Any] = []
    open_points: _Points | None = None
    for item in items:
        if isinstance(item, tuple):
            if open_points is None:
                open_points = _Points({})
                grouped.append(open_points)
            name, step, value = item
            open_points.points.setdefault(name, []).append((step, value))
        else:
            open_points = None
            grouped.append(item)
    return grouped


def _line(event: Any, stamp: dict[str, Any]) -> bytes:
    if isinstance(event, _Points):
        points = {name: [[step, _number(value)] for step, value in series] for name, series in event.points.items()}
        body: dict[str, Any] = {"v": EVENT_VERSION, "kind": "metrics", "points": points, "epoch": event.epoch}
        return json.dumps({**body, **stamp}, separators=(",", ":")).encode() + b"\n"
    return encode(event.model_copy(update=stamp))


def _number(value: Any) -> float | str:
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def _keep_reserve(path: Path) -> None:
    """Fill the reserve; a disk that is full already has none."""
    try:
        path.write_bytes(os.urandom(RESERVE_BYTES))
    except OSError:
        path.unlink(missing_ok=True)


def _repair(path: Path) -> int:
    """Cut a line that a dying worker left half written; gives the number of the last whole event."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        data = file.read()
        end = data.rfind(b"\n") + 1
        if end != len(data):
            file.truncate(end)
    last = data[:end].rstrip(b"\n").rsplit(b"\n", 1)[-1]
    return decode(last).n if last else 0
