"""ProcessRecord: which process a number means. A pid alone is reused; with start time and boot id it is not."""

import ctypes
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.files import read_json, write_json

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl."""


@dataclass(frozen=True)
class ProcessRecord:
    """A process of this machine since it was last started."""

    pid: int
    start_time: int
    """Clock ticks after boot, as the kernel counts them."""
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> "ProcessRecord | None":
        """The record of a living process; None if there is none."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The second field is the name in parentheses and may itself hold spaces; the start time is the 22nd.
        return cls(pid, int(stat.rpartition(")")[2].split()[19]), boot_id())

    @classmethod
    def current(cls) -> "ProcessRecord":
        """The record of this process."""
        record = cls.of(os.getpid())
        assert record is not None
        return record

    @classmethod
    def read(cls, path: Path) -> "ProcessRecord | None":
        """The record in a file; None if there is none that can be read."""
        try:
            values = read_json(path)
            return cls(int(values["pid"]), int(values["start_time"]), str(values["boot_id"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        write_json(path, asdict(self), durable=False)

    def is_alive(self) -> bool:
        """Whether exactly this process still lives."""
        return ProcessRecord.of(self.pid) == self


def signal_process(record: ProcessRecord, number: signal.Signals) -> bool:
    """Signal exactly this process, pinned while it is compared; says whether it still was there."""
    try:
        descriptor = os.pidfd_open(record.pid)
    except OSError:
        return False
    try:
        if not record.is_alive():
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def boot_id() -> str:
    """Changes with every boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def die_with_parent() -> None:
    """From now on this process ends together with the thread that forked it, however that one dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
