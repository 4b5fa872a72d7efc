"""Ranks: further processes of a run that trains on several devices, forked from its worker before anything else.

They lead no session of their own, so a signal to the worker's group reaches them; they die with the worker, however
that one dies; and a failure of one ends all. Only the worker holds the run's lock, reports and writes.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studio.errors import TrainingError
from studio.files import read_json, write_json
from studio.modeling.sample_error import SampleError
from studio.runs.folder import RunFolder
from studio.runs.process import die_with_parent

RENDEZVOUS = "rendezvous.store"
"""The file in the run's folder at which the processes meet."""
LOOK_SECONDS = 0.2
HANGING_SECONDS = 3.0
"""How long the worker may go on after another process is gone: NCCL can wait for it for ever."""
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})


@dataclass
class Ranks:
    """The other processes, as the worker sees them."""

    folder: Path
    living: dict[int, int] = field(default_factory=dict)
    """pid -> rank"""
    failed: list[tuple[int, int]] = field(default_factory=list)
    """(rank, exit code) of those that ended badly; a negative code is a signal."""
    devices: Sequence[int] = ()
    _ending: threading.Event = field(default_factory=threading.Event)
    _reaping: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, give_up: Callable[[TrainingError], None]) -> None:
        """Call `give_up` from a thread if a process is gone and this one hangs for want of it."""
        if self.living:
            threading.Thread(target=self._watch, args=(give_up,), name="ranks", daemon=True).start()

    def cause(self, error: BaseException) -> BaseException:
        """The failure behind an error of this process: that of another, if one has failed."""
        deadline = time.monotonic() + 2.0
        while self.living and not self.failed and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.02)
        return self._failure(*self.failed[0]) if self.failed else error

    def name(self, rank: int) -> str:
        """A process as a message names it."""
        return f"The process of GPU {(self.devices[rank] if rank < len(self.devices) else rank) + 1}"

    def close(self) -> None:
        """End those that still live."""
        self._ending.set()
        for pid in list(self.living):
            os.kill(pid, signal.SIGKILL)
        while self.living:
            self._reap()
            time.sleep(0.005)

    def _watch(self, give_up: Callable[[TrainingError], None]) -> None:
        gone_since: float | None = None
        while not self._ending.wait(LOOK_SECONDS):
            self._reap()
            if self.failed:
                gone_since = gone_since or time.monotonic()
                if time.monotonic() - gone_since > HANGING_SECONDS:
                    give_up(self._failure(*self.failed[0]))

    def _reap(self) -> None:
        with self._reaping:
            for pid, rank in list(self.living.items()):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    del self.living[pid]
                    if status != 0 and not self._ending.is_set():
                        self.failed.append((rank, os.waitstatus_to_exitcode(status)))

    def _failure(self, rank: int, exit_code: int) -> TrainingError:
        path = failure_file(self.folder, rank)
        if path.is_file():
            told = read_json(path)
            message, hint, code = str(told["message"]), str(told["hint"]), str(told["code"])
            if told.get("row") is None:
                return TrainingError(message, hint=hint, code=code)
            return SampleError(message, row=int(told["row"]), file=str(told["file"]), hint=hint, code=code)
        if -exit_code in CRASHES:
            return TrainingError(
                f"{self.name(rank)} crashed (signal {-exit_code}).",
                hint="The worker's log may show where it was. Resume from the last checkpoint.",
                code="crashed",
            )
        how = f"was killed (signal {-exit_code})" if exit_code < 0 else f"ended with exit code {exit_code}"
        return TrainingError(
            f"{self.name(rank)} {how}.",
            hint="Memory may have run out: use a smaller batch or fewer data workers. Resume from the last checkpoint.",
            code="rank_killed",
        )


def failure_file(folder: Path, rank: int) -> Path:
    """Where a process says why it failed."""
    return folder / f"rank-{rank}.json"


def fork_ranks(folder: RunFolder, count: int, work: Callable[[int], None], devices: Sequence[int] = ()) -> Ranks:
    """Fork `count` - 1 processes, each of which does `work(rank)` and ends. Before any thread and any device.

    What `work` raises is written down for the worker.
    """
    (folder.path / RENDEZVOUS).unlink(missing_ok=True)
    ranks = Ranks(folder.path, devices=devices)
    worker = os.getpid()
    for rank in range(1, count):
        failure_file(folder.path, rank).unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _become_rank(folder, rank, worker, work)
        ranks.living[pid] = rank
    return ranks


def _become_rank(folder: RunFolder, rank: int, worker: int, work: Callable[[int], None]) -> None:
    """In the forked child. Never returns."""
    code = 1
    try:
        die_with_parent()
        if os.getppid() != worker:
            os._exit(code)
        # The worker hears requests to stop and tells the others at the same update.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        work(rank)
        code = 0
    except BaseException as error:  # the border of the process
        _tell(folder, rank, error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(folder: RunFolder, rank: int, error: BaseException) -> None:
    import traceback

    from studio.training.failures.failures import describe

    sys.stderr.write("".join(traceback.format_exception(error)))
    failure = describe(error)
    told: dict[str, str | int] = {"code": failure.code, "message": failure.message, "hint": failure.hint}
    if isinstance(error, SampleError):
        told |= {"row": error.row, "file": error.file}
    write_json(failure_file(folder.path, rank), told)
