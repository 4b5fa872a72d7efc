"""Limits of a process that reads files of others: so a hostile one ends that process, not the machine."""

import os
import resource
from dataclasses import dataclass

import psutil

GIB = 1 << 30
LARGEST_FILE_BYTES = 64 * GIB
USUAL_MEMORY_BYTES = 6 * GIB
MEMORY_SHARE = 0.8
"""Of the machine's memory; what a small machine has no room for is no limit."""


@dataclass(frozen=True)
class ProcessLimits:
    """What a process may use from now on; None for no limit of ours."""

    memory_bytes: int | None = None
    """Beyond what it holds already, as a process that was forked holds the libraries of its parent."""
    cpu_seconds: int | None = None
    """Of processor time, in all threads together."""
    file_bytes: int | None = LARGEST_FILE_BYTES
    """Of any one file that it writes."""


def usual_memory_bytes() -> int:
    """6 GiB, or less on a small machine."""
    return min(USUAL_MEMORY_BYTES, share_of_memory())


def share_of_memory() -> int:
    """Most of the memory that this machine has."""
    return int(psutil.virtual_memory().total * MEMORY_SHARE)


def limit_process(limits: ProcessLimits) -> None:
    """Limit this process and what it starts. A limit that the caller set lower stays; none is ever raised."""
    if limits.memory_bytes is not None:
        # Private data, not addresses: libraries map far more than they use.
        _lower(resource.RLIMIT_DATA, _held_bytes() + limits.memory_bytes)
    if limits.cpu_seconds is not None:
        _lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    if limits.file_bytes is not None:
        _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_CORE, 0)


def memory_limit_bytes() -> int | None:
    """The memory that this process may take in all, by the lowest limit there is; None without one."""
    found = [resource.getrlimit(one)[0] for one in (resource.RLIMIT_DATA, resource.RLIMIT_AS)]
    return min((one for one in found if one != resource.RLIM_INFINITY), default=None)


def _lower(what: int, wanted: int) -> None:
    soft, hard = resource.getrlimit(what)
    known = [one for one in (soft, hard, wanted) if one != resource.RLIM_INFINITY]
    resource.setrlimit(what, (min(known), min(known)))


def _held_bytes() -> int:
    """Private data of this process: its heap, its stacks, what it mapped for itself."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no Linux
        return 0
