"""Scanners: the child processes that look at uploads. One may wait with its libraries imported, for whoever is next."""

import json
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from studio.importing.scan_result import SCANNED
from studio.interpreter import python_module
from studio.runs.spec import RunSpec
from studio.scheduling.environment import worker_environment

END_SECONDS = 5.0


class Scanner:
    """One process: it looks at one upload, tells when it has, and may check every row after that."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                python_module("studio.importing.scanner", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=worker_environment(os.environ, RunSpec(run_id="scanner", problem_type="")),
                start_new_session=True,
            )
        self._control = ours

    @property
    def is_alive(self) -> bool:
        """Whether the process goes on."""
        return self._process.poll() is None

    def order(self, folder: Path, opened: int | None) -> bool:
        """Have it look at an import folder, and at the opened source of it; False if it has ended meanwhile."""
        line = json.dumps({"folder": str(folder)}).encode()
        try:
            socket.send_fds(self._control, [line], [] if opened is None else [opened])
        except OSError:
            self.end()
            return False
        return True

    def wait(self, seconds: float) -> int | None:
        """Wait until it has looked: 0 then, else its exit code, or None where it was ended for taking too long."""
        self._control.settimeout(seconds)
        try:
            if self._control.recv(len(SCANNED)) == SCANNED:
                return 0
            return self._process.wait(END_SECONDS)
        except (TimeoutError, subprocess.TimeoutExpired):
            self.end()
            return None
        except OSError:  # it was ended, and the socket closed, from outside
            return self._process.wait()

    def close(self, seconds: float) -> None:
        """Wait until it has checked, too; end it where that takes too long."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.end()

    def end(self) -> None:
        """End it at once, with all that it started."""
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
        self._control.close()


class Scanners:
    """The process that waits for an upload, and those at work, by the id of their import."""

    def __init__(self) -> None:
        self._spare: Scanner | None = None
        self._at_work: dict[str, Scanner] = {}
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Have a process wait with its libraries imported; it ends by itself where nothing comes."""
        with self._lock:
            if self._spare is not None and not self._spare.is_alive:
                self._spare.end()
                self._spare = None
            self._spare = self._spare or Scanner()

    def start(self, id: str, folder: Path, opened: int | None) -> Scanner:
        """A process that looks at an import folder; the one that was at it before is ended."""
        self.end(id)
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is None or not spare.order(folder, opened):
            spare = Scanner()
            spare.order(folder, opened)
        with self._lock:
            self._at_work[id] = spare
        return spare

    def is_at_work(self, id: str) -> bool:
        """Whether an import is still looked at or checked."""
        with self._lock:
            scanner = self._at_work.get(id)
        return scanner is not None and scanner.is_alive

    def is_latest(self, id: str, scanner: Scanner) -> bool:
        """Whether no other process has taken the import over, and nobody has ended this one."""
        with self._lock:
            return self._at_work.get(id) is scanner

    def end(self, id: str) -> None:
        """End the work at an import."""
        with self._lock:
            scanner = self._at_work.pop(id, None)
        if scanner is not None:
            scanner.end()

    def close(self) -> None:
        """End them all. None is the latest any more, so that no end is recorded: the next server looks again."""
        with self._lock:
            scanners = [*self._at_work.values(), *([self._spare] if self._spare else [])]
            self._at_work, self._spare = {}, None
        for scanner in scanners:
            scanner.end()
