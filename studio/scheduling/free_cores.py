"""free_cores: the threads that a new worker gets, beside other workers and beside programs of others.

A run that shares its cores waits at every step for the slowest of its threads: beside one busy neighbour on two cores,
one thread was faster than two.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

SAMPLE_SECONDS = 0.1
_IDLE_FIELDS = (3, 4)
"""Of the first line of /proc/stat: idle, and waiting for a disk."""


def threads_beside(share: int, cores: int, ours: int, foreign_cores: float) -> int:
    """`share`, or as many cores as neither our other workers nor others keep busy; at least one."""
    return max(1, min(share, cores - ours - round(foreign_cores)))


def foreign_cores(ours: int, load: Callable[[], float] | None = None, busy: Callable[[], float] | None = None) -> float:
    """How many cores are kept busy by programs that are not our workers.

    The load of the last minute and the use right now must both say so: the first lags behind a run that has just ended,
    the second may see a moment's burst.
    """
    loaded = (load or _load)()
    if loaded - ours < 0.5:
        return 0.0
    return max(0.0, min(loaded, (busy or busy_cores)()) - ours)


def busy_cores() -> float:
    """Cores in use, averaged over a moment."""
    before = _ticks()
    time.sleep(SAMPLE_SECONDS)
    after = _ticks()
    total, idle = after[0] - before[0], after[1] - before[1]
    return (os.cpu_count() or 1) * (1 - idle / total) if total else 0.0


def _load() -> float:
    return os.getloadavg()[0]


def _ticks() -> tuple[int, int]:
    """(all, idle) ticks of all cores since the boot."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields), sum(fields[index] for index in _IDLE_FIELDS)
