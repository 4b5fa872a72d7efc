"""Orphans: workers whose run has no row, because it was deleted or the database was put back to an earlier day, and
workers whose folder was removed.

Nobody would ever stop them: they are found by the folder they work in, also one that is deleted, and ended.
"""

import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.runs.process import ProcessRecord, signal_process
from studio.runs.spec import WorkerKind
from studio.store.home import Home
from studio.store.store import Store

logger = logging.getLogger(__name__)
_DELETED = " (deleted)"
_MODULE = b"studio.training"
"""Stands on the command line of every worker and all that it starts; a shell or editor in the folder is left alone."""
_KINDS = (WorkerKind.TRAIN, WorkerKind.INSPECT, WorkerKind.PREDICT, WorkerKind.ONLINE_INFERENCE)


@dataclass(frozen=True)
class WorkerProcess:
    """A process of some worker of a home."""

    record: ProcessRecord
    kind: WorkerKind
    id: str
    """Of its run."""
    is_folder_gone: bool = False


def end_orphans(home: Home, store: Store) -> int:
    """End every worker whose run has no row; gives the number of processes."""
    found = list(worker_processes(home))
    if not found:
        return 0
    known = store.runs.fences()
    ended = 0
    for one in found:
        is_orphan = one.is_folder_gone or one.id not in known
        if is_orphan and signal_process(one.record, signal.SIGKILL):
            logger.warning("Process %d of the %s worker of %s was ended: it has no run or no folder.", *_told(one))
            ended += 1
    return ended


def worker_processes(home: Home) -> Iterator[WorkerProcess]:
    """The processes that work in folders of a home's runs, whether these still exist or not."""
    places = {home.workers(kind).resolve(): kind for kind in _KINDS}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            place = os.readlink(f"/proc/{entry.name}/cwd")
            folder = Path(place.removesuffix(_DELETED))
            kind = places.get(folder.parent)
            if kind is None or _MODULE not in Path(f"/proc/{entry.name}/cmdline").read_bytes():
                continue
        except OSError:
            continue
        record = ProcessRecord.of(int(entry.name))
        if record is not None:
            yield WorkerProcess(record, kind, folder.name, place.endswith(_DELETED))


def _told(one: WorkerProcess) -> tuple[int, str, str]:
    return one.record.pid, one.kind, one.id
