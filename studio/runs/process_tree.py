"""ProcessTree: a worker and everything it started, found by their session and signalled only while they are that.

A worker leads a session; its ranks, data workers and trackers inherit the session's number, also when the worker is
gone. The kernel gives a number to nobody else while one of them lives.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio.runs.process import ProcessRecord, boot_id


@dataclass(frozen=True)
class ProcessTree:
    """The processes of one worker."""

    leader: ProcessRecord
    folder: Path
    """Where the worker works, and so everything it started."""

    def living(self) -> list[ProcessRecord]:
        """Its processes that have not ended; one that only waits to be reaped has."""
        if self.leader.boot_id != boot_id():
            return []
        now = ProcessRecord.of(self.leader.pid)
        if now is not None and now != self.leader:
            return []  # the number went to a stranger, so nothing of the session was left
        found = [record for record in _session(self.leader.pid) if self._is_own(record, is_led=now is not None)]
        if now is not None and now not in found and not is_ended(now.pid):
            found.append(now)  # started by hand, it leads no session
        return found

    def send(self, number: signal.Signals) -> int:
        """Signal every process of it; gives how many were. Each is pinned while it is compared."""
        count = 0
        for record in self.living():
            with _pinned(record.pid) as descriptor:
                if descriptor is None or ProcessRecord.of(record.pid) != record:
                    continue
                try:
                    signal.pidfd_send_signal(descriptor, number)
                except ProcessLookupError:
                    continue
                count += 1
        return count

    def send_leader(self, number: signal.Signals) -> bool:
        """Signal the worker alone; says whether it still is that process."""
        with _pinned(self.leader.pid) as descriptor:
            if descriptor is None or not self.leader.is_alive():
                return False
            try:
                signal.pidfd_send_signal(descriptor, number)
            except ProcessLookupError:
                return False
            return True

    def _is_own(self, record: ProcessRecord, *, is_led: bool) -> bool:
        """Without its leader a session could also be that of a stranger who had the number since and is gone, too."""
        if record.start_time < self.leader.start_time:
            return False
        return is_led or _works_in(record.pid, self.folder)


def _session(leader: int) -> Iterator[ProcessRecord]:
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        try:
            if os.getsid(pid) != leader:
                continue
        except OSError:
            continue
        record = ProcessRecord.of(pid)
        if record is not None and not is_ended(pid):
            yield record


def is_ended(pid: int) -> bool:
    """Whether a process is gone, or only waits to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in ("Z", "X")


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")) == folder.resolve()
    except OSError:
        return False


@contextmanager
def _pinned(pid: int) -> Iterator[int | None]:
    """A descriptor that keeps the number from going to another process; None if nobody has it."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
