"""ProcessTree: a worker and everything it started, found by their session and signalled only while they are that.

A worker leads a session; its ranks, data workers and trackers inherit the session's number, also when the worker is
gone. The kernel gives a number to nobody else while one of them lives.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.runs.process import ProcessRecord, boot_id, signal_process


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
        """Signal every process of it; gives how many were."""
        return sum(signal_process(record, number) for record in self.living())

    def send_leader(self, number: signal.Signals) -> bool:
        """Signal the worker alone; says whether it still is that process."""
        return signal_process(self.leader, number)

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
